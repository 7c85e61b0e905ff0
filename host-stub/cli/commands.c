/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/commands.h"

static const CliCommand commands[] = {
    {"modules", "[TEXT]", "connectors found, verified or why not, and how to connect each", cmd_modules},
    {"capabilities", "CONNECTOR", "what a connector can do", cmd_capabilities},
    {NULL, NULL, NULL, NULL},
};

const CliCommand *
cli_commands(void)
{
	return commands;
}
