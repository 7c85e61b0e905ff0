/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "auth/auth.h"

#include <string.h>

#include "errors.h"
#include "wire.h"

/* Authorization over a server, a clock and a host of the test's own. */

#define CLIENT_SECRET "s3cr&t=+ /%"

/* One connector and its PagerDuty. */
typedef struct {
	Wire *wire;
	Settings settings;
	Auth *auth;
	Api *api;
	gint status;       /* of the token endpoint */
	gint32 problem;    /* where that is 0 */
	const gchar *body; /* of it; NULL: a token */
	const gchar *expires_in;
	const gchar *scope; /* NULL: what was asked for */
	gint64 reset_s;     /* -1: not told */
	guint recovers_at;  /* from that post on all is well */
	guint tokens;
	gboolean refuses; /* the REST host, every token */
	idc_sink sink;
	guint sessions;
	gint64 expires_in_s;
} House;

static void
house_serve(Wire *wire, const gchar *method, const gchar *url, const gchar *token, HttpAnswer *answer)
{
	House *house = wire->user;
	g_autofree gchar *body = NULL;
	g_autofree gchar *asked = NULL;
	gchar *scope;

	if (strcmp(method, "GET") == 0) {
		g_assert_nonnull(token);
		wire_body(answer, house->refuses ? 401 : 200, house->refuses ? "" : "{\"abilities\":[]}");
		return;
	}
	g_assert_null(token);
	g_assert_cmpstr(url, ==, "https://identity.example/oauth/token");
	g_assert_true(wire->locked); /* nobody else asks meanwhile */
	if (house->recovers_at > 0 && wire->n_posts >= house->recovers_at)
		house->status = 200;
	if (house->status != 200 || house->body != NULL) {
		wire_body(answer, house->status, house->body != NULL ? house->body : "");
		answer->problem = house->problem;
		answer->why = house->status == 0 ? g_strdup("it is so") : NULL;
		answer->hint.reset_s = house->reset_s;
		return;
	}
	scope = strstr(wire->posted, "scope=");
	g_assert_nonnull(scope);
	asked = g_uri_unescape_string(scope + 6, NULL);
	body = g_strdup_printf("{\"access_token\":\"token-%u\",\"scope\":\"%s\",\"expires_in\":%s}", ++house->tokens,
			       house->scope != NULL ? house->scope : asked, house->expires_in);
	wire_body(answer, 200, body);
}

static int32_t
house_emit(void *ctx, const idc_message *message)
{
	House *house = ctx;

	g_assert_cmpuint(message->kind, ==, IDC_MSG_SESSION);
	house->sessions++;
	house->expires_in_s = ((const idc_auth_session *)(gconstpointer)message)->expires_in_s;
	return IDC_OK;
}

static void
house_open(House *house)
{
	*house = (House){.wire = wire_new(1), .status = 200, .expires_in = "86400", .reset_s = -1};
	house->settings = (Settings){.client_id = (gchar *)"northwind-app",
				     .subdomain = (gchar *)"northwind",
				     .region = (gchar *)"us",
				     .account = (gchar *)"us.northwind",
				     .identity_url = (gchar *)"https://identity.example",
				     .client_credentials = TRUE};
	house->sink = (idc_sink){.struct_size = sizeof(idc_sink), .ctx = house, .emit = house_emit};
	house->wire->server = house_serve;
	house->wire->user = house;
	house->wire->latency_ms = 40;
	g_hash_table_insert(house->wire->secrets, g_strdup("client_secret"), g_strdup(CLIENT_SECRET));
	house->auth = auth_new(&house->wire->host, &house->settings);
	house->api = api_new(&(ApiOptions){.host = &house->wire->host,
					   .url = "https://api.example",
					   .concurrency = 4,
					   .http = wire_http(house->wire),
					   .token = auth_token,
					   .token_user = house->auth});
	auth_attach(house->auth, house->api);
}

