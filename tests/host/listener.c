/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "signin/listener.h"
#include "base/error.h"
#include "support.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATH "/application/oauthProcessCode/Test"
/* Stands for the right host, given twice. */
#define TWICE "twice"
#define STATE "dfjbXIrJ4bXVuUSlnMIc0w"

typedef struct {
	Redirect *redirect;
	Listener *listener;
} Fixture;

static guint16
free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
	g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &length), ==, 0);
	close(fd);
	return ntohs(address.sin_port);
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
	g_autofree char *uri = g_strdup_printf("http://localhost:%u" PATH, free_port());
	g_autoptr(GError) error = NULL;

	(void)data;
	fixture->redirect = redirect_new(uri, &error);
	g_assert_no_error(error);
	fixture->listener = listener_new(fixture->redirect, &error);
	g_assert_no_error(error);
	listener_expect(fixture->listener, STATE);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
	(void)data;
	listener_free(fixture->listener);
	redirect_free(fixture->redirect);
}

static int
dial(const Fixture *fixture)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_port = htons(fixture->redirect->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
	return fd;
}

static int
send_text(const Fixture *fixture, const char *text)
{
	int fd = dial(fixture);

	g_assert_cmpint(send(fd, text, strlen(text), MSG_NOSIGNAL), ==, (gssize)strlen(text));
	return fd;
}

/* Everything until the end of the connection; closes it. */
static char *
receive(int fd)
{
	GString *text = g_string_new(NULL);
	char buffer[4096];
	ssize_t n;

	while ((n = recv(fd, buffer, sizeof(buffer), 0)) > 0)
		g_string_append_len(text, buffer, n);
	close(fd);
	return g_string_free(text, FALSE);
}

static char *
request(const Fixture *fixture, const char *method, const char *target, const char *host)
{
	const char *right = fixture->redirect->authority;
	g_autofree char *twice = g_strdup_printf("%s\r\nHost: %s", right, right);

	if (host == NULL)
		host = right;
	else if (strcmp(host, TWICE) == 0)
		host = twice;
	return g_strdup_printf("%s %s HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\n\r\n", method, target, host);
}

static char *
ask(const Fixture *fixture, const char *method, const char *target, const char *host)
{
	g_autofree char *text = request(fixture, method, target, host);

	return receive(send_text(fixture, text));
}

static ListenerEvent
look(const Fixture *fixture, Query **ret_query)
{
	return listener_wait(fixture->listener, -1, 50, NULL, NULL, ret_query);
}

/* The answer has this status and this title, and the wait goes on. */
static void
assert_goes_on(const Fixture *fixture, const char *answer, const char *status, const char *title)
{
	g_autofree char *begin = g_strdup_printf("HTTP/1.1 %s ", status);
	g_autofree char *heading = g_strdup_printf("<h1>%s</h1>", title);
	Query *query = NULL;

	if (!g_str_has_prefix(answer, begin) || strstr(answer, heading) == NULL)
		g_error("no %s with %s:\n%s", status, title, answer);
	g_assert_cmpint(look(fixture, &query), ==, LISTENER_LATE);
	g_assert_null(query);
}

/* The browser comes back with the right state; the wait has to end with these pairs. Returns the open connection. */
static int
come_back(const Fixture *fixture, const char *query_text, Query **ret_query)
{
	g_autofree char *target = g_strconcat(PATH "?", query_text, NULL);
	g_autofree char *text = request(fixture, "GET", target, NULL);
	int fd = send_text(fixture, text);

	g_assert_cmpint(listener_wait(fixture->listener, -1, 10000, NULL, NULL, ret_query), ==, LISTENER_CALLED);
	return fd;
}

