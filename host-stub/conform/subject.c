/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/subject.h"
#include "base/error.h"
#include "conform/secrecy.h"
#include "conform/traffic.h"
#include "load/message.h"
#include "load/settings.h"
#include <string.h>

#define SUBJECT_INSTANCE "conformance"

static void
subject_take(GHashTable *from, GHashTable *settings)
{
	GHashTableIter iter;
	gpointer key;
	gpointer value;

	g_hash_table_iter_init(&iter, from);
	while (g_hash_table_iter_next(&iter, &key, &value))
		g_hash_table_insert(settings, g_strdup(key), g_strdup(value));
}

static void
subject_take_secrets(Instrument *instrument, GHashTable *secrets)
{
	GHashTableIter iter;
	gpointer key;
	gpointer value;

	g_hash_table_iter_init(&iter, secrets);
	while (g_hash_table_iter_next(&iter, &key, &value))
		instrument_set_secret(instrument, key, value);
}

Subject *
subject_new(Bench *bench, Fixture *fixture)
{
	const idc_connector *connector = bench_connector(bench);
	Subject *subject;

	if (connector == NULL)
		return NULL;
	subject = g_new0(Subject, 1);
	subject->bench = bench;
	subject->fixture = fixture;
	subject->connector = connector;
	subject->instrument = instrument_new(fixture, bench->secret_keys);
	subject->instrument_owned = TRUE;
	subject->settings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	subject->kept = lease_new();
	subject->seen_requests = -1;
	for (guint i = 0; i < bench->manifest->settings->len; i++) {
		const ManifestSetting *setting = g_ptr_array_index(bench->manifest->settings, i);

		if (!setting->secret && setting->default_value != NULL)
			g_hash_table_insert(subject->settings, g_strdup(setting->key), g_strdup(setting->default_value));
	}
	subject_take(bench->plan->settings, subject->settings);
	subject_take_secrets(subject->instrument, bench->plan->secrets);
	if (fixture != NULL) {
		subject_take(fixture_settings(fixture), subject->settings);
		subject_take_secrets(subject->instrument, fixture_secrets(fixture));
	}
	return subject;
}

Subject *
subject_twin(Subject *subject)
{
	Subject *twin = subject_new(subject->bench, subject->fixture);

	if (twin == NULL)
		return NULL;
	instrument_free(twin->instrument);
	twin->instrument = subject->instrument;
	twin->instrument_owned = FALSE;
	twin->writes = subject->writes;
	g_hash_table_remove_all(twin->settings);
	subject_take(subject->settings, twin->settings);
	return twin;
}

void
subject_destroy(Subject *subject)
{
	if (subject->instance == NULL)
		return;
	/* No operation runs: whatever host function is called now is a fault. */
	subject->connector->destroy(subject->instance);
	subject->instance = NULL;
}

static void
subject_judge(Subject *subject)
{
	Bench *bench = subject->bench;
	Instrument *instrument = subject->instrument;

	for (guint i = 0; i < instrument->lines->len; i++) {
		const InstrumentLine *line = g_ptr_array_index(instrument->lines, i);

		if (secrecy_in_text(line->text, bench->secret_values))
			instrument_blame(instrument, "a log line of level %u holds a secret", line->level);
	}
	if (instrument->faults->len > 0)
		bench_expect(bench, FALSE, "the contract of the header to be kept in every call", "%s",
			     (const char *)g_ptr_array_index(instrument->faults, 0));
}

void
subject_close(Subject *subject)
{
	if (subject == NULL)
		return;
	subject_destroy(subject);
	if (subject->instrument_owned) {
		subject_judge(subject);
		instrument_free(subject->instrument);
	}
	lease_end(subject->kept);
	g_hash_table_unref(subject->settings);
	g_free(subject);
}

void
subject_set(Subject *subject, const char *key, const char *value)
{
	if (value != NULL)
		g_hash_table_insert(subject->settings, g_strdup(key), g_strdup(value));
	else
		g_hash_table_remove(subject->settings, key);
}

/* ---- one call ---- */

typedef struct {
	Subject *subject;
	const char *operation;
	Lease *lease;
	Told *told;
	idc_sink *sink;
	idc_error *error;
	guint error_size;
	gint64 began_us;
	int32_t refused; /* what emit answered once it refused */
	GThread *thread;
	gboolean running;
} SubjectCall;

static void
subject_mark_requests(Subject *subject)
{
	if (subject->fixture != NULL && subject->seen_requests < 0)
		subject->seen_requests = traffic_count(subject->fixture, NULL);
}

