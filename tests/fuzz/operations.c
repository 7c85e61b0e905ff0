/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "operations.h"

#include <string.h>

#include "../unit/ledger.h"
#include "fuzz.h"

/* What a host asks of the connector, one thing after the other, and what PagerDuty answers: the whole module but libcurl, held to the
 * contract of the header whatever the answers are. operations.h says how an input is written. */

#define OPERATIONS_MAX_BYTES 65536
#define OPERATIONS_MAX 12
#define OPERATIONS_MAX_ITEMS 16
#define OPERATIONS_REDIRECT "http://localhost:8765/application/oauthProcessCode/PagerDuty"
#define OPERATIONS_SECRET "s3cr&t=+ /%"

typedef struct {
	Wire *wire;
	Script *script;
	Teller *teller;
	const idc_connector *connector;
	idc_instance *instance;
	guint refuse_at; /* in the next operation */
} Operations;

/* The Wire of the run stands in for libcurl. */
static Wire *operations_wire;

Http *
http_new(const HttpOptions *options, GError **error)
{
	(void)options;
	(void)error;
	return wire_http(operations_wire);
}

void
http_free(Http *http)
{
	(void)http;
}

static void
operations_progress(void *ctx, uint32_t record, uint64_t done, uint64_t expected)
{
	(void)ctx;
	(void)done;
	(void)expected;
	g_assert_true(record == 1 || record == 2 || record == 4 || record == 8);
}

static void
operations_refused(gpointer user)
{
	((Script *)user)->closed = TRUE;
}

/* What every return has to keep to. */
static void
operations_returned(Operations *run, gint32 status, const idc_error *error)
{
	if (run->script->closed)
		g_assert_cmpint(status, ==, TELLER_REFUSES);
	if (status >= 100) {
		g_assert_cmpint(error->status, ==, status);
		g_assert_cmpuint(strlen(error->message), >, 0);
	}
	ledger_text(error->message, sizeof(error->message) - 1);
	ledger_text(error->code, sizeof(error->code) - 1);
	g_assert_null(strstr(error->message, OPERATIONS_SECRET));
	g_assert_null(strstr(run->wire->log->str, OPERATIONS_SECRET));
	g_assert_cmpuint(run->wire->longest_unasked_ms, <=, 100);
	g_assert_false(run->wire->locked);
}

static void
operations_list(Operations *run, guint32 want)
{
	g_autoptr(Ledger) ledger = ledger_new(want);
	const idc_list_request request = {.struct_size = sizeof(request), .want = want};
	idc_error error = {.struct_size = sizeof(error)};
	gint32 status;

	ledger->refuses_at = run->refuse_at;
	ledger->refuses_with = TELLER_REFUSES;
	ledger->on_refusal = operations_refused;
	ledger->user = run->script;
	status = run->connector->ops->list_entitlements(run->instance, &request, &ledger->sink, &error);
	operations_returned(run, status, &error);
	if (status == IDC_OK || status == IDC_PARTIAL)
		ledger_close(ledger, status == IDC_PARTIAL);
}

static void
operations_survey(Operations *run)
{
	const idc_survey_extension *survey = run->connector->extension(IDC_EXT_SURVEY);
	idc_error error = {.struct_size = sizeof(error)};

	teller_begin(run->teller, 0, TRUE);
	operations_returned(run, survey->survey(run->instance, &run->teller->sink, &error), &error);
}

/* words: OPERATION WORD..., NULL where there are no more. */
static void
operations_authorize(Operations *run, guint32 step, const gchar *code)
{
	const idc_pair params[] = {{"code", code}, {"state", run->teller->state}};
	const idc_auth_request request = {.struct_size = sizeof(request),
					  .step = step,
					  .redirect_uri = OPERATIONS_REDIRECT,
					  .scope = "users.read teams.read escalation_policies.read abilities.read",
					  .params = params,
					  .n_params = run->teller->state != NULL ? 2 : 1};
	idc_error error = {.struct_size = sizeof(error)};
	gint32 status;

	teller_begin(run->teller, 0, TRUE);
	status = run->connector->ops->authorize(run->instance, &request, &run->teller->sink, &error);
	g_assert_true(status == IDC_OK || status >= 100 || (status == IDC_PENDING && step == IDC_AUTH_BEGIN));
	operations_returned(run, status, &error);
}

