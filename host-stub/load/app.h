/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * An app: one configured connector. DATA/apps/<identifier>.json, written by connect, changed by configure or by hand, checked whole on
 * every load: an unknown key, a wrong type or a bad value is an error with file, path and what is allowed. Never a secret.
 */
#pragma once
#include "base/paths.h"
#include "load/manifest.h"
#include <glib.h>
#include <json-c/json.h>

typedef enum { APP_READ, APP_READ_WRITE } AppTrust;
typedef enum { APP_HOURLY, APP_DAILY, APP_MANUAL, APP_EVERY } AppSync;

/* Held: more than max(at_least, percent of the rows). */
typedef struct {
	guint at_least;
	guint percent;
} AppGuard;

typedef struct {
	char *connector;            /* manifest id */
	char *name;                 /* for people; default: the manifest's name */
	char *identifier;           /* as written, case kept */
	char *access;               /* "api" */
	AppTrust trust;             /* default read */
	AppSync sync;               /* default hourly */
	guint sync_minutes;         /* 60, 1440, 0 for manual, or what "every 15m" says */
	char *provisioning;         /* "oauth" or NULL */
	GStrv owners;               /* e-mails; vectors are never NULL */
	GStrv default_entitlements; /* for new users */
	gboolean deactivate_on_termination;
	gboolean delete_on_termination;
	gboolean hr_source;
	GStrv protected_emails;  /* key "protected": as written; who is always protected is not in it */
	AppGuard guard;          /* {"at_least": 5, "percent": 10}: removals that a sync takes without asking */
	AppGuard change_guard;   /* {"at_least": 25, "percent": 10}: removals that one run of changes makes without asking */
	gboolean require_reason; /* key "require": a write without --reason, or --ticket, is refused */
	gboolean require_ticket;
	GStrv known_partial;  /* reasons of partial kinds, compared exactly, that are told and exit 0 */
	char *account;        /* the service's id of the account, from the session; NULL before the first */
	char *connected_as;   /* the session's subject, for people; NULL where the service does not tell */
	char *redirect_uri;   /* where the service sends a browser back to; NULL: the default (signin/redirect.h) */
	GHashTable *settings; /* key -> value, only those given */
} App;

/* An app with every default, for connect to fill. */
App *app_new(const Manifest *manifest, const char *identifier);

void app_free(App *app);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(App, app_free)

/* Reads and checks one, with its connector's manifest. identifier is matched without case. No such app: IDC_NOT_FOUND, no_such_app,
 * naming those there are. *ret_manifest may be NULL. */
App *app_load(const HostPaths *paths, const char *identifier, Manifest **ret_manifest, GError **error);

/* The identifier as it is written in DATA, whatever the case it was asked for in; the file is not read. No such app: as app_load(). Free
 * with g_free. */
char *app_resolve(const HostPaths *paths, const char *identifier, GError **error);

/* Parses the text of an app file; path is for messages. manifest as in app_check(). */
App *app_parse(const char *bytes, gsize length, const char *path, GError **error);

/* What the manifest has to say: connector, access, provisioning, hr_source and each setting. */
gboolean app_check(const App *app, const Manifest *manifest, const char *path, GError **error);

/* All its keys with their values, as they are written. */
json_object *app_json(const App *app);

/* Writes it atomically, mode 0600. The identifier has to be claimed before. */
gboolean app_save(const HostPaths *paths, const App *app, GError **error);

/* The identifiers of all apps, sorted; an empty vector where DATA is not there. */
GStrv app_list(const HostPaths *paths, GError **error);

/* DATA/apps/<identifier>.json */
char *app_path(const HostPaths *paths, const char *identifier);

/* "hourly", "every 15m", ...: FALSE leaves both untouched and says what is allowed. */
gboolean app_parse_sync(const char *text, AppSync *ret_sync, guint *ret_minutes, GError **error);

/* The word for the present sync. Free with g_free. */
char *app_sync_text(const App *app);

const char *app_trust_text(AppTrust trust);
