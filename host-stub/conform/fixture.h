/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * The simulated service of a connector: started, and asked by its control API. README.md is its contract. A Fixture may be asked from any
 * thread. All errors mean that the fixture or the harness is broken, never the connector.
 */
#pragma once
#include "conform/plan.h"

typedef struct Fixture Fixture;

/* Starts the program and waits until it is ready, 30 s at most. It ends with the thread that started it at the latest. plan is borrowed.
 * arguments: more of them, an array of strings of the plan's, NULL for none; with some it is let end by itself, as it may leave files. */
Fixture *fixture_start(const Plan *plan, json_object *arguments, guint seed, GError **error);

/* Ends the program. */
void fixture_stop(Fixture *fixture);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fixture, fixture_stop)

/* What a connector needs to reach it: key -> value, owned by the fixture. */
GHashTable *fixture_settings(const Fixture *fixture);
GHashTable *fixture_secrets(const Fixture *fixture);

/* One control request; body may be NULL. The parsed answer, free with json_object_put. */
json_object *fixture_ask(Fixture *fixture, const char *method, const char *path, json_object *body, GError **error);

/* The world of that name in the plan, made anew; with size >= 0 the plan's sized parameter is that. */
gboolean fixture_reset(Fixture *fixture, const char *world, gint64 size, GError **error);

/* Somebody else changes things: now, or with at when that request comes. Both borrowed. */
gboolean fixture_mutate(Fixture *fixture, json_object *changes, json_object *at, GError **error);

/* One fault; match (NULL: every request counts) and action are JSON text. */
gboolean fixture_fault(Fixture *fixture, const char *match, const char *action, GError **error);

/* How often all faults together struck. */
gint64 fixture_fired(Fixture *fixture, GError **error);

/* How often all triggers together struck. */
gint64 fixture_triggered(Fixture *fixture, GError **error);

gboolean fixture_clear_faults(Fixture *fixture, GError **error);

/* The service's clock goes forward; nothing where the fixture has no such control. */
void fixture_advance(Fixture *fixture, guint ms);

/* The port of the service itself. */
guint fixture_port(const Fixture *fixture);
