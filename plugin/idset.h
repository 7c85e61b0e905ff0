/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>

/* Ids in the order in which they were first seen, numbered from 0: about 45 bytes each, for accounts with many users. */
typedef struct IdSet IdSet;

#define IDSET_NONE G_MAXUINT32

IdSet *idset_new(void);
void idset_free(IdSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IdSet, idset_free)

/* The id's number; *ret_new (may be NULL) says whether it was added just now. The id is copied. */
guint32 idset_add(IdSet *set, const gchar *id, gboolean *ret_new);

/* Its number, or IDSET_NONE. */
guint32 idset_find(const IdSet *set, const gchar *id);

/* Borrowed, as long as the set. */
const gchar *idset_id(const IdSet *set, guint32 number);

guint32 idset_size(const IdSet *set);
