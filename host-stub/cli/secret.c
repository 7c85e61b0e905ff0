/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/secret.h"
#include "base/error.h"
#include "load/services.h"
#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static void
secret_warn(const char *path, gpointer user_data)
{
	output_warn(user_data, "secret_file_readable",
		    "The secret's file %s can be read by others than its owner. Take that away: chmod go-r %s", path, path);
}

Vault *
cli_vault(CliContext *ctx)
{
	Vault *vault = vault_open(ctx->paths->data, ctx->paths->key_file);

	vault_set_warn(vault, secret_warn, ctx->out);
	return vault;
}

/* Reads to the end of input, or of a line on a terminal; -1 on error. */
static gssize
secret_fill(char *memory, gsize capacity, gboolean one_line)
{
	gsize length = 0;

	while (length < capacity) {
		struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
		ssize_t n;

		/* A read would be begun again after a signal, and the terminal stay silent. */
		if (services_signal() != 0)
			return -1;
		if (poll(&input, 1, 200) <= 0)
			continue;
		n = read(STDIN_FILENO, memory + length, capacity - length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		length += (gsize)n;
		if (n == 0 || (one_line && memory[length - 1] == '\n'))
			break;
	}
	return (gssize)length;
}

GBytes *
secret_read_stdin(const char *key, GError **error)
{
	gboolean is_terminal = isatty(STDIN_FILENO) != 0;
	gsize capacity = IDC_MAX_VALUE + 2;
	struct termios before;
	char *memory;
	gssize length;

	if (sodium_init() < 0 || (memory = sodium_malloc(capacity)) == NULL)
		g_error("No memory is left for secrets.");
	if (is_terminal && tcgetattr(STDIN_FILENO, &before) == 0) {
		struct termios silent = before;

		silent.c_lflag &= ~(tcflag_t)ECHO;
		/* First: what is typed from the question on is not shown. */
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
		fprintf(stderr, "%s (not shown): ", key);
		length = secret_fill(memory, capacity, TRUE);
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputc('\n', stderr);
	} else {
		length = secret_fill(memory, capacity, FALSE);
	}
	if (length > 0 && memory[length - 1] == '\n')
		length--;
	if (length > 0 && memory[length - 1] == '\r')
		length--;
	if (services_signal() != 0) {
		host_error_set(error, IDC_CANCELLED, "no_answer", "The questions were broken off, so nothing was saved.");
		sodium_free(memory);
		return NULL;
	}
	if (length <= 0 || length > IDC_MAX_VALUE) {
		host_error_set(error, IDC_INVALID, "secret_empty", "Standard input holds no %s for %s.",
			       length > 0 ? "value that is short enough" : "value", key);
		sodium_free(memory);
		return NULL;
	}
	return g_bytes_new_with_free_func(memory, (gsize)length, sodium_free, memory);
}
