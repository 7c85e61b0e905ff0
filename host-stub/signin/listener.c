/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "signin/listener.h"
#include "base/error.h"
#include "base/text.h"
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <sodium.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTENER_CONNECTIONS 16
#define LISTENER_MEMORY ((size_t)8192)
#define LISTENER_SECONDS 10
#define LISTENER_SLICE_MS 100
#define LISTENER_FAREWELL_MS 2000
/* So many links may have been opened before somebody used one. */
#define LISTENER_STATES 32

typedef struct {
	char *state;
	Page page; /* what a call with it comes to */
} ListenerState;

/* One connection and the one request on it. */
typedef struct {
	struct MHD_Connection *connection;
	int fd;
	gint64 since;  /* monotonic, in microseconds */
	char *uri;     /* as it was sent */
	gboolean held; /* it ended the wait, and its page is not known yet */
	gboolean judged;
	Page page;
	char *detail;
} ListenerCall;

struct Listener {
	Redirect *redirect;
	struct MHD_Daemon *daemons[2];
	int wake; /* an eventfd: called is set */
	GMutex mutex;
	GCond cond; /* a call ended */
	/* guarded: */
	GPtrArray *states; /* of ListenerState */
	GPtrArray *calls;  /* of ListenerCall, borrowed */
	ListenerCall *held;
	Query *called; /* what ended the wait, not yet taken */
};

static void
listener_state_free(gpointer data)
{
	ListenerState *state = data;

	g_free(state->state);
	g_free(state);
}

/* How long it takes says nothing about where they differ. */
static gboolean
listener_same(const char *a, const char *b)
{
	gsize length = strlen(b);

	return strlen(a) == length && sodium_memcmp(a, b, length) == 0;
}

/* ---- judging; with the mutex held ---- */

static Page
listener_judge_state(Listener *listener, const Query *query)
{
	const char *given = query_only(query, "state");
	ListenerState *found = NULL;

	for (guint i = 0; given != NULL && i < listener->states->len; i++) {
		ListenerState *state = g_ptr_array_index(listener->states, i);

		if (listener_same(given, state->state))
			found = state;
	}
	if (found == NULL)
		return PAGE_OTHER;
	if (found->page != PAGE_CONNECTED)
		return found->page;
	found->page = PAGE_AGAIN;
	return PAGE_CONNECTED;
}

typedef struct {
	const char *value;
	guint n;
} ListenerHost;

static enum MHD_Result
listener_take_host(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	ListenerHost *host = cls;

	(void)kind;
	if (g_ascii_strcasecmp(key, MHD_HTTP_HEADER_HOST) == 0) {
		host->value = value;
		host->n++;
	}
	return MHD_YES;
}

static gboolean
listener_right_host(const Listener *listener, struct MHD_Connection *connection)
{
	ListenerHost host = {NULL, 0};
	g_autofree char *lower = NULL;

	MHD_get_connection_values(connection, MHD_HEADER_KIND, listener_take_host, &host);
	if (host.n != 1 || host.value == NULL)
		return FALSE;
	lower = g_ascii_strdown(host.value, -1);
	return listener_same(lower, listener->redirect->authority);
}

static Page
listener_judge_call(Listener *listener, ListenerCall *call, const char *method)
{
	char *mark = strchr(call->uri, '?');
	g_autofree char *path = mark != NULL ? g_strndup(call->uri, (gsize)(mark - call->uri)) : g_strdup(call->uri);
	g_autoptr(Query) query = NULL;
	Page page;

	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0)
		return PAGE_WRONG_METHOD;
	if (!listener_right_host(listener, call->connection))
		return PAGE_WRONG_HOST;
	if (!listener_same(path, listener->redirect->path))
		return PAGE_NOWHERE;
	query = query_parse(mark != NULL ? mark + 1 : "", NULL);
	if (query == NULL)
		return PAGE_GARBAGE;
	/* One at a time: what comes of the call before is not known yet. */
	if (listener->held != NULL)
		return PAGE_AGAIN;
	page = listener_judge_state(listener, query);
	if (page != PAGE_CONNECTED)
		return page;
	/* What is not taken yet is of a link that was used before this one. */
	query_free(listener->called);
	listener->called = g_steal_pointer(&query);
	return PAGE_CONNECTED;
}

