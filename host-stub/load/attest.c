/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "load/attest.h"
#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include <idc/connector.h>
#include <string.h>

#define ATTEST_SCHEMA "idc-conform/1"
#define ATTEST_DIGEST "[0-9a-f]{64}"
#define ATTEST_MAX_CHECKS 100000
#define ATTEST_MAX_TEXT 256

/* A bad verdict says at length what was seen. */
static const JsonLimits attest_limits = {.max_bytes = 16 << 20, .max_depth = 8, .max_values = 1000000};

void
attest_free(Attest *attest)
{
	if (attest == NULL)
		return;
	g_free(attest->path);
	g_free(attest->harness);
	g_free(attest->harness_sha256);
	g_free(attest->at);
	g_free(attest);
}

static void
attest_read_counts(Attest *attest, JsonWalk *walk)
{
	static const char *const bad[] = {"FAIL", "CRASH", "TIMEOUT", "ERROR"};

	if (!json_walk_enter(walk, "counts", JSON_REQUIRED))
		return;
	attest->passed = json_walk_int(walk, "PASS", JSON_REQUIRED, 0, ATTEST_MAX_CHECKS, 0);
	attest->skipped = json_walk_int(walk, "SKIP", JSON_REQUIRED, 0, ATTEST_MAX_CHECKS, 0);
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		attest->failed += json_walk_int(walk, bad[i], JSON_REQUIRED, 0, ATTEST_MAX_CHECKS, 0);
	json_walk_leave(walk);
}

/* Whether the digest under key is the wanted one; NULL is wanted by nobody. */
static gboolean
attest_is(JsonWalk *walk, const char *key, const char *wanted)
{
	g_autofree char *digest = json_walk_pattern(walk, key, JSON_REQUIRED, ATTEST_DIGEST, "64 hexadecimal digits");

	return wanted != NULL && g_strcmp0(digest, wanted) == 0;
}

static void
attest_read_all(Attest *attest, JsonWalk *walk, const Manifest *manifest, const char *manifest_sha256)
{
	g_autofree char *schema = json_walk_string(walk, "schema", JSON_REQUIRED, ATTEST_MAX_TEXT);
	g_autofree char *connector = json_walk_string(walk, "connector", JSON_REQUIRED, ATTEST_MAX_TEXT);
	gboolean of_module = attest_is(walk, "module_sha256", manifest->module_sha256);
	gboolean of_manifest = attest_is(walk, "manifest_sha256", manifest_sha256);

	if (g_strcmp0(schema, ATTEST_SCHEMA) != 0)
		json_walk_reject(walk, "schema", "must be \"" ATTEST_SCHEMA "\", as idc-conform --report writes it");
	if (g_strcmp0(connector, manifest->id) != 0)
		json_walk_reject(walk, "connector", "must be \"%s\", whose manifest lies beside it", manifest->id);
	attest->current = of_module && of_manifest;
	attest->harness = json_walk_string(walk, "harness", JSON_REQUIRED, ATTEST_MAX_TEXT);
	attest->harness_sha256 = json_walk_pattern(walk, "harness_sha256", JSON_REQUIRED, ATTEST_DIGEST, "64 hexadecimal digits");
	attest->at = json_walk_string(walk, "at", JSON_REQUIRED, ATTEST_MAX_TEXT);
	attest->left_out = json_walk_int(walk, "left_out", JSON_REQUIRED, 0, ATTEST_MAX_CHECKS, 0);
	attest_read_counts(attest, walk);
}

Attest *
attest_read(const Manifest *manifest, GError **error)
{
	g_autoptr(Attest) attest = g_new0(Attest, 1);
	g_autofree char *file = g_strdup_printf("%s.report.json", manifest->id);
	g_autoptr(GError) error_local = NULL;
	g_autoptr(GBytes) promised = NULL;
	g_autoptr(GBytes) bytes = NULL;
	g_autoptr(json_object) root = NULL;
	g_autoptr(JsonWalk) walk = NULL;
	g_autofree char *manifest_sha256 = NULL;

	attest->path = g_build_filename(manifest->folder, file, NULL);
	bytes = files_read_trusted(attest->path, "The conformance report", attest_limits.max_bytes, FALSE, &error_local);
	if (bytes == NULL) {
		if (host_error_status(error_local) != IDC_NOT_FOUND)
			g_propagate_error(error, g_steal_pointer(&error_local));
		return NULL;
	}
	promised = files_read_trusted(manifest->path, "The manifest", attest_limits.max_bytes, FALSE, error);
	if (promised == NULL)
		return NULL;
	manifest_sha256 = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, promised);
	root = json_read(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), attest->path, &attest_limits, error);
	if (root == NULL)
		return NULL;
	walk = json_walk_new(root, attest->path);
	attest_read_all(attest, walk, manifest, manifest_sha256);
	return json_walk_finish(walk, error) ? g_steal_pointer(&attest) : NULL;
}

char *
attest_words(const Attest *attest)
{
	g_autoptr(GString) words = g_string_new(NULL);

	if (!attest->current)
		return g_strdup("of another build");
	if (attest->failed > 0)
		g_string_append_printf(words, "%" G_GINT64_FORMAT " failed, ", attest->failed);
	g_string_append_printf(words, "%" G_GINT64_FORMAT " passed", attest->passed);
	if (attest->skipped > 0)
		g_string_append_printf(words, ", %" G_GINT64_FORMAT " skipped", attest->skipped);
	if (attest->left_out > 0)
		g_string_append_printf(words, ", %" G_GINT64_FORMAT " left out", attest->left_out);
	return g_string_free(g_steal_pointer(&words), FALSE);
}
