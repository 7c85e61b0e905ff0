/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What manifest.c lends to the reader in manifest-read.c. */
#pragma once
#include "load/manifest.h"

/* One with its path and empty containers; the lists are NULL until they are read. */
Manifest *manifest_new(const char *path);

void manifest_condition_free(ManifestCondition *condition);
void manifest_capability_free(gpointer data);
void manifest_rank_free(gpointer data);
void manifest_kind_free(gpointer data);
void manifest_attribute_free(gpointer data);
void manifest_setting_free(gpointer data);
void manifest_scope_free(gpointer data);
void manifest_step_free(gpointer data);
void manifest_wire_free(gpointer data);
void manifest_term_free(gpointer data);
