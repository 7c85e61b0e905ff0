/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What goes wrong, when: a list of misbehaviours that wait for their requests. */
#pragma once
#include "match.h"

typedef enum {
	FAULT_CUT_NONE,
	FAULT_CUT_BEFORE,  /* the request is read, nothing happens, the connection is closed */
	FAULT_CUT_HEADERS, /* closed within the answer's headers */
	FAULT_CUT_MIDDLE,  /* closed within the answer's body */
	FAULT_CUT_AFTER,   /* it happens, but the answer is dropped */
} FaultCut;

/* Numbers that are negative say nothing. */
typedef struct {
	Match match;
	gchar *text; /* as it was given, as JSON */
	gint64 status;
	gchar *body;
	gchar *content_type;
	gchar *redirect;
	GPtrArray *headers; /* of gchar*: name, value … */
	GPtrArray *edits;   /* of gchar*: from, to … */
	gboolean handle;    /* what was asked is done although the answer is another */
	gint64 delay_ms;
	FaultCut cut;
	gboolean reset; /* a cut is a TCP reset */
	gint64 drip_bytes;
	gint64 drip_ms;
	gint64 keep_bytes; /* of the body, the length told accordingly */
	gint64 drop_bytes; /* off the body's end, likewise */
	gint64 garbage;
	gint64 huge;
	gint64 declare;
	gint64 gzip_bomb;
	gint64 deep;
	gboolean html;
	gboolean endless_headers;
	Lie lie;
} Fault;

Faults *faults_new(void);

void faults_free(Faults *faults);

/* {"faults":[{"match":{…},"action":{…}}]}: added to those that wait. All of them or, with an error, none. */
gboolean faults_add(Faults *faults, json_object *object, GError **error);

void faults_remove_all(Faults *faults);

/* {"faults":[{…,"seen":…,"fired":…}]} */
void faults_write(const Faults *faults, GString *out);

/* The fault that strikes this request, or NULL; the caller unrefs it. */
Fault *faults_strike(Faults *faults, const Request *request);

/* Any thread. */
void faults_unref(Fault *fault);
