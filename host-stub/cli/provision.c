/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/changing.h"
#include "cli/commands.h"
#include "cli/rows.h"
#include <string.h>

enum {
	PERSON_EMAIL,
	PERSON_NAME,
	PERSON_ROLE,
	PERSON_JOB_TITLE,
	PERSON_TIME_ZONE,
	PERSON_LICENSE,
	PERSON_ENTITLEMENTS,
};

static const RowsColumn columns[] = {
    [PERSON_EMAIL] = {"email", TRUE, IDC_MAX_ID},
    [PERSON_NAME] = {"name", TRUE, IDC_MAX_NAME},
    [PERSON_ROLE] = {"role", FALSE, IDC_MAX_ID},
    [PERSON_JOB_TITLE] = {"job_title", FALSE, IDC_MAX_NAME},
    [PERSON_TIME_ZONE] = {"time_zone", FALSE, IDC_MAX_ID},
    [PERSON_LICENSE] = {"license", FALSE, IDC_MAX_ID},
    [PERSON_ENTITLEMENTS] = {"entitlements", FALSE, IDC_MAX_VALUE},
};

/* What people of an organisation have: no blank, one @ with something on both sides. The connector knows the service's own rules. */
static gboolean
provision_is_address(const char *text)
{
	const char *at = strchr(text, '@');

	return at != NULL && at != text && at[1] != '\0' && strchr(at + 1, '@') == NULL && strpbrk(text, " \t\r\n<>,;\"") == NULL;
}

static void
provision_add_entitlement(Changing *changing, Item *person, const char *id, gboolean by_default)
{
	Item *item;

	for (guint i = 0; i < changing->items->len; i++) {
		const Item *other = g_ptr_array_index(changing->items, i);

		/* Asked for by name, it need not be given by default as well. */
		if (by_default && other->after == person && strcmp(other->entitlement_id, id) == 0)
			return;
	}
	item = item_new(SESSION_ADD, person->user, id);
	item->after = person;
	item->default_for_new = by_default;
	g_ptr_array_add(changing->items, item);
}

/* The invitation, and what follows it: what was asked for, and the app's default_entitlements. */
static Item *
provision_add_person(Changing *changing, const char *email, const char *name, const char *entitlements)
{
	Item *person = item_new(SESSION_PROVISION, email, NULL);
	g_auto(GStrv) ids = g_strsplit(entitlements != NULL ? entitlements : "", ";", -1);

	item_set(person, "email", email);
	item_set(person, "name", name);
	g_ptr_array_add(changing->items, person);
	for (gsize i = 0; ids[i] != NULL; i++) {
		if (*g_strstrip(ids[i]) != '\0')
			provision_add_entitlement(changing, person, ids[i], FALSE);
	}
	for (gsize i = 0; changing->app->default_entitlements[i] != NULL; i++)
		provision_add_entitlement(changing, person, changing->app->default_entitlements[i], TRUE);
	return person;
}

static gboolean
provision_take_file(Changing *changing, GError **error)
{
	g_autoptr(Rows) rows = rows_read(changing->file, columns, G_N_ELEMENTS(columns), error);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	if (rows == NULL)
		return FALSE;
	for (guint i = 0; i < rows_count(rows); i++) {
		const char *email = rows_field(rows, i, PERSON_EMAIL);
		g_autofree char *lower = g_ascii_strdown(email, -1);
		guint before = GPOINTER_TO_UINT(g_hash_table_lookup(seen, lower));
		Item *person;

		if (!provision_is_address(email))
			rows_reject(rows, i, PERSON_EMAIL, "it is no e-mail address");
		if (before != 0)
			rows_reject(rows, i, PERSON_EMAIL, "it stands in line %u as well", before);
		g_hash_table_replace(seen, g_steal_pointer(&lower), GUINT_TO_POINTER(rows_line(rows, i)));
		person = provision_add_person(changing, email, rows_field(rows, i, PERSON_NAME),
					      rows_field(rows, i, PERSON_ENTITLEMENTS));
		for (gsize column = PERSON_ROLE; column < PERSON_ENTITLEMENTS; column++)
			item_set(person, columns[column].name, rows_field(rows, i, column));
	}
	return rows_finish(rows, error);
}

