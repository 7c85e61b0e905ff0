/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "load/identifier.h"
#include "base/error.h"
#include "base/files.h"
#include <string.h>

#define IDENTIFIERS_MAX (16 * 1024 * 1024)
#define IDENTIFIERS_LOCK_MS 10000

gboolean
identifier_valid(const char *identifier)
{
	return g_regex_match_simple("^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", identifier, G_REGEX_DOLLAR_ENDONLY, 0);
}

/* The register's text, "" where there is none yet. */
static char *
identifier_register(const HostPaths *paths, GError **error)
{
	g_autofree char *path = paths_in_data(paths, "identifiers");
	g_autoptr(GError) error_local = NULL;
	g_autoptr(GBytes) bytes = files_read_trusted(path, "The list of identifiers", IDENTIFIERS_MAX, FALSE, &error_local);
	const char *text;
	gsize length;

	if (bytes == NULL && host_error_status(error_local) == IDC_NOT_FOUND)
		return g_strdup("");
	if (bytes == NULL) {
		g_propagate_error(error, g_steal_pointer(&error_local));
		return NULL;
	}
	text = g_bytes_get_data(bytes, &length);
	return g_strndup(text, length);
}

/* Every identifier that counts as used, in lower case: the register, and app files that somebody put there by hand. */
static GHashTable *
identifier_used(const HostPaths *paths, const char *text)
{
	GHashTable *used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *apps = paths_in_data(paths, "apps");
	g_autoptr(GDir) dir = g_dir_open(apps, 0, NULL);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	const char *name;

	for (gsize i = 0; lines[i] != NULL; i++) {
		if (*lines[i] != '\0')
			g_hash_table_add(used, g_ascii_strdown(lines[i], -1));
	}
	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		if (g_str_has_suffix(name, ".json"))
			g_hash_table_add(used, g_ascii_strdown(name, (gssize)(strlen(name) - strlen(".json"))));
	}
	return used;
}

static char *
identifier_propose(GHashTable *used, const char *identifier)
{
	for (guint n = 2;; n++) {
		g_autofree char *suffix = g_strdup_printf("-%u", n);
		g_autofree char *proposal = g_strdup_printf("%.*s%s", (int)(64 - strlen(suffix)), identifier, suffix);
		g_autofree char *lower = g_ascii_strdown(proposal, -1);

		if (!g_hash_table_contains(used, lower))
			return g_steal_pointer(&proposal);
	}
}

static gboolean
identifier_check(const HostPaths *paths, const char *text, const char *identifier, GError **error)
{
	g_autoptr(GHashTable) used = identifier_used(paths, text);
	g_autofree char *lower = g_ascii_strdown(identifier, -1);
	g_autofree char *proposal = NULL;

	if (!identifier_valid(identifier)) {
		host_error_set(
		    error, IDC_INVALID, "identifier_invalid",
		    "\"%s\" is no identifier: it must be 1 to 64 letters, digits, _ and -, and begin with a letter or digit.",
		    identifier);
		return FALSE;
	}
	if (!g_hash_table_contains(used, lower))
		return TRUE;
	proposal = identifier_propose(used, identifier);
	host_error_set(
	    error, IDC_CONFLICT, "identifier_taken",
	    "The identifier %s is taken: each belongs to one app for ever, removed ones and other case included. Free would be: "
	    "--identifier %s",
	    identifier, proposal);
	return FALSE;
}

gboolean
identifier_check_free(const HostPaths *paths, const char *identifier, GError **error)
{
	g_autofree char *text = identifier_register(paths, error);

	return text != NULL && identifier_check(paths, text, identifier, error);
}

/* Without the one that differs from it at most in case. */
static char *
identifier_without(const char *text, const char *identifier)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GString *rest = g_string_new(NULL);

	for (gsize i = 0; lines[i] != NULL; i++) {
		if (*lines[i] != '\0' && g_ascii_strcasecmp(lines[i], identifier) != 0)
			g_string_append_printf(rest, "%s\n", lines[i]);
	}
	return g_string_free(rest, FALSE);
}

/* With the lock held. save NULL: the app was there before, whether the register knows it or not. */
static gboolean
identifier_take(const HostPaths *paths, const char *identifier, gboolean (*save)(gpointer user_data, GError **error),
		gpointer user_data, GError **error)
{
	g_autofree char *path = paths_in_data(paths, "identifiers");
	g_autofree char *before = identifier_register(paths, error);
	g_autofree char *rest = NULL;
	g_autofree char *after = NULL;

	if (before == NULL)
		return FALSE;
	if (save != NULL && (!identifier_check(paths, before, identifier, error) || !save(user_data, error)))
		return FALSE;
	rest = identifier_without(before, identifier);
	after = g_strconcat(rest, identifier, "\n", NULL);
	return files_write_atomically(path, after, strlen(after), error);
}

gboolean
identifier_claim(const HostPaths *paths, const char *identifier, gboolean (*save)(gpointer user_data, GError **error),
		 gpointer user_data, GError **error)
{
	g_autofree char *lock_path = paths_in_data(paths, "identifiers.lock");
	int lock = files_lock(lock_path, IDENTIFIERS_LOCK_MS, NULL, NULL, error);
	gboolean good = lock >= 0 && identifier_take(paths, identifier, save, user_data, error);

	if (lock >= 0)
		files_unlock(lock);
	return good;
}

gboolean
identifier_retire(const HostPaths *paths, const char *identifier, GError **error)
{
	return identifier_claim(paths, identifier, NULL, NULL, error);
}
