/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

/* What leaves through the host's sink. Records of kinds that are not wanted are counted nowhere and go nowhere. */

#define EMIT_KINDS 4

typedef struct {
	const idc_host *host;
	const idc_sink *sink;
	guint32 want; /* mask of IDC_RECORD_* */
	guint64 emitted[EMIT_KINDS];
	guint64 removed[EMIT_KINDS];
	guint64 expected[EMIT_KINDS]; /* IDC_COUNT_UNKNOWN until told */
} Emit;

/* Attributes under construction; keys and values are borrowed until they are emitted. */
typedef struct {
	idc_pair pairs[IDC_MAX_ATTRS];
	gsize n;
} EmitAttrs;

void emit_init(Emit *emit, const idc_host *host, const idc_sink *sink, guint32 want);

/* Whether any of these kinds is wanted. */
gboolean emit_wants(const Emit *emit, guint32 kinds);

/* The index of one kind's bit. */
guint emit_index(guint32 kind);

/* Adds a pair; a NULL value is left out, and so is what no longer fits. */
void emit_attr(EmitAttrs *attrs, const gchar *key, const gchar *value);
void emit_attr_flag(EmitAttrs *attrs, const gchar *key, gboolean value);

/* Hands on one whole message. FALSE: the host wants no more. */
gboolean emit_message(const idc_sink *sink, const idc_message *message, GError **error);

/* record: without msg and attributes, which are filled in here. attrs may be NULL. FALSE: the host wants no more. */
gboolean emit_record(Emit *emit, const idc_record *record, const EmitAttrs *attrs, GError **error);

/* seal: without msg. */
gboolean emit_seal(Emit *emit, const idc_seal *seal, GError **error);

/* Both: without msg. */
gboolean emit_challenge(const idc_sink *sink, const idc_auth_challenge *challenge, GError **error);
gboolean emit_session(const idc_sink *sink, const idc_auth_session *session, GError **error);
