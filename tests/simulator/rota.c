/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "rota.h"

/* More turns than anybody shows; keeps an absurd window from eating the machine. */
#define ROTA_MAX_SHIFTS 10000

GArray *
rota_layer(const Layer *layer, gint64 since_ms, gint64 until_ms, gboolean whole)
{
	GArray *shifts = g_array_new(FALSE, FALSE, sizeof(Shift));
	gint64 turn_ms = (gint64)layer->turn_seconds * 1000;
	gint64 from = MAX(since_ms, layer->start_ms);
	gint64 to = layer->end_ms >= 0 ? MIN(until_ms, layer->end_ms) : until_ms;

	if (turn_ms <= 0 || layer->users->len == 0)
		return shifts;
	for (gint64 turn = (from - layer->start_ms) / turn_ms; shifts->len < ROTA_MAX_SHIFTS; turn++) {
		Shift shift = {
		    .user = g_ptr_array_index(layer->users, (guint)(turn % layer->users->len)),
		    .start_ms = layer->start_ms + turn * turn_ms,
		    .end_ms = layer->start_ms + (turn + 1) * turn_ms,
		};
		if (shift.start_ms > to || (shift.start_ms == to && to > from))
			break;
		if (!whole) {
			shift.start_ms = MAX(shift.start_ms, from);
			shift.end_ms = MIN(shift.end_ms, to);
		}
		g_array_append_val(shifts, shift);
	}
	return shifts;
}

GArray *
rota_schedule(const Schedule *schedule, gint64 since_ms, gint64 until_ms, gboolean whole)
{
	/* layers are told in the reverse of the order in which they were laid: the first one told is on top */
	for (guint i = 0; i < schedule->layers->len; i++) {
		const Layer *layer = g_ptr_array_index(schedule->layers, i);
		if (layer->end_ms < 0 || layer->end_ms > since_ms)
			return rota_layer(layer, since_ms, until_ms, whole);
	}
	return g_array_new(FALSE, FALSE, sizeof(Shift));
}
