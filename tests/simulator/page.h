/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Classic paging: limit, offset, total, more, the ceiling; computed anew for each request. */
#pragma once
#include "sim.h"

typedef struct {
	gint64 limit;
	gint64 offset;
	gboolean total; /* asked for */
} Page;

typedef enum {
	PAGE_TOTAL_ASKED, /* null unless asked for */
	PAGE_TOTAL_NEVER, /* always null: the members of a team */
	PAGE_TOTAL_ALWAYS,
	PAGE_TOTAL_ABSENT, /* no such key */
} PageTotal;

/* Writes one item of a list. data is the caller's. */
typedef void (*PageWrite)(const Request *request, GString *out, gpointer item, gpointer data);

/* FALSE: the parameters are refused, and the reply says so. */
gboolean page_read(const Request *request, Reply *reply, Page *ret_page);

/* The same with another default and largest limit, and without a ceiling (the third version of schedules). */
gboolean page_read_sized(const Request *request, Reply *reply, gint64 preset, gint64 largest, Page *ret_page);

/* {"key":[the page of items],"limit":…,"offset":…,"more":…,"total":…} */
void page_write(const Request *request, Reply *reply, const Page *page, const gchar *key, const GPtrArray *items, PageTotal total,
		PageWrite write, gpointer data);
