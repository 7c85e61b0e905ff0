/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Who is on call when: the turns of a layer. */
#pragma once
#include "world.h"

typedef struct {
	const Ref *user;
	gint64 start_ms;
	gint64 end_ms;
} Shift;

/* The turns of the layer that overlap since..until, as a GArray of Shift; clipped to it unless whole. */
GArray *rota_layer(const Layer *layer, gint64 since_ms, gint64 until_ms, gboolean whole);

/* The turns that really count: those of the topmost layer that is active. */
GArray *rota_schedule(const Schedule *schedule, gint64 since_ms, gint64 until_ms, gboolean whole);
