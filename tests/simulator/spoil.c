/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "spoil.h"

#include <gio/gio.h>
#include <string.h>

#include "rng.h"

gboolean
spoil_replaces(const Fault *fault)
{
	gboolean answers = fault->status >= 0 || fault->body != NULL || fault->garbage >= 0 || fault->html || fault->huge >= 0 ||
			   fault->gzip_bomb >= 0 || fault->deep >= 0 || fault->redirect != NULL;

	return answers && !fault->handle;
}

static void
spoil_type(Reply *reply, const gchar *type)
{
	g_free(reply->content_type);
	reply->content_type = g_strdup(type);
}

static void
spoil_garbage(Reply *reply, gint64 length)
{
	Rng rng;

	rng_init(&rng, (guint64)length, 0);
	g_string_truncate(reply->body, 0);
	for (gint64 i = 0; i < length; i++)
		g_string_append_c(reply->body, (gchar)rng_below(&rng, 128) ^ (gchar)0x55);
}

static void
spoil_deep(Reply *reply, gint64 depth)
{
	g_string_assign(reply->body, "{\"users\":");
	for (gint64 i = 0; i < depth; i++)
		g_string_append_c(reply->body, '[');
	for (gint64 i = 0; i < depth; i++)
		g_string_append_c(reply->body, ']');
	g_string_append_c(reply->body, '}');
}

/* Blanks in front of an empty object, a thousandth of their size on the wire. */
static void
spoil_gzip_bomb(Reply *reply, gint64 length)
{
	g_autoptr(GZlibCompressor) compressor = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9);
	g_autofree gchar *blanks = g_strnfill(1 << 20, ' ');
	g_autofree gchar *packed = g_malloc(1 << 16);
	GConverterResult result = G_CONVERTER_CONVERTED;

	g_string_truncate(reply->body, 0);
	while (result != G_CONVERTER_FINISHED) {
		gboolean last = length <= 0;
		gsize size = last ? 2 : (gsize)MIN(length, 1 << 20);
		gsize read = 0;
		gsize written = 0;
		result = g_converter_convert(G_CONVERTER(compressor), last ? "{}" : blanks, size, packed, 1 << 16,
					     last ? G_CONVERTER_INPUT_AT_END : G_CONVERTER_NO_FLAGS, &read, &written, NULL);
		if (result == G_CONVERTER_ERROR)
			break;
		length -= last ? 0 : (gint64)read;
		g_string_append_len(reply->body, packed, (gssize)written);
	}
	reply_header(reply, "Content-Encoding", "gzip");
}

static void
spoil_body(const Fault *fault, Reply *reply)
{
	if (fault->html) {
		g_string_assign(reply->body,
				"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>Back soon.</body></html>\n");
		spoil_type(reply, "text/html; charset=utf-8");
	}
	if (fault->garbage >= 0)
		spoil_garbage(reply, fault->garbage);
	if (fault->deep >= 0)
		spoil_deep(reply, fault->deep);
	if (fault->gzip_bomb >= 0)
		spoil_gzip_bomb(reply, fault->gzip_bomb);
	if (fault->body != NULL)
		g_string_assign(reply->body, fault->body);
	for (guint i = 0; i + 1 < fault->edits->len; i += 2)
		g_string_replace(reply->body, g_ptr_array_index(fault->edits, i), g_ptr_array_index(fault->edits, i + 1), 0);
	if (fault->drop_bytes >= 0)
		g_string_truncate(reply->body, reply->body->len - MIN(reply->body->len, (gsize)fault->drop_bytes));
	if (fault->keep_bytes >= 0)
		g_string_truncate(reply->body, (gsize)fault->keep_bytes);
}

void
spoil_reply(const Fault *fault, Reply *reply)
{
	if (fault->redirect != NULL) {
		reply->status = 302;
		reply_header(reply, "Location", fault->redirect);
	}
	if (fault->status >= 0)
		reply->status = (guint)fault->status;
	spoil_body(fault, reply);
	if (fault->content_type != NULL)
		spoil_type(reply, fault->content_type[0] == '\0' ? NULL : fault->content_type);
	for (guint i = 0; i + 1 < fault->headers->len; i += 2)
		reply_header(reply, g_ptr_array_index(fault->headers, i), g_ptr_array_index(fault->headers, i + 1));
}

WirePlan *
spoil_plan(const Fault *fault, const Reply *reply)
{
	gboolean early = fault->cut == FAULT_CUT_HEADERS || fault->cut == FAULT_CUT_MIDDLE;
	WirePlan *plan;

	if (!early && fault->drip_bytes < 0 && fault->huge < 0 && fault->declare < 0 && !fault->endless_headers)
		return NULL;
	plan = wire_plan_new();
	plan->chunk = fault->drip_bytes > 0 ? (gsize)fault->drip_bytes : G_MAXSIZE;
	plan->every_ms = MAX(fault->drip_ms, 0);
	plan->reset = fault->reset;
	plan->endless_headers = fault->endless_headers;
	wire_plan_head(plan, reply,
		       fault->huge >= 0      ? fault->huge
		       : fault->declare >= 0 ? fault->declare
					     : (gint64)reply->body->len);
	if (fault->cut == FAULT_CUT_HEADERS) {
		g_string_truncate(plan->bytes, plan->bytes->len / 2);
		return plan;
	}
	if (fault->huge >= 0) {
		plan->filler = fault->huge;
		return plan;
	}
	g_string_append_len(plan->bytes, reply->body->str,
			    (gssize)(fault->cut == FAULT_CUT_MIDDLE ? reply->body->len / 2 : reply->body->len));
	return plan;
}
