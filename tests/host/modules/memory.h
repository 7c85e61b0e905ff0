/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What the two halves of the memory connector share. */
#pragma once
#include <idc/connector.h>

struct idc_instance {
	const idc_host *host;
	char *file;
	char *account;
	char *subject;
	char *scope;
	int strict; /* wants a password */
	int person; /* wants somebody to sign in */
	uint64_t requests;
};

/* Fills error, which may be NULL, and returns status. */
int32_t memory_fail(idc_error *error, int32_t status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* OK, or what the service says to a wrong password. */
int32_t memory_check_password(idc_instance *instance, idc_error *error);

/* The whole file, terminated; NULL where it cannot be read. Free with free(). */
char *memory_read(const char *path);

int32_t memory_list_entitlements(idc_instance *instance, const idc_list_request *request, const idc_sink *sink, idc_error *error);

/* memory-sign-in.c: authorize, where a person has to sign in. */
int32_t memory_sign_in(idc_instance *instance, const idc_auth_request *request, const idc_sink *sink, idc_error *error);

/* memory-change.c */
int32_t memory_provision(idc_instance *instance, const idc_change_request *request, const idc_sink *sink, idc_error *error);
int32_t memory_add(idc_instance *instance, const idc_change_request *request, const idc_sink *sink, idc_error *error);
int32_t memory_remove(idc_instance *instance, const idc_change_request *request, const idc_sink *sink, idc_error *error);
