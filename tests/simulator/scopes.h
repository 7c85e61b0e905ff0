/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What can be granted of what is asked for. */
#pragma once
#include "spec.h"

/* Whether the app is one of classic OAuth: read and write instead of a scope for each thing. */
gboolean scopes_classic(const Spec *spec);

/* The scopes that are granted, separated by blanks; the caller frees it. Those of things need the account's; without it there is nothing but
 * openid. *ret_region: where a token of it is good. *ret_refused: something could not be granted. */
gchar *scopes_grant(const Spec *spec, const gchar *asked, const gchar **ret_region, gboolean *ret_refused);

/* Those of the first that are among the second, in the order of the first. The caller frees it. */
gchar *scopes_common(const gchar *scopes, const gchar *others);

/* Whether it is among them. */
gboolean scopes_has(const gchar *scopes, const gchar *scope);
