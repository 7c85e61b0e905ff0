/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What people, teams, policies and schedules are called: plain names, and names in every script that a client must carry unharmed. */
#pragma once
#include <glib.h>

/* Name of the n-th person: 1..100 characters, no line break, trimmed and without doubled blanks as the service stores it. The first
 * ones are the awkward ones. Two people may bear the same name. The caller frees it. */
gchar *names_person(guint n);

/* E-mail of the n-th person: unique for each n, lower-case, 6..100 characters, of every form that the local part may take. The caller
 * frees it. */
gchar *names_email(guint n);

/* Name of the n-th team, policy or schedule; kind says which ("team", "policy", "schedule"). The caller frees it. */
gchar *names_group(const gchar *kind, guint n);

/* A job title, or NULL for a person without. Static. */
const gchar *names_job(guint n);

/* An IANA time zone. Static. */
const gchar *names_zone(guint n);
