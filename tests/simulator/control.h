/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* /_control/…: what a test sees and does behind the service's back. */
#pragma once
#include "sim.h"

#define CONTROL_PREFIX "/_control/"

/* Answers a control request; uri as sent, the reply initialised. Runs with the lock held. */
void control_answer(Sim *sim, const gchar *method, const gchar *uri, const GString *body, Reply *reply);
