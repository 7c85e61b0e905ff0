/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Every size, offset and number of the ABI, written down by hand. Built twice: with the header, and with the frozen copy of 1.0, so
 * that a table that is changed together with the header disagrees with the copy. */
#include <glib.h>
#include ABI_HEADER

typedef struct {
	const gchar *name;
	gsize offset;
	gsize size;
	gsize want_offset;
	gsize want_size;
} LayoutField;

typedef struct {
	const gchar *name;
	gsize size;
	gsize want_size;
	const LayoutField *fields;
	gsize n_fields;
} LayoutStruct;

typedef struct {
	const gchar *name;
	guint64 value;
	guint64 want;
} LayoutNumber;

/* One row a line reads better than what a formatter makes of it. */
/* clang-format off */
#define FIELD(type, field, want_offset, want_size) { #field, offsetof(type, field), sizeof(((type *)0)->field), want_offset, want_size }
#define STRUCT(type, want_size) { #type, sizeof(type), want_size, type##_fields, G_N_ELEMENTS(type##_fields) }
#define NUMBER(name, want) { #name, (guint64)(name), (guint64)(want) }

static const LayoutField idc_pair_fields[] = {
	FIELD(idc_pair, key, 0, 8),
	FIELD(idc_pair, value, 8, 8),
};
static const LayoutField idc_error_fields[] = {
	FIELD(idc_error, struct_size, 0, 4),
	FIELD(idc_error, status, 4, 4),
	FIELD(idc_error, remote_status, 8, 4),
	FIELD(idc_error, flags, 12, 4),
	FIELD(idc_error, retry_after_ms, 16, 8),
	FIELD(idc_error, code, 24, 64),
	FIELD(idc_error, request_id, 88, 64),
	FIELD(idc_error, message, 152, 360),
};
static const LayoutField idc_message_fields[] = {
	FIELD(idc_message, struct_size, 0, 4),
	FIELD(idc_message, kind, 4, 4),
};
static const LayoutField idc_sink_fields[] = {
	FIELD(idc_sink, struct_size, 0, 4),
	FIELD(idc_sink, reserved, 4, 4),
	FIELD(idc_sink, ctx, 8, 8),
	FIELD(idc_sink, emit, 16, 8),
};
static const LayoutField idc_host_fields[] = {
	FIELD(idc_host, struct_size, 0, 4),
	FIELD(idc_host, abi_major, 4, 2),
	FIELD(idc_host, abi_minor, 6, 2),
	FIELD(idc_host, ctx, 8, 8),
	FIELD(idc_host, log, 16, 8),
	FIELD(idc_host, cancelled, 24, 8),
	FIELD(idc_host, progress, 32, 8),
	FIELD(idc_host, monotonic_ms, 40, 8),
	FIELD(idc_host, unix_ms, 48, 8),
	FIELD(idc_host, sleep_ms, 56, 8),
	FIELD(idc_host, secret_get, 64, 8),
	FIELD(idc_host, secret_put, 72, 8),
	FIELD(idc_host, secret_lock, 80, 8),
	FIELD(idc_host, secret_unlock, 88, 8),
	FIELD(idc_host, extension, 96, 8),
};
static const LayoutField idc_config_fields[] = {
	FIELD(idc_config, struct_size, 0, 4),
	FIELD(idc_config, n_settings, 4, 4),
	FIELD(idc_config, settings, 8, 8),
	FIELD(idc_config, instance_id, 16, 8),
};
static const LayoutField idc_auth_request_fields[] = {
	FIELD(idc_auth_request, struct_size, 0, 4),
	FIELD(idc_auth_request, step, 4, 4),
	FIELD(idc_auth_request, redirect_uri, 8, 8),
	FIELD(idc_auth_request, scope, 16, 8),
	FIELD(idc_auth_request, params, 24, 8),
	FIELD(idc_auth_request, n_params, 32, 8),
};
static const LayoutField idc_auth_challenge_fields[] = {
	FIELD(idc_auth_challenge, msg, 0, 8),
	FIELD(idc_auth_challenge, url, 8, 8),
	FIELD(idc_auth_challenge, state, 16, 8),
	FIELD(idc_auth_challenge, expires_in_s, 24, 8),
};
static const LayoutField idc_auth_session_fields[] = {
	FIELD(idc_auth_session, msg, 0, 8),
	FIELD(idc_auth_session, subject, 8, 8),
	FIELD(idc_auth_session, account, 16, 8),
	FIELD(idc_auth_session, scope, 24, 8),
	FIELD(idc_auth_session, expires_in_s, 32, 8),
};
static const LayoutField idc_list_request_fields[] = {
	FIELD(idc_list_request, struct_size, 0, 4),
	FIELD(idc_list_request, want, 4, 4),
	FIELD(idc_list_request, cursor, 8, 8),
};
static const LayoutField idc_record_fields[] = {
	FIELD(idc_record, msg, 0, 8),
	FIELD(idc_record, record, 8, 4),
	FIELD(idc_record, flags, 12, 4),
	FIELD(idc_record, id, 16, 8),
	FIELD(idc_record, type, 24, 8),
	FIELD(idc_record, name, 32, 8),
	FIELD(idc_record, parent_id, 40, 8),
	FIELD(idc_record, principal_id, 48, 8),
	FIELD(idc_record, entitlement_id, 56, 8),
	FIELD(idc_record, attrs, 64, 8),
	FIELD(idc_record, n_attrs, 72, 8),
};
static const LayoutField idc_seal_fields[] = {
	FIELD(idc_seal, msg, 0, 8),
	FIELD(idc_seal, record, 8, 4),
	FIELD(idc_seal, state, 12, 4),
	FIELD(idc_seal, scope, 16, 4),
	FIELD(idc_seal, status, 20, 4),
	FIELD(idc_seal, scope_id, 24, 8),
	FIELD(idc_seal, emitted, 32, 8),
	FIELD(idc_seal, removed, 40, 8),
	FIELD(idc_seal, expected, 48, 8),
	FIELD(idc_seal, reason, 56, 8),
	FIELD(idc_seal, cursor, 64, 8),
	FIELD(idc_seal, as_of_unix_ms, 72, 8),
};
static const LayoutField idc_event_fields[] = {
	FIELD(idc_event, msg, 0, 8),
	FIELD(idc_event, verb, 8, 4),
	FIELD(idc_event, reserved, 12, 4),
	FIELD(idc_event, at_unix_ms, 16, 8),
	FIELD(idc_event, actor, 24, 8),
	FIELD(idc_event, method, 32, 8),
	FIELD(idc_event, principal_id, 40, 8),
	FIELD(idc_event, entitlement_id, 48, 8),
	FIELD(idc_event, resource_id, 56, 8),
};
static const LayoutField idc_change_fields[] = {
	FIELD(idc_change, struct_size, 0, 4),
	FIELD(idc_change, reserved, 4, 4),
	FIELD(idc_change, principal_id, 8, 8),
	FIELD(idc_change, entitlement_id, 16, 8),
	FIELD(idc_change, attrs, 24, 8),
	FIELD(idc_change, n_attrs, 32, 8),
};
static const LayoutField idc_change_request_fields[] = {
	FIELD(idc_change_request, struct_size, 0, 4),
	FIELD(idc_change_request, flags, 4, 4),
	FIELD(idc_change_request, items, 8, 8),
	FIELD(idc_change_request, n_items, 16, 8),
};
static const LayoutField idc_effect_fields[] = {
	FIELD(idc_effect, msg, 0, 8),
	FIELD(idc_effect, index, 8, 4),
	FIELD(idc_effect, verb, 12, 4),
	FIELD(idc_effect, record, 16, 4),
	FIELD(idc_effect, flags, 20, 4),
	FIELD(idc_effect, principal_id, 24, 8),
	FIELD(idc_effect, entitlement_id, 32, 8),
	FIELD(idc_effect, request_id, 40, 8),
	FIELD(idc_effect, attrs, 48, 8),
	FIELD(idc_effect, n_attrs, 56, 8),
};
static const LayoutField idc_result_fields[] = {
	FIELD(idc_result, msg, 0, 8),
	FIELD(idc_result, index, 8, 4),
	FIELD(idc_result, status, 12, 4),
	FIELD(idc_result, remote_id, 16, 8),
	FIELD(idc_result, error, 24, 8),
	FIELD(idc_result, attrs, 32, 8),
	FIELD(idc_result, n_attrs, 40, 8),
};
static const LayoutField idc_capability_fields[] = {
	FIELD(idc_capability, struct_size, 0, 4),
	FIELD(idc_capability, supported, 4, 4),
	FIELD(idc_capability, key, 8, 8),
	FIELD(idc_capability, label, 16, 8),
	FIELD(idc_capability, note, 24, 8),
};
static const LayoutField idc_capabilities_fields[] = {
	FIELD(idc_capabilities, struct_size, 0, 4),
	FIELD(idc_capabilities, ops, 4, 4),
	FIELD(idc_capabilities, records, 8, 4),
	FIELD(idc_capabilities, auth, 12, 4),
	FIELD(idc_capabilities, max_batch, 16, 4),
	FIELD(idc_capabilities, max_concurrent, 20, 4),
	FIELD(idc_capabilities, flags, 24, 8),
	FIELD(idc_capabilities, table, 32, 8),
	FIELD(idc_capabilities, n_table, 40, 8),
};
static const LayoutField idc_ops_fields[] = {
	FIELD(idc_ops, init, 0, 8),
	FIELD(idc_ops, authorize, 8, 8),
	FIELD(idc_ops, list_entitlements, 16, 8),
	FIELD(idc_ops, provision, 24, 8),
	FIELD(idc_ops, add, 32, 8),
	FIELD(idc_ops, remove, 40, 8),
	FIELD(idc_ops, capabilities, 48, 8),
};
static const LayoutField idc_connector_fields[] = {
	FIELD(idc_connector, struct_size, 0, 4),
	FIELD(idc_connector, abi_major, 4, 2),
	FIELD(idc_connector, abi_minor, 6, 2),
	FIELD(idc_connector, id, 8, 8),
	FIELD(idc_connector, version, 16, 8),
	FIELD(idc_connector, thread_model, 24, 4),
	FIELD(idc_connector, flags, 28, 4),
	FIELD(idc_connector, ops, 32, 8),
	FIELD(idc_connector, destroy, 40, 8),
	FIELD(idc_connector, extension, 48, 8),
};
static const LayoutField idc_usage_fields[] = {
	FIELD(idc_usage, struct_size, 0, 4),
	FIELD(idc_usage, reserved, 4, 4),
	FIELD(idc_usage, requests, 8, 8),
	FIELD(idc_usage, retries, 16, 8),
	FIELD(idc_usage, waited_ms, 24, 8),
};
static const LayoutField idc_usage_extension_fields[] = {
	FIELD(idc_usage_extension, struct_size, 0, 4),
	FIELD(idc_usage_extension, reserved, 4, 4),
	FIELD(idc_usage_extension, usage, 8, 8),
};
static const LayoutField idc_survey_extension_fields[] = {
	FIELD(idc_survey_extension, struct_size, 0, 4),
	FIELD(idc_survey_extension, reserved, 4, 4),
	FIELD(idc_survey_extension, survey, 8, 8),
};

