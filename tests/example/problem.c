/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Why something failed, and what the host says to what it is told. */
#include "example.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Takes away the code point that the end of the buffer cut in two. */
static void
problem_cut(char *text)
{
	size_t end = strlen(text);
	size_t start = end;

	while (start > 0 && ((unsigned char)text[start - 1] & 0xC0u) == 0x80u)
		start--;
	if (start > 0 && ((unsigned char)text[start - 1] & 0x80u) != 0) {
		const unsigned char lead = (unsigned char)text[start - 1];
		const size_t length = lead >= 0xF0u ? 4 : lead >= 0xE0u ? 3 : 2;

		if (end - (start - 1) < length)
			text[start - 1] = '\0';
	}
}

int32_t
problem_set(idc_error *problem, int32_t status, const char *format, ...)
{
	const int retryable = status == IDC_UNAVAILABLE || status == IDC_RATE_LIMITED || status == IDC_TIMEOUT;
	va_list args;

	*problem = (idc_error){
	    .struct_size = sizeof(*problem), .status = status, .flags = retryable ? IDC_ERROR_RETRYABLE : 0, .retry_after_ms = -1};
	va_start(args, format);
	vsnprintf(problem->message, sizeof(problem->message), format, args);
	va_end(args);
	problem_cut(problem->message);
	return status;
}

int32_t
problem_tell(const idc_error *problem, int32_t status, idc_error *error)
{
	if (error == NULL)
		return status;
	/* A host of another version may have brought a shorter struct. Nothing is written behind its end, and a longer one is left as it is
	 * behind ours. */
	if (IDC_HAS(error, idc_error, status))
		error->status = status;
	if (IDC_HAS(error, idc_error, remote_status))
		error->remote_status = problem->remote_status;
	if (IDC_HAS(error, idc_error, flags))
		error->flags = problem->flags;
	if (IDC_HAS(error, idc_error, retry_after_ms))
		error->retry_after_ms = problem->retry_after_ms;
	if (IDC_HAS(error, idc_error, code))
		memcpy(error->code, problem->code, sizeof(error->code));
	if (IDC_HAS(error, idc_error, request_id))
		memcpy(error->request_id, problem->request_id, sizeof(error->request_id));
	if (IDC_HAS(error, idc_error, message))
		memcpy(error->message, problem->message, sizeof(error->message));
	return status;
}

int32_t
problem_emit(const idc_sink *sink, const idc_message *message, idc_error *problem)
{
	const int32_t status = sink->emit(sink->ctx, message);

	if (status == IDC_OK)
		return IDC_OK;
	return problem_set(problem, status >= IDC_INVALID ? status : IDC_INTERNAL, "The host took no more of what it was told.");
}