static void
test_right_call(Fixture *fixture, gconstpointer data)
{
	static const char *const wanted[] = {"code", "a+b c/\xc3\xbc", "state", STATE, "code", ""};
	g_autoptr(Query) query = NULL;
	g_autofree char *answer = NULL;
	const idc_pair *pairs;
	gsize n = 0;
	int fd;

	(void)data;
	fd = come_back(fixture, "code=a%2Bb+c%2f%C3%BC&state=" STATE "&&code", &query);
	pairs = query_pairs(query, &n);
	g_assert_cmpuint(n, ==, 3);
	for (gsize i = 0; i < n; i++) {
		g_assert_cmpstr(pairs[i].key, ==, wanted[2 * i]);
		g_assert_cmpstr(pairs[i].value, ==, wanted[2 * i + 1]);
	}
	listener_answer(fixture->listener, PAGE_CONNECTED, "as <b>Ilse</b> \xe2\x80\xae");
	answer = receive(fd);
	g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 200 "));
	g_assert_nonnull(strstr(answer, "<h1>Connected</h1>"));
	g_assert_nonnull(strstr(answer, "as &lt;b&gt;Ilse&lt;/b&gt; \\u{202e}"));
}

static void
test_page_waits(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Query) query = NULL;
	g_autofree char *answer = NULL;
	struct pollfd readable = {.events = POLLIN};

	(void)data;
	readable.fd = come_back(fixture, "code=c&state=" STATE, &query);
	g_assert_cmpint(poll(&readable, 1, 200), ==, 0);
	listener_answer(fixture->listener, PAGE_FAILED, "The secret was refused.");
	answer = receive(readable.fd);
	g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 400 "));
	g_assert_nonnull(strstr(answer, "The secret was refused."));
}

/* Whoever ends before saying what came of it leaves nobody waiting. */
static void
test_end_answers(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Query) query = NULL;
	g_autofree char *answer = NULL;
	int fd;

	(void)data;
	fd = come_back(fixture, "code=c&state=" STATE, &query);
	g_clear_pointer(&fixture->listener, listener_free);
	answer = receive(fd);
	g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 400 "));
}

static void
test_headers(Fixture *fixture, gconstpointer data)
{
	static const char *const wanted[] = {
	    "\r\nContent-Type: text/html; charset=utf-8\r\n",
	    "\r\nContent-Security-Policy: default-src 'none'; style-src 'sha256-",
	    "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n",
	    "\r\nReferrer-Policy: no-referrer\r\n",
	    "\r\nCache-Control: no-store\r\n",
	    "\r\nX-Content-Type-Options: nosniff\r\n",
	    "\r\nConnection: close\r\n",
	    "<html lang=\"en\">",
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
	};
	g_autoptr(Query) query = NULL;
	g_autofree char *good = NULL;
	g_autofree char *bad = ask(fixture, "GET", "/", NULL);
	int fd;

	(void)data;
	fd = come_back(fixture, "code=c0ffee&state=" STATE, &query);
	listener_answer(fixture->listener, PAGE_CONNECTED, NULL);
	good = receive(fd);
	for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++) {
		g_assert_nonnull(strstr(good, wanted[i]));
		g_assert_nonnull(strstr(bad, wanted[i]));
	}
	g_assert_null(strstr(good, "<script"));
	g_assert_null(strstr(good, "c0ffee"));
	g_assert_null(strstr(good, STATE));
}

/* The policy lets through exactly the style that stands in the page. */
static void
test_style_hash(void)
{
	g_autofree char *html = page_render(PAGE_CONNECTED, NULL);
	const char *begin = strstr(html, "<style>") + strlen("<style>");
	g_autofree char *style = g_strndup(begin, (gsize)(strstr(html, "</style>") - begin));
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 digest[32];
	gsize length = sizeof(digest);
	g_autofree char *hash = NULL;

	g_checksum_update(checksum, (const guchar *)style, -1);
	g_checksum_get_digest(checksum, digest, &length);
	hash = g_base64_encode(digest, length);
	g_assert_nonnull(strstr(page_policy(), hash));
}

typedef struct {
	const char *name;
	const char *method;
	const char *target;
	const char *host; /* NULL: the right one */
	const char *status;
	const char *title;
} Stray;

