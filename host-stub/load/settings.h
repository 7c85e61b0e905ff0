/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* An app's settings against what the manifest says about them. Values are strings whatever their type; secrets are never among them. */
#pragma once
#include "load/manifest.h"

/* One value against its declaration: FALSE and a sentence that names the setting and what is allowed. */
gboolean settings_check_value(const ManifestSetting *setting, const char *value, GError **error);

/* A key that somebody typed: FALSE where there is none of that name (the error names the nearest) or where it is a secret. */
gboolean settings_check_key(const Manifest *manifest, const char *key, GError **error);

/* Whether the condition holds for the given settings (key -> value), defaults included; a NULL condition does not. */
gboolean settings_condition(const Manifest *manifest, GHashTable *settings, const ManifestCondition *condition);

/* The value that counts: the given one, else the default, else NULL. Owned by either. */
const char *settings_value(const Manifest *manifest, GHashTable *settings, const char *key);

/* The required settings without a value, as ManifestSettings owned by the manifest; those that are secrets are asked for by
 * has_secret(key, user_data). */
GPtrArray *settings_missing(const Manifest *manifest, GHashTable *settings,
			    gboolean (*has_secret)(const char *key, gpointer user_data), gpointer user_data);

/* Where the service is reached, as far as settings say so: "key=scheme://host:port" for each setting of type url that has a value, in the
 * manifest's order, separated by blanks; "" where all is the service's own. A path is no part of it. Free with g_free. */
char *settings_origin(const Manifest *manifest, GHashTable *settings);

/* Every given value and key. Which are missing is settings_missing()'s matter. */
gboolean settings_check_all(const Manifest *manifest, GHashTable *settings, GError **error);
