/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "errors.h"

#include <string.h>

static void
errors_detail_init(ErrorsDetail *detail)
{
	detail->retry_after_ms = -1;
}

static void
errors_private_init(GError *error)
{
	errors_detail_init(errors_detail(error));
}

static void
errors_private_copy(const GError *from, GError *to)
{
	*errors_detail(to) = *errors_detail(from);
}

static void
errors_private_clear(GError *error)
{
	(void)error;
}

/* GLib keeps extended domains by name for the whole process, and a host may have loaded this module twice: the name carries the address
 * of this copy. */
GQuark
errors_quark(void)
{
	static gsize quark = 0;

	if (g_once_init_enter(&quark)) {
		g_autofree gchar *name = g_strdup_printf("idc-connector-error-%p", (void *)&quark);
		GQuark made = g_error_domain_register(name, sizeof(ErrorsDetail), errors_private_init, errors_private_copy,
						      errors_private_clear);

		g_once_init_leave(&quark, made);
	}
	return (GQuark)quark;
}

/* GLib lays the private data in front of the error, rounded up to the alignment of any type. */
ErrorsDetail *
errors_detail(const GError *error)
{
	const gsize alignment = 2 * sizeof(gpointer);
	const gsize size = (sizeof(ErrorsDetail) + alignment - 1) / alignment * alignment;

	if (error == NULL || error->domain != ERRORS)
		return NULL;
	return (ErrorsDetail *)((gchar *)(gpointer)error - size);
}

gboolean
errors_is(const GError *error, gint32 status)
{
	return error != NULL && error->domain == ERRORS && error->code == status;
}

gboolean
errors_answered(const GError *error, gint32 status)
{
	return errors_is(error, status) && errors_detail(error)->answered;
}

typedef struct {
	gint http;         /* 0: any; 500: any from there on */
	const gchar *code; /* PagerDuty's number, NULL: any */
	const gchar *word; /* in PagerDuty's own words, NULL: any */
	gint32 status;
	guint flags;
	const gchar *advice; /* what to do */
} ErrorsRow;

/* First match wins. The codes are those of PagerDuty's REST API reference. */
static const ErrorsRow errors_table[] = {
    {400, "2002", "Offset+limit exceeds", IDC_PROTOCOL, 0, "The list is longer than PagerDuty lets anybody read."},
    {400, NULL, "account could not be locked", IDC_CONFLICT, IDC_ERROR_RETRYABLE, "Somebody else is changing users; try again."},
    {400, NULL, "License is not available", IDC_PAYMENT, 0, "Free a licence or buy one in PagerDuty."},
    {400, NULL, "Email has already been taken", IDC_CONFLICT, 0,
     "Somebody has this address whom the token does not see: look for them in PagerDuty."},
    {400, NULL, "has already been taken", IDC_CONFLICT, 0, "It exists already."},
    {400, NULL, "Stakeholders cannot be", IDC_REFUSED, 0,
     "A stakeholder is neither on call nor on a team: take the user off there first, or give another base role."},
    {400, NULL, "May have at most", IDC_REFUSED, 0, "Take somebody else off that level first."},
    {400, NULL, "Cannot Delete Only Rule", IDC_REFUSED, 0, "Add somebody else to the policy first."},
    {400, NULL, "\"From\" header", IDC_INVALID, 0, "Set from_email to the e-mail address of a user of this PagerDuty account."},
    {400, "1008", NULL, IDC_INVALID, 0, "Set from_email to the e-mail address of a user of this PagerDuty account."},
    {400, "2004", NULL, IDC_PROTOCOL, 0, "Report this to whoever maintains the connector."},
    {400, "2005", NULL, IDC_PROTOCOL, 0, "Report this to whoever maintains the connector."},
    {400, NULL, NULL, IDC_REFUSED, 0, "PagerDuty's rules do not allow it."},
    {401, "2007", NULL, IDC_UNAUTHENTICATED, 0, "Check that the subdomain is right."},
    {401, "2012", NULL, IDC_UNAUTHENTICATED, 0, "The PagerDuty account has expired."},
    {401, NULL, NULL, IDC_UNAUTHENTICATED, 0,
     "The token is not valid, was revoked, or belongs to an account in another service region: check the region and authorize "
     "again."},
    {402, NULL, NULL, IDC_PAYMENT, 0, "The account's plan does not include it."},
    {403, NULL, "missing required scopes", IDC_SCOPE, 0, "Tick the missing scope in the app's registration, then authorize again."},
    {403, NULL, NULL, IDC_FORBIDDEN, 0, "The app or the person who registered it lacks a permission in PagerDuty."},
    {404, NULL, NULL, IDC_NOT_FOUND, 0, "It is gone, or this token may not see it."},
    {408, NULL, NULL, IDC_TIMEOUT, IDC_ERROR_RETRYABLE, "Try again later."},
    {409, NULL, NULL, IDC_CONFLICT, 0, "Somebody else changed it at the same time; try again."},
    {429, NULL, NULL, IDC_RATE_LIMITED, IDC_ERROR_RETRYABLE, "Too many requests were made with this app; try again later."},
    {500, NULL, NULL, IDC_UNAVAILABLE, IDC_ERROR_RETRYABLE, "PagerDuty, or a proxy in between, has trouble; try again later."},
    {0, NULL, NULL, IDC_PROTOCOL, 0, "PagerDuty never answers so; check api_url and any proxy in between."},
};

