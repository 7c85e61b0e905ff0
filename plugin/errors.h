/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

/* Inside the connector every failure is a GError of this domain: its code is the idc status, its message is for people. What else is
 * known of it lies in the detail behind the error. */

typedef struct {
	gint remote_status;    /* HTTP, 0 where there was no answer */
	guint flags;           /* IDC_ERROR_* */
	gint64 retry_after_ms; /* -1: not said */
	gchar code[64];        /* PagerDuty's own number, "" where none */
	gchar request_id[64];
	gboolean answered; /* PagerDuty said so of the very thing that was asked for */
} ErrorsDetail;

/* What an unsuccessful answer of PagerDuty's says, as far as it could be read. */
typedef struct {
	const gchar *what; /* "GET /users" */
	gint http_status;
	const gchar *code;  /* NULL: none */
	const gchar *words; /* PagerDuty's own, already made safe to show; NULL: none */
	const gchar *request_id;
	gint64 retry_after_ms; /* -1: not said */
} ErrorsAnswer;

#define ERRORS errors_quark()
GQuark errors_quark(void);

/* The detail of an error of this domain, owned by the error; NULL for any other. */
ErrorsDetail *errors_detail(const GError *error);

/* Whether the error is of this domain and has this idc status. */
gboolean errors_is(const GError *error, gint32 status);

/* Likewise, and PagerDuty said so of the very thing that was asked for. A token that cannot be had, or a host that wants no more, may have
 * the same status and says nothing of that thing. */
gboolean errors_answered(const GError *error, gint32 status);

/* The one table from HTTP status and PagerDuty's code to the idc status; sets error to a whole sentence with what to do. */
void errors_set_answer(GError **error, const ErrorsAnswer *answer);

/* A failure between here and PagerDuty: nothing arrived, or nothing that could be used. Retryable. */
void errors_set_transport(GError **error, gint32 status, const gchar *format, ...) G_GNUC_PRINTF(3, 4);

/* An answer that came whole and says what PagerDuty never says. format is a whole sentence; what to do is added here. */
void errors_set_protocol(GError **error, const gchar *format, ...) G_GNUC_PRINTF(2, 3);

/* Whether reading the same thing again may help, by HTTP status alone. */
gboolean errors_http_retryable(gint http_status);

/* The vtable's edge: fills error (may be NULL) from source and returns its status; source of another domain is INTERNAL. */
gint32 errors_to_idc(const GError *source, idc_error *error);
