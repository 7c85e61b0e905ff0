/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What a fuzzer is made of: one function that takes any bytes. It is linked with libFuzzer (./dev fuzz), or with replay.c, which hands it
 * the inputs that are kept in corpus/. What must hold whatever came is asserted; a breach ends the process. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Always 0. bytes has no NUL at its end. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
