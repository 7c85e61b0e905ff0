/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Identifiers of apps: unique without case, and for ever. DATA/identifiers holds every one that was ever used, one a line. */
#pragma once
#include "base/paths.h"
#include <glib.h>

/* [A-Za-z0-9][A-Za-z0-9_-]{0,63} */
gboolean identifier_valid(const char *identifier);

/* Fails with IDC_CONFLICT, identifier_taken, where one that differs at most in case was ever used; the sentence proposes a free one. */
gboolean identifier_check_free(const HostPaths *paths, const char *identifier, GError **error);

/* Lets save() bring an app into being whose identifier nobody had, and takes that for ever; the same failure where somebody was quicker.
 * Others who want one wait meanwhile. Killed at any moment it leaves a whole app, or none and the identifier free: the app's file, which
 * save() writes last, counts as the identifier's use as well. */
gboolean identifier_claim(const HostPaths *paths, const char *identifier, gboolean (*save)(gpointer user_data, GError **error),
			  gpointer user_data, GError **error);

/* Takes it for ever, whether it was taken before or not: for an app that ends. */
gboolean identifier_retire(const HostPaths *paths, const char *identifier, GError **error);
