/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Who asks: what it may change, and what the audit trail calls it. Apps and account keys may everything; a user's key no more than
 * the user. */
#pragma once
#include "audit.h"
#include "sim.h"

/* Users: from the admins up. */
gboolean caller_may_users(const Request *request);

/* A team and what is on it: its managers, and from the admins up. */
gboolean caller_may_team(const Request *request, const Team *team);

/* A policy: base role Manager and from the admins up, and managers of the policy's team. */
gboolean caller_may_policy(const Request *request, const Policy *policy);

/* Begins a record of what the caller does. The strings of the caller are copied. */
AuditDraft *caller_begin(const Request *request, AuditRoot root, const gchar *id, const gchar *reference, const gchar *action);

/* audit_field(), but only where the two differ. Whether they do. */
gboolean caller_field(AuditDraft *draft, const gchar *name, const gchar *before, const gchar *after);
