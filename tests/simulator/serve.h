/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* A request from its line to its reply: the checks that every operation shares, in the order in which the service makes them. */
#pragma once
#include "sim.h"

/* Splits the address and finds the operation. Before serve_answer(). */
void serve_prepare(Request *request);

void serve_answer(Request *request, Reply *reply);

/* The header that every answer of the service carries. */
void serve_request_id(Request *request, Reply *reply);