/* ---- what the library calls, on its threads ---- */

static void *
listener_on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	ListenerCall *call = info != NULL ? info->socket_context : NULL;

	(void)cls;
	/* Only the first request of a connection is answered; its end is told to the browser. */
	if (call != NULL && call->uri == NULL)
		call->uri = g_strdup(uri);
	return call;
}

static void
listener_on_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
		       enum MHD_ConnectionNotificationCode code)
{
	Listener *listener = cls;
	ListenerCall *call;

	g_mutex_lock(&listener->mutex);
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

		call = g_new0(ListenerCall, 1);
		call->connection = connection;
		call->fd = info != NULL ? info->connect_fd : -1;
		call->since = g_get_monotonic_time();
		g_ptr_array_add(listener->calls, call);
		*socket_context = call;
	} else {
		call = *socket_context;
		*socket_context = NULL;
		if (listener->held == call)
			listener->held = NULL;
		g_ptr_array_remove(listener->calls, call);
		if (call->uri != NULL)
			sodium_memzero(call->uri, strlen(call->uri));
		g_free(call->uri);
		g_free(call->detail);
		g_free(call);
		g_cond_broadcast(&listener->cond);
	}
	g_mutex_unlock(&listener->mutex);
}

static enum MHD_Result
listener_send(struct MHD_Connection *connection, Page page, const char *detail)
{
	char *html = page_render(page, detail);
	struct MHD_Response *response = MHD_create_response_from_buffer(strlen(html), html, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	g_free(html);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/html; charset=utf-8");
	MHD_add_response_header(response, "Content-Security-Policy", page_policy());
	MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "Cross-Origin-Opener-Policy", "same-origin");
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	if (page == PAGE_WRONG_METHOD)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, MHD_HTTP_METHOD_GET);
	result = MHD_queue_response(connection, page_status(page), response);
	MHD_destroy_response(response);
	return result;
}

/* The first time a request comes it is judged; a call that was held comes again when its page is known. */
static enum MHD_Result
listener_on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
		    const char *data, size_t *size, void **con_cls)
{
	Listener *listener = cls;
	ListenerCall *call = *con_cls;
	g_autofree char *detail = NULL;
	gboolean held;
	Page page;

	(void)url, (void)version, (void)data;
	*size = 0;
	if (call == NULL || call->uri == NULL)
		return MHD_NO;
	g_mutex_lock(&listener->mutex);
	if (!call->judged) {
		call->judged = TRUE;
		call->page = listener_judge_call(listener, call, method);
		if (call->page == PAGE_CONNECTED) {
			call->held = TRUE;
			listener->held = call;
			MHD_suspend_connection(connection);
			if (eventfd_write(listener->wake, 1) != 0)
				g_error("An eventfd cannot be written.");
		}
	}
	held = call->held;
	page = call->page;
	detail = g_strdup(call->detail);
	g_mutex_unlock(&listener->mutex);
	return held ? MHD_YES : listener_send(connection, page, detail);
}

/* ---- beginning and end ---- */

