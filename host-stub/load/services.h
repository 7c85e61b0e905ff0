/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * What the host supplies to a connector: an idc_host. One Services serves one app; its functions may be called from any thread.
 */
#pragma once
#include "state/vault.h"
#include <glib.h>
#include <idc/connector.h>

typedef struct Services Services;

typedef void (*ServicesProgress)(uint32_t record, uint64_t done, uint64_t expected, gpointer user_data);
/* text is escaped already, one line without its end. level: IDC_LOG_*. */
typedef void (*ServicesLog)(uint32_t level, const char *text, gpointer user_data);

/* vault is borrowed and outlives it; locks is the folder for lock files (DATA/locks), made where missing. */
Services *services_new(Vault *vault, const char *identifier, const char *locks);

/* Only after every instance that got services_host() is destroyed. */
void services_free(Services *services);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Services, services_free)

/* Lives as long as services. */
const idc_host *services_host(Services *services);

/* Set before an operation, not during one. NULL: nobody listens. */
void services_set_progress(Services *services, ServicesProgress progress, gpointer user_data);
void services_set_log(Services *services, ServicesLog log, gpointer user_data);

/* Makes cancelled() say yes from now on, or no again. */
void services_cancel(Services *services, gboolean cancelled);

/* Called once by main: SIGINT and SIGTERM make every cancelled() of this process say yes (a second one ends the process), SIGPIPE is
 * ignored. */
void services_catch_signals(void);

/* The signal that came, or 0. */
int services_signal(void);
