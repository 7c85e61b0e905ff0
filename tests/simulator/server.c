/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gio/gio.h>
#include <microhttpd.h>
#include <string.h>

#include "control.h"
#include "journal.h"
#include "serve.h"
#include "spoil.h"
#include "triggers.h"
#include "wire.h"

#define SERVER_MAX_BODY (16 * 1024 * 1024)
#define SERVER_MEMORY (128 * 1024) /* of a connection: long addresses, many headers */
#define SERVER_CONNECTIONS 1024

struct Server {
	Sim *sim;
	struct MHD_Daemon *service;
	struct MHD_Daemon *control; /* NULL: service does both */
	Wires *wires;
	guint64 connections; /* guarded by sim->lock */
};

/* One request and its reply, as the library sees them. */
typedef struct {
	gchar *uri;
	gboolean begun;
	GHashTable *headers;
	GString *body;
	gboolean too_long;
	Request *request; /* what is under way; NULL for the control's */
	Fault *fault;     /* what is done to it, or NULL */
	gboolean written; /* the answer went out by a wire: only the end of the connection is left */
} Exchange;

static void *
server_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
	Exchange *exchange = g_new0(Exchange, 1);

	(void)cls, (void)connection;
	exchange->uri = g_strdup(uri);
	exchange->body = g_string_new(NULL);
	exchange->headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return exchange;
}

static void
server_completed(void *cls, struct MHD_Connection *connection, void **con_cls, enum MHD_RequestTerminationCode code)
{
	const Server *server = cls;
	Exchange *exchange = *con_cls;

	(void)connection, (void)code;
	*con_cls = NULL;
	if (exchange == NULL)
		return;
	if (exchange->request != NULL) {
		/* whoever goes away while the answer is delayed */
		g_mutex_lock(&server->sim->lock);
		journal_land(server->sim->journal, exchange->request);
		g_mutex_unlock(&server->sim->lock);
	}
	g_free(exchange->uri);
	g_string_free(exchange->body, TRUE);
	g_hash_table_unref(exchange->headers);
	g_clear_pointer(&exchange->request, request_free);
	g_clear_pointer(&exchange->fault, faults_unref);
	g_free(exchange);
}

static void
server_connected(void *cls, struct MHD_Connection *connection, void **socket_context, enum MHD_ConnectionNotificationCode code)
{
	Server *server = cls;

	(void)connection;
	if (code != MHD_CONNECTION_NOTIFY_STARTED)
		return;
	g_mutex_lock(&server->sim->lock);
	*socket_context = GSIZE_TO_POINTER(++server->connections);
	g_mutex_unlock(&server->sim->lock);
}

static enum MHD_Result
server_take_header(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	GHashTable *headers = cls;
	gchar *name = g_ascii_strdown(key, -1);
	const gchar *before = g_hash_table_lookup(headers, name);

	(void)kind;
	if (value == NULL)
		value = "";
	g_hash_table_insert(headers, name, before == NULL ? g_strdup(value) : g_strconcat(before, ", ", value, NULL));
	return MHD_YES;
}

static guint64
server_connection_id(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info == NULL ? 0 : GPOINTER_TO_SIZE(info->socket_context);
}

/* Compresses the body where the switch is on and the client can take it. */
static void
server_gzip(const Sim *sim, const Exchange *exchange, Reply *reply)
{
	const gchar *accepted = g_hash_table_lookup(exchange->headers, "accept-encoding");
	g_autoptr(GZlibCompressor) compressor = NULL;
	g_autofree gchar *packed = NULL;
	gsize room = reply->body->len + 1024;
	gsize read = 0;
	gsize written = 0;

	if (!switches_on(sim->spec->switches, SWITCH_GZIP) || reply->body->len == 0 || accepted == NULL ||
	    strstr(accepted, "gzip") == NULL)
		return;
	compressor = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 1);
	packed = g_malloc(room);
	if (g_converter_convert(G_CONVERTER(compressor), reply->body->str, reply->body->len, packed, room, G_CONVERTER_INPUT_AT_END,
				&read, &written, NULL) != G_CONVERTER_FINISHED)
		return;
	g_string_truncate(reply->body, 0);
	g_string_append_len(reply->body, packed, (gssize)written);
	reply_header(reply, "Content-Encoding", "gzip");
}

