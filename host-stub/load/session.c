/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "load/session.h"
#include "base/error.h"
#include "load/message.h"
#include "load/settings.h"
#include <string.h>

/* A hundred years: what an authorization lasts longer than is not worth telling. */
#define SESSION_LONGEST_S (G_GINT64_CONSTANT(100) * 366 * 86400)

struct Session {
	const App *app;
	Manifest *manifest;
	Module *module;
	Services *services;
	idc_instance *instance;
};

/* What stands between a connector's emit and whoever takes the message. */
typedef struct {
	Session *session;
	SessionEmit emit;
	gpointer user_data;
	int32_t refused; /* what emit answered, if it was not 0 */
	GError *error;   /* why a message was refused here */
} SessionCall;

gint64
session_identity_until(const SessionIdentity *identity)
{
	if (identity->expires_in_s < 0 || identity->expires_in_s > SESSION_LONGEST_S)
		return 0;
	return g_get_real_time() / 1000 + identity->expires_in_s * 1000;
}

void
session_identity_free(SessionIdentity *identity)
{
	if (identity == NULL)
		return;
	g_free(identity->subject);
	g_free(identity->account);
	g_strfreev(identity->scopes);
	g_free(identity);
}

static int32_t
session_on_message(void *ctx, const idc_message *message)
{
	SessionCall *call = ctx;

	/* A connector that goes on after a refusal gets the same answer, and nothing of it is taken. */
	if (call->refused != IDC_OK)
		return call->refused;
	if (!message_check(message, call->session->manifest->id, &call->error)) {
		call->refused = host_error_status(call->error);
		return call->refused;
	}
	call->refused = call->emit(message, call->user_data);
	if (call->refused > IDC_OK && call->refused < IDC_INVALID)
		call->refused = IDC_INTERNAL;
	return call->refused;
}

static idc_error
session_error_new(void)
{
	return (idc_error){.struct_size = sizeof(idc_error), .retry_after_ms = -1};
}

/* The status that counts for a call that ended with status: a refusal wins, whatever the connector made of it. With an error set. */
static int32_t
session_judge(SessionCall *call, int32_t status, const idc_error *from, const char *operation, GError **error)
{
	if (call->error != NULL) {
		g_propagate_error(error, g_steal_pointer(&call->error));
		return call->refused;
	}
	if (call->refused != IDC_OK) {
		host_error_set(error, call->refused, "stopped", "The host ended %s before it was done.", operation);
		return call->refused;
	}
	if (status != IDC_OK)
		host_error_set_from_connector(error, status, from, operation);
	return status;
}

/* Settings as they are handed over: what is given, and the defaults for the rest, in the manifest's order. */
static GArray *
session_settings(const App *app, const Manifest *manifest)
{
	GArray *pairs = g_array_new(FALSE, FALSE, sizeof(idc_pair));

	for (guint i = 0; i < manifest->settings->len; i++) {
		const ManifestSetting *setting = g_ptr_array_index(manifest->settings, i);
		idc_pair pair = {.key = setting->key};

		if (setting->secret)
			continue;
		pair.value = settings_value(manifest, app->settings, setting->key);
		if (pair.value != NULL)
			g_array_append_val(pairs, pair);
	}
	return pairs;
}

Session *
session_open(const HostPaths *paths, const App *app, Manifest *manifest, Vault *vault, GError **error)
{
	g_autoptr(Session) session = g_new0(Session, 1);
	g_autoptr(GArray) settings = session_settings(app, manifest);
	g_autofree char *locks = paths_in_data(paths, "locks");
	g_autofree char *origin = settings_origin(manifest, app->settings);
	idc_error problem = session_error_new();
	idc_config config = {.struct_size = sizeof(idc_config), .instance_id = app->identifier};
	int32_t status;

	session->app = app;
	session->manifest = manifest_ref(manifest);
	session->module = module_load(paths, manifest, error);
	if (session->module == NULL || !module_compare_capabilities(session->module, manifest, error))
		return NULL;
	/* Before the connector may ask for one; and what is wrong with a secret is said here and not by the connector. */
	if (!vault_bind(vault, app->identifier, origin, error))
		return NULL;
	session->services = services_new(vault, app->identifier, locks);
	config.settings = (const idc_pair *)(const void *)settings->data;
	config.n_settings = settings->len;
	status = session_connector(session)->ops->init(services_host(session->services), &config, &session->instance, &problem);
	if (status != IDC_OK || session->instance == NULL) {
		/* What a failed init left there is nobody's. */
		session->instance = NULL;
		host_error_set_from_connector(error, status != IDC_OK ? status : IDC_INTERNAL, status != IDC_OK ? &problem : NULL,
					      "init");
		return NULL;
	}
	return g_steal_pointer(&session);
}

