/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "wire/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "errors.h"

/* Requests over real sockets to a server in a thread, which answers what it was given, or something for ever. */

typedef struct {
	int listener;
	guint16 port;
	GThread *thread;
	const gchar *answer;
	const gchar *endless; /* sent again and again after the answer */
	guint pause_ms;       /* between these */
	gint stop;
	gint connections;
	GMutex lock;
	GString *asked;
} Server;

static gboolean
server_send(int client, const gchar *text)
{
	gsize left = strlen(text);

	while (left > 0) {
		const gssize sent = send(client, text, left, MSG_NOSIGNAL);

		if (sent <= 0)
			return FALSE;
		text += sent;
		left -= (gsize)sent;
	}
	return TRUE;
}

static void
server_answer(Server *server, int client)
{
	gchar request[8192];
	const gssize length = recv(client, request, sizeof(request), 0);

	if (length <= 0)
		return;
	g_mutex_lock(&server->lock);
	g_string_append_len(server->asked, request, length);
	g_mutex_unlock(&server->lock);
	if (!server_send(client, server->answer))
		return;
	while (server->endless != NULL && g_atomic_int_get(&server->stop) == 0 && server_send(client, server->endless))
		g_usleep(server->pause_ms * 1000);
}

static gpointer
server_run(gpointer data)
{
	Server *server = data;

	for (;;) {
		const int client = accept(server->listener, NULL, NULL);

		if (client < 0 || g_atomic_int_get(&server->stop) != 0) {
			if (client >= 0)
				close(client);
			return NULL;
		}
		g_atomic_int_inc(&server->connections);
		server_answer(server, client);
		close(client);
	}
}

