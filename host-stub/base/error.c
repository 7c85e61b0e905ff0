/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/error.h"
#include <string.h>

typedef struct {
	char *code;
	char *request_id;
	gint64 retry_after_ms;
	int remote_status;
	gboolean retryable;
	int exit_status; /* -1: what the status means */
} HostErrorPrivate;

static void
host_error_private_init(HostErrorPrivate *priv)
{
	priv->retry_after_ms = -1;
	priv->exit_status = -1;
}

static void
host_error_private_copy(const HostErrorPrivate *from, HostErrorPrivate *to)
{
	*to = *from;
	to->code = g_strdup(from->code);
	to->request_id = g_strdup(from->request_id);
}

static void
host_error_private_clear(HostErrorPrivate *priv)
{
	g_free(priv->code);
	g_free(priv->request_id);
}

/* GLib's macro casts a const away in its getter; nothing of ours is lost by that. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual"
G_DEFINE_EXTENDED_ERROR(HostError, host_error)
#pragma GCC diagnostic pop

static const struct {
	int32_t status;
	const char *name;
	HostExit exit_status;
} statuses[] = {
    {IDC_OK, "OK", HOST_EXIT_OK},
    {IDC_PENDING, "PENDING", HOST_EXIT_FAILED},
    {IDC_PARTIAL, "PARTIAL", HOST_EXIT_PARTIAL},
    {IDC_ALREADY, "ALREADY", HOST_EXIT_OK},
    {IDC_INVALID, "INVALID", HOST_EXIT_USAGE},
    {IDC_STATE, "STATE", HOST_EXIT_USAGE},
    {IDC_UNSUPPORTED, "UNSUPPORTED", HOST_EXIT_FAILED},
    {IDC_ABI, "ABI", HOST_EXIT_FAILED},
    {IDC_OVERFLOW, "OVERFLOW", HOST_EXIT_FAILED},
    {IDC_UNAUTHENTICATED, "UNAUTHENTICATED", HOST_EXIT_REAUTHORIZE},
    {IDC_EXPIRED, "EXPIRED", HOST_EXIT_REAUTHORIZE},
    {IDC_FORBIDDEN, "FORBIDDEN", HOST_EXIT_FAILED},
    {IDC_CONSENT, "CONSENT", HOST_EXIT_REAUTHORIZE},
    {IDC_SCOPE, "SCOPE", HOST_EXIT_REAUTHORIZE},
    {IDC_NOT_FOUND, "NOT_FOUND", HOST_EXIT_FAILED},
    {IDC_CONFLICT, "CONFLICT", HOST_EXIT_FAILED},
    {IDC_RATE_LIMITED, "RATE_LIMITED", HOST_EXIT_LATER},
    {IDC_UNAVAILABLE, "UNAVAILABLE", HOST_EXIT_LATER},
    {IDC_PROTOCOL, "PROTOCOL", HOST_EXIT_FAILED},
    {IDC_REFUSED, "REFUSED", HOST_EXIT_FAILED},
    {IDC_INDETERMINATE, "INDETERMINATE", HOST_EXIT_UNKNOWN},
    {IDC_PAYMENT, "PAYMENT", HOST_EXIT_FAILED},
    {IDC_NOMEM, "NOMEM", HOST_EXIT_FAILED},
    {IDC_IO, "IO", HOST_EXIT_FAILED},
    {IDC_TIMEOUT, "TIMEOUT", HOST_EXIT_LATER},
    {IDC_CANCELLED, "CANCELLED", HOST_EXIT_FAILED},
    {IDC_INTERNAL, "INTERNAL", HOST_EXIT_FAILED},
};

/* An unknown status means the first of its hundred; below 100 none is ever added, so what is unknown there is no outcome. */
static gsize
host_status_index(int32_t status)
{
	int32_t hundred = status >= 500 || status < 100 ? IDC_INTERNAL : status / 100 * 100;
	gsize fallback = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++) {
		if (statuses[i].status == status)
			return i;
		if (statuses[i].status == hundred)
			fallback = i;
	}
	/* The groups of 200, 300 and 400 have their first at the hundred itself, as has 100. */
	return fallback;
}