void
session_close(Session *session)
{
	if (session == NULL)
		return;
	if (session->module != NULL)
		session_connector(session)->destroy(session->instance);
	services_free(session->services);
	manifest_unref(session->manifest);
	g_free(session);
}

/* What a step of authorize told. */
typedef struct {
	SessionIdentity *identity;
	SessionChallenge *challenge; /* NULL: none */
} SessionAnswer;

void
session_challenge_free(SessionChallenge *challenge)
{
	if (challenge == NULL)
		return;
	g_free(challenge->url);
	g_free(challenge->state);
	g_free(challenge);
}

static void
session_take_identity(SessionIdentity *identity, const idc_auth_session *from)
{
	g_free(identity->subject);
	g_free(identity->account);
	g_strfreev(identity->scopes);
	identity->subject = g_strdup(from->subject);
	identity->account = g_strdup(from->account);
	identity->scopes = g_strsplit_set(from->scope != NULL ? from->scope : "", " ", -1);
	identity->expires_in_s = from->expires_in_s < 0 ? -1 : from->expires_in_s;
}

static int32_t
session_take_answer(const idc_message *message, gpointer user_data)
{
	SessionAnswer *answer = user_data;
	const idc_auth_challenge *challenge = (const idc_auth_challenge *)(const void *)message;

	if (message->kind == IDC_MSG_SESSION)
		session_take_identity(answer->identity, (const idc_auth_session *)(const void *)message);
	if (message->kind == IDC_MSG_CHALLENGE) {
		session_challenge_free(answer->challenge);
		answer->challenge = g_new0(SessionChallenge, 1);
		answer->challenge->url = g_strdup(challenge->url);
		answer->challenge->state = g_strdup(challenge->state);
		answer->challenge->expires_in_s = challenge->expires_in_s;
	}
	return IDC_OK;
}

/* One step; good is the status that it has to end with. Both results may be NULL. */
static gboolean
session_step(Session *session, idc_auth_request *request, int32_t good, SessionIdentity **ret_identity,
	     SessionChallenge **ret_challenge, GError **error)
{
	g_autofree char *chosen = manifest_scope_text(session->manifest, session->app->trust == APP_READ_WRITE);
	g_autoptr(SessionIdentity) identity = g_new0(SessionIdentity, 1);
	SessionAnswer answer = {.identity = identity};
	SessionCall call = {.session = session, .emit = session_take_answer, .user_data = &answer};
	idc_sink sink = {.struct_size = sizeof(idc_sink), .ctx = &call, .emit = session_on_message};
	idc_error problem = session_error_new();
	g_autoptr(SessionChallenge) challenge = NULL;
	int32_t status;

	identity->scopes = g_new0(char *, 1);
	identity->expires_in_s = -1;
	request->struct_size = sizeof(idc_auth_request);
	request->scope = request->scope != NULL ? request->scope : chosen;
	status = session_connector(session)->ops->authorize(session->instance, request, &sink, &problem);
	challenge = answer.challenge;
	if (status == good && call.error == NULL && call.refused == IDC_OK)
		status = IDC_OK;
	if (session_judge(&call, status, &problem, "authorize", error) != IDC_OK)
		return FALSE;
	if (ret_identity != NULL)
		*ret_identity = g_steal_pointer(&identity);
	if (ret_challenge != NULL)
		*ret_challenge = g_steal_pointer(&challenge);
	return TRUE;
}

gboolean
session_authorize(Session *session, uint32_t step, const char *scope, SessionIdentity **ret_identity, GError **error)
{
	idc_auth_request request = {.step = step, .scope = scope};

	return session_step(session, &request, IDC_OK, ret_identity, NULL, error);
}

