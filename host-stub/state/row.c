/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/row.h"

static const char *const phases[] = {[JOURNAL_INTENT] = "intent",   [JOURNAL_EFFECT] = "effect", [JOURNAL_RESULT] = "result",
				     [JOURNAL_SETTLED] = "settled", [JOURNAL_KEYS] = "keys",     [JOURNAL_TASK] = "task"};

const char *
journal_phase_word(JournalPhase phase)
{
	return phases[phase];
}

gboolean
journal_phase_parse(const char *word, JournalPhase *ret_phase)
{
	for (gsize i = 0; i < G_N_ELEMENTS(phases); i++) {
		if (g_strcmp0(phases[i], word) != 0)
			continue;
		*ret_phase = (JournalPhase)i;
		return TRUE;
	}
	return FALSE;
}