static const LayoutStruct structs[] = {
	STRUCT(idc_pair, 16),
	STRUCT(idc_error, 512),
	STRUCT(idc_message, 8),
	STRUCT(idc_sink, 24),
	STRUCT(idc_host, 104),
	STRUCT(idc_config, 24),
	STRUCT(idc_auth_request, 40),
	STRUCT(idc_auth_challenge, 32),
	STRUCT(idc_auth_session, 40),
	STRUCT(idc_list_request, 16),
	STRUCT(idc_record, 80),
	STRUCT(idc_seal, 80),
	STRUCT(idc_event, 64),
	STRUCT(idc_change, 40),
	STRUCT(idc_change_request, 24),
	STRUCT(idc_effect, 64),
	STRUCT(idc_result, 48),
	STRUCT(idc_capability, 32),
	STRUCT(idc_capabilities, 48),
	STRUCT(idc_ops, 56),
	STRUCT(idc_connector, 56),
	STRUCT(idc_usage, 32),
	STRUCT(idc_usage_extension, 16),
	STRUCT(idc_survey_extension, 16),
};

static const LayoutNumber numbers[] = {
	NUMBER(IDC_ABI_MAJOR, 1), NUMBER(IDC_ABI_MINOR, 0),
	NUMBER(IDC_MAX_ID, 255), NUMBER(IDC_MAX_NAME, 1024), NUMBER(IDC_MAX_VALUE, 65536), NUMBER(IDC_MAX_ATTRS, 256),
	NUMBER(IDC_MAX_URL, 8192), NUMBER(IDC_MAX_CURSOR, 4096), NUMBER(IDC_MAX_BATCH, 65536),
	NUMBER(IDC_OK, 0), NUMBER(IDC_PENDING, 1), NUMBER(IDC_PARTIAL, 2), NUMBER(IDC_ALREADY, 3),
	NUMBER(IDC_INVALID, 100), NUMBER(IDC_STATE, 101), NUMBER(IDC_UNSUPPORTED, 102), NUMBER(IDC_ABI, 103), NUMBER(IDC_OVERFLOW, 104),
	NUMBER(IDC_UNAUTHENTICATED, 200), NUMBER(IDC_EXPIRED, 201), NUMBER(IDC_FORBIDDEN, 202), NUMBER(IDC_CONSENT, 203), NUMBER(IDC_SCOPE, 204),
	NUMBER(IDC_NOT_FOUND, 300), NUMBER(IDC_CONFLICT, 301), NUMBER(IDC_RATE_LIMITED, 302), NUMBER(IDC_UNAVAILABLE, 303),
	NUMBER(IDC_PROTOCOL, 304), NUMBER(IDC_REFUSED, 305), NUMBER(IDC_INDETERMINATE, 306), NUMBER(IDC_PAYMENT, 307),
	NUMBER(IDC_NOMEM, 400), NUMBER(IDC_IO, 401), NUMBER(IDC_TIMEOUT, 402), NUMBER(IDC_CANCELLED, 403), NUMBER(IDC_INTERNAL, 404),
	NUMBER(IDC_ERROR_RETRYABLE, 1),
	NUMBER(IDC_MSG_CHALLENGE, 1), NUMBER(IDC_MSG_SESSION, 2), NUMBER(IDC_MSG_RECORD, 3), NUMBER(IDC_MSG_SEAL, 4),
	NUMBER(IDC_MSG_EVENT, 5), NUMBER(IDC_MSG_EFFECT, 6), NUMBER(IDC_MSG_RESULT, 7),
	NUMBER(IDC_LOG_ERROR, 1), NUMBER(IDC_LOG_WARNING, 2), NUMBER(IDC_LOG_INFO, 3), NUMBER(IDC_LOG_DEBUG, 4),
	NUMBER(IDC_AUTH_BEGIN, 1), NUMBER(IDC_AUTH_COMPLETE, 2), NUMBER(IDC_AUTH_REFRESH, 3), NUMBER(IDC_AUTH_CLIENT, 4),
	NUMBER(IDC_AUTH_REVOKE, 5), NUMBER(IDC_AUTH_CHECK, 6),
	NUMBER(IDC_RECORD_PRINCIPAL, 1), NUMBER(IDC_RECORD_RESOURCE, 2), NUMBER(IDC_RECORD_ENTITLEMENT, 4), NUMBER(IDC_RECORD_GRANT, 8),
	NUMBER(IDC_RECORD_REMOVED, 1), NUMBER(IDC_RECORD_INDIRECT, 2),
	NUMBER(IDC_COUNT_UNKNOWN, G_MAXUINT64),
	NUMBER(IDC_SEAL_COMPLETE, 1), NUMBER(IDC_SEAL_DELTA, 2), NUMBER(IDC_SEAL_UNCHANGED, 3), NUMBER(IDC_SEAL_PARTIAL, 4),
	NUMBER(IDC_SCOPE_ALL, 0), NUMBER(IDC_SCOPE_RESOURCE, 1), NUMBER(IDC_SCOPE_ENTITLEMENT, 2), NUMBER(IDC_SCOPE_PRINCIPAL, 3),
	NUMBER(IDC_VERB_ADDED, 1), NUMBER(IDC_VERB_REMOVED, 2), NUMBER(IDC_VERB_CREATED, 3), NUMBER(IDC_VERB_INVITED, 4), NUMBER(IDC_VERB_CHANGED, 5),
	NUMBER(IDC_CHANGE_DRY_RUN, 1), NUMBER(IDC_EFFECT_SIDE, 1), NUMBER(IDC_EFFECT_EXPECTED, 2),
	NUMBER(IDC_CAN_DELTA, 1), NUMBER(IDC_CAN_DRY_RUN, 2),
	NUMBER(IDC_OP_INIT, 0), NUMBER(IDC_OP_AUTHORIZE, 1), NUMBER(IDC_OP_LIST_ENTITLEMENTS, 2), NUMBER(IDC_OP_PROVISION, 3),
	NUMBER(IDC_OP_ADD, 4), NUMBER(IDC_OP_REMOVE, 5), NUMBER(IDC_OP_CAPABILITIES, 6),
	NUMBER(IDC_THREADS_MODULE, 1000), NUMBER(IDC_THREADS_INSTANCE, 2000), NUMBER(IDC_THREADS_FREE, 3000),
};
/* clang-format on */