SessionChallenge *
session_begin(Session *session, const char *redirect_uri, const char *scope, GError **error)
{
	idc_auth_request request = {.step = IDC_AUTH_BEGIN, .redirect_uri = redirect_uri, .scope = scope};
	g_autoptr(SessionChallenge) challenge = NULL;

	if (!session_step(session, &request, IDC_PENDING, NULL, &challenge, error))
		return NULL;
	/* What is handed to a browser is an address of a web page and nothing that a browser would run. */
	if (challenge != NULL && challenge->state != NULL && *challenge->state != '\0' && challenge->url != NULL &&
	    g_regex_match_simple("^https?://[!-~]+$", challenge->url, G_REGEX_CASELESS | G_REGEX_DOLLAR_ENDONLY, 0))
		return g_steal_pointer(&challenge);
	host_error_set(error, IDC_PROTOCOL, "connector_contract",
		       "The connector %s began a sign-in without saying where a person has to go. Tell its author.",
		       session->manifest->id);
	return NULL;
}

static gboolean
session_check_account(const Session *session, const SessionIdentity *identity, GError **error)
{
	const char *account = session->app->account;

	if (account == NULL || identity->account == NULL || strcmp(account, identity->account) == 0)
		return TRUE;
	host_error_set(error, IDC_CONFLICT, "other_account",
		       "%s was connected to the account %s, but these credentials belong to the account %s. Nothing was "
		       "read; connect that "
		       "account as an app of its own.",
		       session->app->identifier, account, identity->account);
	return FALSE;
}

gboolean
session_complete(Session *session, const char *redirect_uri, const idc_pair *pairs, gsize n_pairs, SessionIdentity **ret_identity,
		 GError **error)
{
	idc_auth_request request = {.step = IDC_AUTH_COMPLETE, .redirect_uri = redirect_uri, .params = pairs, .n_params = n_pairs};
	g_autoptr(SessionIdentity) identity = NULL;

	if (!session_step(session, &request, IDC_OK, &identity, NULL, error) || !session_check_account(session, identity, error))
		return FALSE;
	if (ret_identity != NULL)
		*ret_identity = g_steal_pointer(&identity);
	return TRUE;
}

gboolean
session_sign_in(Session *session, SessionIdentity **ret_identity, GError **error)
{
	g_autoptr(SessionIdentity) identity = NULL;
	g_autoptr(GError) error_local = NULL;
	gboolean good = FALSE;
	gboolean tried = manifest_has_step(session->manifest, "client");

	if (tried)
		good = session_authorize(session, IDC_AUTH_CLIENT, NULL, &identity, &error_local);
	/* Which way an app signs in is a setting that only its connector understands; UNSUPPORTED costs nothing. */
	if (!tried || (!good && host_error_status(error_local) == IDC_UNSUPPORTED)) {
		g_clear_error(&error_local);
		good = session_authorize(session, IDC_AUTH_CHECK, NULL, &identity, &error_local);
	}
	if (!good) {
		g_propagate_error(error, g_steal_pointer(&error_local));
		return FALSE;
	}
	if (!session_check_account(session, identity, error))
		return FALSE;
	if (ret_identity != NULL)
		*ret_identity = g_steal_pointer(&identity);
	return TRUE;
}

int32_t
session_list(Session *session, uint32_t want, const char *cursor, SessionEmit emit, gpointer user_data, GError **error)
{
	SessionCall call = {.session = session, .emit = emit, .user_data = user_data};
	idc_list_request request = {.struct_size = sizeof(idc_list_request), .want = want, .cursor = cursor};
	idc_sink sink = {.struct_size = sizeof(idc_sink), .ctx = &call, .emit = session_on_message};
	g_autoptr(GError) error_local = NULL;
	idc_error problem = session_error_new();
	int32_t status = session_connector(session)->ops->list_entitlements(session->instance, &request, &sink, &problem);

	status = session_judge(&call, status, &problem, "list_entitlements", &error_local);
	/* A partial list is no failure: its seals say what is missing. PENDING and ALREADY are no outcomes of a list. */
	if (status == IDC_OK || status == IDC_PARTIAL)
		return status;
	if (status < IDC_INVALID) {
		host_error_set(error, IDC_PROTOCOL, "connector_status",
			       "The connector ended its list with %d, which no list may. Tell its author.", status);
		return IDC_PROTOCOL;
	}
	g_propagate_error(error, g_steal_pointer(&error_local));
	return status;
}

