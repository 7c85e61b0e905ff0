/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/output.h"
#include "base/text.h"
#include <string.h>
#include <unistd.h>

#define OUTPUT_SCHEMA "idc-host/1"

struct Output {
	char *command;
	char *identifier;
	OutputFlags flags;
	gint64 started;
	json_object *connector;
	json_object *body;
	json_object *errors;
	json_object *warnings;
	gboolean written; /* the envelope is out already */
};

/* What came from files and services may hold anything; JSON text is UTF-8. */
static json_object *
output_string(const char *text)
{
	g_autofree char *valid = text != NULL ? g_utf8_make_valid(text, -1) : NULL;

	return valid != NULL ? json_object_new_string(valid) : NULL;
}

Output *
output_new(const char *command, OutputFlags flags)
{
	Output *output = g_new0(Output, 1);

	output->command = g_strdup(command);
	output->flags = flags;
	output->started = g_get_real_time() / 1000;
	output->body = json_object_new_object();
	output->errors = json_object_new_array();
	output->warnings = json_object_new_array();
	return output;
}

void
output_free(Output *output)
{
	if (output == NULL)
		return;
	g_free(output->command);
	g_free(output->identifier);
	json_object_put(output->connector);
	json_object_put(output->body);
	json_object_put(output->errors);
	json_object_put(output->warnings);
	g_free(output);
}

void
output_set_identifier(Output *output, const char *identifier)
{
	g_free(output->identifier);
	output->identifier = g_strdup(identifier);
}

void
output_set_connector(Output *output, const char *id, const char *version, const char *sha256)
{
	json_object_put(output->connector);
	output->connector = json_object_new_object();
	json_object_object_add(output->connector, "id", output_string(id));
	json_object_object_add(output->connector, "version", output_string(version));
	json_object_object_add(output->connector, "sha256", output_string(sha256));
}

json_object *
output_body(Output *output)
{
	return output->body;
}

gboolean
output_is_json(const Output *output)
{
	return (output->flags & OUTPUT_JSON) != 0;
}

gboolean
output_is_quiet(const Output *output)
{
	return (output->flags & OUTPUT_QUIET) != 0;
}

gboolean
output_is_verbose(const Output *output)
{
	return (output->flags & OUTPUT_VERBOSE) != 0;
}

gint64
output_started(const Output *output)
{
	return output->started;
}

gboolean
output_colour(FILE *stream)
{
	const char *no_color = g_getenv("NO_COLOR");
	const char *term = g_getenv("TERM");

	return isatty(fileno(stream)) != 0 && (no_color == NULL || *no_color == '\0') && g_strcmp0(term, "dumb") != 0;
}

/* Whatever got into text: nothing of it but a line end reaches a terminal unescaped. */
static void
output_write_lines(FILE *stream, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (gsize i = 0; lines[i] != NULL; i++) {
		g_autofree char *escaped = text_escape(lines[i]);

		fprintf(stream, "%s\n", escaped);
	}
	if (lines[0] == NULL)
		fputc('\n', stream);
}

void
output_say(Output *output, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	if (output_is_json(output) || output_is_quiet(output))
		return;
	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	output_write_lines(stdout, text);
}

void
output_note(Output *output, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	if (output_is_quiet(output))
		return;
	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	/* What was said before on stdout comes before this where both are one terminal or file. */
	fflush(stdout);
	output_write_lines(stderr, text);
}

/* One line on stderr, its first word coloured where that is wanted. */
static void
output_alarm(const char *word, const char *colour, const char *text)
{
	g_autofree char *escaped = text_escape(text);

	fflush(stdout);
	if (output_colour(stderr))
		fprintf(stderr, "\x1b[%sm%s:\x1b[0m %s\n", colour, word, escaped);
	else
		fprintf(stderr, "%s: %s\n", word, escaped);
}

void
output_warn(Output *output, const char *code, const char *format, ...)
{
	g_autofree char *text = NULL;
	json_object *warning = json_object_new_object();
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	json_object_object_add(warning, "code", output_string(code));
	json_object_object_add(warning, "message", output_string(text));
	json_object_array_add(output->warnings, warning);
	if (!output_is_quiet(output))
		output_alarm("Warning", "33", text);
}

