/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/ask.h"
#include "base/text.h"
#include "load/services.h"
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#define ASK_MAX_BYTES 8192

gboolean
ask_possible(const Output *output)
{
	return !output_is_json(output) && !output_is_quiet(output) && isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
}

static char *
ask_end(GError **error)
{
	host_error_set(error, IDC_CANCELLED, "no_answer", "The questions were broken off, so nothing was saved.");
	return NULL;
}

/* A poll, unlike a read, is not begun again after a signal. */
static gboolean
ask_wait(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

	while (services_signal() == 0) {
		if (poll(&input, 1, 200) > 0)
			return TRUE;
	}
	return FALSE;
}

char *
ask_line(GError **error)
{
	g_autoptr(GString) line = g_string_new(NULL);

	for (;;) {
		char byte;
		ssize_t n;

		if (!ask_wait())
			return ask_end(error);
		n = read(STDIN_FILENO, &byte, 1);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0 || (n == 0 && line->len == 0))
			return ask_end(error);
		if (n == 0 || byte == '\n')
			return g_string_free(g_steal_pointer(&line), FALSE);
		if (line->len < ASK_MAX_BYTES)
			g_string_append_c(line, byte);
	}
}

static void
ask_prompt(const char *question, const char *fallback)
{
	g_autofree char *shown = text_escape(fallback);

	fflush(stdout);
	if (fallback != NULL && *fallback != '\0')
		fprintf(stderr, "%s [%s]: ", question, shown);
	else
		fprintf(stderr, "%s: ", question);
}

char *
ask_text(Output *output, const char *question, const char *help, const char *fallback, AskCheck check, gpointer user_data,
	 GError **error)
{
	output_note(output, "%s", "");
	if (help != NULL)
		output_note(output, "%s", help);
	for (;;) {
		g_autofree char *answer = NULL;
		g_autoptr(GError) problem = NULL;

		ask_prompt(question, fallback);
		answer = ask_line(error);
		if (answer == NULL)
			return NULL;
		g_strstrip(answer);
		if (*answer == '\0' && fallback != NULL) {
			g_free(answer);
			answer = g_strdup(fallback);
		}
		if (!g_utf8_validate(answer, -1, NULL)) {
			output_note(output, "This is not text in UTF-8. Type it again.");
			continue;
		}
		if (*answer == '\0' && fallback == NULL) {
			output_note(output, "Something has to be typed here; Ctrl-D ends the questions.");
			continue;
		}
		if (check == NULL || check(answer, user_data, &problem))
			return g_steal_pointer(&answer);
		output_note(output, "%s", problem->message);
	}
}

static gboolean
ask_is(const char *answer, const char *word)
{
	return g_ascii_strcasecmp(answer, word) == 0 || (g_ascii_tolower(*answer) == *word && answer[1] == '\0');
}

static gboolean
ask_check_yes(const char *answer, gpointer user_data, GError **error)
{
	(void)user_data;
	if (ask_is(answer, "yes") || ask_is(answer, "no"))
		return TRUE;
	host_error_set(error, IDC_INVALID, "answer", "\"%s\" is neither yes nor no.", answer);
	return FALSE;
}

gboolean
ask_yes(Output *output, const char *question, gboolean fallback, gboolean *ret_yes, GError **error)
{
	g_autofree char *answer = ask_text(output, question, NULL, fallback ? "yes" : "no", ask_check_yes, NULL, error);

	if (answer == NULL)
		return FALSE;
	*ret_yes = ask_is(answer, "yes");
	return TRUE;
}
