/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The four kinds of records as places in an array, and their words. */
#pragma once
#include <glib.h>
#include <idc/connector.h>

typedef enum {
	KIND_PRINCIPAL,
	KIND_RESOURCE,
	KIND_ENTITLEMENT,
	KIND_GRANT,
	N_KINDS,
} Kind;

#define KINDS_ALL (IDC_RECORD_PRINCIPAL | IDC_RECORD_RESOURCE | IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT)

/* The place of an IDC_RECORD_*; N_KINDS for anything else. */
Kind kind_from_record(uint32_t record);

/* The IDC_RECORD_* of a kind. */
uint32_t kind_record(Kind kind);

/* "user", "resource", "entitlement", "grant". Static. */
const char *kind_word(Kind kind);

/* "users", ... where n is not 1. Static. */
const char *kind_words(Kind kind, guint64 n);