static void
server_open(Server *server, const gchar *answer)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);

	*server = (Server){.answer = answer, .asked = g_string_new(NULL)};
	g_mutex_init(&server->lock);
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(server->listener, >=, 0);
	g_assert_cmpint(bind(server->listener, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
	g_assert_cmpint(listen(server->listener, 8), ==, 0);
	g_assert_cmpint(getsockname(server->listener, (struct sockaddr *)&address, &length), ==, 0);
	server->port = ntohs(address.sin_port);
}

static void
server_close(Server *server)
{
	g_atomic_int_set(&server->stop, 1);
	shutdown(server->listener, SHUT_RDWR);
	if (server->thread != NULL)
		g_thread_join(server->thread);
	close(server->listener);
	g_string_free(server->asked, TRUE);
	g_mutex_clear(&server->lock);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Server, server_close)

/* Sends one request and waits for what becomes of it; owned by http. */
static HttpExchange *
ask(Http *http, Server *server, const gchar *form)
{
	g_autofree gchar *url = g_strdup_printf("http://127.0.0.1:%u/things", server->port);
	const HttpRequest request = {.method = form != NULL ? "POST" : "GET",
				     .url = url,
				     .body = form,
				     .content_type = "text/plain",
				     .accept = "application/json",
				     .bearer = form != NULL ? NULL : "t0ken",
				     .once = form != NULL};
	g_autoptr(GError) error = NULL;
	HttpExchange *exchange;

	if (server->thread == NULL)
		server->thread = g_thread_new("server", server_run, server);
	exchange = http_start(http, &request, &error);
	g_assert_no_error(error);
	while (!http_done(exchange))
		g_assert_true(http_poll(http, 50, &error));
	return exchange;
}

static Http *
client(guint timeout_s)
{
	const HttpOptions options = {.proxy = "", .timeout_s = timeout_s};
	g_autoptr(GError) error = NULL;
	Http *http = http_new(&options, &error);

	g_assert_no_error(error);
	return http;
}

static void
test_an_answer_is_read_with_what_it_says_of_itself(void)
{
	g_autoptr(Http) http = client(10);
	g_auto(Server) server = {0};
	HttpExchange *exchange;
	const HttpAnswer *answer;

	server_open(&server, "HTTP/1.1 200 OK\r\nratelimit-limit: 960\r\nRateLimit-Remaining: 17\r\nratelimit-reset: 9\r\n"
			     "date: Tue, 14 Nov 2023 22:13:20 GMT\r\nx-request-id: r-77\r\ncontent-length: 2\r\n\r\n{}");
	exchange = ask(http, &server, NULL);
	answer = http_answer(exchange);
	g_assert_cmpint(answer->status, ==, 200);
	g_assert_cmpstr(answer->body->str, ==, "{}");
	g_assert_cmpstr(answer->request_id, ==, "r-77");
	g_assert_cmpint(answer->hint.limit, ==, 960);
	g_assert_cmpint(answer->hint.remaining, ==, 17);
	g_assert_cmpint(answer->hint.reset_s, ==, 9);
	g_assert_cmpint(answer->date_unix_ms, ==, G_GINT64_CONSTANT(1700000000000));
	g_assert_nonnull(strstr(server.asked->str, "Authorization: Bearer t0ken"));
	http_finish(exchange);
}

static void
test_a_request_id_that_is_not_for_people_is_left_out(void)
{
	g_autoptr(Http) http = client(10);
	g_auto(Server) server = {0};
	HttpExchange *exchange;

	server_open(&server, "HTTP/1.1 200 OK\r\nx-request-id: a\x1b[31mb\r\nratelimit-reset: -7\r\ncontent-length: 2\r\n\r\n{}");
	exchange = ask(http, &server, NULL);
	g_assert_cmpint(http_answer(exchange)->status, ==, 200);
	g_assert_null(http_answer(exchange)->request_id);
	g_assert_cmpint(http_answer(exchange)->hint.reset_s, ==, -1);
	http_finish(exchange);
}

static void
test_a_redirect_is_not_followed(void)
{
	g_autoptr(Http) http = client(10);
	g_auto(Server) server = {0};
	g_autofree gchar *answer = NULL;
	HttpExchange *exchange;

	server_open(&server, NULL);
	answer =
	    g_strdup_printf("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:%u/other\r\ncontent-length: 0\r\n\r\n", server.port);
	server.answer = answer;
	exchange = ask(http, &server, NULL);
	g_assert_cmpint(http_answer(exchange)->status, ==, 302);
	g_assert_cmpint(g_atomic_int_get(&server.connections), ==, 1);
	g_assert_null(strstr(server.asked->str, "/other"));
	http_finish(exchange);
}

static void
test_a_form_goes_out_on_a_connection_of_its_own(void)
{
	g_autoptr(Http) http = client(10);
	g_auto(Server) server = {0};

	server_open(&server, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
	for (guint i = 0; i < 3; i++)
		http_finish(ask(http, &server, "secret=1"));
	g_assert_cmpint(g_atomic_int_get(&server.connections), ==, 3);
	g_assert_nonnull(strstr(server.asked->str, "Content-Type: text/plain"));
	g_assert_null(strstr(server.asked->str, "Authorization"));
}

/* Whatever comes, and however much of it: it ends soon, with little memory, and is told as what it is. */
static void
test_what_is_no_answer_ends_bounded(void)
{
	g_autofree gchar *blank = g_strnfill(65536, ' ');
	g_autofree gchar *header = g_strnfill(65536, 'a');
	const struct {
		const gchar *answer;
		const gchar *endless;
		guint pause_ms;
		gint32 problem;
	} cases[] = {
	    {"HTTP/1.1 200 OK\r\n\r\n", blank, 0, IDC_PROTOCOL},
	    {"HTTP/1.1 200 OK\r\n", "x-more: and more\r\n", 0, IDC_PROTOCOL},
	    {"HTTP/1.1 200 OK\r\nx-long: ", header, 0, IDC_PROTOCOL},
	    {"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n", 0, IDC_PROTOCOL},
	    {"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nplain", NULL, 0, IDC_PROTOCOL},
	    {"SSH-2.0-OpenSSH_9.2\r\n", NULL, 0, IDC_PROTOCOL},
	    {"HTTP/1.1 200 OK\r\ncontent-length: 9000000000\r\n\r\n{", " ", 100, IDC_TIMEOUT},
	    {"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", NULL, 0, IDC_UNAVAILABLE},
	    {"", NULL, 0, IDC_UNAVAILABLE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Http) http = client(cases[i].pause_ms > 0 ? 1 : 30);
		g_auto(Server) server = {0};
		const gint64 began = g_get_monotonic_time();
		HttpExchange *exchange;

		server_open(&server, cases[i].answer);
		server.endless = cases[i].endless;
		server.pause_ms = cases[i].pause_ms;
		exchange = ask(http, &server, NULL);
		g_test_message("%s", http_answer(exchange)->why);
		g_assert_cmpint(http_answer(exchange)->status, ==, 0);
		g_assert_cmpint(http_answer(exchange)->problem, ==, cases[i].problem);
		g_assert_cmpuint(http_answer(exchange)->body->len, <=, 16 * 1024 * 1024);
		g_assert_nonnull(http_answer(exchange)->why);
		http_finish(exchange);
		g_assert_cmpint(g_get_monotonic_time() - began, <, 25 * G_USEC_PER_SEC);
	}
}

static void
test_nothing_is_taken_from_the_environment(void)
{
	g_autoptr(Http) http = client(10);
	g_auto(Server) server = {0};
	HttpExchange *exchange;

	server_open(&server, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
	exchange = ask(http, &server, NULL);
	g_assert_cmpint(http_answer(exchange)->status, ==, 200);
	http_finish(exchange);
}

/* What is given up in the middle is gone at once. */
static void
test_a_request_may_be_given_up_at_any_time(void)
{
	g_auto(Server) server = {0};

	server_open(&server, "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n");
	server.endless = "               ";
	server.pause_ms = 2;
	server.thread = g_thread_new("server", server_run, &server);
	for (guint i = 0; i < 20; i++) {
		g_autoptr(Http) http = client(10);
		g_autofree gchar *url = g_strdup_printf("http://127.0.0.1:%u/things", server.port);
		const HttpRequest request = {.method = "GET", .url = url, .accept = "*/*", .bearer = "t0ken"};
		HttpExchange *exchange = http_start(http, &request, NULL);

		for (guint n = 0; n < i; n++)
			g_assert_true(http_poll(http, 5, NULL));
		g_assert_false(http_done(exchange));
		http_finish(exchange);
	}
}

int
main(int argc, char **argv)
{
	/* before any thread: a proxy that nobody answers on, for all */
	g_setenv("http_proxy", "http://127.0.0.1:1", TRUE);
	g_setenv("ALL_PROXY", "http://127.0.0.1:1", TRUE);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/http/an answer is read with what it says of itself", test_an_answer_is_read_with_what_it_says_of_itself);
	g_test_add_func("/http/a request id that is not fit for people is left out",
			test_a_request_id_that_is_not_for_people_is_left_out);
	g_test_add_func("/http/a redirect is not followed", test_a_redirect_is_not_followed);
	g_test_add_func("/http/a form goes out on a connection of its own, without a token",
			test_a_form_goes_out_on_a_connection_of_its_own);
	g_test_add_func("/http/what is no answer ends bounded and is told as what it is", test_what_is_no_answer_ends_bounded);
	g_test_add_func("/http/nothing is taken from the environment", test_nothing_is_taken_from_the_environment);
	g_test_add_func("/http/a request may be given up at any time", test_a_request_may_be_given_up_at_any_time);
	return g_test_run();
}
