/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

#include "../auth/auth.h"
#include "../settings.h"
#include "../wire/api.h"

/* idc_ops.list_entitlements: everything of the wanted kinds, then the seals. *ret_partial: whether one of these is PARTIAL. */
gboolean list_all(const idc_host *host, const Settings *settings, Auth *auth, Api *api, const idc_list_request *request,
		  const idc_sink *sink, gboolean *ret_partial, GError **error);

/* idc_survey_extension.survey: one cheap request for each kind of thing. *ret_partial: whether one of them cannot be read. */
gboolean list_survey(const idc_host *host, const Settings *settings, Api *api, const idc_sink *sink, gboolean *ret_partial,
		     GError **error);
