/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* A record's attributes in the one form in which they are stored and compared, whatever the order in which they came. */
#pragma once
#include <glib.h>
#include <idc/connector.h>

/* The attributes as JSON: an object in order of keys, a key that repeats as an array in order of values; a NULL value is no attribute.
 * except (may be NULL) is a key that is left out. NULL where nothing is left. */
char *encode_attributes(const idc_pair *attrs, size_t n_attrs, const char *except);

/* The values of key, in order, each once, joined by ";"; NULL where there is none. */
char *encode_joined(const idc_pair *attrs, size_t n_attrs, const char *key);

/* The first value of key, or NULL. Borrowed. */
const char *encode_value(const idc_pair *attrs, size_t n_attrs, const char *key);

#define ENCODE_FINGERPRINT 16

/* A short hash over texts, of which each may be NULL. */
void encode_fingerprint(const char *const *texts, gsize n_texts, guint8 ret_fingerprint[ENCODE_FINGERPRINT]);
