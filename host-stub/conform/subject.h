/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * One instance of the connector under test. Everything that it is handed is lent memory, taken away after the call; everything that it
 * tells is held to the contract of the header. What breaks the contract without ending a call (a host function on a wrong thread, an error
 * struct that says nothing, a secret in a message) is among the faults of its instrument, and subject_close() makes it the verdict.
 * One thread at a time.
 */
#pragma once
#include "conform/bench.h"
#include "conform/instrument.h"
#include "conform/lease.h"
#include "conform/told.h"

typedef enum {
	SUBJECT_PROVISION,
	SUBJECT_ADD,
	SUBJECT_REMOVE,
} SubjectChange;

typedef struct {
	Bench *bench;
	Fixture *fixture; /* NULL: none */
	Instrument *instrument;
	gboolean instrument_owned;
	GHashTable *settings; /* key -> value, as they will be handed over */
	Lease *kept;          /* the host's struct, for as long as the instance */
	const idc_connector *connector;
	idc_instance *instance;
	gboolean writes; /* signs in with the scopes for changes, too */
	/* How structs are handed over. */
	guint grown;         /* so many bytes longer than in 1.0 */
	guint error_size;    /* of the error struct, 0: as in 1.0 */
	gboolean error_none; /* NULL as error */
	/* What is to happen in the next call. */
	guint refuse_at; /* emit refuses that message, counted from 1; 0: none */
	int32_t refuse_with;
	guint cancel_at;      /* the call is to end once that message came; 0: never */
	gboolean forget;      /* messages are counted and not kept */
	guint messages;       /* of the last call */
	gint64 seen_requests; /* the fixture's journal when emit refused or the call was to end by a message; -1: it did not */
} Subject;

/* The plan's and fixture's settings and secrets; not yet initialized. NULL: a verdict is there. */
Subject *subject_new(Bench *bench, Fixture *fixture);

/* The same app once more: another instance with the same secrets, locks and clock. */
Subject *subject_twin(Subject *subject);

/* Destroys the instance and judges its faults. NULL is allowed. */
void subject_close(Subject *subject);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Subject, subject_close)

/* NULL: as if it had not been given. */
void subject_set(Subject *subject, const char *key, const char *value);

/* init; the Told holds status and error. */
Told *subject_init(Subject *subject);

/* init and sign-in as a host does them; FAIL unless both succeed. */
gboolean subject_ready(Subject *subject);

/* A subject that is ready, in that world, or NULL with a verdict. */
Subject *subject_open(Bench *bench, const char *world, gboolean writes);

/* The same in the world as it is by now. */
Subject *subject_join(Bench *bench, gboolean writes);

/* Each operation; free the Told. scope NULL: the manifest's. */
Told *subject_authorize(Subject *subject, uint32_t step, const char *scope);
Told *subject_step(Subject *subject, uint32_t step, const char *scope, const char *redirect_uri, const idc_pair *params, guint n);
Told *subject_sign_in(Subject *subject);
Told *subject_list(Subject *subject, uint32_t want, const char *cursor);
Told *subject_change(Subject *subject, SubjectChange change, const idc_change *items, gsize n, uint32_t flags);
Told *subject_grant(Subject *subject, SubjectChange change, const char *principal, const char *entitlement, uint32_t flags);

/* Destroys the instance now. */
void subject_destroy(Subject *subject);

/* What the module lists. */
uint32_t subject_records(const Subject *subject);

/* The scopes that the subject asks for. Free with g_free. */
char *subject_scope(const Subject *subject);

const char *subject_change_name(SubjectChange change);
