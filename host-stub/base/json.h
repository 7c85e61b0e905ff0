/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * The host's one bounded reader of JSON that it did not write itself (manifests, app files).
 *
 * json_read() refuses too many bytes, too deep nesting, too many values, duplicate keys, NUL, invalid UTF-8 and anything that strict
 * JSON does not know. A JsonWalk then goes through the values by checked getters: the first thing that is wrong is kept with its path
 * ("settings[3].pattern"), everything after it answers with nothing, and json_walk_finish() tells. So callers read straight down.
 */
#pragma once
#include <glib.h>
#include <json-c/json.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_object, json_object_put)

typedef struct {
	gsize max_bytes;
	guint max_depth;
	guint max_values; /* objects, arrays and scalars together */
} JsonLimits;

/* Parses bytes; origin (a path) begins every error's sentence. Free with json_object_put. */
json_object *json_read(const char *bytes, gsize length, const char *origin, const JsonLimits *limits, GError **error);

typedef struct JsonWalk JsonWalk;

/* Whether a key has to be there. */
typedef enum { JSON_OPTIONAL, JSON_REQUIRED } JsonNeed;

/* Stands at root, which must be an object and outlive the walk. */
JsonWalk *json_walk_new(json_object *root, const char *origin);

void json_walk_free(JsonWalk *walk);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonWalk, json_walk_free)

/* FALSE and the first error, if there was one. To be called once, at the end. */
gboolean json_walk_finish(JsonWalk *walk, GError **error);

/* Whether something was wrong so far. */
gboolean json_walk_failed(const JsonWalk *walk);

/* Says that the value under key (NULL: where the walk stands) is wrong: why is "must be ...". Only the first one is kept. */
void json_walk_reject(JsonWalk *walk, const char *key, const char *why, ...) G_GNUC_PRINTF(3, 4);

/* Whether key is there at all. */
gboolean json_walk_has(const JsonWalk *walk, const char *key);

/* Steps into the object under key. FALSE where it is not there (or something is wrong); after TRUE json_walk_leave() is owed. */
gboolean json_walk_enter(JsonWalk *walk, const char *key, JsonNeed need);

/* Steps into the object that is the index-th entry of the array under key. */
gboolean json_walk_enter_item(JsonWalk *walk, const char *key, gsize index);

void json_walk_leave(JsonWalk *walk);

/* How many entries the array under key has, 0 where it is missing; more than max or fewer than min is wrong. */
gsize json_walk_length(JsonWalk *walk, const char *key, JsonNeed need, gsize min, gsize max);

/* A copy of the string under key, NULL where missing; longer than max bytes, or empty where need is REQUIRED, is wrong. */
char *json_walk_string(JsonWalk *walk, const char *key, JsonNeed need, gsize max);

/* A string that must match the anchored pattern; allowed says so to people ("lower-case letters, digits, _ and -"). */
char *json_walk_pattern(JsonWalk *walk, const char *key, JsonNeed need, const char *pattern, const char *allowed);

/* The place of the string under key in choices, or otherwise where missing. */
gint json_walk_choice(JsonWalk *walk, const char *key, JsonNeed need, const char *const *choices, gint otherwise);

gboolean json_walk_bool(JsonWalk *walk, const char *key, JsonNeed need, gboolean otherwise);

/* An integer within the bounds. */
gint64 json_walk_int(JsonWalk *walk, const char *key, JsonNeed need, gint64 min, gint64 max, gint64 otherwise);

/* The array of strings under key, each at most max_length bytes and none empty; an empty vector where missing. */
GStrv json_walk_strings(JsonWalk *walk, const char *key, JsonNeed need, gsize max_entries, gsize max_length);

/* The keys of the object where the walk stands, in the file's order. Free with g_strfreev. */
GStrv json_walk_keys(JsonWalk *walk);

/* Collects each key of the present object that is not among known (NULL-terminated) with its path into unknown; where unknown is NULL
 * such a key is wrong, and the error names it and the nearest known one. */
void json_walk_known(JsonWalk *walk, const char *const *known, GPtrArray *unknown);
