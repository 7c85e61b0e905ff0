/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "http.h"

#include <curl/curl.h>
#include <string.h>

#include "../errors.h"
#include "../secret.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CURL, curl_easy_cleanup)
typedef struct curl_slist HttpHeaders;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpHeaders, curl_slist_free_all)

/* A page of 100 users who are on a hundred teams each has 2 MB; more than this is no answer of PagerDuty's. */
#define HTTP_MAX_BODY (16 * 1024 * 1024)
#define HTTP_MAX_HEADERS (256 * 1024)
#define HTTP_CONNECT_TIMEOUT_S 20

struct Http {
	CURLM *multi;
	gchar *proxy;
	gchar *proxy_credentials;
	GBytes *authorities;
	guint timeout_s;
};

struct HttpExchange {
	Http *http;
	CURL *easy;
	HttpHeaders *headers;
	gchar *body;
	gsize header_bytes;
	gboolean too_much;
	gboolean done;
	gchar curl_error[CURL_ERROR_SIZE];
	HttpAnswer answer;
};

/* Whom to trust: TLS 1.2 or later, checked always, by the authorities that were set or else the system's; on the way to a proxy too. */
static gboolean
http_set_trust(const Http *http, CURL *easy)
{
	struct curl_blob blob = {.flags = CURL_BLOB_NOCOPY}; /* libcurl only reads it, but says so in no type */
	gsize size = 0;

	if (curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) != CURLE_OK)
		return FALSE;
	if (g_str_has_prefix(http->proxy, "https:") &&
	    (curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) != CURLE_OK ||
	     curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYPEER, 1L) != CURLE_OK ||
	     curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYHOST, 2L) != CURLE_OK))
		return FALSE;
	if (http->authorities == NULL)
		return TRUE;
	blob.data = (void *)g_bytes_get_data(http->authorities, &size);
	blob.len = size;
	if (g_str_has_prefix(http->proxy, "https:") && (curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO_BLOB, &blob) != CURLE_OK ||
							curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, NULL) != CURLE_OK))
		return FALSE;
	return curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK;
}

Http *
http_new(const HttpOptions *options, GError **error)
{
	g_autoptr(Http) http = g_new0(Http, 1);
	g_autoptr(CURL) probe = NULL;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (http->multi = curl_multi_init()) == NULL) {
		g_set_error_literal(error, ERRORS, IDC_INTERNAL, "libcurl could not be started.");
		return NULL;
	}
	curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
	http->proxy = g_strdup(options->proxy);
	http->proxy_credentials = g_strdup(options->proxy_credentials);
	http->authorities = options->authorities != NULL ? g_bytes_ref(options->authorities) : NULL;
	http->timeout_s = options->timeout_s;
	/* Not every libcurl can take authorities from memory; that is known before anything is sent. */
	probe = curl_easy_init();
	if (probe == NULL || !http_set_trust(http, probe)) {
		g_set_error_literal(error, ERRORS, probe == NULL ? IDC_NOMEM : IDC_INVALID,
				    probe == NULL
					? "libcurl could not be started: out of memory."
					: "The libcurl of this machine cannot trust the settings ca_file and proxy: use one with "
					  "OpenSSL, or add the authority to the system's and leave ca_file out.");
		return NULL;
	}
	return g_steal_pointer(&http);
}

void
http_free(Http *http)
{
	if (http == NULL)
		return;
	if (http->multi != NULL)
		curl_multi_cleanup(http->multi);
	g_free(http->proxy);
	if (http->proxy_credentials != NULL)
		explicit_bzero(http->proxy_credentials, strlen(http->proxy_credentials));
	g_free(http->proxy_credentials);
	g_clear_pointer(&http->authorities, g_bytes_unref);
	g_free(http);
}

void
http_finish(HttpExchange *exchange)
{
	if (exchange == NULL)
		return;
	if (exchange->easy != NULL) {
		curl_multi_remove_handle(exchange->http->multi, exchange->easy);
		curl_easy_cleanup(exchange->easy);
	}
	for (HttpHeaders *header = exchange->headers; header != NULL; header = header->next)
		explicit_bzero(header->data, strlen(header->data));
	curl_slist_free_all(exchange->headers);
	secret_free(exchange->body);
	/* Whatever the other side says may repeat what it was told. */
	secret_string_free(exchange->answer.body);
	secret_free(exchange->answer.content_type);
	secret_free(exchange->answer.request_id);
	secret_free(exchange->answer.why);
	explicit_bzero(exchange->curl_error, sizeof(exchange->curl_error));
	g_free(exchange);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpExchange, http_finish)

