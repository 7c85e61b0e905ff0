/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <idc/connector.h>

#include "json.h"

/* JSON that holds secrets: read and written without a copy of them that is not wiped. */

/* As json_read(); free with wiped_free(). */
json_object *wiped_read(const gchar *text, gsize length, const gchar *what, GError **error);

/* As text; free with secret_free(). */
gchar *wiped_text(json_object *root);

/* As text, which the host keeps for good as the secret name. */
gboolean wiped_put(const idc_host *host, const gchar *name, json_object *root, GError **error);

/* Takes the secrets out of it whoever else has it, and gives it back. NULL is allowed. */
void wiped_free(json_object *root);

typedef json_object WipedJson;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WipedJson, wiped_free)
