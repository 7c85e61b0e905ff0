/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/http.h"
#include "base/error.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HTTP_WAIT_S 120
#define HTTP_MAX_ANSWER ((gsize)1 << 30)

static int
http_fail(GError **error, const char *what, const char *why)
{
	host_error_set(error, IDC_IO, "fixture_http", "The fixture's control API cannot be reached: %s (%s).", what, why);
	return -1;
}

static int
http_connect(guint port, GError **error)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct timeval wait = {.tv_sec = HTTP_WAIT_S};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return http_fail(error, "no socket", g_strerror(errno));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		http_fail(error, "nobody answers there", g_strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

static gboolean
http_send(int fd, const char *bytes, gsize length, GError **error)
{
	while (length > 0) {
		ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return http_fail(error, "the request could not be sent", g_strerror(errno)) == 0;
		bytes += n;
		length -= (gsize)n;
	}
	return TRUE;
}

/* The value of a header within head, or NULL. Free with g_free. */
static char *
http_header(const char *head, const char *name)
{
	g_auto(GStrv) lines = g_strsplit(head, "\r\n", -1);
	gsize length = strlen(name);

	for (gsize i = 0; lines[i] != NULL; i++) {
		if (g_ascii_strncasecmp(lines[i], name, length) == 0 && lines[i][length] == ':')
			return g_strstrip(g_strdup(lines[i] + length + 1));
	}
	return NULL;
}

/* Where the body begins, 0 while the head is not whole; *ret_whole is what head and body are long, G_MAXSIZE where that is not said. */
static gsize
http_head(const GString *answer, gsize *ret_whole)
{
	const char *end = strstr(answer->str, "\r\n\r\n");
	g_autofree char *head = NULL;
	g_autofree char *length = NULL;
	guint64 n = 0;
	gsize begin;

	if (end == NULL)
		return 0;
	begin = (gsize)(end - answer->str) + 4;
	head = g_strndup(answer->str, begin);
	length = http_header(head, "Content-Length");
	if (length != NULL && g_ascii_string_to_unsigned(length, 10, 0, HTTP_MAX_ANSWER, &n, NULL))
		*ret_whole = begin + (gsize)n;
	return begin;
}

static gsize
http_receive(int fd, GString *answer, GError **error)
{
	gsize whole = G_MAXSIZE;
	gsize begin = 0;
	char chunk[65536];

	while (answer->len < whole && answer->len < HTTP_MAX_ANSWER) {
		ssize_t n = recv(fd, chunk, sizeof(chunk), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			http_fail(error, "there is no answer", g_strerror(errno));
			return 0;
		}
		if (n == 0)
			break;
		g_string_append_len(answer, chunk, n);
		if (begin == 0)
			begin = http_head(answer, &whole);
	}
	if (begin == 0 || (whole != G_MAXSIZE && answer->len < whole)) {
		http_fail(error, "the answer is not whole", "it ended too early");
		return 0;
	}
	return begin;
}

char *
http_exchange(guint port, const char *method, const char *path, const char *body, guint *ret_status, gsize *ret_length,
	      char **ret_location, GError **error)
{
	gsize length = body != NULL ? strlen(body) : 0;
	g_autofree char *head =
	    g_strdup_printf("%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n", method,
			    path, port, body != NULL ? "Content-Type: application/json\r\n" : "", length);
	g_autoptr(GString) answer = g_string_new(NULL);
	g_autofree char *answered = NULL;
	g_autofree char *coding = NULL;
	int fd = http_connect(port, error);
	gsize begin = 0;

	if (fd < 0)
		return NULL;
	if (http_send(fd, head, strlen(head), error) && (length == 0 || http_send(fd, body, length, error)))
		begin = http_receive(fd, answer, error);
	close(fd);
	if (begin == 0)
		return NULL;
	if (answer->len < 12 || !g_str_has_prefix(answer->str, "HTTP/1.")) {
		http_fail(error, "that is no HTTP", "it begins otherwise");
		return NULL;
	}
	*ret_status = (guint)g_ascii_strtoull(answer->str + 9, NULL, 10);
	answered = g_strndup(answer->str, begin);
	coding = http_header(answered, "Transfer-Encoding");
	if (coding != NULL) {
		http_fail(error, "its answer comes in chunks: it needs a Content-Length, or to end with its connection", coding);
		return NULL;
	}
	if (ret_location != NULL)
		*ret_location = http_header(answered, "Location");
	g_string_erase(answer, 0, (gssize)begin);
	if (ret_length != NULL)
		*ret_length = answer->len;
	return g_string_free(g_steal_pointer(&answer), FALSE);
}