static size_t
http_on_body(char *data, size_t size, size_t count, void *user)
{
	HttpExchange *exchange = user;
	const size_t length = size * count;

	if (length > HTTP_MAX_BODY - exchange->answer.body->len) {
		exchange->too_much = TRUE;
		return 0;
	}
	secret_append(exchange->answer.body, data, length);
	return length;
}

static gint64
http_number(const gchar *text)
{
	gint64 number = -1;

	return g_ascii_string_to_signed(text, 10, 0, G_MAXINT64, &number, NULL) ? number : -1;
}

/* As much as fits of what may be shown to people; NULL where it may not. */
static gchar *
http_printable(const gchar *text, gsize limit)
{
	for (const gchar *p = text; *p != '\0'; p++)
		if (!g_ascii_isprint(*p))
			return NULL;
	return g_strndup(text, limit);
}

static void
http_read_header(HttpAnswer *answer, gchar *line)
{
	gchar *colon = strchr(line, ':');

	if (colon == NULL)
		return;
	*colon = '\0';
	g_strstrip(colon + 1);
	if (g_ascii_strcasecmp(line, "ratelimit-limit") == 0) {
		answer->hint.limit = http_number(colon + 1);
	} else if (g_ascii_strcasecmp(line, "ratelimit-remaining") == 0) {
		answer->hint.remaining = http_number(colon + 1);
	} else if (g_ascii_strcasecmp(line, "ratelimit-reset") == 0) {
		answer->hint.reset_s = http_number(colon + 1);
	} else if (g_ascii_strcasecmp(line, "date") == 0) {
		answer->date_unix_ms = MAX((gint64)curl_getdate(colon + 1, NULL), 0) * 1000;
	} else if (g_ascii_strcasecmp(line, "x-request-id") == 0) {
		secret_free(answer->request_id);
		answer->request_id = http_printable(colon + 1, sizeof(((idc_error *)0)->request_id) - 1);
	}
}

static size_t
http_on_header(char *data, size_t size, size_t count, void *user)
{
	HttpExchange *exchange = user;
	const size_t length = size * count;
	gchar *line;

	exchange->header_bytes += length;
	if (exchange->header_bytes > HTTP_MAX_HEADERS) {
		exchange->too_much = TRUE;
		return 0;
	}
	line = g_strndup(data, length);
	http_read_header(&exchange->answer, line);
	explicit_bzero(line, length);
	g_free(line);
	return length;
}

/* What holds for every request, whatever it is for. */
static gboolean
http_set_common(const Http *http, HttpExchange *exchange)
{
	CURL *easy = exchange->easy;

	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->curl_error);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, http_on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, http_on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* else a stuck name look-up blocks the clean-up for seconds */
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)MIN(http->timeout_s, HTTP_CONNECT_TIMEOUT_S));
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)http->timeout_s);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	/* The proxy always: else http_proxy would see the token in clear. */
	return curl_easy_setopt(easy, CURLOPT_PROXY, http->proxy) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_NOPROXY, "") == CURLE_OK &&
	       (http->proxy_credentials == NULL || http->proxy[0] == '\0' ||
		curl_easy_setopt(easy, CURLOPT_PROXYUSERPWD, http->proxy_credentials) == CURLE_OK) &&
	       http_set_trust(http, easy);
}

static gboolean
http_add_header(HttpExchange *exchange, const gchar *beginning, const gchar *value)
{
	gchar *line = g_strconcat(beginning, value, NULL);
	HttpHeaders *longer = curl_slist_append(exchange->headers, line);

	secret_free(line);
	if (longer == NULL)
		return FALSE;
	exchange->headers = longer;
	return TRUE;
}