static void
subject_look_for_secrets(const SubjectCall *call, const idc_message *message)
{
	Subject *subject = call->subject;
	const idc_result *result = (const idc_result *)(const void *)message;
	const idc_seal *seal = (const idc_seal *)(const void *)message;

	if (message->kind == IDC_MSG_RESULT && result->error != NULL &&
	    secrecy_in_text(result->error->message, subject->bench->secret_values))
		instrument_blame(subject->instrument, "%s() told a secret in the error of a result", call->operation);
	if (message->kind == IDC_MSG_SEAL && (secrecy_in_text(seal->reason, subject->bench->secret_values) ||
					      secrecy_in_text(seal->cursor, subject->bench->secret_values)))
		instrument_blame(subject->instrument, "%s() told a secret in a seal", call->operation);
}

static int32_t
subject_emit(void *ctx, const idc_message *message)
{
	SubjectCall *call = ctx;
	Subject *subject = call->subject;
	g_autoptr(GError) error = NULL;

	if (call->thread != g_thread_self() || !call->running)
		instrument_blame(subject->instrument, "%s() emitted outside its call or on another thread", call->operation);
	if (call->refused != IDC_OK) {
		instrument_blame(subject->instrument, "%s() emitted again after a refusal", call->operation);
		return call->refused;
	}
	if (!message_check(message, subject->bench->manifest->id, &error)) {
		instrument_blame(subject->instrument, "%s", error->message);
		call->refused = IDC_PROTOCOL;
		return call->refused;
	}
	subject->messages++;
	if (message->kind == 0 || message->kind > IDC_MSG_RESULT)
		return IDC_OK;
	subject_look_for_secrets(call, message);
	if (!subject->forget)
		told_add(call->told, message);
	if (subject->cancel_at != 0 && subject->messages == subject->cancel_at) {
		subject->instrument->cancelled = TRUE;
		subject_mark_requests(subject);
	}
	if (subject->refuse_at != 0 && subject->messages >= subject->refuse_at) {
		call->refused = subject->refuse_with;
		subject_mark_requests(subject);
	}
	return call->refused;
}

static void
subject_begin(SubjectCall *call, Subject *subject, const char *operation)
{
	const idc_sink sink = {.struct_size = sizeof(idc_sink) + subject->grown, .ctx = call, .emit = subject_emit};

	*call = (SubjectCall){.subject = subject, .operation = operation, .lease = lease_new(), .told = told_new()};
	call->thread = g_thread_self();
	call->sink = lease_copy(call->lease, &sink, sizeof(sink), sizeof(sink) + subject->grown);
	call->error_size = subject->error_size != 0 ? subject->error_size : (guint)sizeof(idc_error) + subject->grown;
	if (!subject->error_none) {
		call->error = lease_bytes(call->lease, call->error_size);
		call->error->struct_size = call->error_size;
	}
	subject->messages = 0;
	subject->seen_requests = -1;
	instrument_enter(subject->instrument);
	call->running = TRUE;
	call->began_us = g_get_monotonic_time();
}

/* Whether a text of the error struct ends within it and is UTF-8. */
static gboolean
subject_text_ends(const char *text, gsize size)
{
	return memchr(text, '\0', size) != NULL && g_utf8_validate(text, -1, NULL);
}

static void
subject_check_error(const SubjectCall *call, int32_t status)
{
	Instrument *instrument = call->subject->instrument;
	const idc_error *error = call->error;
	gboolean tells = status == IDC_PARTIAL || status >= IDC_INVALID;

	if (error->struct_size != call->error_size)
		instrument_blame(instrument, "%s() changed the struct_size of the error", call->operation);
	if (!tells && !lease_untouched((const guint8 *)error + 4, call->error_size - 4))
		instrument_blame(instrument, "%s() returned %s and wrote into the error all the same", call->operation,
				 host_status_name(status));
	if (call->error_size > sizeof(idc_error) &&
	    !lease_untouched((const guint8 *)error + sizeof(idc_error), call->error_size - sizeof(idc_error)))
		instrument_blame(instrument, "%s() wrote beyond the error struct that it knows", call->operation);
	if (!tells || call->error_size < sizeof(idc_error))
		return;
	if (error->status != status)
		instrument_blame(instrument, "%s() returned %d, its error says %d", call->operation, status, error->status);
	if (!subject_text_ends(error->message, sizeof(error->message)) || !subject_text_ends(error->code, sizeof(error->code)) ||
	    !subject_text_ends(error->request_id, sizeof(error->request_id)))
		instrument_blame(instrument, "%s() left a text of its error without an end, or it is not UTF-8", call->operation);
	else if (error->message[0] == '\0')
		instrument_blame(instrument, "%s() returned %s without a message", call->operation, host_status_name(status));
	else if (secrecy_in_text(error->message, call->subject->bench->secret_values))
		instrument_blame(instrument, "%s() told a secret in its error", call->operation);
}