const char *
host_status_name(int32_t status)
{
	return statuses[host_status_index(status)].name;
}

HostExit
host_status_exit(int32_t status)
{
	return statuses[host_status_index(status)].exit_status;
}

GError *
host_error_new(int32_t status, const char *code, const char *format, ...)
{
	va_list args;
	GError *error;

	va_start(args, format);
	error = g_error_new_valist(HOST_ERROR, status, format, args);
	va_end(args);
	host_error_get_private(error)->code = g_strdup(code);
	return error;
}

void
host_error_set(GError **error, int32_t status, const char *code, const char *format, ...)
{
	va_list args;

	if (error == NULL)
		return;
	va_start(args, format);
	g_propagate_error(error, g_error_new_valist(HOST_ERROR, status, format, args));
	va_end(args);
	host_error_get_private(*error)->code = g_strdup(code);
}

/* The connector's arrays need not be terminated if the connector is wrong. */
static char *
host_error_bounded(const char *text, gsize size)
{
	g_autofree char *copy = g_strndup(text, size);

	return g_utf8_make_valid(copy, -1);
}

void
host_error_set_from_connector(GError **error, int32_t status, const idc_error *from, const char *operation)
{
	g_autofree char *message = NULL;
	HostErrorPrivate *priv;

	if (error == NULL)
		return;
	if (from != NULL)
		message = host_error_bounded(from->message, sizeof(from->message));
	if (message == NULL || *message == '\0') {
		g_free(message);
		message = g_strdup_printf("The connector ended %s with %s (%d) and did not say why.", operation,
					  host_status_name(status), status);
	}
	g_propagate_error(error, g_error_new_literal(HOST_ERROR, status, message));
	if (from == NULL)
		return;
	priv = host_error_get_private(*error);
	priv->code = host_error_bounded(from->code, sizeof(from->code));
	priv->request_id = host_error_bounded(from->request_id, sizeof(from->request_id));
	priv->retry_after_ms = from->retry_after_ms < 0 ? -1 : from->retry_after_ms;
	priv->remote_status = from->remote_status;
	priv->retryable = (from->flags & IDC_ERROR_RETRYABLE) != 0;
}

void
host_error_set_exit(GError *error, HostExit exit_status)
{
	if (error->domain == HOST_ERROR)
		host_error_get_private(error)->exit_status = (int)exit_status;
}

int32_t
host_error_status(const GError *error)
{
	return error->domain == HOST_ERROR ? error->code : IDC_IO;
}

HostExit
host_error_exit(const GError *error)
{
	const HostErrorPrivate *priv;

	if (error == NULL)
		return HOST_EXIT_OK;
	if (error->domain != HOST_ERROR)
		return HOST_EXIT_FAILED;
	priv = host_error_get_private(error);
	if (priv->exit_status >= 0)
		return (HostExit)priv->exit_status;
	/* A connector that met a dead line says IO; what may be repeated without anybody doing anything is "later". */
	if (error->code == IDC_IO && priv->retryable)
		return HOST_EXIT_LATER;
	return host_status_exit(error->code);
}

void
host_error_detail(const GError *error, HostErrorDetail *ret_detail)
{
	HostErrorDetail detail = {.code = "", .request_id = "", .retry_after_ms = -1};

	if (error->domain == HOST_ERROR) {
		const HostErrorPrivate *priv = host_error_get_private(error);

		detail.code = priv->code != NULL ? priv->code : "";
		detail.request_id = priv->request_id != NULL ? priv->request_id : "";
		detail.retry_after_ms = priv->retry_after_ms;
		detail.remote_status = priv->remote_status;
		detail.retryable = priv->retryable;
	}
	*ret_detail = detail;
}
