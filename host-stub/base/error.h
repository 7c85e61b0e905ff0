/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * The host's one error domain. The code of a HOST_ERROR is an idc_status, whether the host or a connector failed; what else is known
 * (the service's own code, request id, how long to wait) is kept beside it, so that --json and the exit status lose nothing.
 * A GError of another domain counts as IDC_IO. All functions may be called from any thread.
 */
#pragma once
#include <glib.h>
#include <idc/connector.h>

#define HOST_ERROR (host_error_quark())

/* Exit statuses of idc-host, and nothing else is ever returned from main. */
typedef enum {
	HOST_EXIT_OK = 0,
	HOST_EXIT_FAILED = 1,
	HOST_EXIT_USAGE = 2,       /* usage or configuration */
	HOST_EXIT_PARTIAL = 3,     /* partly done, or a partial list */
	HOST_EXIT_UNKNOWN = 4,     /* a write whose outcome is not known */
	HOST_EXIT_HELD = 5,        /* held by a guard */
	HOST_EXIT_REAUTHORIZE = 6, /* the authorization is not or no longer valid */
	HOST_EXIT_LATER = 7,       /* rate limit, unavailable, another sync of this app runs */
} HostExit;

/* What stands beside a HOST_ERROR. Owned by the error; strings are "" where not known, never NULL. */
typedef struct {
	const char *code;       /* the service's own code, or the host's word for what went wrong ("identifier_taken") */
	const char *request_id; /* what the service's support asks for */
	gint64 retry_after_ms;  /* -1: not known */
	int remote_status;      /* HTTP status, 0: none */
	gboolean retryable;     /* the same call may succeed later without anybody doing anything */
} HostErrorDetail;

GQuark host_error_quark(void);

/* A new error. status: IDC_*, code: a stable lower_case word of the host's, the rest: a whole sentence that says what to do next.
 * The exit status follows from the status unless host_error_set_exit() says otherwise. */
GError *host_error_new(int32_t status, const char *code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The same into *error; does nothing where error is NULL. */
void host_error_set(GError **error, int32_t status, const char *code, const char *format, ...) G_GNUC_PRINTF(4, 5);

/* What a connector said. status is what the operation returned and wins over from->status; from may be NULL, and its strings are
 * bounded and made valid UTF-8 here. operation ("list_entitlements") is named where the connector gave no sentence. */
void host_error_set_from_connector(GError **error, int32_t status, const idc_error *from, const char *operation);

/* For failures whose exit status says more than their idc_status (held by a guard, another sync runs). No-op on other domains. */
void host_error_set_exit(GError *error, HostExit exit_status);

/* The idc_status of any GError. */
int32_t host_error_status(const GError *error);

/* The exit status for any GError; NULL is HOST_EXIT_OK. */
HostExit host_error_exit(const GError *error);

/* Filled for any GError; the strings are the error's. */
void host_error_detail(const GError *error, HostErrorDetail *ret_detail);

/* "FORBIDDEN" for 202; an unknown status is named as the first of its hundred. Static. */
const char *host_status_name(int32_t status);

/* The exit status that an idc_status alone means. */
HostExit host_status_exit(int32_t status);