static Told *
subject_end(SubjectCall *call, int32_t status)
{
	Subject *subject = call->subject;
	Told *told = call->told;

	told->took_ms = (g_get_monotonic_time() - call->began_us) / 1000;
	told->status = status;
	call->running = FALSE;
	instrument_leave(subject->instrument);
	told->error = (idc_error){.struct_size = sizeof(idc_error), .retry_after_ms = -1};
	if (call->error != NULL) {
		subject_check_error(call, status);
		if (status == IDC_PARTIAL || status >= IDC_INVALID)
			memcpy(&told->error, call->error, MIN(sizeof(idc_error), call->error_size));
		told->error.message[sizeof(told->error.message) - 1] = '\0';
	}
	if (status < IDC_OK || (status > IDC_PARTIAL && status < IDC_INVALID) ||
	    (status == IDC_PENDING && strcmp(call->operation, "authorize") != 0))
		instrument_blame(subject->instrument, "%s() returned %d, which it may not", call->operation, status);
	lease_end(call->lease);
	subject->refuse_at = subject->cancel_at = 0;
	return told;
}

/* ---- operations ---- */

static const idc_pair *
subject_pairs(Subject *subject, Lease *lease, guint *ret_n)
{
	g_autoptr(GArray) pairs = g_array_new(FALSE, FALSE, sizeof(idc_pair));

	for (guint i = 0; i < subject->bench->manifest->settings->len; i++) {
		const ManifestSetting *setting = g_ptr_array_index(subject->bench->manifest->settings, i);
		const idc_pair pair = {.key = setting->key, .value = g_hash_table_lookup(subject->settings, setting->key)};

		if (pair.value != NULL && !setting->secret)
			g_array_append_val(pairs, pair);
	}
	*ret_n = pairs->len;
	return lease_pairs(lease, (const idc_pair *)(const void *)pairs->data, pairs->len);
}

Told *
subject_init(Subject *subject)
{
	idc_config config = {.struct_size = sizeof(idc_config) + subject->grown};
	idc_host *host = lease_copy(subject->kept, &subject->instrument->host, sizeof(idc_host), sizeof(idc_host) + subject->grown);
	idc_config *lent;
	idc_instance *instance = NULL;
	SubjectCall call;
	Told *told;

	host->struct_size = (uint32_t)sizeof(idc_host) + subject->grown;
	host->abi_minor = (uint16_t)(IDC_ABI_MINOR + (subject->grown > 0 ? 1 : 0));
	subject_begin(&call, subject, "init");
	config.settings = subject_pairs(subject, call.lease, &config.n_settings);
	config.instance_id = lease_text(call.lease, SUBJECT_INSTANCE);
	lent = lease_copy(call.lease, &config, sizeof(config), sizeof(config) + subject->grown);
	told = subject_end(&call, subject->connector->ops->init(host, lent, &instance, call.error));
	if (told->status == IDC_OK && instance == NULL)
		instrument_blame(subject->instrument, "init() said OK and gave no instance");
	if (told->status != IDC_OK && instance != NULL)
		instrument_blame(subject->instrument, "init() failed and gave an instance");
	subject->instance = told->status == IDC_OK ? instance : NULL;
	return told;
}

char *
subject_scope(const Subject *subject)
{
	return manifest_scope_text(subject->bench->manifest, subject->writes);
}

Told *
subject_authorize(Subject *subject, uint32_t step, const char *scope)
{
	return subject_step(subject, step, scope, NULL, NULL, 0);
}

Told *
subject_step(Subject *subject, uint32_t step, const char *scope, const char *redirect_uri, const idc_pair *params, guint n)
{
	g_autofree char *chosen = subject_scope(subject);
	idc_auth_request request = {.struct_size = sizeof(request) + subject->grown, .step = step};
	const idc_auth_request *lent;
	SubjectCall call;

	subject_begin(&call, subject, "authorize");
	request.scope = lease_text(call.lease, scope != NULL ? scope : chosen);
	request.redirect_uri = lease_text(call.lease, redirect_uri);
	request.params = lease_pairs(call.lease, params, n);
	request.n_params = n;
	lent = lease_copy(call.lease, &request, sizeof(request), request.struct_size);
	return subject_end(&call, subject->connector->ops->authorize(subject->instance, lent, call.sink, call.error));
}

