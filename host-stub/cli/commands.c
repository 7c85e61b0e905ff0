/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/commands.h"

static const CliCommand commands[] = {
    {"modules", "[TEXT]", "connectors found, verified or why not, and how to connect each", cmd_modules},
    {"capabilities", "CONNECTOR", "what a connector can do", cmd_capabilities},
    {"conform", "CONNECTOR", "prove that a connector keeps the contract", cmd_conform},
    {"connect", "CONNECTOR", "connect an app: authorize, validate, save, first full sync", cmd_connect},
    {"configure", "ID", "change an app, once the service has taken the new values", cmd_configure},
    {"reauthorize", "ID", "authorize an app anew", cmd_reauthorize},
    {"validate", "ID", "whether an app works: as whom, scopes, what can be read, costs", cmd_validate},
    {"sync", "ID", "read who holds what and bring the store up to date", cmd_sync},
    {"show", "ID WHAT", "users, entitlements, grants, attributes, changes, syncs, tasks, held", cmd_show},
    {"run", "[--once]", "sync every app when it is due", cmd_run},
    {"status", "[ID]", "where every app stands (also without any command)", cmd_status},
    {"provision", "ID --email E --name N", "invite people", cmd_provision},
    {"add", "ID USER ENTITLEMENT…", "give entitlements", cmd_add},
    {"remove", "ID USER ENTITLEMENT…", "take entitlements, or all under a resource", cmd_remove},
    {"plan", "ID --file F -o PLAN", "foretell changes, into a file that apply carries out", cmd_plan},
    {"apply", "ID PLAN", "carry out a plan exactly, or refuse it", cmd_apply},
    {"terminate", "ID USER…", "the leaver: take all that can be taken, list what a person has to do", cmd_terminate},
    {"report", "ID -o FILE.html", "write what is known of an app as one page to look at", cmd_report},
    {"audit", "verify|head|export ID", "prove that the journal of changes is as it was written", cmd_audit},
    {"backup", "FILE", "write all data but the key into one file", cmd_backup},
    {"restore", "FILE", "make an empty data folder from a backup", cmd_restore},
    {"rekey", "", "seal all secrets under a new key", cmd_rekey},
    {"remove-app", "ID", "forget an app and its secrets; its history stays", cmd_remove_app},
    {NULL, NULL, NULL, NULL},
};

const CliCommand *
cli_commands(void)
{
	return commands;
}
