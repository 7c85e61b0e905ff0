/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The descriptor on which a check's process leaves what it tries just now, and in the end its verdict; what it tried last is there also
 * when it was killed. */
#pragma once
#include "conform/run.h"

/* Its number in the check's process. */
#define BOARD_DESCRIPTOR 3

/* In the parent: a new one, or -1. Closed by its caller. */
int board_new(void);

/* In the child: from here on board_try() writes to it. */
void board_open(int fd);

/* In the child: what is tried now. Does nothing where no board is open. */
void board_try(const char *text);

/* In the child: the verdict. */
void board_write(int fd, const RunResult *result);

/* In the parent: fills verdict and texts; FALSE where there is no verdict, tried is then what was tried last. */
gboolean board_read(int fd, RunResult *result);
