/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/report.h"
#include "base/error.h"
#include "base/text.h"
#include "idc-config.h"
#include <stdio.h>

#define REPORT_VERSION 1

static char *
report_digest(const char *path, GError **error)
{
	g_autofree char *bytes = NULL;
	gsize length = 0;

	if (!g_file_get_contents(path, &bytes, &length, error))
		return NULL;
	return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes, length);
}

void
report_begin(const Report *report, guint n)
{
	if (report->form == REPORT_TAP)
		printf("TAP version 13\n1..%u\n# seed %" G_GUINT64_FORMAT "\n", n, report->seed);
	fflush(stdout);
}

/* Each line of text after prefix. */
static void
report_lines(const char *prefix, const char *name, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (gsize i = 0; lines[i] != NULL; i++) {
		g_autofree char *escaped = text_escape(lines[i]);

		if (*escaped != '\0')
			printf("%s%-9s %s\n", prefix, i == 0 ? name : "", escaped);
	}
}

/* A path as a shell takes it for one word; most need no quotes. */
static char *
report_word(const char *path)
{
	return path[strspn(path, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "/._-+:@%")] == '\0' ? g_strdup(path)
											      : g_shell_quote(path);
}

static void
report_why(const Report *report, const RunResult *result, const char *prefix)
{
	g_autofree char *program = report_word(report->program);
	g_autofree char *modules = report_word(report->modules);
	g_autofree char *manifest = report_word(report->manifest->path);

	report_lines(prefix, "tried", result->tried);
	report_lines(prefix, "expected", result->expected);
	report_lines(prefix, "seen", result->seen);
	report_lines(prefix, "output", result->output);
	printf("%s%-9s %s -p %s --seed %" G_GUINT64_FORMAT " --in-process --modules %s %s\n", prefix, "again", program,
	       result->check->id, report->seed, modules, manifest);
}

void
report_result(Report *report, const RunResult *result)
{
	gboolean good = result->verdict == VERDICT_PASS || result->verdict == VERDICT_SKIP;

	report->number++;
	if (report->form == REPORT_TAP) {
		printf("%s %u - %s: %s", good ? "ok" : "not ok", report->number, result->check->id, result->check->sentence);
		if (result->verdict == VERDICT_SKIP)
			printf(" # SKIP %s", result->seen);
		putchar('\n');
		if (!good) {
			printf("#   %s\n", verdict_name(result->verdict));
			report_why(report, result, "#   ");
		}
	} else if (report->form == REPORT_READABLE) {
		printf("%-7s %-26s %s\n", verdict_name(result->verdict), result->check->id, result->check->sentence);
		if (result->verdict == VERDICT_SKIP)
			printf("        %-26s %s\n", "", result->seen);
		else if (!good)
			report_why(report, result, "          ");
	}
	fflush(stdout);
}

static guint
report_count(GPtrArray *results, Verdict verdict)
{
	guint n = 0;

	for (guint i = 0; i < results->len; i++)
		n += ((const RunResult *)g_ptr_array_index(results, i))->verdict == verdict ? 1 : 0;
	return n;
}

gboolean
report_end(const Report *report, GPtrArray *results)
{
	guint passed = report_count(results, VERDICT_PASS);
	guint skipped = report_count(results, VERDICT_SKIP);
	const char *prefix = report->form == REPORT_TAP ? "# " : "";

	if (report->form != REPORT_JSON) {
		printf("%s%s %s, seed %" G_GUINT64_FORMAT ": %u checks", prefix, report->manifest->id, report->manifest->version,
		       report->seed, results->len);
		for (guint i = VERDICT_PASS; i <= VERDICT_ERROR; i++)
			printf(", %u %s", report_count(results, (Verdict)i), verdict_name((Verdict)i));
		printf(".\n");
	}
	fflush(stdout);
	return passed > 0 && passed + skipped == results->len;
}

static json_object *
report_result_json(const RunResult *result)
{
	json_object *entry = json_object_new_object();

	json_object_object_add(entry, "id", json_object_new_string(result->check->id));
	json_object_object_add(entry, "sentence", json_object_new_string(result->check->sentence));
	json_object_object_add(entry, "verdict", json_object_new_string(verdict_name(result->verdict)));
	if (result->verdict == VERDICT_SKIP) {
		json_object_object_add(entry, "reason", json_object_new_string(result->seen));
	} else if (result->verdict != VERDICT_PASS) {
		json_object_object_add(entry, "tried", json_object_new_string(result->tried));
		json_object_object_add(entry, "expected", json_object_new_string(result->expected));
		json_object_object_add(entry, "seen", json_object_new_string(result->seen));
		json_object_object_add(entry, "output", json_object_new_string(result->output));
	}
	json_object_object_add(entry, "took_ms", json_object_new_int64(result->took_ms));
	return entry;
}

json_object *
report_json(const Report *report, GPtrArray *results, GError **error)
{
	g_autofree char *manifest = report_digest(report->manifest->path, error);
	g_autofree char *harness = manifest != NULL ? report_digest("/proc/self/exe", error) : NULL;
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *at = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
	json_object *root;
	json_object *counts;
	json_object *list;

	if (harness == NULL)
		return NULL;
	root = json_object_new_object();
	counts = json_object_new_object();
	list = json_object_new_array();
	json_object_object_add(root, "schema", json_object_new_string("idc-conform/1"));
	json_object_object_add(root, "connector", json_object_new_string(report->manifest->id));
	json_object_object_add(root, "version", json_object_new_string(report->manifest->version));
	json_object_object_add(root, "harness", json_object_new_string(IDC_VERSION));
	json_object_object_add(root, "module_sha256", json_object_new_string(report->manifest->module_sha256));
	json_object_object_add(root, "manifest_sha256", json_object_new_string(manifest));
	json_object_object_add(root, "harness_sha256", json_object_new_string(harness));
	json_object_object_add(root, "seed", json_object_new_int64((gint64)report->seed));
	json_object_object_add(root, "at", json_object_new_string(at));
	for (guint i = VERDICT_PASS; i <= VERDICT_ERROR; i++)
		json_object_object_add(counts, verdict_name((Verdict)i), json_object_new_int64(report_count(results, (Verdict)i)));
	json_object_object_add(root, "counts", counts);
	json_object_object_add(root, "left_out", json_object_new_int64(report->left_out));
	for (guint i = 0; i < results->len; i++)
		json_object_array_add(list, report_result_json(g_ptr_array_index(results, i)));
	json_object_object_add(root, "checks", list);
	return root;
}
