/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "jobs/keys.h"
#include "base/json.h"
#include "jobs/lock.h"
#include <string.h>

static const JsonLimits keys_limits = {.max_bytes = 4 * 1024 * 1024, .max_depth = 12, .max_values = 200000};

/* What the last row says, NULL where there is none or it cannot be read: then this one is the first that counts. */
static gboolean
keys_before(Store *store, gint64 app_key, json_object **ret_keys, GError **error)
{
	g_autofree char *detail = NULL;
	g_autoptr(json_object) object = NULL;
	json_object *keys = NULL;

	*ret_keys = NULL;
	if (!journal_last_detail(store, app_key, JOURNAL_KEYS, &detail, error))
		return FALSE;
	object = detail != NULL ? json_read(detail, strlen(detail), "A row of the journal", &keys_limits, NULL) : NULL;
	if (object != NULL && json_object_object_get_ex(object, "keys", &keys) && json_object_is_type(keys, json_type_object))
		*ret_keys = json_object_get(keys);
	return TRUE;
}

static void
keys_add_difference(json_object *changed, const char *key, json_object *before, json_object *after)
{
	json_object *entry = json_object_new_object();

	json_object_object_add(entry, "before", json_object_get(before));
	json_object_object_add(entry, "after", json_object_get(after));
	json_object_object_add(changed, key, entry);
}

/* The keys of one that are other in the other, or not there; objects within by "settings.region". */
static void
keys_compare(json_object *changed, const char *prefix, json_object *before, json_object *after)
{
	json_object_object_foreach(after, key, value)
	{
		g_autofree char *path = g_strconcat(prefix, key, NULL);
		json_object *old = NULL;

		json_object_object_get_ex(before, key, &old);
		if (json_object_equal(old, value) != 0)
			continue;
		if (json_object_is_type(old, json_type_object) && json_object_is_type(value, json_type_object)) {
			g_autofree char *within = g_strconcat(path, ".", NULL);

			keys_compare(changed, within, old, value);
		} else {
			keys_add_difference(changed, path, old, value);
		}
	}
	json_object_object_foreach(before, gone, was)
	{
		g_autofree char *path = g_strconcat(prefix, gone, NULL);

		if (!json_object_object_get_ex(after, gone, NULL))
			keys_add_difference(changed, path, was, NULL);
	}
}

/* NULL without an error where nothing differs. */
static gboolean
keys_differences(Store *store, gint64 app_key, const App *app, json_object **ret_detail, GError **error)
{
	g_autoptr(json_object) before = NULL;
	g_autoptr(json_object) keys = app_json(app);
	g_autoptr(json_object) changed = json_object_new_object();

	*ret_detail = NULL;
	if (!keys_before(store, app_key, &before, error))
		return FALSE;
	if (before != NULL)
		keys_compare(changed, "", before, keys);
	if (before != NULL && json_object_object_length(changed) == 0)
		return TRUE;
	*ret_detail = json_object_new_object();
	/* Who ran the command that saw it, who need not be who edited the file. */
	json_object_object_add(*ret_detail, "seen_by", json_object_new_string(g_get_user_name()));
	if (g_getenv("SUDO_USER") != NULL)
		json_object_object_add(*ret_detail, "sudo_by", json_object_new_string(g_getenv("SUDO_USER")));
	if (before != NULL)
		json_object_object_add(*ret_detail, "changed", g_steal_pointer(&changed));
	json_object_object_add(*ret_detail, "keys", g_steal_pointer(&keys));
	return TRUE;
}

static gboolean
keys_write(Journal *journal, json_object *detail, GError **error)
{
	JournalRow row = {
	    .time = g_get_real_time() / 1000,
	    .phase = JOURNAL_KEYS,
	    .verb = json_object_object_get_ex(detail, "changed", NULL) ? "changed" : "first_seen",
	    .detail = json_object_to_json_string_ext(detail, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
	};

	if (!journal_begin(journal, error))
		return FALSE;
	if (!journal_append(journal, &row, error)) {
		journal_abort(journal);
		return FALSE;
	}
	return journal_commit(journal, error) && journal_seal(journal, error);
}

gboolean
keys_note(Journal *journal, Store *store, gint64 app_key, const App *app, GError **error)
{
	g_autoptr(json_object) detail = NULL;

	if (!keys_differences(store, app_key, app, &detail, error))
		return FALSE;
	return detail == NULL || keys_write(journal, detail, error);
}

void
keys_look(const HostPaths *paths, Store *store, Vault *vault, gint64 app_key, const App *app)
{
	g_autoptr(json_object) detail = NULL;
	g_autoptr(Journal) journal = NULL;
	int lock;

	/* The lock is another run's more often than there is something to write. */
	if (!keys_differences(store, app_key, app, &detail, NULL) || detail == NULL)
		return;
	lock = lock_take_changes(paths, app->identifier, NULL);
	if (lock < 0)
		return;
	journal = journal_open(store, vault, app->identifier, app_key, NULL);
	if (journal != NULL)
		keys_note(journal, store, app_key, app, NULL);
	lock_release(lock);
}
