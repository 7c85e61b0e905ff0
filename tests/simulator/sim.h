/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The whole simulator, and one request on its way through it. One lock guards all of it; whatever takes a Sim or a Request below
 * server.h runs with that lock held. */
#pragma once
#include <glib.h>

#include "credentials.h"
#include "query.h"
#include "spec.h"
#include "world.h"

typedef struct Faults Faults;
typedef struct Grants Grants;
typedef struct Journal Journal;
typedef struct Triggers Triggers;
typedef struct Route Route;
typedef struct Veil Veil;

typedef struct {
	GMutex lock;
	Spec *initial; /* the command line's; a reset begins from it */
	Spec *spec;
	World *world;
	Credentials *credentials;
	Grants *grants; /* what people consented to */
	Journal *journal;
	Faults *faults;
	Triggers *triggers;
	Veil *veil;          /* what lists do not show yet */
	GHashTable *rate;    /* credential's owner to RateWindow */
	GHashTable *filters; /* question to GPtrArray of Thing*, answers of this gen */
	guint64 filters_gen;
	guint resets;         /* how many journals there have been */
	guint64 requests;     /* since the start; never reset, so that no request id comes twice */
	gint64 clock_skew_ms; /* what /_control/clock added */
	gint64 began_ms;      /* monotonic */
} Sim;

/* What a fault makes a list say although it is not so. Fields that are -1 lie about nothing. */
typedef struct {
	gint64 offset; /* the page that is really shown */
	gint64 more;   /* 0 or 1 */
	gint64 total;
	gint64 total_shift; /* added to the true one; 0: none */
	gboolean empty;
} Lie;

#define REQUEST_MAX_IDS 3

typedef struct {
	Sim *sim;
	gchar *id;      /* x-request-id: what the audit trail calls it; given when it is answered */
	guint64 number; /* 1, 2, … in the journal */
	guint resets;   /* the journal it stands in; that may be gone before the answer is */
	guint64 connection;
	gchar *method;
	gchar *uri;          /* as sent */
	gchar *path;         /* as sent, before the ?, without a region's prefix */
	GHashTable *headers; /* lower-case name to value; repeated ones are joined by ", " */
	GString *body;
	Query *query;
	const Route *route;
	gboolean path_known;         /* there are operations at this path, whatever the method */
	gchar *ids[REQUEST_MAX_IDS]; /* decoded, in the order of the template */
	gchar *region;               /* of the host that was asked */
	const Credential *credential;
	gchar *fingerprint;    /* of the token, or NULL */
	GPtrArray *violations; /* of gchar* */
	Lie lie;
} Request;

typedef struct {
	guint status;
	GString *body;
	gchar *content_type; /* NULL: none */
	GPtrArray *headers;  /* of gchar*: name, value, name, value … */
} Reply;

/* A world of the spec, which is taken; the previous one, its credentials, journal, faults and triggers are gone. */
void sim_reset(Sim *sim, Spec *spec);

/* Every token of the app ends, and every consent: what an administrator can do. */
void sim_revoke_all(Sim *sim);

/* The service's time. */
gint64 sim_now_ms(const Sim *sim);

/* --- requests ------------------------------------------------------------------------------------------------------------------ */

/* Takes method, uri; the rest is filled in by the server. */
Request *request_new(Sim *sim, const gchar *method, const gchar *uri);

void request_free(Request *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Request, request_free)

/* NULL: not sent. name is lower-case. */
const gchar *request_header(const Request *request, const gchar *name);

/* Writes down how the request deviates from the documented form. */
void request_violation(Request *request, const gchar *format, ...) G_GNUC_PRINTF(2, 3);

/* The user behind the credential, NULL for an app or an account key. */
User *request_viewer(const Request *request);

/* Whether the caller may see the team: private ones are hidden from user tokens of non-members. */
gboolean request_sees_team(const Request *request, const Team *team);

/* --- replies ------------------------------------------------------------------------------------------------------------------- */

void reply_init(Reply *reply);

void reply_clear(Reply *reply);

void reply_header(Reply *reply, const gchar *name, const gchar *value);

/* NULL: there is none. */
const gchar *reply_get_header(const Reply *reply, const gchar *name);

/* Replaces what was there. */
void reply_json(Reply *reply, guint status, const gchar *body);