Told *
subject_sign_in(Subject *subject)
{
	const Manifest *manifest = subject->bench->manifest;
	Told *told;

	if (manifest_has_step(manifest, "client")) {
		told = subject_authorize(subject, IDC_AUTH_CLIENT, NULL);
		if (told->status != IDC_UNSUPPORTED)
			return told;
		told_free(told);
	}
	if (manifest_has_step(manifest, "check"))
		return subject_authorize(subject, IDC_AUTH_CHECK, NULL);
	/* Nothing to sign in with: the first operation shows whether it works. */
	return told_new();
}

gboolean
subject_ready(Subject *subject)
{
	g_autoptr(Told) told = subject_init(subject);
	g_autofree char *status = told_status(told);

	if (!bench_expect(subject->bench, told->status == IDC_OK, "init() with good settings is OK", "%s", status))
		return FALSE;
	g_clear_pointer(&told, told_free);
	g_clear_pointer(&status, g_free);
	told = subject_sign_in(subject);
	status = told_status(told);
	return bench_expect(subject->bench, told->status == IDC_OK, "signing in with good credentials is OK", "%s", status);
}

Subject *
subject_open(Bench *bench, const char *world, gboolean writes)
{
	return bench_fixture(bench, world, -1) != NULL ? subject_join(bench, writes) : NULL;
}

Subject *
subject_join(Bench *bench, gboolean writes)
{
	Subject *subject = subject_new(bench, bench->fixture);

	if (subject == NULL)
		return NULL;
	subject->writes = writes;
	if (!subject_ready(subject))
		g_clear_pointer(&subject, subject_close);
	return subject;
}

Told *
subject_list(Subject *subject, uint32_t want, const char *cursor)
{
	idc_list_request request = {.struct_size = sizeof(request) + subject->grown, .want = want};
	const idc_list_request *lent;
	SubjectCall call;

	subject_begin(&call, subject, "list_entitlements");
	request.cursor = lease_text(call.lease, cursor);
	lent = lease_copy(call.lease, &request, sizeof(request), request.struct_size);
	return subject_end(&call, subject->connector->ops->list_entitlements(subject->instance, lent, call.sink, call.error));
}

const char *
subject_change_name(SubjectChange change)
{
	static const char *const names[] = {"provision", "add", "remove"};

	return names[change];
}

Told *
subject_change(Subject *subject, SubjectChange change, const idc_change *items, gsize n, uint32_t flags)
{
	const idc_ops *ops = subject->connector->ops;
	idc_change_request request = {.struct_size = sizeof(request) + subject->grown, .flags = flags, .n_items = n};
	const idc_change_request *lent;
	const idc_change **table;
	SubjectCall call;

	subject_begin(&call, subject, subject_change_name(change));
	table = lease_bytes(call.lease, MAX(n, 1) * sizeof(idc_change *));
	for (gsize i = 0; i < n; i++) {
		idc_change item = items[i];

		item.struct_size = (uint32_t)sizeof(item) + subject->grown;
		item.principal_id = lease_text(call.lease, items[i].principal_id);
		item.entitlement_id = lease_text(call.lease, items[i].entitlement_id);
		item.attrs = lease_pairs(call.lease, items[i].attrs, items[i].n_attrs);
		table[i] = lease_copy(call.lease, &item, sizeof(item), item.struct_size);
	}
	request.items = table;
	lent = lease_copy(call.lease, &request, sizeof(request), request.struct_size);
	if (change == SUBJECT_PROVISION)
		return subject_end(&call, ops->provision(subject->instance, lent, call.sink, call.error));
	if (change == SUBJECT_ADD)
		return subject_end(&call, ops->add(subject->instance, lent, call.sink, call.error));
	return subject_end(&call, ops->remove(subject->instance, lent, call.sink, call.error));
}

Told *
subject_grant(Subject *subject, SubjectChange change, const char *principal, const char *entitlement, uint32_t flags)
{
	const idc_change item = {.principal_id = principal, .entitlement_id = entitlement};

	return subject_change(subject, change, &item, 1, flags);
}

uint32_t
subject_records(const Subject *subject)
{
	const idc_capabilities *capabilities = NULL;

	subject->connector->ops->capabilities(NULL, &capabilities, NULL);
	return capabilities != NULL ? capabilities->records : 0;
}
