/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "rng.h"

/* splitmix64 (public domain, Sebastiano Vigna): a few lines, and no two seeds share a stream. */
guint64
rng_mix(guint64 value)
{
	guint64 z = value + 0x9e3779b97f4a7c15ULL;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

void
rng_init(Rng *rng, guint64 seed, guint64 stream)
{
	rng->state = rng_mix(seed) ^ rng_mix(stream + 0x51ed2701);
}

guint64
rng_next(Rng *rng)
{
	guint64 value = rng_mix(rng->state);
	rng->state += 0x9e3779b97f4a7c15ULL;
	return value;
}

guint
rng_below(Rng *rng, guint limit)
{
	g_return_val_if_fail(limit > 0, 0);
	return (guint)(rng_next(rng) % limit);
}

gboolean
rng_percent(Rng *rng, guint percent)
{
	return rng_below(rng, 100) < percent;
}
