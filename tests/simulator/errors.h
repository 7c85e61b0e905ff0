/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The literal failures of the REST host, in whatever shape the switch error_shape asks for. */
#pragma once
#include "sim.h"

/* {"error":{"message":…,"code":…,"errors":["…"]}}; code 0, message NULL and detail NULL are left
 * out. */
void errors_reply(const Request *request, Reply *reply, guint status, guint code, const gchar *message, const gchar *detail);

/* The same with several sentences, NULL-terminated. */
void errors_reply_all(const Request *request, Reply *reply, guint status, guint code, const gchar *message,
		      const gchar *const *details);

/* 400, code 2001, Invalid Input Provided */
void errors_invalid(const Request *request, Reply *reply, const gchar *detail);

/* 400, code 2002, Arguments Caused Error */
void errors_arguments(const Request *request, Reply *reply, const gchar *detail);

/* 401, bad credential or wrong region */
void errors_unauthorized(const Request *request, Reply *reply);

/* In strict mode, refuses a request that has violations and tells the first one. FALSE: the request may go on. */
gboolean errors_strict(const Request *request, Reply *reply);

/* 402, code 2014 */
void errors_ability(const Request *request, Reply *reply);

/* 403, code 2010 */
void errors_denied(const Request *request, Reply *reply);

/* 403 of a token without the scope: no code */
void errors_scope(const Request *request, Reply *reply, const gchar *scope);

/* 403 of a plan without the feature: not JSON */
void errors_plan(Reply *reply);

/* 404, code 2100 */
void errors_not_found(const Request *request, Reply *reply);

/* 429, code 2020; the headers are rate.h's matter */
void errors_rate(const Request *request, Reply *reply);
