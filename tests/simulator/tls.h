/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* A throw-away authority and a certificate for 127.0.0.1, made anew at each start. */
#pragma once
#include <glib.h>

typedef struct {
	gchar *folder;  /* temporary; holds ca_file alone */
	gchar *ca_file; /* PEM of the authority to trust */
	gchar *cert;    /* PEM, the server's */
	gchar *key;     /* PEM */
} TlsFiles;

/* kind is a word of the switch tls_cert. NULL and error if it cannot be made; tls_free() takes the files away. */
TlsFiles *tls_make(const gchar *kind, GError **error);

void tls_free(TlsFiles *files);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TlsFiles, tls_free)