static const ErrorsRow *
errors_find(const ErrorsAnswer *answer)
{
	const ErrorsRow *row = errors_table;

	while ((row->http != 0 && row->http != MIN(answer->http_status, 500)) ||
	       (row->code != NULL && g_strcmp0(row->code, answer->code) != 0) ||
	       (row->word != NULL && (answer->words == NULL || strstr(answer->words, row->word) == NULL)))
		row++;
	return row;
}

gboolean
errors_http_retryable(gint http_status)
{
	const ErrorsAnswer answer = {.http_status = http_status};

	return (errors_find(&answer)->flags & IDC_ERROR_RETRYABLE) != 0;
}

void
errors_set_answer(GError **error, const ErrorsAnswer *answer)
{
	const ErrorsRow *row = errors_find(answer);
	g_autofree gchar *code = answer->code != NULL ? g_strdup_printf(", code %s", answer->code) : g_strdup("");
	g_autoptr(GError) made =
	    g_error_new(ERRORS, row->status, "PagerDuty answered %s with HTTP %d%s%s%s%s. %s", answer->what, answer->http_status,
			code, answer->words != NULL ? " (\"" : "", answer->words != NULL ? answer->words : "",
			answer->words != NULL ? "\")" : "", row->advice);
	ErrorsDetail *detail = errors_detail(made);

	detail->remote_status = answer->http_status;
	detail->flags = row->flags;
	detail->answered = TRUE;
	detail->retry_after_ms = answer->retry_after_ms;
	if (answer->code != NULL)
		g_strlcpy(detail->code, answer->code, sizeof(detail->code));
	if (answer->request_id != NULL)
		g_strlcpy(detail->request_id, answer->request_id, sizeof(detail->request_id));
	g_propagate_error(error, g_steal_pointer(&made));
}

void
errors_set_transport(GError **error, gint32 status, const gchar *format, ...)
{
	GError *made;
	va_list args;

	va_start(args, format);
	made = g_error_new_valist(ERRORS, status, format, args);
	va_end(args);
	errors_detail(made)->flags = IDC_ERROR_RETRYABLE;
	g_propagate_error(error, made);
}

void
errors_set_protocol(GError **error, const gchar *format, ...)
{
	g_autofree gchar *said = NULL;
	va_list args;

	va_start(args, format);
	said = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, ERRORS, IDC_PROTOCOL, "%s Try again later; if it stays so, check api_url and any proxy in between.",
		    said);
}

/* Copies as much as fits without cutting a code point in two. */
static void
errors_copy(gchar *to, gsize size, const gchar *from)
{
	const gchar *end = from + MIN(strlen(from), size - 1);

	if (*end != '\0')
		while (end > from && ((guchar)*end & 0xC0) == 0x80)
			end--;
	memcpy(to, from, (gsize)(end - from));
	to[end - from] = '\0';
}

gint32
errors_to_idc(const GError *source, idc_error *error)
{
	const ErrorsDetail *detail = errors_detail(source);
	const gint32 status = detail != NULL ? source->code : IDC_INTERNAL;

	if (error == NULL || !IDC_HAS(error, idc_error, message))
		return status;
	error->status = status;
	error->remote_status = detail != NULL ? detail->remote_status : 0;
	error->flags = detail != NULL ? detail->flags : 0;
	error->retry_after_ms = detail != NULL ? detail->retry_after_ms : -1;
	errors_copy(error->code, sizeof(error->code), detail != NULL ? detail->code : "");
	errors_copy(error->request_id, sizeof(error->request_id), detail != NULL ? detail->request_id : "");
	errors_copy(error->message, sizeof(error->message), source->message);
	return status;
}