static void
house_close(House *house)
{
	g_assert_null(strstr(house->wire->log->str, "s3cr")); /* no secret in the log, */
	g_assert_null(strstr(house->wire->log->str, "token-"));
	g_assert_cmpuint(house->wire->longest_unasked_ms, <=, 100);
	api_free(house->api);
	auth_free(house->auth);
	wire_free(house->wire);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(House, house_close)

static gboolean
house_step(House *house, guint32 step, const gchar *scope, GError **error)
{
	const idc_auth_request request = {.struct_size = sizeof(request), .step = step, .scope = scope};
	gint32 status = IDC_INTERNAL;

	if (!auth_step(house->auth, &request, &house->sink, &status, error))
		return FALSE;
	g_assert_cmpint(status, ==, IDC_OK);
	return TRUE;
}

static void
house_pass(House *house, guint64 ms)
{
	house->wire->now_ms += ms;
	house->wire->asked_ms = house->wire->now_ms;
}

static gboolean
house_read(House *house, GError **error)
{
	g_autoptr(json_object) answer = api_read(house->api, "/abilities", error);

	return answer != NULL;
}

static void
test_the_form_is_the_one_that_pagerduty_asks_for(void)
{
	g_auto(House) house = {0};
	g_autoptr(GError) error = NULL;

	house_open(&house);
	g_assert_true(house_step(&house, IDC_AUTH_CLIENT, "users.read teams.read", &error));
	g_assert_no_error(error);
	g_assert_cmpuint(house.sessions, ==, 1);
	g_assert_cmpint(house.expires_in_s, ==, 86400);
	g_assert_cmpstr(house.wire->posted, ==,
			"grant_type=client_credentials&client_id=northwind-app&client_secret=s3cr%26t%3D%2B%20%2F%25"
			"&scope=as_account-us.northwind%20users.read%20teams.read");
}

static void
test_one_token_serves_until_shortly_before_its_end(void)
{
	g_auto(House) house = {0};

	house_open(&house);
	for (guint i = 0; i < 50; i++)
		g_assert_true(house_read(&house, NULL));
	g_assert_cmpuint(house.wire->n_posts, ==, 1);
	house_pass(&house, 86400 * 1000 - 70 * 1000);
	g_assert_true(house_read(&house, NULL));
	g_assert_cmpuint(house.wire->n_posts, ==, 1);
	house_pass(&house, 20 * 1000);
	g_assert_true(house_read(&house, NULL));
	g_assert_cmpuint(house.wire->n_posts, ==, 2);
}

/* However it is said how long a token lives, not each request asks for another one. */
static void
test_odd_lives_make_no_storm(void)
{
	const gchar *const lives[] = {
	    "60",       "30",     "5", "\"3600\"", "0", "-1", "null", "1e9", "9223372036854775807", "true", "99999999999999999999",
	    "\"soon\"", "86400.0"};

	for (guint i = 0; i < G_N_ELEMENTS(lives); i++) {
		g_auto(House) house = {0};
		g_autoptr(GError) error = NULL;

		house_open(&house);
		house.expires_in = lives[i];
		for (guint n = 0; n < 20; n++) {
			g_assert_true(house_read(&house, &error));
			g_assert_no_error(error);
		}
		g_assert_cmpuint(house.wire->n_posts, <=, 2);
		g_assert_true(house_step(&house, IDC_AUTH_CHECK, NULL, NULL));
		g_assert_cmpint(house.expires_in_s, <=, 30 * 86400);
	}
}

/* Another process has got one meanwhile. */
static void
test_what_another_process_got_is_used(void)
{
	g_auto(House) house = {0};
	Auth *other;

	house_open(&house);
	g_assert_true(house_read(&house, NULL));
	house.refuses = FALSE;
	g_hash_table_insert(house.wire->secrets, g_strdup("idc.token"),
			    g_strdup("{\"for\":\"https://identity.example us.northwind northwind-app\",\"access_token\":\"newer\","
				     "\"scope\":\"as_account-us.northwind\",\"asked\":\"users.read teams.read "
				     "escalation_policies.read abilities.read schedules.read licenses.read audit_records.read\","
				     "\"expires_unix_ms\":2000000000000,\"renew_unix_ms\":2000000000000}"));
	house_pass(&house, 86400 * 1000);
	g_assert_cmpstr(auth_token(house.auth, FALSE, NULL), ==, "newer");
	g_assert_cmpuint(house.wire->n_posts, ==, 1);
	/* but not one of another account */
	house.settings.account = (gchar *)"eu.northwind";
	other = auth_new(&house.wire->host, &house.settings);
	auth_attach(other, house.api);
	g_assert_cmpstr(auth_token(other, FALSE, NULL), !=, "newer");
	auth_free(other);
}

/* What lies there cannot be read: an app gets another one, a person has to be asked. */
static void
test_a_damaged_token_is_replaced(void)
{
	g_auto(House) house = {0};
	g_autoptr(GError) failed = NULL;
	Auth *person;

	house_open(&house);
	house.wire->damaged = "idc.token";
	g_assert_true(house_read(&house, NULL));
	g_assert_true(house_read(&house, NULL));
	g_assert_cmpuint(house.wire->n_posts, ==, 1);
	g_assert_null(house.wire->damaged); /* it was stored over */
	g_assert_nonnull(strstr(house.wire->log->str, "Another token is asked for."));
	house.wire->damaged = "idc.token";
	house.settings.client_credentials = FALSE;
	person = auth_new(&house.wire->host, &house.settings);
	auth_attach(person, house.api);
	g_assert_null(auth_token(person, FALSE, &failed));
	g_assert_error(failed, ERRORS, IDC_IO);
	g_assert_cmpuint(house.wire->n_posts, ==, 1);
	auth_free(person);
	house.settings.client_credentials = TRUE;
}

typedef struct {
	gint status;
	gint32 problem;
	const gchar *body;
	gint32 becomes;
	gboolean retryable;
	guint posts;
	const gchar *says;
} Refused;

static void
test_each_refusal_says_what_to_do(void)
{
	const Refused cases[] = {
	    {401, 0, "", IDC_UNAUTHENTICATED, FALSE, 1, "check both"},
	    {401, 0, "{\"error\":\"invalid_client\"}", IDC_UNAUTHENTICATED, FALSE, 1, "check both"},
	    {400, 0, "{\"error\":\"invalid_client\"}", IDC_UNAUTHENTICATED, FALSE, 1, "check both"},
	    {400, 0, "{\"error\":\"invalid_request\",\"error_description\":\"Invalid scope\"}", IDC_SCOPE, FALSE, 1, "subdomain"},
	    {400, 0, "{\"error\":\"invalid_scope\"}", IDC_SCOPE, FALSE, 1, "subdomain"},
	    {400, 0, "{\"error\":\"unsupported_grant_type\"}", IDC_REFUSED, FALSE, 1, "Scoped OAuth"},
	    {404, 0, "<html>", IDC_PROTOCOL, FALSE, 1, "identity_url"},
	    {302, 0, "", IDC_PROTOCOL, FALSE, 1, "identity_url"},
	    {200, 0, "<html>", IDC_PROTOCOL, FALSE, 1, "not what PagerDuty sends"},
	    {200, 0, "{\"access_token\":\"\"}", IDC_PROTOCOL, FALSE, 1, "identity_url"},
	    {200, 0, "{\"access_token\":\"a b\"}", IDC_PROTOCOL, FALSE, 1, "identity_url"},
	    {200, 0, "{\"access_token\":\"ab\",\"scope\":[\"users.read\"]}", IDC_PROTOCOL, FALSE, 1, "identity_url"},
	    {200, 0, "{\"access_token\":\"ab\",\"scope\":\"users.read\xff\"}", IDC_PROTOCOL, FALSE, 1, "identity_url"},
	    {200, 0, "{\"access_token\":\"ab\",\"scope\":\"openid\"}", IDC_SCOPE, FALSE, 1, "subdomain"},
	    {503, 0, "", IDC_UNAVAILABLE, TRUE, 4, "try again later"},
	    {429, 0, "", IDC_RATE_LIMITED, TRUE, 4, "try again later"},
	    {0, IDC_UNAVAILABLE, NULL, IDC_UNAVAILABLE, TRUE, 4, "Check network"},
	    {0, IDC_PROTOCOL, NULL, IDC_PROTOCOL, FALSE, 1, "ca_file"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(House) house = {0};
		g_autoptr(GError) error = NULL;

		house_open(&house);
		house.status = cases[i].status;
		house.problem = cases[i].problem;
		house.body = cases[i].body;
		g_assert_false(house_step(&house, IDC_AUTH_CLIENT, NULL, &error));
		g_test_message("%s", error->message);
		g_assert_error(error, ERRORS, cases[i].becomes);
		g_assert_nonnull(strstr(error->message, cases[i].says));
		g_assert_cmpint((errors_detail(error)->flags & IDC_ERROR_RETRYABLE) != 0, ==, cases[i].retryable);
		g_assert_false(errors_detail(error)->answered);
		g_assert_cmpuint(house.wire->n_posts, ==, cases[i].posts);
		g_assert_cmpuint(house.sessions, ==, 0);
		g_assert_null(g_hash_table_lookup(house.wire->secrets, "idc.token"));
	}
}

static void
test_what_time_mends_is_waited_for(void)
{
	g_auto(House) house = {0};
	g_autoptr(GError) error = NULL;
	idc_usage usage = {.struct_size = sizeof(usage)};
	guint64 began;

	house_open(&house);
	house.status = 429;
	house.reset_s = 12;
	house.recovers_at = 2;
	began = house.wire->now_ms;
	g_assert_true(house_step(&house, IDC_AUTH_CLIENT, NULL, &error));
	g_assert_cmpuint(house.wire->n_posts, ==, 2);
	g_assert_cmpuint(house.wire->now_ms - began, >=, 12000);
	g_assert_cmpuint(house.wire->now_ms - began, <, 20000);
	api_usage(house.api, &usage);
	g_assert_cmpuint(usage.requests, ==, 2);
	g_assert_cmpuint(usage.retries, ==, 1);
	g_assert_cmpuint(usage.waited_ms, >=, 12000);
}

/* Others wait for the lock: what would take longer than they do is told at once. */
static void
test_a_long_wait_is_told(void)
{
	g_auto(House) house = {0};
	g_autoptr(GError) error = NULL;

	house_open(&house);
	house.status = 429;
	house.reset_s = 120;
	g_assert_false(house_step(&house, IDC_AUTH_CLIENT, NULL, &error));
	g_assert_error(error, ERRORS, IDC_RATE_LIMITED);
	g_assert_cmpint(errors_detail(error)->retry_after_ms, ==, 120000);
	g_assert_cmpuint(house.wire->n_posts, ==, 1);
}

static void
test_the_host_may_end_it_at_any_time(void)
{
	for (guint n = 0; n < 400; n++) {
		g_auto(House) house = {0};
		g_autoptr(GError) error = NULL;

		house_open(&house);
		house.status = 503;
		house.wire->cancel_at_ms = house.wire->now_ms + n * 10;
		g_assert_false(house_step(&house, IDC_AUTH_CLIENT, NULL, &error));
		g_assert_cmpuint(house.wire->now_ms, <=, house.wire->cancel_at_ms + 100);
		g_assert_cmpint(errors_is(error, IDC_CANCELLED), ==, house.wire->said_cancelled);
		g_clear_error(&error);
		if (house.wire->now_ms >= house.wire->cancel_at_ms) {
			g_assert_false(house_read(&house, &error));
			g_assert_error(error, ERRORS, IDC_CANCELLED);
		}
	}
}

static void
test_a_lock_that_cannot_be_had_says_why(void)
{
	const struct {
		gint32 fails;
		const gchar *says;
		gboolean retryable;
	} cases[] = {{IDC_TIMEOUT, "Another process", TRUE}, {IDC_CANCELLED, "cancelled", FALSE}, {IDC_IO, "host", FALSE}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(House) house = {0};
		g_autoptr(GError) error = NULL;

		house_open(&house);
		house.wire->lock_fails = cases[i].fails;
		g_assert_false(house_step(&house, IDC_AUTH_CLIENT, NULL, &error));
		g_assert_error(error, ERRORS, cases[i].fails);
		g_assert_nonnull(strstr(error->message, cases[i].says));
		g_assert_cmpint((errors_detail(error)->flags & IDC_ERROR_RETRYABLE) != 0, ==, cases[i].retryable);
		g_assert_cmpuint(house.wire->n_posts, ==, 0);
	}
}

static void
test_a_scope_that_is_missing_is_named(void)
{
	g_auto(House) house = {0};
	g_autoptr(GError) error = NULL;

	house_open(&house);
	house.scope = "as_account-us.northwind users.read escalation_policies.read abilities.read";
	g_assert_false(house_step(&house, IDC_AUTH_CLIENT, NULL, &error));
	g_assert_error(error, ERRORS, IDC_SCOPE);
	g_assert_nonnull(strstr(error->message, "teams.read"));
	g_assert_null(strstr(error->message, "licenses.read"));
	g_assert_nonnull(strstr(house.wire->log->str, "licenses.read")); /* optional: a warning */
}

static void
test_a_token_that_is_refused_everywhere_is_renewed_once(void)
{
	g_auto(House) house = {0};
	g_autoptr(GError) error = NULL;

	house_open(&house);
	house.refuses = TRUE;
	for (guint i = 0; i < 30; i++) {
		g_clear_error(&error);
		g_assert_false(house_read(&house, &error));
		g_assert_error(error, ERRORS, IDC_UNAUTHENTICATED);
	}
	g_assert_cmpuint(house.wire->n_posts, ==, 2);
	house.refuses = FALSE;
	g_assert_true(house_read(&house, NULL));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/auth/the form is the one that PagerDuty asks for", test_the_form_is_the_one_that_pagerduty_asks_for);
	g_test_add_func("/auth/one token serves until shortly before its end", test_one_token_serves_until_shortly_before_its_end);
	g_test_add_func("/auth/odd words on a token's life make no storm of requests", test_odd_lives_make_no_storm);
	g_test_add_func("/auth/what another process got is used, unless it is for another account",
			test_what_another_process_got_is_used);
	g_test_add_func("/auth/a stored token that cannot be read is replaced where nobody is needed for it",
			test_a_damaged_token_is_replaced);
	g_test_add_func("/auth/each refusal has its status and says what to do", test_each_refusal_says_what_to_do);
	g_test_add_func("/auth/what time mends is waited for as long as it was told", test_what_time_mends_is_waited_for);
	g_test_add_func("/auth/a wait longer than others wait for the lock is told", test_a_long_wait_is_told);
	g_test_add_func("/auth/the host may end it at any time", test_the_host_may_end_it_at_any_time);
	g_test_add_func("/auth/a lock that cannot be had says why", test_a_lock_that_cannot_be_had_says_why);
	g_test_add_func("/auth/a required scope that is missing is named, an optional one is logged",
			test_a_scope_that_is_missing_is_named);
	g_test_add_func("/auth/a token that is refused everywhere is renewed once",
			test_a_token_that_is_refused_everywhere_is_renewed_once);
	return g_test_run();
}
