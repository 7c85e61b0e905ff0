/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What the header says about a list and about a change that can be judged from what was told alone. Each returns the first fault as a
 * sentence, or NULL; free with g_free. */
#pragma once
#include "conform/told.h"
#include "load/manifest.h"

/* Only wanted kinds; entitlements and principals before their grants; every grant names what was listed; nothing twice. */
char *contract_order(const Told *told, uint32_t want);

/* One seal of scope ALL a wanted kind, nothing of the kind after it; counts; the status that follows; a cursor in the last seal only. */
char *contract_seals(const Told *told, uint32_t want);

/* Types, kinds, id patterns, resources and attributes are the manifest's. */
char *contract_declared(const Told *told, const Manifest *manifest);

/* One result an item, effects before it, an index within the batch, a status that a result may have; the status that follows. */
char *contract_change(const Told *told, gsize n_items, uint32_t flags);
