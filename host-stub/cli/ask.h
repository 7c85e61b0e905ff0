/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Questions to whoever sits at the terminal: on stderr, the answers from standard input. A wrong answer is explained, and asked again. */
#pragma once
#include "cli/output.h"
#include <glib.h>

/* Whether somebody is there to be asked. */
gboolean ask_possible(const Output *output);

/* The next line of standard input without its end, at most 8 KiB; NULL with *error at the end of input (IDC_CANCELLED, "no_answer") and
 * when a signal ends the program. Nothing beyond the line is taken. */
char *ask_line(GError **error);

/* Whether an answer will do: FALSE and the sentence that says why not. */
typedef gboolean (*AskCheck)(const char *answer, gpointer user_data, GError **error);

/* Asks until the answer will do. help is one line and may be NULL; fallback is what Enter alone means, NULL: something has to be typed.
 * check may be NULL. Blanks around an answer are not part of it. NULL as with ask_line(). */
char *ask_text(Output *output, const char *question, const char *help, const char *fallback, AskCheck check, gpointer user_data,
	       GError **error);

/* yes or no; fallback is what Enter alone means. FALSE with *error as with ask_line(). */
gboolean ask_yes(Output *output, const char *question, gboolean fallback, gboolean *ret_yes, GError **error);
