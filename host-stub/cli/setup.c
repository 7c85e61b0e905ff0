/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/setup.h"
#include "base/error.h"
#include "cli/consent.h"
#include "load/app.h"

static char *
setup_replace(const char *text, const char *word, const char *value)
{
	g_auto(GStrv) parts = g_strsplit(text, word, -1);

	return g_strjoinv(value, parts);
}

void
setup_tell(Output *out, const Manifest *manifest, const App *app)
{
	json_object *list = json_object_new_array();
	g_autofree char *redirect = consent_redirect(app, manifest);
	g_autofree char *scopes = manifest_scope_text(manifest, app->trust == APP_READ_WRITE);

	for (guint i = 0; i < manifest->setup->len; i++) {
		const ManifestStep *step = g_ptr_array_index(manifest->setup, i);
		g_autofree char *half = setup_replace(step->text, "{redirect_url}", redirect);
		g_autofree char *text = setup_replace(half, "{scopes}", scopes);
		json_object *entry = json_object_new_object();

		json_object_object_add(entry, "title", json_object_new_string(step->title));
		json_object_object_add(entry, "text", json_object_new_string(text));
		json_object_array_add(list, entry);
		output_say(out, "%u. %s\n   %s", i + 1, step->title, text);
	}
	json_object_object_add(output_body(out), "setup", list);
	json_object_object_add(output_body(out), "redirect_url", json_object_new_string(redirect));
	json_object_object_add(output_body(out), "scopes", json_object_new_string(scopes));
}

int
setup_print(Output *out, const Manifest *manifest, const Form *form)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(App) app = form_app(form, manifest, NULL, &error);

	if (app == NULL) {
		json_object_object_add(output_body(out), "setup", json_object_new_array());
		return output_fail(out, error);
	}
	output_set_identifier(out, app->identifier);
	setup_tell(out, manifest, app);
	return output_finish(out, HOST_EXIT_OK);
}
