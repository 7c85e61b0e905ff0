/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The simulator on its socket. */
#pragma once
#include "sim.h"

typedef struct Server Server;

typedef struct {
	guint port;      /* 0: any free one */
	gchar *tls_cert; /* PEM; NULL: plain HTTP, and the control is on the same port */
	gchar *tls_key;
} ServerOptions;

/* Listens on 127.0.0.1. Answers run on threads of the server's own, one at a time under sim->lock. NULL and error if it cannot. */
Server *server_start(Sim *sim, const ServerOptions *options, GError **error);

/* No answer runs any more when it returns. */
void server_stop(Server *server);

guint server_port(const Server *server);

/* Where /_control/ is; the same as server_port() without TLS. */
guint server_control_port(const Server *server);
