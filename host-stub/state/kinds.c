/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/kinds.h"

static const struct {
	const char *word;
	const char *words;
} kinds[] = {
    [KIND_PRINCIPAL] = {"user", "users"},
    [KIND_RESOURCE] = {"resource", "resources"},
    [KIND_ENTITLEMENT] = {"entitlement", "entitlements"},
    [KIND_GRANT] = {"grant", "grants"},
};

Kind
kind_from_record(uint32_t record)
{
	for (guint i = 0; i < N_KINDS; i++) {
		if (record == 1u << i)
			return (Kind)i;
	}
	return N_KINDS;
}

uint32_t
kind_record(Kind kind)
{
	return 1u << kind;
}

const char *
kind_word(Kind kind)
{
	return kinds[kind].word;
}

const char *
kind_words(Kind kind, guint64 n)
{
	return n == 1 ? kinds[kind].word : kinds[kind].words;
}
