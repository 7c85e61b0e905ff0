/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/progress.h"
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PROGRESS_WIDTH 79
/* A rate over less than this says nothing about the rest. */
#define PROGRESS_RATE_MS 2000

struct Progress {
	gboolean shown; /* there is a line to be cleared */
	Kind kind;      /* of which the present run of records is */
	gint64 since_ms;
	guint64 since_done;
};

Progress *
progress_new(const Output *output)
{
	const char *term = g_getenv("TERM");

	if (output_is_json(output) || output_is_quiet(output) || isatty(STDERR_FILENO) == 0 || g_strcmp0(term, "dumb") == 0)
		return NULL;
	return g_new0(Progress, 1);
}

void
progress_free(Progress *progress)
{
	if (progress == NULL)
		return;
	if (progress->shown)
		fputs("\r\x1b[K", stderr);
	fflush(stderr);
	g_free(progress);
}

static gsize
progress_width(void)
{
	struct winsize size = {0};

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
		return size.ws_col - 1u;
	return PROGRESS_WIDTH;
}

/* "8 s", "3 min" */
static void
progress_append_duration(GString *line, gint64 ms)
{
	if (ms < 120000)
		g_string_append_printf(line, "%" G_GINT64_FORMAT " s", (ms + 500) / 1000);
	else
		g_string_append_printf(line, "%" G_GINT64_FORMAT " min", (ms + 30000) / 60000);
}

/* From the rate of the present kind, which is the only one whose end is known. */
static void
progress_append_left(Progress *progress, const SyncProgress *now, GString *line)
{
	gint64 ms = now->elapsed_ms - progress->since_ms;
	guint64 done = now->done - MIN(now->done, progress->since_done);

	if (now->expected == IDC_COUNT_UNKNOWN || now->expected <= now->done || done == 0 || ms < PROGRESS_RATE_MS)
		return;
	g_string_append(line, ", about ");
	progress_append_duration(line, (gint64)((gdouble)ms * (gdouble)(now->expected - now->done) / (gdouble)done));
	g_string_append(line, " left of these");
}

void
progress_show(const SyncProgress *now, gpointer user_data)
{
	Progress *progress = user_data;
	g_autoptr(GString) line = g_string_new(NULL);
	gsize width = progress_width();

	if (progress->kind != now->kind || !progress->shown) {
		progress->kind = now->kind;
		progress->since_ms = now->elapsed_ms;
		progress->since_done = now->done;
	}
	if (now->merging) {
		g_string_append_printf(line, "Storing %" G_GUINT64_FORMAT " records", now->records);
	} else if (now->expected != IDC_COUNT_UNKNOWN && now->expected > 0) {
		g_string_append_printf(line, "Reading %s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT, kind_words(now->kind, 0),
				       now->done, now->expected);
	} else {
		g_string_append_printf(line, "Reading %s: %" G_GUINT64_FORMAT " records so far", kind_words(now->kind, 0),
				       now->records);
	}
	if (now->requests > 0)
		g_string_append_printf(line, ", %" G_GUINT64_FORMAT " request%s", now->requests, now->requests == 1 ? "" : "s");
	if (now->waited_ms >= 1000) {
		g_string_append(line, ", waited ");
		progress_append_duration(line, (gint64)now->waited_ms);
	}
	g_string_append(line, ", ");
	progress_append_duration(line, now->elapsed_ms);
	if (!now->merging)
		progress_append_left(progress, now, line);
	/* The line is ASCII: a byte is a column. */
	if (line->len > width)
		g_string_truncate(line, width);
	fprintf(stderr, "\r%s\x1b[K", line->str);
	fflush(stderr);
	progress->shown = TRUE;
}