static const Stray strays[] = {
    {"another path", "GET", "/favicon.ico", NULL, "404", "Nothing here"},
    {"the path with a slash", "GET", PATH "/?code=c&state=" STATE, NULL, "404", "Nothing here"},
    {"the path in other letters", "GET", "/application/oauthProcessCode/test?code=c&state=" STATE, NULL, "404", "Nothing here"},
    {"the path written in another way", "GET", "/application/oauthProcessCode/%54est?code=c&state=" STATE, NULL, "404",
     "Nothing here"},
    {"a way around to the path", "GET", "/x/.." PATH "?code=c&state=" STATE, NULL, "404", "Nothing here"},
    {"another method", "POST", PATH "?code=c&state=" STATE, NULL, "405", "Not like this"},
    {"only the headers asked for", "HEAD", PATH "?code=c&state=" STATE, NULL, "405", NULL},
    {"another host", "GET", PATH "?code=c&state=" STATE, "evil.example", "421", "Not this address"},
    {"another port in Host", "GET", PATH "?code=c&state=" STATE, "localhost:1", "421", "Not this address"},
    {"two hosts", "GET", PATH "?code=c&state=" STATE, TWICE, "421", "Not this address"},
    {"no query", "GET", PATH, NULL, "403", "Not this sign-in"},
    {"no state", "GET", PATH "?error=access_denied", NULL, "403", "Not this sign-in"},
    {"the state of another sign-in", "GET", PATH "?code=c&state=dfjbXIrJ4bXVuUSlnMIc0x", NULL, "403", "Not this sign-in"},
    {"the beginning of the state", "GET", PATH "?code=c&state=dfjbXIrJ4bXVuUSlnMIc0", NULL, "403", "Not this sign-in"},
    {"an empty state", "GET", PATH "?code=c&state=", NULL, "403", "Not this sign-in"},
    {"the state twice", "GET", PATH "?code=c&state=" STATE "&state=" STATE, NULL, "403", "Not this sign-in"},
    {"a broken %-sequence", "GET", PATH "?code=%2&state=" STATE, NULL, "400", "Not understood"},
    {"a NUL", "GET", PATH "?code=%00&state=" STATE, NULL, "400", "Not understood"},
    {"a line end", "GET", PATH "?code=a%0ab&state=" STATE, NULL, "400", "Not understood"},
    {"no UTF-8", "GET", PATH "?code=%ff&state=" STATE, NULL, "400", "Not understood"},
    {"too many pairs", "GET", PATH "?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q&r&s&t&u&v&w&x&y&z&A&B&C&D&E&F&state=" STATE, NULL, "400",
     "Not understood"},
};

static void
test_stray(Fixture *fixture, gconstpointer data)
{
	const Stray *stray = data;
	g_autofree char *answer = ask(fixture, stray->method, stray->target, stray->host);

	if (stray->title != NULL) {
		assert_goes_on(fixture, answer, stray->status, stray->title);
	} else {
		g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 405 "));
		g_assert_null(strstr(answer, "<h1>"));
	}
	/* And the right one still works. */
	g_autoptr(Query) query = NULL;
	int fd = come_back(fixture, "code=c&state=" STATE, &query);

	listener_answer(fixture->listener, PAGE_CONNECTED, NULL);
	g_free(receive(fd));
}

static void
test_second_call(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Query) query = NULL;
	g_autofree char *during = NULL;
	g_autofree char *after = NULL;
	int fd;

	(void)data;
	fd = come_back(fixture, "code=c&state=" STATE, &query);
	during = ask(fixture, "GET", PATH "?code=c&state=" STATE, NULL);
	assert_goes_on(fixture, during, "409", "Already used");
	listener_answer(fixture->listener, PAGE_CONNECTED, NULL);
	g_free(receive(fd));
	after = ask(fixture, "GET", PATH "?code=d&state=" STATE, NULL);
	assert_goes_on(fixture, after, "409", "Already used");
}

