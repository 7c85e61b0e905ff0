/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Mutations that wait for a request. */
#pragma once
#include "match.h"

typedef enum {
	TRIGGER_BEFORE, /* the request sees the change */
	TRIGGER_AFTER,  /* the next one does */
} TriggerWhen;

Triggers *triggers_new(void);

void triggers_free(Triggers *triggers);

/* {"changes":[…],"at":{…}}: kept until their request comes; the number under which they are told. -1 and error if it is wrong. */
gint triggers_add(Triggers *triggers, json_object *object, GError **error);

/* Carries out what waits for this request. */
void triggers_run(Sim *sim, const Request *request, TriggerWhen when);

/* {"triggers":[{…,"seen":…,"fired":…,"error":…}]} */
void triggers_write(const Triggers *triggers, GString *out);
