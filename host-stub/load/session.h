/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * An app opened and ready: its module verified, loaded and initialized. A Session is used by one thread at a time.
 *
 * Every message that a connector emits is checked before anyone sees it (sizes, limits, UTF-8, what must not be NULL); one that
 * breaks the contract ends the call as IDC_PROTOCOL with a sentence that names the connector's fault.
 */
#pragma once
#include "base/paths.h"
#include "load/app.h"
#include "load/manifest.h"
#include "load/module.h"
#include "load/services.h"
#include "state/vault.h"
#include <idc/connector.h>

typedef struct Session Session;

/* Takes one checked message, borrowed for this call; returns IDC_OK, or a status >= 100 that ends the operation. */
typedef int32_t (*SessionEmit)(const idc_message *message, gpointer user_data);

/* As whom an app is connected. */
typedef struct {
	char *subject;       /* for people; NULL: not told */
	char *account;       /* stable id of the tenant; NULL: not told */
	GStrv scopes;        /* granted; empty: not told */
	gint64 expires_in_s; /* -1: not known */
} SessionIdentity;

/* Until when it is authorized, milliseconds since 1970, counted from now; 0: not told. */
gint64 session_identity_until(const SessionIdentity *identity);

void session_identity_free(SessionIdentity *identity);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SessionIdentity, session_identity_free)

/* Where a person has to go, so that an app may be connected in their name. */
typedef struct {
	char *url;
	char *state; /* what the callback has to bring back */
	gint64 expires_in_s;
} SessionChallenge;

void session_challenge_free(SessionChallenge *challenge);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SessionChallenge, session_challenge_free)

/* What a survey says about one kind of thing. */
typedef struct {
	char *type;       /* the manifest's budget size ("principal", "team", ...) */
	gboolean counted; /* whether the service told a count */
	guint64 count;
	char *problem; /* a sentence, NULL where it can be read */
} SessionSurvey;

/* Verifies and loads the module and calls init. app and vault are borrowed and outlive the session; manifest is referenced. No network.
 * The module's capabilities are compared with the manifest's. */
Session *session_open(const HostPaths *paths, const App *app, Manifest *manifest, Vault *vault, GError **error);

/* Destroys the instance; NULL is allowed. */
void session_close(Session *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Session, session_close)

/* One step of authorize: IDC_AUTH_CLIENT, REFRESH, REVOKE or CHECK. scope NULL: chosen from the manifest by the app's trust.
 * *ret_identity (may be NULL) is what the session message said, all unknown where there was none. */
gboolean session_authorize(Session *session, uint32_t step, const char *scope, SessionIdentity **ret_identity, GError **error);

/* BEGIN: a new link, beside those that are open. The address is http or https. scope as above. IDC_UNSUPPORTED, at no cost: with these
 * settings no person has to sign in. */
SessionChallenge *session_begin(Session *session, const char *redirect_uri, const char *scope, GError **error);

/* COMPLETE: the callback's pairs, in order. Refused like session_sign_in() where the account is another than the app's. */
gboolean session_complete(Session *session, const char *redirect_uri, const idc_pair *pairs, gsize n_pairs,
			  SessionIdentity **ret_identity, GError **error);

/* What a process does before it uses an app: CLIENT where the manifest has it and the connector takes it with these settings, else
 * CHECK. Refused (IDC_CONFLICT, other_account) where the account is another than the app's. */
gboolean session_sign_in(Session *session, SessionIdentity **ret_identity, GError **error);

/* Lists. want: mask of IDC_RECORD_*; cursor NULL: everything. Returns IDC_OK or IDC_PARTIAL with *error untouched (the seals say what
 * is missing), or any other status with *error set: the list was broken off and its seals count for nothing. Where emit refused, the
 * status is emit's. */
int32_t session_list(Session *session, uint32_t want, const char *cursor, SessionEmit emit, gpointer user_data, GError **error);

/* Which changes a batch asks for. */
typedef enum {
	SESSION_PROVISION,
	SESSION_ADD,
	SESSION_REMOVE,
} SessionChange;

/* Carries out one batch of at most session_max_batch() items; dry_run: reads and checks only. emit gets effects and results, each of an
 * item of this batch, no effect after its item's result and one result an item. Returns IDC_OK or IDC_PARTIAL with *error untouched,
 * every item having its result, or any other status with *error set: items without a result were not attempted, or, where emit refused
 * or the contract was broken, nobody knows (IDC_PROTOCOL and what emit said). */
int32_t session_change(Session *session, SessionChange change, const idc_change *const *items, gsize n_items, gboolean dry_run,
		       SessionEmit emit, gpointer user_data, GError **error);

/* How many items one call takes, at least 1. */
guint session_max_batch(const Session *session);

/* Whether the connector can foretell changes. */
gboolean session_can_dry_run(const Session *session);

/* Counts before a first list: a GPtrArray of SessionSurvey. IDC_UNSUPPORTED where the connector has no survey. */
GPtrArray *session_survey(Session *session, GError **error);

/* What the instance has cost so far; FALSE, and zeros, where the connector does not tell. */
gboolean session_usage(Session *session, idc_usage *ret_usage);

/* All owned by the session. */
Services *session_services(Session *session);
const Manifest *session_manifest(const Session *session);
const Module *session_module(const Session *session);
/* Instance and descriptor for operations that have no function here. */
idc_instance *session_instance(Session *session);
const idc_connector *session_connector(const Session *session);