static void
test_too_late(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Query) query = NULL;
	g_autofree char *late = NULL;
	g_autofree char *target = g_strdup(PATH "?code=c&state=second");
	g_autofree char *text = request(fixture, "GET", target, NULL);
	int fd;

	(void)data;
	listener_expect(fixture->listener, "second");
	late = ask(fixture, "GET", PATH "?code=c&state=" STATE, NULL);
	assert_goes_on(fixture, late, "410", "Too late");
	fd = send_text(fixture, text);
	g_assert_cmpint(listener_wait(fixture->listener, -1, 10000, NULL, NULL, &query), ==, LISTENER_CALLED);
	listener_answer(fixture->listener, PAGE_DENIED, NULL);
	g_free(receive(fd));
}

static void
test_too_large(Fixture *fixture, gconstpointer data)
{
	g_autofree char *filler = g_strnfill(9000, 'x');
	g_autofree char *target = g_strconcat(PATH "?state=" STATE "&code=", filler, NULL);
	g_autofree char *text = request(fixture, "GET", target, NULL);
	g_autoptr(Query) query = NULL;
	g_autofree char *answer = receive(send_text(fixture, text));

	(void)data;
	g_assert_true(*answer == '\0' || g_str_has_prefix(answer, "HTTP/1.1 4"));
	g_assert_cmpint(look(fixture, &query), ==, LISTENER_LATE);
}

/* One that sends a byte now and then is shut after ten seconds all the same; meanwhile others are served. */
static void
test_slow(Fixture *fixture, gconstpointer data)
{
	gint64 begin = g_get_monotonic_time();
	int fd = send_text(fixture, "GET " PATH);
	g_autofree char *answer = ask(fixture, "GET", "/", NULL);
	gboolean open = TRUE;

	(void)data;
	g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 404 "));
	while (open && g_get_monotonic_time() - begin < 20 * G_USEC_PER_SEC) {
		Query *query = NULL;
		char byte;

		listener_wait(fixture->listener, -1, 1000, NULL, NULL, &query);
		g_assert_null(query);
		send(fd, "x", 1, MSG_NOSIGNAL);
		open = recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
	}
	close(fd);
	g_assert_cmpint(g_get_monotonic_time() - begin, >, 9 * G_USEC_PER_SEC);
	g_assert_cmpint(g_get_monotonic_time() - begin, <, 15 * G_USEC_PER_SEC);
}

/* Sixteen that say nothing keep nobody out for longer than their ten seconds. */
static void
test_crowd(Fixture *fixture, gconstpointer data)
{
	int silent[40];
	g_autoptr(Query) query = NULL;
	g_autofree char *text = request(fixture, "GET", PATH "?code=c&state=" STATE, NULL);
	int fd;

	(void)data;
	for (gsize i = 0; i < 16; i++)
		silent[i] = dial(fixture);
	fd = send_text(fixture, text);
	g_assert_cmpint(listener_wait(fixture->listener, -1, 20000, NULL, NULL, &query), ==, LISTENER_CALLED);
	listener_answer(fixture->listener, PAGE_CONNECTED, NULL);
	g_free(receive(fd));
	for (gsize i = 0; i < 16; i++)
		close(silent[i]);
}

static gboolean
say_yes(gpointer user_data)
{
	(void)user_data;
	return TRUE;
}

static void
test_other_ends(Fixture *fixture, gconstpointer data)
{
	Query *query = NULL;
	int ends[2];

	(void)data;
	g_assert_cmpint(pipe(ends), ==, 0);
	g_assert_cmpint(write(ends[1], "x", 1), ==, 1);
	g_assert_cmpint(listener_wait(fixture->listener, ends[0], 10000, NULL, NULL, &query), ==, LISTENER_INPUT);
	g_assert_cmpint(listener_wait(fixture->listener, -1, 10000, say_yes, NULL, &query), ==, LISTENER_CANCELLED);
	close(ends[0]);
	close(ends[1]);
}

