/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* A port of this machine at which nobody should call. */
#pragma once
#include <glib.h>

typedef struct Trap Trap;

/* NULL where no port can be had. */
Trap *trap_new(void);

void trap_free(Trap *trap);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trap, trap_free)

guint trap_port(const Trap *trap);

/* Whether somebody called so far. */
gboolean trap_called(const Trap *trap);
