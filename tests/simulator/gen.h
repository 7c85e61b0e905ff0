/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Makes a world from a settled spec: the same spec, the same world, byte for byte. */
#pragma once
#include "spec.h"

World *gen_world(const Spec *spec);

/* The second half, called by gen_world(): schedules and policies of a world whose users and teams stand (unsorted, as made). */
void gen_duty(World *world, const Spec *spec);

/* Users that may be paged: not the stakeholders. In the order of creation; the caller frees the array. */
GPtrArray *gen_pageable(const World *world);