/* ---- changes ---- */

/* Which items of a batch have had their result. */
typedef struct {
	SessionEmit emit;
	gpointer user_data;
	gsize n_items;
	gsize n_results;
	gboolean *results;
	const char *connector;
	GError *error;
} SessionBatch;

static int32_t
session_batch_break(SessionBatch *batch, const char *what, uint32_t index)
{
	host_error_set(&batch->error, IDC_PROTOCOL, "connector_contract", "The connector %s emitted %s (%u). Tell its author.",
		       batch->connector, what, index);
	return IDC_PROTOCOL;
}

static int32_t
session_on_change(const idc_message *message, gpointer user_data)
{
	SessionBatch *batch = user_data;
	gboolean effect = message->kind == IDC_MSG_EFFECT;
	const idc_result *result = (const idc_result *)(const void *)message;
	uint32_t index;

	if (!effect && message->kind != IDC_MSG_RESULT)
		return IDC_OK;
	index = effect ? ((const idc_effect *)(const void *)message)->index : result->index;
	if (index >= batch->n_items)
		return session_batch_break(batch, "something about an item that was not in the batch", index);
	if (batch->results[index])
		return session_batch_break(batch, effect ? "an effect of an item after its result" : "two results of one item",
					   index);
	if (!effect) {
		if (result->status != IDC_OK && result->status != IDC_ALREADY && result->status < IDC_INVALID)
			return session_batch_break(batch, "a result whose status no result may have", index);
		batch->results[index] = TRUE;
		batch->n_results++;
	}
	return batch->emit(message, batch->user_data);
}

int32_t
session_change(Session *session, SessionChange change, const idc_change *const *items, gsize n_items, gboolean dry_run,
	       SessionEmit emit, gpointer user_data, GError **error)
{
	static const char *const names[] = {"provision", "add", "remove"};
	const idc_ops *ops = session_connector(session)->ops;
	g_autofree gboolean *results = g_new0(gboolean, MAX(n_items, 1));
	SessionBatch batch = {
	    .emit = emit, .user_data = user_data, .n_items = n_items, .results = results, .connector = session->manifest->id};
	SessionCall call = {.session = session, .emit = session_on_change, .user_data = &batch};
	idc_change_request request = {.struct_size = sizeof(idc_change_request),
				      .flags = dry_run ? IDC_CHANGE_DRY_RUN : 0,
				      .items = items,
				      .n_items = n_items};
	idc_sink sink = {.struct_size = sizeof(idc_sink), .ctx = &call, .emit = session_on_message};
	idc_error problem = session_error_new();
	int32_t status;

	if (change == SESSION_PROVISION)
		status = ops->provision(session->instance, &request, &sink, &problem);
	else if (change == SESSION_ADD)
		status = ops->add(session->instance, &request, &sink, &problem);
	else
		status = ops->remove(session->instance, &request, &sink, &problem);
	if (batch.error != NULL) {
		g_propagate_error(error, batch.error);
		return IDC_PROTOCOL;
	}
	if (call.error == NULL && call.refused == IDC_OK && (status == IDC_OK || status == IDC_PARTIAL)) {
		if (batch.n_results == n_items)
			return status;
		host_error_set(error, IDC_PROTOCOL, "connector_contract",
			       "The connector %s ended %s without a result for each item. Tell its author.", session->manifest->id,
			       names[change]);
		return IDC_PROTOCOL;
	}
	if (status > IDC_OK && status < IDC_INVALID && call.error == NULL && call.refused == IDC_OK) {
		host_error_set(error, IDC_PROTOCOL, "connector_status",
			       "The connector ended %s with %d, which no change may. Tell its author.", names[change], status);
		return IDC_PROTOCOL;
	}
	return session_judge(&call, status, &problem, names[change], error);
}

