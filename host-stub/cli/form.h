/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* From options to an app: what connect was told, checked, and what is still missing. Asking a person fills the same form. */
#pragma once
#include "base/json.h"
#include "load/app.h"
#include "load/manifest.h"
#include "state/vault.h"

/* Options as they were given; vectors may be NULL. */
typedef struct {
	char *identifier, *name, *trust, *sync, *redirect_uri;
	GStrv owners, default_entitlements;
	GStrv app;          /* KEY=VALUE of any key of an app */
	GStrv settings;     /* KEY=VALUE */
	GStrv secrets;      /* KEY=@FILE or KEY=- */
	GStrv secret_files; /* KEY=PATH */
	GStrv unset;        /* keys of an app or settings that become their default again; only with a base */
} Form;

void form_clear(Form *form);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Form, form_clear)

/* The app that the form describes, checked like an app file and against the manifest; secrets are not looked at. base: the app that it
 * changes, NULL for a new one; a list that is given replaces the base's. */
App *form_app(const Form *form, const Manifest *manifest, const App *base, GError **error);

/* The options that fill the form, and more (ends with an empty one) after them. Free with g_free. */
GOptionEntry *form_options(Form *form, const GOptionEntry *more);

/* Adds one to a vector of the form's; takes value over. */
void form_add(GStrv *vector, char *value);

/* Puts the form's secrets into vault (a staged one) for the app. Refuses values on the command line, names that are no secrets, and
 * permanent tokens. Reads standard input for KEY=-. */
gboolean form_secrets(const Form *form, const Manifest *manifest, const char *identifier, Vault *vault, GError **error);

/* Whether key, which the manifest does not know, is what people call a permanent token. Then an error that says what to do is set. */
gboolean form_is_token(const Manifest *manifest, const char *key, GError **error);

/* What the connector requires and neither app nor vault has: NULL, or the error that names each with label and help. The array
 * "missing" of body is filled. */
GError *form_missing(const App *app, const Manifest *manifest, Vault *vault, json_object *body);