/* What may be said of a person: the columns of the file, and what the manifest names beside them. */
static gboolean
provision_set(Changing *changing, Item *person, const char *text, GError **error)
{
	g_autofree char *key = NULL;
	g_autofree char *value = NULL;
	gboolean known = FALSE;

	if (!cli_split("--set", text, &key, &value, error))
		return FALSE;
	for (gsize column = PERSON_ROLE; column < PERSON_ENTITLEMENTS; column++)
		known = known || strcmp(columns[column].name, key) == 0;
	for (guint i = 0; i < changing->manifest->attributes->len; i++) {
		const ManifestAttribute *attribute = g_ptr_array_index(changing->manifest->attributes, i);

		known = known || (strcmp(attribute->key, key) == 0 && strcmp(key, "email") != 0);
	}
	if (!known || item_get(person, key) != NULL) {
		host_error_set(error, IDC_INVALID, "usage",
			       known ? "--set %s is there twice."
				     : "Of a person there is no \"%s\" to set. See idc-host provision --help.",
			       key);
		return FALSE;
	}
	item_set(person, key, value);
	return TRUE;
}

typedef struct {
	char *email, *name;
	GStrv sets;
} ProvisionOptions;

static void
provision_options_clear(ProvisionOptions *options)
{
	g_free(options->email);
	g_free(options->name);
	g_strfreev(options->sets);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ProvisionOptions, provision_options_clear)

static gboolean
provision_take_options(Changing *changing, const ProvisionOptions *options, GError **error)
{
	Item *person;

	if (changing->file != NULL && options->email == NULL && options->name == NULL && options->sets == NULL)
		return provision_take_file(changing, error);
	if (changing->file != NULL || options->email == NULL || options->name == NULL) {
		host_error_set(
		    error, IDC_INVALID, "usage",
		    "It is idc-host provision ID --email E --name N, or idc-host provision ID --file FILE.csv. See idc-host "
		    "provision --help.");
		return FALSE;
	}
	if (!provision_is_address(options->email)) {
		host_error_set(error, IDC_INVALID, "usage", "--email is \"%s\", which is no e-mail address.", options->email);
		return FALSE;
	}
	person = provision_add_person(changing, options->email, options->name, NULL);
	for (gsize i = 0; options->sets != NULL && options->sets[i] != NULL; i++) {
		if (!provision_set(changing, person, options->sets[i], error))
			return FALSE;
	}
	return TRUE;
}

int
cmd_provision(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "ID --email E --name N",
	    .summary = "Invites people, and gives them what was asked for and the app's default entitlements",
	    .details =
		"The file has the columns email,name,role,job_title,time_zone,license,entitlements (several separated by ;), of "
		"which\n"
		"email and name are needed, and is checked whole first. Whoever is there already is not invited again; default\n"
		"entitlements follow only whom this host invited, or everybody with --apply-defaults. Exit status: 0 done or\n"
		"already so, 1 failed or refused, 3 partly done, 4 an outcome is unknown, 6 reauthorize, 7 try later.",
	    .min_args = 1,
	    .max_args = 1,
	};
	g_auto(Changing) changing = {0};
	g_auto(ProvisionOptions) options = {0};
	const GOptionEntry own[] = {
	    {"email", 0, 0, G_OPTION_ARG_STRING, &options.email, "Whom to invite", "E"},
	    {"name", 0, 0, G_OPTION_ARG_STRING, &options.name, "Their name", "N"},
	    {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.sets, "What else is known: role, job_title, time_zone, license",
	     "K=V"},
	    {"apply-defaults", 0, 0, G_OPTION_ARG_NONE, &changing.apply_defaults,
	     "Give the default entitlements also to whom this host did not invite", NULL},
	    {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
	};
	g_autofree GOptionEntry *entries = changing_entries(&changing, own);
	g_autoptr(GError) error = NULL;
	int exit_status;

	if (!cli_start(ctx, argc, argv, &usage, entries, &exit_status))
		return exit_status;
	if (!changing_open(&changing, ctx, &error) || !provision_take_options(&changing, &options, &error))
		return output_fail(ctx->out, error);
	return changing_run(&changing);
}
