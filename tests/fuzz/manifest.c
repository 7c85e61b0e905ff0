/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "load/manifest.h"
#include "base/error.h"
#include "fuzz.h"
#include <string.h>

/* Manifests: what was taken can be asked for, and what was refused says where. */

#define MANIFEST_PATH "/modules/fuzzed.json"

static void
manifest_ask(const Manifest *manifest)
{
	g_autofree char *reads = manifest_scope_text(manifest, FALSE);
	g_autofree char *writes = manifest_scope_text(manifest, TRUE);

	g_assert_nonnull(manifest->id);
	g_assert_nonnull(manifest->module_file);
	g_assert_null(strchr(manifest->module_file, '/')); /* beside the manifest, nowhere else */
	g_assert_true(g_str_has_prefix(writes, reads) || strlen(writes) >= strlen(reads));
	for (guint i = 0; i < manifest->settings->len; i++) {
		const ManifestSetting *setting = g_ptr_array_index(manifest->settings, i);

		/* the only one of its name */
		g_assert_true(manifest_setting(manifest, setting->key) == setting);
		g_assert_nonnull(manifest_type_name(setting->type));
	}
	for (guint i = 0; i < manifest->kinds->len; i++) {
		const ManifestKind *kind = g_ptr_array_index(manifest->kinds, i);

		g_assert_true(manifest_kind(manifest, kind->kind) == kind);
		(void)manifest_removal_turn(manifest, kind->kind);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Manifest) manifest = manifest_parse((const char *)bytes, length, MANIFEST_PATH, &error);

	g_assert_true((manifest == NULL) == (error != NULL));
	if (manifest != NULL) {
		manifest_ask(manifest);
		return 0;
	}
	g_assert_true(error->domain == HOST_ERROR);
	g_assert_nonnull(strstr(error->message, MANIFEST_PATH));
	g_assert_true(g_utf8_validate(error->message, -1, NULL));
	return 0;
}
