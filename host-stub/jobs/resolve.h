/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Whom and what the items of a run mean, and what is refused before anybody is asked. */
#pragma once
#include "jobs/running.h"

/* Gives each item its user's id and e-mail from the snapshot; what is not there, not clear or asked for twice is refused. FALSE only
 * where the store cannot be read. */
gboolean resolve_run(Running *run, GError **error);

/* Whom the app protects: ids, and e-mails in lower case. */
GHashTable *resolve_protected(Running *run, GError **error);
gboolean resolve_is_protected(GHashTable *set, const char *user_id, const char *email);

/* Ends an item of somebody who is; its user has to be resolved. */
void resolve_refuse_protected(Item *item);

/* Refuses removals and role changes of whom the app protects: those it names, as whom it is connected and whose address it writes from,
 * and the holders of the highest role where nobody can give it. */
gboolean resolve_protect(Running *run, GError **error);
