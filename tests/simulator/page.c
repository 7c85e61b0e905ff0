/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "page.h"

#include "errors.h"

static gboolean
page_number(const Request *request, Reply *reply, const gchar *key, gint64 *ret_value)
{
	const gchar *text = query_get(request->query, key);
	guint64 value = 0;

	if (text == NULL)
		return TRUE;
	if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT32, &value, NULL)) {
		g_autofree gchar *detail = g_strdup_printf("%s must be a non-negative integer", key);
		errors_arguments(request, reply, detail);
		return FALSE;
	}
	*ret_value = (gint64)value;
	return TRUE;
}

static gboolean
page_true(const gchar *text)
{
	return text != NULL && (g_str_equal(text, "true") || g_str_equal(text, "1"));
}

gboolean
page_read_sized(const Request *request, Reply *reply, gint64 preset, gint64 largest, Page *ret_page)
{
	Page page = {.limit = preset, .total = page_true(query_get(request->query, "total"))};

	if (!page_number(request, reply, "limit", &page.limit) || !page_number(request, reply, "offset", &page.offset))
		return FALSE;
	if (page.limit == 0) {
		errors_arguments(request, reply, "limit must be at least 1");
		return FALSE;
	}
	if (page.limit > largest && switches_is(request->sim->spec->switches, SWITCH_OVER_LIMIT, "refuse")) {
		g_autofree gchar *detail = g_strdup_printf("limit cannot exceed %" G_GINT64_FORMAT, largest);
		errors_arguments(request, reply, detail);
		return FALSE;
	}
	page.limit = MIN(page.limit, largest);
	*ret_page = page;
	return TRUE;
}

gboolean
page_read(const Request *request, Reply *reply, Page *ret_page)
{
	const Switches *switches = request->sim->spec->switches;
	gint64 ceiling = switches_number(switches, SWITCH_CEILING);
	gint64 largest = MAX(switches_number(switches, SWITCH_MAX_LIMIT), 1);
	Page page = {0};

	if (!page_read_sized(request, reply, CLAMP(switches_number(switches, SWITCH_DEFAULT_LIMIT), 1, largest), largest, &page))
		return FALSE;
	if (page.offset + page.limit > ceiling) {
		g_autofree gchar *detail =
		    g_strdup_printf("Offset+limit exceeds maximum allowed value of %" G_GINT64_FORMAT
				    ". Please try to refine your search to reduce the returned set of records below this "
				    "number, like adding a date range.",
				    ceiling);
		errors_arguments(request, reply, detail);
		return FALSE;
	}
	*ret_page = page;
	return TRUE;
}

void
page_write(const Request *request, Reply *reply, const Page *page, const gchar *key, const GPtrArray *items, PageTotal total,
	   PageWrite write, gpointer data)
{
	const Lie *lie = &request->lie;
	gint64 from = lie->offset >= 0 ? lie->offset : page->offset;
	gint64 until = lie->empty ? from : MIN(from + page->limit, items->len);
	gboolean more = lie->more >= 0 ? lie->more == 1 : from + page->limit < items->len;

	reply_json(reply, 200, "{\"");
	g_string_append_printf(reply->body, "%s\":[", key);
	for (gint64 i = from; i < until; i++) {
		if (i > from)
			g_string_append_c(reply->body, ',');
		write(request, reply->body, g_ptr_array_index(items, i), data);
	}
	g_string_append_printf(reply->body, "],\"limit\":%" G_GINT64_FORMAT ",\"offset\":%" G_GINT64_FORMAT ",\"more\":%s",
			       page->limit, page->offset, more ? "true" : "false");
	if (lie->total >= 0)
		g_string_append_printf(reply->body, ",\"total\":%" G_GINT64_FORMAT, lie->total);
	else if (total == PAGE_TOTAL_ALWAYS || (total == PAGE_TOTAL_ASKED && page->total))
		g_string_append_printf(reply->body, ",\"total\":%" G_GINT64_FORMAT, items->len + lie->total_shift);
	else if (total != PAGE_TOTAL_ABSENT)
		g_string_append(reply->body, ",\"total\":null");
	g_string_append_c(reply->body, '}');
}