json_object *
output_error_object(const GError *error)
{
	json_object *entry = json_object_new_object();
	HostErrorDetail detail;

	host_error_detail(error, &detail);
	json_object_object_add(entry, "status", json_object_new_int(host_error_status(error)));
	json_object_object_add(entry, "name", json_object_new_string(host_status_name(host_error_status(error))));
	json_object_object_add(entry, "code", output_string(*detail.code != '\0' ? detail.code : NULL));
	json_object_object_add(entry, "message", output_string(error->message));
	json_object_object_add(entry, "request_id", output_string(*detail.request_id != '\0' ? detail.request_id : NULL));
	json_object_object_add(entry, "retry_after_ms",
			       detail.retry_after_ms >= 0 ? json_object_new_int64(detail.retry_after_ms) : NULL);
	return entry;
}

void
output_error(Output *output, const GError *error)
{
	g_autoptr(GString) text = g_string_new(error->message);
	HostErrorDetail detail;

	host_error_detail(error, &detail);
	json_object_array_add(output->errors, output_error_object(error));
	if (*detail.request_id != '\0' && strstr(error->message, detail.request_id) == NULL)
		g_string_append_printf(text, " (request id %s)", detail.request_id);
	output_alarm("Error", "31", text->str);
}

int
output_fail(Output *output, const GError *error)
{
	output_error(output, error);
	return output_finish(output, host_error_exit(error));
}

static void
output_add_time(json_object *object, const char *key, gint64 unix_ms)
{
	g_autofree char *text = text_time(unix_ms);

	json_object_object_add(object, key, json_object_new_string(text));
}

/* The envelope's keys first, then the command's own; a command cannot replace one of the envelope's. */
static json_object *
output_envelope(Output *output, HostExit exit_status)
{
	json_object *envelope = json_object_new_object();

	json_object_object_add(envelope, "schema", json_object_new_string(OUTPUT_SCHEMA));
	json_object_object_add(envelope, "command", output_string(output->command));
	json_object_object_add(envelope, "identifier", output_string(output->identifier));
	json_object_object_add(envelope, "exit", json_object_new_int((int)exit_status));
	json_object_object_add(envelope, "connector", json_object_get(output->connector));
	output_add_time(envelope, "started", output->started);
	output_add_time(envelope, "finished", g_get_real_time() / 1000);
	json_object_object_add(envelope, "errors", json_object_get(output->errors));
	json_object_object_add(envelope, "warnings", json_object_get(output->warnings));
	json_object_object_foreach(output->body, key, value)
	{
		if (!json_object_object_get_ex(envelope, key, NULL))
			json_object_object_add(envelope, key, json_object_get(value));
	}
	return envelope;
}

static void
output_write(json_object *object, int style)
{
	fputs(json_object_to_json_string_ext(object, style | JSON_C_TO_STRING_NOSLASHESCAPE), stdout);
	fputc('\n', stdout);
}

void
output_begin_lines(Output *output)
{
	g_autoptr(json_object) envelope = output_envelope(output, HOST_EXIT_OK);

	output_write(envelope, JSON_C_TO_STRING_PLAIN);
	output->written = TRUE;
}

void
output_line(Output *output, json_object *object)
{
	(void)output;
	output_write(object, JSON_C_TO_STRING_PLAIN);
}

int
output_finish(Output *output, HostExit exit_status)
{
	if (output_is_json(output) && !output->written) {
		g_autoptr(json_object) envelope = output_envelope(output, exit_status);

		output_write(envelope, JSON_C_TO_STRING_PRETTY);
		output->written = TRUE;
	}
	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return (int)exit_status;
	output_alarm("Error", "31", "The output could not be written in full; its reader ended early or the disk is full.");
	return exit_status == HOST_EXIT_OK ? (int)HOST_EXIT_FAILED : (int)exit_status;
}