/* Hands the reply to the library; the reply is empty afterwards. */
static enum MHD_Result
server_queue(struct MHD_Connection *connection, Reply *reply)
{
	gsize length = reply->body->len;
	gchar *bytes = g_string_free(g_steal_pointer(&reply->body), FALSE);
	struct MHD_Response *response = MHD_create_response_from_buffer(length, bytes, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;

	for (guint i = 0; i + 1 < reply->headers->len; i += 2)
		MHD_add_response_header(response, g_ptr_array_index(reply->headers, i), g_ptr_array_index(reply->headers, i + 1));
	if (reply->content_type != NULL)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
	result = MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	return result;
}

/* The request comes in: it is written down, what waits for it happens. FALSE: nobody answers it now. */
static gboolean
server_begin(Server *server, Exchange *exchange, struct MHD_Connection *connection, const gchar *method, gboolean *ret_delayed)
{
	Sim *sim = server->sim;
	Request *request = request_new(sim, method, exchange->uri);
	const Fault *fault;

	exchange->request = request;
	request->connection = server_connection_id(connection);
	g_hash_table_unref(request->headers);
	request->headers = g_hash_table_ref(exchange->headers);
	g_string_append_len(request->body, exchange->body->str, (gssize)exchange->body->len);
	serve_prepare(request);
	journal_begin(sim->journal, request);
	triggers_run(sim, request, TRIGGER_BEFORE);
	exchange->fault = faults_strike(sim->faults, request);
	fault = exchange->fault;
	if (fault == NULL)
		return TRUE;
	request->lie = fault->lie;
	if (fault->cut == FAULT_CUT_BEFORE) {
		journal_end(sim->journal, request, 0, 0, fault->text);
		if (fault->reset)
			wire_reset(connection);
		return FALSE;
	}
	if (fault->delay_ms > 0) {
		wire_delay(server->wires, connection, fault->delay_ms);
		*ret_delayed = TRUE;
		return FALSE;
	}
	return TRUE;
}

/* Answers the request under way. FALSE: the reply is not to be sent; the connection is suspended where *ret_wired, else closed. */
static gboolean
server_finish(Server *server, Exchange *exchange, struct MHD_Connection *connection, Reply *reply, gboolean *ret_wired)
{
	Sim *sim = server->sim;
	Request *request = exchange->request;
	const Fault *fault = exchange->fault;
	const gchar *text = fault == NULL ? NULL : fault->text;
	WirePlan *plan = NULL;

	if (fault != NULL && spoil_replaces(fault)) {
		serve_request_id(request, reply);
		reply_json(reply, 200, "");
	} else {
		serve_answer(request, reply);
	}
	triggers_run(sim, request, TRIGGER_AFTER);
	if (fault != NULL) {
		spoil_reply(fault, reply);
		plan = spoil_plan(fault, reply);
	}
	if (plan != NULL) {
		journal_end(sim->journal, request, reply->status, plan->bytes->len, text);
		wire_write(server->wires, connection, plan);
		exchange->written = TRUE;
		*ret_wired = TRUE;
		return FALSE;
	}
	if (fault != NULL && fault->cut == FAULT_CUT_AFTER) {
		journal_end(sim->journal, request, 0, 0, text);
		if (fault->reset)
			wire_reset(connection);
		return FALSE;
	}
	if (fault == NULL || fault->gzip_bomb < 0)
		server_gzip(sim, exchange, reply);
	journal_end(sim->journal, request, reply->status, reply->body->len, text);
	return TRUE;
}

/* MHD_NO closes the connection. */
static enum MHD_Result
server_answer(Server *server, Exchange *exchange, struct MHD_Connection *connection, const gchar *method, gboolean control)
{
	Reply reply;
	gboolean suspended = FALSE;
	gboolean answered = TRUE;
	enum MHD_Result result;

	if (exchange->written)
		return MHD_NO;
	reply_init(&reply);
	g_mutex_lock(&server->sim->lock);
	if (exchange->too_long)
		reply_json(&reply, 413, "{\"error\":\"The body is too long.\"}");
	else if (control)
		control_answer(server->sim, method, exchange->uri, exchange->body, &reply);
	else
		answered = (exchange->request != NULL || server_begin(server, exchange, connection, method, &suspended)) &&
			   server_finish(server, exchange, connection, &reply, &suspended);
	g_mutex_unlock(&server->sim->lock);
	if (answered)
		result = server_queue(connection, &reply);
	else
		result = suspended ? MHD_YES : MHD_NO;
	reply_clear(&reply);
	return result;
}

static enum MHD_Result
server_handle(Server *server, struct MHD_Connection *connection, const gchar *method, const gchar *data, size_t *size,
	      Exchange *exchange, gboolean control)
{
	if (!exchange->begun) {
		exchange->begun = TRUE;
		MHD_get_connection_values(connection, MHD_HEADER_KIND, server_take_header, exchange->headers);
		return MHD_YES;
	}
	if (*size > 0) {
		if (exchange->body->len + *size > SERVER_MAX_BODY)
			exchange->too_long = TRUE;
		else
			g_string_append_len(exchange->body, data, (gssize)*size);
		*size = 0;
		return MHD_YES;
	}
	return server_answer(server, exchange, connection, method, control);
}

static enum MHD_Result
server_on_service(void *cls, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
		  const char *data, size_t *size, void **con_cls)
{
	Server *server = cls;
	Exchange *exchange = *con_cls;
	gboolean control = server->control == NULL && g_str_has_prefix(exchange->uri, CONTROL_PREFIX);

	(void)url, (void)version;
	return server_handle(server, connection, method, data, size, exchange, control);
}

static enum MHD_Result
server_on_control(void *cls, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
		  const char *data, size_t *size, void **con_cls)
{
	Exchange *exchange = *con_cls;

	(void)url, (void)version;
	if (!g_str_has_prefix(exchange->uri, CONTROL_PREFIX))
		return MHD_NO;
	return server_handle(cls, connection, method, data, size, exchange, TRUE);
}

static struct MHD_Daemon *
server_listen(Server *server, guint port, const ServerOptions *tls, MHD_AccessHandlerCallback handle)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_port = htons((guint16)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	guint flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | (tls != NULL ? MHD_USE_TLS : 0);
	struct MHD_OptionItem options[] = {
	    {MHD_OPTION_END, 0, NULL},
	    {MHD_OPTION_END, 0, NULL},
	    {MHD_OPTION_END, 0, NULL},
	    {MHD_OPTION_END, 0, NULL},
	};

	if (tls != NULL) {
		options[0] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, tls->tls_key};
		options[1] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, tls->tls_cert};
		options[2] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0,
						     (void *)(gsize) "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"};
	}
	return MHD_start_daemon(flags, (guint16)port, NULL, NULL, handle, server, MHD_OPTION_SOCK_ADDR, &address,
				MHD_OPTION_URI_LOG_CALLBACK, server_uri, NULL, MHD_OPTION_NOTIFY_COMPLETED, server_completed,
				server, MHD_OPTION_NOTIFY_CONNECTION, server_connected, server, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				(size_t)SERVER_MEMORY, MHD_OPTION_CONNECTION_LIMIT, (unsigned)SERVER_CONNECTIONS, MHD_OPTION_ARRAY,
				options, MHD_OPTION_END);
}