/* Pairs of words are the changes: a user and an entitlement, or an e-mail address and a name. */
static void
operations_change(Operations *run, const gchar *name, GStrv words)
{
	const gboolean dry_run = g_str_has_prefix(name, "dry-");
	const gchar *verb = dry_run ? name + 4 : name;
	const gboolean provision = strcmp(verb, "provision") == 0;
	const idc_ops *ops = run->connector->ops;
	idc_change changes[OPERATIONS_MAX_ITEMS] = {0};
	idc_pair attrs[OPERATIONS_MAX_ITEMS][2];
	const idc_change *items[OPERATIONS_MAX_ITEMS];
	idc_change_request request = {.struct_size = sizeof(request), .items = items, .flags = dry_run ? IDC_CHANGE_DRY_RUN : 0};
	idc_error error = {.struct_size = sizeof(error)};
	gint32 status;

	for (gsize n = 0; n < OPERATIONS_MAX_ITEMS && words[2 * n] != NULL && words[2 * n + 1] != NULL; n++) {
		attrs[n][0] = (idc_pair){"email", words[2 * n]};
		attrs[n][1] = (idc_pair){"name", words[2 * n + 1]};
		changes[n] = (idc_change){.struct_size = sizeof(idc_change)};
		changes[n].principal_id = provision ? NULL : words[2 * n];
		changes[n].entitlement_id = provision ? NULL : words[2 * n + 1];
		changes[n].attrs = provision ? attrs[n] : NULL;
		changes[n].n_attrs = provision ? 2 : 0;
		items[request.n_items++] = &changes[n];
	}
	run->script->may_write = !dry_run;
	teller_begin(run->teller, (guint)request.n_items, dry_run);
	run->teller->refuse_at = run->refuse_at;
	status = (provision                  ? ops->provision
		  : strcmp(verb, "add") == 0 ? ops->add
					     : ops->remove)(run->instance, &request, &run->teller->sink, &error);
	operations_returned(run, status, &error);
	teller_close(run->teller, status);
}

static guint
operations_number(const gchar *word)
{
	return word != NULL ? (guint)(g_ascii_strtoull(word, NULL, 10) % 1000000) : 0;
}

/* One line; FALSE where it is no operation but says something of the next one. */
static gboolean
operations_do(Operations *run, const gchar *name, GStrv words)
{
	static const gchar *const steps[] = {"begin", "complete", "refresh", "client", "revoke", "check", NULL};

	for (guint32 i = 0; steps[i] != NULL; i++)
		if (strcmp(name, steps[i]) == 0) {
			operations_authorize(run, i + 1, words[0]);
			return TRUE;
		}
	if (strcmp(name, "cancel") == 0)
		run->wire->cancel_at_ms = run->wire->now_ms + operations_number(words[0]);
	else if (strcmp(name, "refuse") == 0)
		run->refuse_at = operations_number(words[0]);
	else if (strcmp(name, "pass") == 0)
		run->wire->now_ms += 1000 * (guint64)operations_number(words[0]);
	else if (strcmp(name, "list") == 0)
		operations_list(run, words[0] != NULL ? operations_number(words[0]) % 16 : 15);
	else if (strcmp(name, "survey") == 0)
		operations_survey(run);
	else
		operations_change(run, name, words);
	return strcmp(name, "cancel") != 0 && strcmp(name, "refuse") != 0;
}

static void
operations_line(Operations *run, const gchar *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", 2 * OPERATIONS_MAX_ITEMS + 2);
	Wire *wire = run->wire;

	wire->asked_ms = wire->now_ms;
	if (words[0] == NULL || !operations_do(run, words[0], words + 1))
		return;
	run->refuse_at = run->teller->refuse_at = 0;
	run->script->may_write = run->script->closed = FALSE;
	wire->cancel_at_ms = 0;
	wire->said_cancelled = FALSE;
}

static void
operations_run(Operations *run, gboolean person, gboolean licenses)
{
	const idc_pair settings[] = {{"client_id", "northwind-app"},
				     {"subdomain", "northwind"},
				     {"from_email", "noor.vale@example.com"},
				     {"api_url", "https://api.example"},
				     {"identity_url", "https://identity.example"},
				     {"grant", person ? "authorization_code" : "client_credentials"},
				     {"include_licenses", licenses ? "true" : "false"}};
	const idc_config config = {
	    .struct_size = sizeof(config), .n_settings = G_N_ELEMENTS(settings), .settings = settings, .instance_id = "PagerDuty"};
	idc_error error = {.struct_size = sizeof(error)};
	guint done = 0;

	g_assert_cmpint(run->connector->ops->init(&run->wire->host, &config, &run->instance, &error), ==, IDC_OK);
	for (gsize i = 0; run->script->lines[i] != NULL && done < OPERATIONS_MAX; i++)
		if (g_str_has_prefix(run->script->lines[i], "> ") && g_utf8_validate(run->script->lines[i], -1, NULL)) {
			operations_line(run, run->script->lines[i] + 2);
			done++;
		}
	run->connector->destroy(run->instance);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	g_autofree gchar *text = g_strndup((const gchar *)bytes, MIN(length, OPERATIONS_MAX_BYTES));
	g_autoptr(Script) script = script_new(text);
	g_autoptr(Teller) teller = teller_new(script);
	g_autoptr(Wire) wire = wire_new(1);
	Operations run = {.wire = wire, .script = script, .teller = teller, .connector = idc_connector_v1()};

	wire->server = script_serve;
	wire->user = script;
	wire->latency_ms = 40;
	wire->host.progress = operations_progress;
	g_hash_table_insert(wire->secrets, g_strdup("client_secret"), g_strdup(OPERATIONS_SECRET));
	operations_wire = wire;
	operations_run(&run, g_str_has_prefix(text, "> person"), strstr(text, "/license_allocations ") != NULL);
	return 0;
}
