/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "wire.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define WIRE_ENDLESS (G_GINT64_CONSTANT(1) << 28) /* where "endless" ends: a client that takes as much has failed already */
#define WIRE_POLL_MS 50

struct Wires {
	GMutex lock;
	GCond changed;
	gboolean stopping;
	guint running;
};

typedef struct {
	Wires *wires;
	struct MHD_Connection *connection;
	gint64 delay_ms;
	WirePlan *plan; /* NULL: only a delay */
	int fd;
	gnutls_session_t tls;
} WireJob;

WirePlan *
wire_plan_new(void)
{
	WirePlan *plan = g_new0(WirePlan, 1);

	plan->bytes = g_string_new(NULL);
	return plan;
}

void
wire_plan_free(WirePlan *plan)
{
	g_string_free(plan->bytes, TRUE);
	g_free(plan);
}

void
wire_plan_head(WirePlan *plan, const Reply *reply, gint64 length)
{
	g_string_append_printf(plan->bytes,
			       "HTTP/1.1 %u Simulated\r\nConnection: close\r\nContent-Length: %" G_GINT64_FORMAT "\r\n",
			       reply->status, length);
	if (reply->content_type != NULL)
		g_string_append_printf(plan->bytes, "Content-Type: %s\r\n", reply->content_type);
	for (guint i = 0; i + 1 < reply->headers->len; i += 2)
		g_string_append_printf(plan->bytes, "%s: %s\r\n", (const gchar *)g_ptr_array_index(reply->headers, i),
				       (const gchar *)g_ptr_array_index(reply->headers, i + 1));
	if (!plan->endless_headers)
		g_string_append(plan->bytes, "\r\n");
}

Wires *
wire_start(void)
{
	Wires *wires = g_new0(Wires, 1);

	g_mutex_init(&wires->lock);
	g_cond_init(&wires->changed);
	return wires;
}

void
wire_halt(Wires *wires)
{
	g_mutex_lock(&wires->lock);
	wires->stopping = TRUE;
	g_cond_broadcast(&wires->changed);
	while (wires->running > 0)
		g_cond_wait(&wires->changed, &wires->lock);
	g_mutex_unlock(&wires->lock);
}

void
wire_free(Wires *wires)
{
	g_mutex_clear(&wires->lock);
	g_cond_clear(&wires->changed);
	g_free(wires);
}

/* FALSE: everything ends. */
static gboolean
wire_wait(Wires *wires, gint64 ms)
{
	gint64 until = g_get_monotonic_time() + ms * 1000;
	gboolean going;

	g_mutex_lock(&wires->lock);
	while (!wires->stopping && g_get_monotonic_time() < until)
		g_cond_wait_until(&wires->changed, &wires->lock, until);
	going = !wires->stopping;
	g_mutex_unlock(&wires->lock);
	return going;
}

/* How many bytes went out; 0: try again; negative: the other side is gone. */
static gssize
wire_send_some(const WireJob *job, const gchar *bytes, gsize length)
{
	gssize sent;

	if (job->tls != NULL) {
		sent = gnutls_record_send(job->tls, bytes, length);
		if (sent == GNUTLS_E_AGAIN || sent == GNUTLS_E_INTERRUPTED)
			return 0;
		return sent;
	}
	sent = send(job->fd, bytes, length, MSG_NOSIGNAL);
	return sent < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : sent;
}

static gboolean
wire_send(const WireJob *job, const gchar *bytes, gsize length)
{
	while (length > 0) {
		struct pollfd ready = {.fd = job->fd, .events = POLLOUT};
		gssize sent = wire_send_some(job, bytes, length);
		if (sent < 0)
			return FALSE;
		bytes += sent;
		length -= (gsize)sent;
		if (sent > 0)
			continue;
		if (poll(&ready, 1, WIRE_POLL_MS) < 0 && errno != EINTR)
			return FALSE;
		if (!wire_wait(job->wires, 0))
			return FALSE;
	}
	return TRUE;
}

static gboolean
wire_send_repeated(const WireJob *job, const gchar *text, gint64 length)
{
	gsize size = strlen(text);

	for (gint64 sent = 0; sent < length; sent += (gint64)size) {
		if (!wire_send(job, text, (gsize)MIN((gint64)size, length - sent)))
			return FALSE;
	}
	return TRUE;
}

void
wire_reset(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};

	/* the library would send an orderly end first, whatever SO_LINGER says; this lets go of the other side at once */
	(void)connect(fd->connect_fd, &nowhere, sizeof(nowhere));
}

static void
wire_carry_out(const WireJob *job)
{
	const WirePlan *plan = job->plan;
	gboolean going = TRUE;

	for (gsize at = 0; at < plan->bytes->len && going; at += MIN(plan->chunk, plan->bytes->len - at)) {
		gsize size = MIN(plan->chunk, plan->bytes->len - at);
		going =
		    (plan->every_ms == 0 || wire_wait(job->wires, plan->every_ms)) && wire_send(job, plan->bytes->str + at, size);
	}
	if (going && plan->filler > 0) {
		g_autofree gchar *blanks = g_strnfill(1 << 16, ' ');
		going = wire_send_repeated(job, blanks, plan->filler);
	}
	if (going && plan->endless_headers)
		wire_send_repeated(job, "X-Padding: 0123456789012345678901234567890123456789\r\n", WIRE_ENDLESS);
	if (plan->reset)
		wire_reset(job->connection);
}

static void
wire_job_free(WireJob *job)
{
	g_clear_pointer(&job->plan, wire_plan_free);
	g_free(job);
}

static gpointer
wire_run(gpointer data)
{
	WireJob *job = data;
	Wires *wires = job->wires;

	if (wire_wait(wires, job->delay_ms) && job->plan != NULL)
		wire_carry_out(job);
	MHD_resume_connection(job->connection);
	wire_job_free(job);
	/* the last touch: wire_halt() goes on as soon as nobody runs */
	g_mutex_lock(&wires->lock);
	wires->running--;
	g_cond_broadcast(&wires->changed);
	g_mutex_unlock(&wires->lock);
	return NULL;
}

static void
wire_begin(WireJob *job)
{
	gboolean stopping;

	g_mutex_lock(&job->wires->lock);
	stopping = job->wires->stopping;
	if (!stopping)
		job->wires->running++;
	g_mutex_unlock(&job->wires->lock);
	if (stopping) {
		wire_job_free(job);
		return;
	}
	MHD_suspend_connection(job->connection);
	g_thread_unref(g_thread_new("wire", wire_run, job));
}

void
wire_delay(Wires *wires, struct MHD_Connection *connection, gint64 delay_ms)
{
	WireJob *job = g_new0(WireJob, 1);

	job->wires = wires;
	job->connection = connection;
	job->delay_ms = delay_ms;
	wire_begin(job);
}

void
wire_write(Wires *wires, struct MHD_Connection *connection, WirePlan *plan)
{
	const union MHD_ConnectionInfo *fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	const union MHD_ConnectionInfo *tls = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	WireJob *job = g_new0(WireJob, 1);

	job->wires = wires;
	job->connection = connection;
	job->plan = plan;
	job->fd = fd->connect_fd;
	job->tls = tls == NULL ? NULL : tls->tls_session;
	wire_begin(job);
}