HttpExchange *
http_start(Http *http, const HttpRequest *request, GError **error)
{
	g_autoptr(HttpExchange) exchange = g_new0(HttpExchange, 1);
	const gboolean secure = g_str_has_prefix(request->url, "https://");
	gboolean ok;

	exchange->http = http;
	exchange->answer.hint = (PaceHint){-1, -1, -1};
	exchange->answer.body = g_string_new(NULL);
	exchange->easy = curl_easy_init();
	ok = exchange->easy != NULL;
	if (ok) {
		ok = http_set_common(http, exchange) && http_add_header(exchange, "Accept: ", request->accept) &&
		     http_add_header(exchange, "Expect: ", "") &&
		     (request->bearer == NULL || http_add_header(exchange, "Authorization: Bearer ", request->bearer)) &&
		     (request->from == NULL || http_add_header(exchange, "From: ", request->from)) &&
		     (request->body == NULL || http_add_header(exchange, "Content-Type: ", request->content_type)) &&
		     curl_easy_setopt(exchange->easy, CURLOPT_URL, request->url) == CURLE_OK &&
		     curl_easy_setopt(exchange->easy, CURLOPT_PROTOCOLS_STR, secure ? "https" : "http") == CURLE_OK &&
		     curl_easy_setopt(exchange->easy, CURLOPT_CUSTOMREQUEST, request->method) == CURLE_OK &&
		     curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, exchange->headers) == CURLE_OK;
	}
	if (ok && request->body != NULL) {
		exchange->body = g_strdup(request->body);
		ok = curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDS, exchange->body) == CURLE_OK;
	}
	if (ok && request->once)
		ok = curl_easy_setopt(exchange->easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
		     curl_easy_setopt(exchange->easy, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK;
	if (!ok || curl_multi_add_handle(http->multi, exchange->easy) != CURLM_OK) {
		g_set_error(error, ERRORS, IDC_NOMEM, "The request %s %s could not be made: out of memory.", request->method,
			    request->url);
		return NULL;
	}
	return g_steal_pointer(&exchange);
}

static gint32
http_problem(CURLcode code)
{
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return IDC_TIMEOUT;
	case CURLE_SSL_CACERT_BADFILE:
		return IDC_INVALID;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
	case CURLE_WRITE_ERROR:
	case CURLE_UNSUPPORTED_PROTOCOL: /* no HTTP at all came back */
		return IDC_PROTOCOL;
	default:
		return IDC_UNAVAILABLE;
	}
}

/* A certificate whose signature is not the authority's, though it bears that one's name, ends the handshake in OpenSSL's words only. */
static gboolean
http_distrusts(HttpExchange *exchange, CURLcode code)
{
	long verified = 0;

	return code == CURLE_SSL_CONNECT_ERROR &&
	       curl_easy_getinfo(exchange->easy, CURLINFO_SSL_VERIFYRESULT, &verified) == CURLE_OK && verified != 0;
}

static void
http_complete(HttpExchange *exchange, CURLcode code)
{
	HttpAnswer *answer = &exchange->answer;
	long status = 0;
	long sent = 0;
	const char *type = NULL;
	const gboolean distrusted = http_distrusts(exchange, code);
	const gchar *why;

	curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(exchange->easy, CURLINFO_REQUEST_SIZE, &sent);
	curl_easy_getinfo(exchange->easy, CURLINFO_CONTENT_TYPE, &type);
	exchange->done = TRUE;
	answer->sent = sent > 0;
	answer->content_type = g_strdup(type);
	if (code == CURLE_OK) {
		answer->status = (gint)status;
		return;
	}
	/* Without memory GLib would have ended the process: this is one header of more than 100 KB. */
	exchange->too_much = exchange->too_much || code == CURLE_OUT_OF_MEMORY;
	answer->status = 0;
	answer->problem = exchange->too_much || distrusted ? IDC_PROTOCOL : http_problem(code);
	why = exchange->too_much                ? "the answer is larger than any of PagerDuty's"
	      : distrusted                      ? "the certificate was not issued by an authority that is trusted"
	      : exchange->curl_error[0] != '\0' ? exchange->curl_error
						: curl_easy_strerror(code);
	/* It may quote what the other side sent. */
	answer->why = g_utf8_make_valid(why, -1);
}

gboolean
http_poll(Http *http, guint timeout_ms, GError **error)
{
	int running = 0;
	int left = 0;
	const CURLMsg *message;
	CURLMcode code = curl_multi_perform(http->multi, &running);
	gboolean any = FALSE;

	for (int round = 0; round < 2 && code == CURLM_OK; round++) {
		while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
			HttpExchange *exchange = NULL;

			if (message->msg != CURLMSG_DONE)
				continue;
			curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
			http_complete(exchange, message->data.result);
			any = TRUE;
		}
		if (any || running == 0 || round == 1)
			break;
		code = curl_multi_poll(http->multi, NULL, 0, (int)timeout_ms, NULL);
		if (code == CURLM_OK)
			code = curl_multi_perform(http->multi, &running);
	}
	if (code != CURLM_OK) {
		g_set_error(error, ERRORS, IDC_INTERNAL, "libcurl failed: %s.", curl_multi_strerror(code));
		return FALSE;
	}
	return TRUE;
}

gboolean
http_done(const HttpExchange *exchange)
{
	return exchange->done;
}

HttpAnswer *
http_answer(HttpExchange *exchange)
{
	return &exchange->answer;
}