static void
test_struct(gconstpointer data)
{
	const LayoutStruct *shape = data;
	gsize end = 0;

	for (gsize i = 0; i < shape->n_fields; i++) {
		const LayoutField *field = &shape->fields[i];

		g_test_message("%s.%s: offset %zu, size %zu", shape->name, field->name, field->offset, field->size);
		g_assert_cmpuint(field->offset, ==, field->want_offset);
		g_assert_cmpuint(field->size, ==, field->want_size);
		/* no hole: nothing stands between two fields of the table, and the compiler pads nothing */
		g_assert_cmpuint(field->offset, ==, end);
		end = field->offset + field->size;
	}
	g_assert_cmpuint(shape->size, ==, shape->want_size);
	g_assert_cmpuint(shape->size, ==, end);
}

static void
test_numbers(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
		g_test_message("%s", numbers[i].name);
		g_assert_cmpuint(numbers[i].value, ==, numbers[i].want);
	}
}

static void
test_names(void)
{
	g_assert_cmpstr(IDC_ENTRY_SYMBOL, ==, "idc_connector_v1");
	g_assert_cmpstr(IDC_EXT_USAGE, ==, "idc.usage/1");
	g_assert_cmpstr(IDC_EXT_SURVEY, ==, "idc.survey/1");
}

static void
test_has(void)
{
	idc_list_request request = {.struct_size = offsetof(idc_list_request, cursor)};

	g_assert_true(IDC_HAS(&request, idc_list_request, want));
	g_assert_false(IDC_HAS(&request, idc_list_request, cursor));
	request.struct_size = sizeof(request) - 1;
	g_assert_false(IDC_HAS(&request, idc_list_request, cursor));
	request.struct_size = sizeof(request);
	g_assert_true(IDC_HAS(&request, idc_list_request, cursor));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(structs); i++) {
		g_autofree gchar *path = g_strdup_printf("/layout/%s has its size and its fields their offsets", structs[i].name);

		g_test_add_data_func(path, &structs[i], test_struct);
	}
	g_test_add_func("/layout/every number means what it meant", test_numbers);
	g_test_add_func("/layout/every name is spelt as it was", test_names);
	g_test_add_func("/layout/IDC_HAS sees a field only when all of it is there", test_has);
	return g_test_run();
}
