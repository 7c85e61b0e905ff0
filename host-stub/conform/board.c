/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/board.h"
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Fields of a fixed size, each a text with its NUL: what is tried, whether a verdict is there, what was expected, what was seen. */
typedef struct {
	char tried[2048];
	char expected[2048];
	char seen[8192];
	gint32 written;
	gint32 verdict;
} Board;

static Board *board_mapped;

int
board_new(void)
{
	int fd = memfd_create("board", MFD_CLOEXEC);

	if (fd >= 0 && ftruncate(fd, sizeof(Board)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

void
board_open(int fd)
{
	void *mapped = mmap(NULL, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	/* A connector's child must not hold it open. */
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	board_mapped = mapped != MAP_FAILED ? mapped : NULL;
}

static void
board_copy(char *target, gsize size, const char *text)
{
	g_strlcpy(target, text != NULL ? text : "", size);
}

void
board_try(const char *text)
{
	if (board_mapped != NULL)
		board_copy(board_mapped->tried, sizeof(board_mapped->tried), text);
}

void
board_write(int fd, const RunResult *result)
{
	Board board = {.written = 1, .verdict = (gint32)result->verdict};

	board_copy(board.tried, sizeof(board.tried), result->tried);
	board_copy(board.expected, sizeof(board.expected), result->expected);
	board_copy(board.seen, sizeof(board.seen), result->seen);
	if (pwrite(fd, &board, sizeof(board), 0) != (ssize_t)sizeof(board))
		g_debug("the verdict could not be written");
}

static void
board_take(char **field, const char *text, gsize size)
{
	g_autofree char *bounded = g_strndup(text, strnlen(text, size));

	g_free(*field);
	*field = g_utf8_make_valid(bounded, -1);
}

gboolean
board_read(int fd, RunResult *result)
{
	Board board = {0};

	/* The other side is not trusted with anything but its own verdict: all of it is bounded. */
	if (pread(fd, &board, sizeof(board), 0) != (ssize_t)sizeof(board))
		return FALSE;
	board_take(&result->tried, board.tried, sizeof(board.tried));
	if (board.written != 1 || board.verdict < VERDICT_PASS || board.verdict > VERDICT_ERROR)
		return FALSE;
	result->verdict = (Verdict)board.verdict;
	board_take(&result->expected, board.expected, sizeof(board.expected));
	board_take(&result->seen, board.seen, sizeof(board.seen));
	return TRUE;
}