static void
test_judge_pasted(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Query) wrong = query_parse("code=c&state=other", NULL);
	g_autoptr(Query) right = query_parse("code=c&state=" STATE, NULL);

	(void)data;
	g_assert_cmpint(listener_judge(fixture->listener, wrong), ==, PAGE_OTHER);
	g_assert_cmpint(listener_judge(fixture->listener, right), ==, PAGE_CONNECTED);
	g_assert_cmpint(listener_judge(fixture->listener, right), ==, PAGE_AGAIN);
}

static void
test_port_taken(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_null(listener_new(fixture->redirect, &error));
	support_assert_error(error, IDC_CONFLICT, "port_taken", "is taken by another program");
}

/* What waits on the other address of localhost would be sent the code. */
static void
test_port_taken_ipv6(void)
{
	g_autofree char *uri = g_strdup_printf("http://localhost:%u/", free_port());
	g_autoptr(Redirect) redirect = redirect_new(uri, NULL);
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(redirect->port), .sin6_addr = in6addr_loopback};
	g_autoptr(GError) error = NULL;
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 1) != 0) {
		g_test_skip("there is no ::1 here");
	} else {
		g_assert_null(listener_new(redirect, &error));
		support_assert_error(error, IDC_CONFLICT, "port_taken", NULL);
	}
	if (fd >= 0)
		close(fd);
}

static void
test_redirects(void)
{
	static const char *const wrong[] = {"",
					    "localhost",
					    "ftp://localhost/",
					    "http://example.org/",
					    "http://127.0.0.1.example.org/",
					    "https://user@example.org/",
					    "https://example.org/?a=b",
					    "https://example.org/#a",
					    "http://localhost:0/",
					    "https:///x",
					    "https://exa mple.org/"};
	g_autoptr(Redirect) proxied = redirect_new("https://Idc.Example.org/app/Test", NULL);
	g_autoptr(Redirect) six = redirect_new("http://[::1]:9000/x", NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(redirect_new(wrong[i], &error));
		support_assert_error(error, IDC_INVALID, "redirect_invalid", "The redirect address");
	}
	g_assert_cmpstr(proxied->authority, ==, "idc.example.org");
	g_assert_cmpstr(proxied->path, ==, "/app/Test");
	g_assert_cmpuint(proxied->port, ==, 8765);
	g_assert_true(proxied->ipv4 && !proxied->ipv6);
	g_assert_cmpstr(six->authority, ==, "[::1]:9000");
	g_assert_cmpuint(six->port, ==, 9000);
	g_assert_true(!six->ipv4 && six->ipv6);
}

#define ADD(name, test) g_test_add("/listener/" name, Fixture, NULL, set_up, test, tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("the right call ends the wait with its pairs in order", test_right_call);
	ADD("the page is sent once it is known what came of the call", test_page_waits);
	ADD("a call that is open at the end is answered", test_end_answers);
	ADD("each page has strict headers and nothing of the query", test_headers);
	g_test_add_func("/listener/the policy allows the page's own style and no other", test_style_hash);
	for (gsize i = 0; i < G_N_ELEMENTS(strays); i++) {
		g_autofree char *name = g_strdup_printf("/listener/the wait goes on after %s", strays[i].name);

		g_test_add(name, Fixture, &strays[i], set_up, test_stray, tear_down);
	}
	ADD("a second call is told that the first one counts", test_second_call);
	ADD("a call for an older link is too late", test_too_late);
	ADD("a request of more than 8 KiB ends nothing", test_too_large);
	ADD("a slow request is shut after ten seconds", test_slow);
	ADD("a crowd that says nothing keeps nobody out", test_crowd);
	ADD("input and cancelling end the wait", test_other_ends);
	ADD("a pasted address is judged as a call is", test_judge_pasted);
	ADD("a port that is taken is told", test_port_taken);
	g_test_add_func("/listener/a port that is taken on the other loopback address is told", test_port_taken_ipv6);
	g_test_add_func("/listener/an address that cannot be come back to is refused", test_redirects);
	return g_test_run();
}
