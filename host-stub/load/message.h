/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What a connector emits, checked against the contract before anything in the host looks at it. */
#pragma once
#include <glib.h>
#include <idc/connector.h>

/* Sizes, limits, UTF-8, and what must not be NULL in a message of a kind that 1.0 knows; unknown kinds pass. On failure IDC_PROTOCOL,
 * "connector_contract", with a sentence that names connector and fault. */
gboolean message_check(const idc_message *message, const char *connector, GError **error);