Server *
server_start(Sim *sim, const ServerOptions *options, GError **error)
{
	Server *server = g_new0(Server, 1);

	server->sim = sim;
	server->wires = wire_start();
	/* the control's daemon first: the service's handler looks whether there is one */
	if (options->tls_cert != NULL)
		server->control = server_listen(server, 0, NULL, server_on_control);
	if (options->tls_cert == NULL || server->control != NULL)
		server->service =
		    server_listen(server, options->port, options->tls_cert == NULL ? NULL : options, server_on_service);
	if (server->service == NULL) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "The simulator cannot listen on port %u: %s.", options->port,
			    g_strerror(errno));
		server_stop(server);
		return NULL;
	}
	return server;
}

void
server_stop(Server *server)
{
	/* the library does not stop while a connection is suspended */
	wire_halt(server->wires);
	if (server->service != NULL)
		MHD_stop_daemon(server->service);
	if (server->control != NULL)
		MHD_stop_daemon(server->control);
	wire_free(server->wires);
	g_free(server);
}

static guint
server_port_of(struct MHD_Daemon *daemon)
{
	return MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

guint
server_port(const Server *server)
{
	return server_port_of(server->service);
}

guint
server_control_port(const Server *server)
{
	return server_port_of(server->control != NULL ? server->control : server->service);
}
