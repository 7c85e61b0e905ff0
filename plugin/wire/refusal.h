/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>

/* What PagerDuty says in an unsuccessful answer, in whichever of the shapes that were seen in the field. */
typedef struct {
	gchar *code;  /* its number, or OAuth's word; NULL: none */
	gchar *words; /* message and details, safe to show, bounded; NULL: none */
} Refusal;

/* Never fails: a body that is no JSON, or none of the shapes, has neither. */
Refusal *refusal_new(const gchar *body, gsize length);
void refusal_free(Refusal *refusal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Refusal, refusal_free)
