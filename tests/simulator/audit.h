/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The audit trail: records of what was changed, by whom; and /audit/records with its relatives. */
#pragma once
#include "sim.h"

typedef enum {
	AUDIT_USERS,
	AUDIT_TEAMS,
	AUDIT_POLICIES,
	AUDIT_SCHEDULES,
} AuditRoot;

/* Who changes and how; the strings are borrowed for the calls below. */
typedef struct {
	const gchar *reference; /* JSON, or NULL: nobody */
	const gchar *type;      /* user_reference … */
	const gchar *id;
	const gchar *method; /* browser, oauth, api_token, identity_provider, other */
	const gchar *truncated_token;
	const gchar *request_id;
	gint64 now_ms;
} AuditBy;

typedef struct AuditDraft AuditDraft;

/* A record about the thing; action is create, update or delete. reference is the thing's, as JSON. audit_end() puts it down. */
AuditDraft *audit_begin(World *world, const AuditBy *by, AuditRoot root, const gchar *id, const gchar *reference,
			const gchar *action);

/* What in particular was changed, where that is not the thing itself. */
void audit_resource(AuditDraft *draft, const gchar *reference);

/* before and after may be NULL. */
void audit_field(AuditDraft *draft, const gchar *name, const gchar *before, const gchar *after);

/* added and removed are references as JSON, or NULL. */
void audit_reference(AuditDraft *draft, const gchar *name, const gchar *added, const gchar *removed);

void audit_end(AuditDraft *draft);

/* Puts the record down if the change was made, else forgets it. */
void audit_finish(AuditDraft *draft, gboolean done);

void audit_list(Request *request, Reply *reply);

void audit_of_user(Request *request, Reply *reply);

void audit_of_team(Request *request, Reply *reply);

void audit_of_policy(Request *request, Reply *reply);

void audit_of_schedule(Request *request, Reply *reply);