static const idc_capabilities *
session_capabilities(const Session *session)
{
	const idc_capabilities *capabilities = NULL;

	/* Compared with the manifest when the session was opened; valid for ever. */
	session_connector(session)->ops->capabilities(NULL, &capabilities, NULL);
	return capabilities;
}

guint
session_max_batch(const Session *session)
{
	const idc_capabilities *capabilities = session_capabilities(session);

	return capabilities != NULL ? CLAMP(capabilities->max_batch, 1, IDC_MAX_BATCH) : 1;
}

gboolean
session_can_dry_run(const Session *session)
{
	const idc_capabilities *capabilities = session_capabilities(session);

	return capabilities != NULL && (capabilities->flags & IDC_CAN_DRY_RUN) != 0;
}

static void
session_survey_free(gpointer data)
{
	SessionSurvey *survey = data;

	g_free(survey->type);
	g_free(survey->problem);
	g_free(survey);
}

static int32_t
session_take_survey(const idc_message *message, gpointer user_data)
{
	GPtrArray *surveys = user_data;
	const idc_record *record = (const idc_record *)(const void *)message;
	SessionSurvey *survey;

	if (message->kind != IDC_MSG_RECORD || record->record != IDC_RECORD_RESOURCE || record->type == NULL)
		return IDC_OK;
	/* No service has that many kinds of things. */
	if (surveys->len >= 1000)
		return IDC_OVERFLOW;
	survey = g_new0(SessionSurvey, 1);
	survey->type = g_strdup(record->type);
	for (size_t i = 0; i < record->n_attrs; i++) {
		const idc_pair *pair = &record->attrs[i];

		if (strcmp(pair->key, "count") == 0 && pair->value != NULL)
			survey->counted = g_ascii_string_to_unsigned(pair->value, 10, 0, G_MAXUINT64, &survey->count, NULL);
		else if (strcmp(pair->key, "problem") == 0 && pair->value != NULL && survey->problem == NULL)
			survey->problem = g_strdup(pair->value);
	}
	g_ptr_array_add(surveys, survey);
	return IDC_OK;
}

GPtrArray *
session_survey(Session *session, GError **error)
{
	g_autoptr(GPtrArray) surveys = g_ptr_array_new_with_free_func(session_survey_free);
	const idc_survey_extension *extension = session_connector(session)->extension(IDC_EXT_SURVEY);
	SessionCall call = {.session = session, .emit = session_take_survey, .user_data = surveys};
	idc_sink sink = {.struct_size = sizeof(idc_sink), .ctx = &call, .emit = session_on_message};
	idc_error problem = session_error_new();
	int32_t status;

	if (extension == NULL || !IDC_HAS(extension, idc_survey_extension, survey) || extension->survey == NULL) {
		host_error_set(error, IDC_UNSUPPORTED, "no_survey", "%s cannot count before it lists.", session->manifest->name);
		return NULL;
	}
	status = extension->survey(session->instance, &sink, &problem);
	/* PARTIAL: the entries name what cannot be read. */
	if (status == IDC_PARTIAL && call.error == NULL && call.refused == IDC_OK)
		return g_steal_pointer(&surveys);
	return session_judge(&call, status, &problem, "survey", error) == IDC_OK ? g_steal_pointer(&surveys) : NULL;
}

gboolean
session_usage(Session *session, idc_usage *ret_usage)
{
	const idc_usage_extension *extension = session_connector(session)->extension(IDC_EXT_USAGE);
	idc_usage usage = {.struct_size = sizeof(idc_usage)};
	gboolean good = extension != NULL && IDC_HAS(extension, idc_usage_extension, usage) && extension->usage != NULL &&
			extension->usage(session->instance, &usage) == IDC_OK;

	*ret_usage = good ? usage : (idc_usage){.struct_size = sizeof(idc_usage)};
	return good;
}

Services *
session_services(Session *session)
{
	return session->services;
}

const Manifest *
session_manifest(const Session *session)
{
	return session->manifest;
}

const Module *
session_module(const Session *session)
{
	return session->module;
}

idc_instance *
session_instance(Session *session)
{
	return session->instance;
}

const idc_connector *
session_connector(const Session *session)
{
	return module_connector(session->module);
}
