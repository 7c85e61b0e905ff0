/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "load/message.h"
#include "base/error.h"
#include <string.h>

/* The sizes in 1.0 by kind; a message may be longer, never shorter. */
static const uint32_t sizes[] = {
    [IDC_MSG_CHALLENGE] = sizeof(idc_auth_challenge),
    [IDC_MSG_SESSION] = sizeof(idc_auth_session),
    [IDC_MSG_RECORD] = sizeof(idc_record),
    [IDC_MSG_SEAL] = sizeof(idc_seal),
    [IDC_MSG_EVENT] = sizeof(idc_event),
    [IDC_MSG_EFFECT] = sizeof(idc_effect),
    [IDC_MSG_RESULT] = sizeof(idc_result),
};

/* NULL passes; too long, empty where that is no id, or invalid UTF-8 does not. Returns what is wrong, or NULL. */
static const char *
message_text(const char *text, gsize max)
{
	gsize length;

	if (text == NULL)
		return NULL;
	length = strnlen(text, max + 1);
	if (length > max)
		return "is too long";
	return g_utf8_validate_len(text, length, NULL) ? NULL : "is not valid UTF-8";
}

static const char *
message_id(const char *id, gboolean required)
{
	if (id == NULL)
		return required ? "is missing" : NULL;
	return *id == '\0' ? "is empty" : message_text(id, IDC_MAX_ID);
}

/* The first fault among name and verdict pairs that end with a NULL name is written to *ret_field. */
typedef struct {
	const char *field;
	const char *fault;
} MessageVerdict;

static gboolean
message_first_fault(const MessageVerdict *verdicts, gsize n, MessageVerdict *ret_fault)
{
	for (gsize i = 0; i < n; i++) {
		if (verdicts[i].fault == NULL)
			continue;
		*ret_fault = verdicts[i];
		return TRUE;
	}
	return FALSE;
}

static const char *
message_attrs(const idc_pair *attrs, size_t n_attrs)
{
	if (n_attrs > IDC_MAX_ATTRS)
		return "are too many";
	if (attrs == NULL && n_attrs > 0)
		return "are missing";
	for (size_t i = 0; i < n_attrs; i++) {
		if (attrs[i].key == NULL || *attrs[i].key == '\0' || message_text(attrs[i].key, IDC_MAX_ID) != NULL)
			return "have a key that is missing or wrong";
		if (message_text(attrs[i].value, IDC_MAX_VALUE) != NULL)
			return "have a value that is too long or not valid UTF-8";
	}
	return NULL;
}

static gboolean
message_one_kind(uint32_t record)
{
	return record == IDC_RECORD_PRINCIPAL || record == IDC_RECORD_RESOURCE || record == IDC_RECORD_ENTITLEMENT ||
	       record == IDC_RECORD_GRANT;
}

static gboolean
message_record(const idc_record *record, MessageVerdict *ret_fault)
{
	gboolean grant = record->record == IDC_RECORD_GRANT;
	const MessageVerdict verdicts[] = {
	    {"record", message_one_kind(record->record) ? NULL : "is not exactly one kind"},
	    {"id", message_id(record->id, !grant)},
	    {"type",
	     message_id(record->type, record->record == IDC_RECORD_ENTITLEMENT && (record->flags & IDC_RECORD_REMOVED) == 0)},
	    {"name", message_text(record->name, IDC_MAX_NAME)},
	    {"parent_id", message_id(record->parent_id, FALSE)},
	    {"principal_id", message_id(record->principal_id, grant)},
	    {"entitlement_id", message_id(record->entitlement_id, grant)},
	    {"attrs", message_attrs(record->attrs, record->n_attrs)},
	};

	return message_first_fault(verdicts, G_N_ELEMENTS(verdicts), ret_fault);
}

/* Printable ASCII: it is stored, compared and handed back. */
static const char *
message_cursor(const char *cursor)
{
	const char *fault = message_text(cursor, IDC_MAX_CURSOR);

	for (const char *p = cursor; p != NULL && fault == NULL && *p != '\0'; p++) {
		if (*p < 0x20 || *p > 0x7e)
			fault = "is not printable ASCII";
	}
	return fault;
}

static gboolean
message_seal(const idc_seal *seal, MessageVerdict *ret_fault)
{
	gboolean partial = seal->state == 0 || seal->state >= IDC_SEAL_PARTIAL;
	const MessageVerdict verdicts[] = {
	    {"record", message_one_kind(seal->record) ? NULL : "is not exactly one kind"},
	    {"scope", seal->scope <= IDC_SCOPE_PRINCIPAL ? NULL : "is unknown"},
	    {"scope_id", message_id(seal->scope_id, seal->scope != IDC_SCOPE_ALL)},
	    {"status", !partial || seal->status >= IDC_INVALID ? NULL : "does not say why the kind is partial"},
	    {"reason", message_text(seal->reason, IDC_MAX_NAME)},
	    {"cursor", message_cursor(seal->cursor)},
	};

	return message_first_fault(verdicts, G_N_ELEMENTS(verdicts), ret_fault);
}

