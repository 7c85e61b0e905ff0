/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/defaults.h"
#include "base/text.h"
#include "cli/ask.h"
#include <string.h>

/* So many of what was found are shown. */
#define DEFAULTS_SHOWN 20
/* More are not kept to be chosen from; by its id each can still be given with --default-entitlement. */
#define DEFAULTS_KEPT 100000

typedef struct {
	char *id;
	char *name;
	char *kind;
} DefaultsEntry;

typedef struct {
	Output *output;
	GPtrArray *entries; /* of DefaultsEntry */
	GPtrArray *found;   /* of DefaultsEntry, borrowed: what the last answer means */
} Defaults;

static void
defaults_entry_free(gpointer data)
{
	DefaultsEntry *entry = data;

	g_free(entry->id);
	g_free(entry->name);
	g_free(entry->kind);
	g_free(entry);
}

static int32_t
defaults_take(const idc_message *message, gpointer user_data)
{
	Defaults *defaults = user_data;
	const idc_record *record = (const idc_record *)(const void *)message;
	DefaultsEntry *entry;

	if (message->kind != IDC_MSG_RECORD || record->record != IDC_RECORD_ENTITLEMENT ||
	    (record->flags & IDC_RECORD_REMOVED) != 0 || defaults->entries->len == DEFAULTS_KEPT)
		return IDC_OK;
	for (size_t i = 0; i < record->n_attrs; i++) {
		if (strcmp(record->attrs[i].key, "assignable") == 0 && g_strcmp0(record->attrs[i].value, "false") == 0)
			return IDC_OK;
	}
	entry = g_new0(DefaultsEntry, 1);
	entry->id = g_strdup(record->id);
	entry->name = g_strdup(record->name != NULL ? record->name : record->id);
	entry->kind = g_strdup(record->type != NULL ? record->type : "");
	g_ptr_array_add(defaults->entries, entry);
	return IDC_OK;
}

static void
defaults_look(Defaults *defaults, const char *answer)
{
	g_autofree char *part = g_utf8_casefold(answer, -1);

	g_ptr_array_set_size(defaults->found, 0);
	for (guint i = 0; i < defaults->entries->len; i++) {
		DefaultsEntry *entry = g_ptr_array_index(defaults->entries, i);

		if (strcmp(entry->id, answer) == 0) {
			g_ptr_array_set_size(defaults->found, 0);
			g_ptr_array_add(defaults->found, entry);
			return;
		}
	}
	for (guint i = 0; i < defaults->entries->len; i++) {
		DefaultsEntry *entry = g_ptr_array_index(defaults->entries, i);
		g_autofree char *name = g_utf8_casefold(entry->name, -1);

		if (strstr(name, part) != NULL || strstr(entry->id, answer) != NULL)
			g_ptr_array_add(defaults->found, entry);
	}
}

static void
defaults_show(const Defaults *defaults)
{
	static const OutputColumn columns[] = {{"ENTITLEMENT", FALSE, FALSE}, {"KIND", FALSE, FALSE}, {"NAME", FALSE, TRUE}};
	g_autoptr(OutputTable) table = output_table_new(columns, G_N_ELEMENTS(columns));

	for (guint i = 0; i < defaults->found->len && i < DEFAULTS_SHOWN; i++) {
		const DefaultsEntry *entry = g_ptr_array_index(defaults->found, i);

		output_table_row(table, (const char *const[]){entry->id, entry->kind, entry->name});
	}
	output_table_print(defaults->output, table);
}

/* One that is meant is taken; of several the choice is shown, and asked again. */
static gboolean
defaults_check(const char *answer, gpointer user_data, GError **error)
{
	Defaults *defaults = user_data;

	if (*answer == '\0')
		return TRUE;
	defaults_look(defaults, answer);
	if (defaults->found->len == 1)
		return TRUE;
	if (defaults->found->len == 0) {
		host_error_set(error, IDC_NOT_FOUND, "entitlement_unknown", "Nothing that can be given is called \"%s\".", answer);
		return FALSE;
	}
	defaults_show(defaults);
	host_error_set(error, IDC_INVALID, "entitlement_ambiguous", "%u fit%s. Type the id of one, or more of its name.",
		       defaults->found->len, defaults->found->len > DEFAULTS_SHOWN ? ", the first are shown" : "");
	return FALSE;
}

static gboolean
defaults_choose(Defaults *defaults, Form *form, GError **error)
{
	for (;;) {
		const DefaultsEntry *entry;
		g_autofree char *answer =
		    ask_text(defaults->output, "Entitlement (its id, or a part of its name), or Enter when that is all", NULL, "",
			     defaults_check, defaults, error);

		if (answer == NULL)
			return FALSE;
		if (*answer == '\0')
			return TRUE;
		entry = g_ptr_array_index(defaults->found, 0);
		if (form->default_entitlements == NULL ||
		    !g_strv_contains((const char *const *)form->default_entitlements, entry->id))
			form_add(&form->default_entitlements, g_strdup(entry->id));
		output_note(defaults->output, "New users get %s (%s).", entry->name, entry->id);
	}
}

gboolean
defaults_ask(Output *output, Form *form, Session *session, GError **error)
{
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(defaults_entry_free);
	g_autoptr(GPtrArray) found = g_ptr_array_new();
	Defaults defaults = {.output = output, .entries = entries, .found = found};
	g_autoptr(GError) error_local = NULL;
	gboolean wanted = FALSE;
	int32_t status;

	if (form->default_entitlements != NULL)
		return TRUE;
	if (!ask_yes(output, "Are new users to get entitlements by default, chosen from what there is", FALSE, &wanted, error))
		return FALSE;
	if (!wanted)
		return TRUE;
	status = session_list(session, IDC_RECORD_RESOURCE | IDC_RECORD_ENTITLEMENT, NULL, defaults_take, &defaults, &error_local);
	if (status != IDC_OK && status != IDC_PARTIAL) {
		output_warn(output, "no_entitlements",
			    "%s Defaults can be given later: idc-host configure %s --default-entitlement ID", error_local->message,
			    form->identifier);
		return TRUE;
	}
	output_note(output, "%u entitlements can be given.", entries->len);
	return entries->len == 0 || defaults_choose(&defaults, form, error);
}
