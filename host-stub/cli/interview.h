/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The questions of an interactive connect: what the options did not say is asked for, each answer checked at once. */
#pragma once
#include "cli/form.h"
#include "cli/options.h"
#include "load/session.h"

/* Asks for identifier, trust, rhythm and owners, says what the connector cannot do and what to do at the service, and asks for every setting
 * and secret that is required and for whatever else somebody wants to set. The answers go into the form, secrets into staged, whose
 * origin of secrets is the identifier that was chosen. FALSE with *error where the questions were broken off. */
gboolean interview_run(CliContext *ctx, Form *form, const Manifest *manifest, Vault *staged, GError **error);

/* After a failure: lets answers be changed. */
gboolean interview_amend(CliContext *ctx, Form *form, const Manifest *manifest, Vault *staged, GError **error);