static gboolean
message_event(const idc_event *event, MessageVerdict *ret_fault)
{
	const MessageVerdict verdicts[] = {
	    {"actor", message_text(event->actor, IDC_MAX_NAME)},      {"method", message_text(event->method, IDC_MAX_NAME)},
	    {"principal_id", message_id(event->principal_id, FALSE)}, {"entitlement_id", message_id(event->entitlement_id, FALSE)},
	    {"resource_id", message_id(event->resource_id, FALSE)},
	};

	return message_first_fault(verdicts, G_N_ELEMENTS(verdicts), ret_fault);
}

static gboolean
message_effect(const idc_effect *effect, MessageVerdict *ret_fault)
{
	const MessageVerdict verdicts[] = {
	    {"principal_id", message_id(effect->principal_id, FALSE)},
	    {"entitlement_id", message_id(effect->entitlement_id, FALSE)},
	    {"request_id", message_text(effect->request_id, IDC_MAX_ID)},
	    {"attrs", message_attrs(effect->attrs, effect->n_attrs)},
	};

	return message_first_fault(verdicts, G_N_ELEMENTS(verdicts), ret_fault);
}

static gboolean
message_result(const idc_result *result, MessageVerdict *ret_fault)
{
	const MessageVerdict verdicts[] = {
	    {"remote_id", message_id(result->remote_id, FALSE)},
	    {"error", result->error == NULL || result->error->struct_size >= sizeof(idc_error) ? NULL : "is shorter than in 1.0"},
	    {"attrs", message_attrs(result->attrs, result->n_attrs)},
	};

	return message_first_fault(verdicts, G_N_ELEMENTS(verdicts), ret_fault);
}

static gboolean
message_session(const idc_auth_session *session, MessageVerdict *ret_fault)
{
	const MessageVerdict verdicts[] = {
	    {"subject", message_text(session->subject, IDC_MAX_NAME)},
	    {"account", message_id(session->account, FALSE)},
	    {"scope", message_text(session->scope, IDC_MAX_VALUE)},
	};

	return message_first_fault(verdicts, G_N_ELEMENTS(verdicts), ret_fault);
}

static gboolean
message_challenge(const idc_auth_challenge *challenge, MessageVerdict *ret_fault)
{
	const MessageVerdict verdicts[] = {
	    {"url", challenge->url == NULL ? "is missing" : message_text(challenge->url, IDC_MAX_URL)},
	    {"state", challenge->state == NULL ? "is missing" : message_text(challenge->state, IDC_MAX_NAME)},
	};

	return message_first_fault(verdicts, G_N_ELEMENTS(verdicts), ret_fault);
}

gboolean
message_check(const idc_message *message, const char *connector, GError **error)
{
	static const char *const names[] = {"", "challenge", "session", "record", "seal", "event", "effect", "result"};
	MessageVerdict fault = {"msg", NULL};
	gboolean faulty = FALSE;

	if (message == NULL) {
		host_error_set(error, IDC_PROTOCOL, "connector_contract", "The connector %s emitted NULL. Tell its author.",
			       connector);
		return FALSE;
	}
	if (message->kind == 0 || message->kind >= G_N_ELEMENTS(sizes))
		return TRUE;
	if (message->struct_size < sizes[message->kind]) {
		fault.fault = "is shorter than in 1.0";
		faulty = TRUE;
	} else if (message->kind == IDC_MSG_CHALLENGE) {
		faulty = message_challenge((const idc_auth_challenge *)(const void *)message, &fault);
	} else if (message->kind == IDC_MSG_SESSION) {
		faulty = message_session((const idc_auth_session *)(const void *)message, &fault);
	} else if (message->kind == IDC_MSG_RECORD) {
		faulty = message_record((const idc_record *)(const void *)message, &fault);
	} else if (message->kind == IDC_MSG_SEAL) {
		faulty = message_seal((const idc_seal *)(const void *)message, &fault);
	} else if (message->kind == IDC_MSG_EVENT) {
		faulty = message_event((const idc_event *)(const void *)message, &fault);
	} else if (message->kind == IDC_MSG_EFFECT) {
		faulty = message_effect((const idc_effect *)(const void *)message, &fault);
	} else {
		faulty = message_result((const idc_result *)(const void *)message, &fault);
	}
	if (!faulty)
		return TRUE;
	host_error_set(error, IDC_PROTOCOL, "connector_contract", "The connector %s emitted a %s whose %s %s. Tell its author.",
		       connector, names[message->kind], fault.field, fault.fault);
	return FALSE;
}
