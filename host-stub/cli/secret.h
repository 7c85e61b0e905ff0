/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Secrets: where they are kept, and one from standard input. */
#pragma once
#include "cli/options.h"
#include "state/vault.h"

/* The vault of DATA; its warnings are the command's. */
Vault *cli_vault(CliContext *ctx);

/* All of standard input, without the line end at its end; on a terminal one line, asked for by name and not shown. The buffer is wiped
 * when the last reference goes. */
GBytes *secret_read_stdin(const char *key, GError **error);
