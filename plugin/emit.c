/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "emit.h"

#include "errors.h"

#define EMIT_PROGRESS_STEP 100

void
emit_init(Emit *emit, const idc_host *host, const idc_sink *sink, guint32 want)
{
	*emit = (Emit){.host = host, .sink = sink, .want = want};
	for (guint i = 0; i < EMIT_KINDS; i++)
		emit->expected[i] = IDC_COUNT_UNKNOWN;
}

gboolean
emit_wants(const Emit *emit, guint32 kinds)
{
	return (emit->want & kinds) != 0;
}

guint
emit_index(guint32 kind)
{
	return (guint)g_bit_nth_lsf(kind, -1);
}

void
emit_attr(EmitAttrs *attrs, const gchar *key, const gchar *value)
{
	if (value == NULL || attrs->n == IDC_MAX_ATTRS)
		return;
	attrs->pairs[attrs->n++] = (idc_pair){.key = key, .value = value};
}

void
emit_attr_flag(EmitAttrs *attrs, const gchar *key, gboolean value)
{
	emit_attr(attrs, key, value ? "true" : "false");
}

gboolean
emit_message(const idc_sink *sink, const idc_message *message, GError **error)
{
	const gint32 status = sink->emit(sink->ctx, message);

	if (status == IDC_OK)
		return TRUE;
	g_set_error_literal(error, ERRORS, status >= 100 ? status : IDC_INTERNAL, "The host took no more of what was told.");
	return FALSE;
}

gboolean
emit_record(Emit *emit, const idc_record *record, const EmitAttrs *attrs, GError **error)
{
	const guint kind = emit_index(record->record);
	idc_record full = *record;

	if (!emit_wants(emit, record->record))
		return TRUE;
	full.msg = (idc_message){.struct_size = sizeof(full), .kind = IDC_MSG_RECORD};
	if (attrs != NULL) {
		full.attrs = attrs->pairs;
		full.n_attrs = attrs->n;
	}
	if (!emit_message(emit->sink, &full.msg, error))
		return FALSE;
	if ((full.flags & IDC_RECORD_REMOVED) != 0)
		emit->removed[kind]++;
	else
		emit->emitted[kind]++;
	if (emit->emitted[kind] % EMIT_PROGRESS_STEP == 0)
		emit->host->progress(emit->host->ctx, record->record, emit->emitted[kind], emit->expected[kind]);
	return TRUE;
}

gboolean
emit_seal(Emit *emit, const idc_seal *seal, GError **error)
{
	idc_seal full = *seal;

	full.msg = (idc_message){.struct_size = sizeof(full), .kind = IDC_MSG_SEAL};
	return emit_message(emit->sink, &full.msg, error);
}

gboolean
emit_challenge(const idc_sink *sink, const idc_auth_challenge *challenge, GError **error)
{
	idc_auth_challenge full = *challenge;

	full.msg = (idc_message){.struct_size = sizeof(full), .kind = IDC_MSG_CHALLENGE};
	return emit_message(sink, &full.msg, error);
}

gboolean
emit_session(const idc_sink *sink, const idc_auth_session *session, GError **error)
{
	idc_auth_session full = *session;

	full.msg = (idc_message){.struct_size = sizeof(full), .kind = IDC_MSG_SESSION};
	return emit_message(sink, &full.msg, error);
}