static int
listener_socket(const Redirect *redirect, int family)
{
	struct sockaddr_in ipv4 = {
	    .sin_family = AF_INET, .sin_port = htons(redirect->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = htons(redirect->port), .sin6_addr = in6addr_loopback};
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int yes = 1;
	int problem;

	if (fd < 0)
		return -1;
	/* Whoever listens keeps it; connections of before that are not over yet do not. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
	if (bind(fd, family == AF_INET ? (const struct sockaddr *)&ipv4 : (const struct sockaddr *)&ipv6,
		 family == AF_INET ? sizeof(ipv4) : sizeof(ipv6)) == 0 &&
	    listen(fd, LISTENER_CONNECTIONS) == 0)
		return fd;
	problem = errno;
	close(fd);
	errno = problem;
	return -1;
}

static struct MHD_Daemon *
listener_serve(Listener *listener, int fd)
{
	return MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC, 0, NULL, NULL,
				listener_on_request, listener, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK,
				listener_on_uri, listener, MHD_OPTION_NOTIFY_CONNECTION, listener_on_connection, listener,
				MHD_OPTION_CONNECTION_LIMIT, (unsigned)LISTENER_CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				LISTENER_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)LISTENER_SECONDS,
				MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
}

/* Both addresses of localhost have to be ours; a machine without one of them has no browser that goes there either. */
static gboolean
listener_open(Listener *listener, int family, guint at, GError **error)
{
	int fd = listener_socket(listener->redirect, family);

	if (fd < 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
		return TRUE;
	if (fd < 0 && errno == EADDRINUSE) {
		host_error_set(error, IDC_CONFLICT, "port_taken",
			       "Port %u of this machine is taken by another program, so the browser could not come back to %s. End "
			       "that program, or register another address at the service and give it with --redirect-uri.",
			       listener->redirect->port, listener->redirect->uri);
		return FALSE;
	}
	if (fd >= 0)
		listener->daemons[at] = listener_serve(listener, fd);
	if (listener->daemons[at] != NULL)
		return TRUE;
	host_error_set(
	    error, IDC_IO, "port_refused",
	    "Port %u of this machine cannot be listened on: %s. Register another address at the service and give it with "
	    "--redirect-uri.",
	    listener->redirect->port, g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return FALSE;
}

Listener *
listener_new(const Redirect *redirect, GError **error)
{
	Listener *listener = g_new0(Listener, 1);
	gboolean good;

	if (sodium_init() < 0)
		g_error("libsodium cannot be initialized.");
	g_mutex_init(&listener->mutex);
	g_cond_init(&listener->cond);
	listener->states = g_ptr_array_new_with_free_func(listener_state_free);
	listener->calls = g_ptr_array_new();
	listener->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	listener->redirect = g_new0(Redirect, 1);
	*listener->redirect = *redirect;
	listener->redirect->uri = g_strdup(redirect->uri);
	listener->redirect->authority = g_strdup(redirect->authority);
	listener->redirect->path = g_strdup(redirect->path);
	if (listener->wake < 0)
		g_error("An eventfd cannot be made.");
	good = (!redirect->ipv4 || listener_open(listener, AF_INET, 0, error)) &&
	       (!redirect->ipv6 || listener_open(listener, AF_INET6, 1, error));
	if (good && listener->daemons[0] == NULL && listener->daemons[1] == NULL) {
		host_error_set(error, IDC_IO, "port_refused", "This machine has no loopback address to listen on.");
		good = FALSE;
	}
	if (!good) {
		listener_free(listener);
		return NULL;
	}
	return listener;
}

void
listener_free(Listener *listener)
{
	gint64 until = g_get_monotonic_time() + LISTENER_FAREWELL_MS * 1000;

	if (listener == NULL)
		return;
	listener_answer(listener, PAGE_FAILED, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(listener->daemons); i++) {
		if (listener->daemons[i] != NULL)
			close(MHD_quiesce_daemon(listener->daemons[i]));
	}
	g_mutex_lock(&listener->mutex);
	for (;;) {
		gboolean answering = FALSE;

		for (guint i = 0; i < listener->calls->len; i++)
			answering = answering || ((ListenerCall *)g_ptr_array_index(listener->calls, i))->judged;
		if (!answering || !g_cond_wait_until(&listener->cond, &listener->mutex, until))
			break;
	}
	g_mutex_unlock(&listener->mutex);
	for (guint i = 0; i < G_N_ELEMENTS(listener->daemons); i++) {
		if (listener->daemons[i] != NULL)
			MHD_stop_daemon(listener->daemons[i]);
	}
	if (listener->wake >= 0)
		close(listener->wake);
	query_free(listener->called);
	g_ptr_array_unref(listener->calls);
	g_ptr_array_unref(listener->states);
	g_cond_clear(&listener->cond);
	g_mutex_clear(&listener->mutex);
	redirect_free(listener->redirect);
	g_free(listener);
}

/* ---- what the program calls ---- */

void
listener_expect(Listener *listener, const char *state)
{
	ListenerState *added = g_new0(ListenerState, 1);

	added->state = g_strdup(state);
	added->page = PAGE_CONNECTED;
	g_mutex_lock(&listener->mutex);
	for (guint i = 0; i < listener->states->len; i++) {
		ListenerState *old = g_ptr_array_index(listener->states, i);

		if (old->page == PAGE_CONNECTED)
			old->page = PAGE_LATE;
	}
	if (listener->states->len == LISTENER_STATES)
		g_ptr_array_remove_index(listener->states, 0);
	g_ptr_array_add(listener->states, added);
	g_mutex_unlock(&listener->mutex);
}

Page
listener_judge(Listener *listener, const Query *query)
{
	Page page;

	g_mutex_lock(&listener->mutex);
	page = listener_judge_state(listener, query);
	g_mutex_unlock(&listener->mutex);
	return page;
}

/* The library's own limit begins anew with every byte; this one does not. */
static void
listener_shut_slow(Listener *listener)
{
	gint64 before = g_get_monotonic_time() - (gint64)LISTENER_SECONDS * G_USEC_PER_SEC;

	g_mutex_lock(&listener->mutex);
	for (guint i = 0; i < listener->calls->len; i++) {
		const ListenerCall *call = g_ptr_array_index(listener->calls, i);

		if (call->since < before && !call->held && call->fd >= 0)
			shutdown(call->fd, SHUT_RDWR);
	}
	g_mutex_unlock(&listener->mutex);
}

ListenerEvent
listener_wait(Listener *listener, int input, gint64 timeout_ms, gboolean (*cancelled)(gpointer user_data), gpointer user_data,
	      Query **ret_query)
{
	gint64 until = g_get_monotonic_time() + timeout_ms * 1000;

	for (;;) {
		struct pollfd watched[2] = {{.fd = listener->wake, .events = POLLIN}, {.fd = input, .events = POLLIN}};
		eventfd_t woken;
		gint64 left_ms = (until - g_get_monotonic_time()) / 1000;

		if (cancelled != NULL && cancelled(user_data))
			return LISTENER_CANCELLED;
		poll(watched, 2, (int)CLAMP(left_ms, 0, LISTENER_SLICE_MS));
		listener_shut_slow(listener);
		if (eventfd_read(listener->wake, &woken) == 0) {
			g_mutex_lock(&listener->mutex);
			*ret_query = g_steal_pointer(&listener->called);
			g_mutex_unlock(&listener->mutex);
			if (*ret_query != NULL)
				return LISTENER_CALLED;
		}
		if (input >= 0 && watched[1].revents != 0)
			return LISTENER_INPUT;
		if (left_ms <= 0)
			return LISTENER_LATE;
	}
}

void
listener_answer(Listener *listener, Page page, const char *detail)
{
	ListenerCall *call;

	g_mutex_lock(&listener->mutex);
	call = listener->held;
	listener->held = NULL;
	if (call != NULL) {
		call->held = FALSE;
		call->page = page;
		call->detail = detail != NULL ? text_escape(detail) : NULL;
		call->since = g_get_monotonic_time();
		MHD_resume_connection(call->connection);
	}
	g_mutex_unlock(&listener->mutex);
}
