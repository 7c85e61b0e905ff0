/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

#include "auth/auth.h"
#include "settings.h"
#include "wire/api.h"

/* What one idc_instance is made of. Used by one thread at a time. */
struct idc_instance {
	const idc_host *host;
	Settings *settings;
	Http *http;
	Auth *auth;
	Api *api;
};

/* Without any network. NULL: error names everything that is wrong with the settings. */
idc_instance *instance_new(const idc_host *host, const idc_config *config, GError **error);

/* Without any I/O of its own, and without a call to the host. NULL is allowed. */
void instance_free(idc_instance *instance);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(idc_instance, instance_free)
