/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "errors.h"

#include "jtext.h"

static gboolean
errors_shaped(const Request *request, const gchar *shape)
{
	return switches_is(request->sim->spec->switches, SWITCH_ERROR_SHAPE, shape);
}

/* Bodies that are no JSON object with an error object inside. FALSE: the switch asks for none of them. */
static gboolean
errors_bodiless(const Request *request, Reply *reply, guint status, const gchar *message)
{
	if (errors_shaped(request, "empty")) {
		reply_json(reply, status, "");
		g_clear_pointer(&reply->content_type, g_free);
		return TRUE;
	}
	if (errors_shaped(request, "html")) {
		reply_json(reply, status, "<html><head><title>Error</title></head><body><h1>");
		g_string_append_printf(reply->body, "%u</h1><p>%s</p></body></html>\n", status, message);
		g_free(reply->content_type);
		reply->content_type = g_strdup("text/html");
		return TRUE;
	}
	return FALSE;
}

static void
errors_details(const Request *request, GString *out, const gchar *const *details)
{
	g_autofree gchar *joined = NULL;

	if (errors_shaped(request, "errors_absent"))
		return;
	if (errors_shaped(request, "errors_null")) {
		jtext_comma(out);
		g_string_append(out, "\"errors\":null");
		return;
	}
	if (details == NULL || details[0] == NULL)
		return;
	jtext_comma(out);
	g_string_append(out, "\"errors\":");
	if (errors_shaped(request, "errors_string")) {
		joined = g_strjoinv(", ", (gchar **)(gsize)details);
		jtext_string(out, joined);
		return;
	}
	g_string_append(out, errors_shaped(request, "errors_map") ? "{\"base\":[" : "[");
	for (guint i = 0; details[i] != NULL; i++) {
		jtext_comma(out);
		jtext_string(out, details[i]);
	}
	g_string_append(out, errors_shaped(request, "errors_map") ? "]}" : "]");
}

/* The error in the service's frame; inner is what stands in the error object. */
static void
errors_frame(const Request *request, Reply *reply, guint status, const gchar *message, const gchar *inner)
{
	if (errors_bodiless(request, reply, status, message))
		return;
	reply_json(reply, status, "{\"error\":");
	if (errors_shaped(request, "error_array"))
		g_string_append_printf(reply->body, "[{%s}]", inner);
	else if (errors_shaped(request, "error_string"))
		jtext_string(reply->body, message);
	else
		g_string_append_printf(reply->body, "{%s}", inner);
	g_string_append_c(reply->body, '}');
}

void
errors_reply_all(const Request *request, Reply *reply, guint status, guint code, const gchar *message, const gchar *const *details)
{
	g_autoptr(GString) inner = g_string_new(NULL);

	if (message != NULL)
		jtext_pair(inner, "message", message);
	if (code != 0 && !errors_shaped(request, "no_code"))
		g_string_append_printf(inner, ",\"code\":%u", code);
	errors_details(request, inner, details);
	errors_frame(request, reply, status, message != NULL ? message : details[0], inner->str);
}

void
errors_reply(const Request *request, Reply *reply, guint status, guint code, const gchar *message, const gchar *detail)
{
	const gchar *const details[] = {detail, NULL};

	errors_reply_all(request, reply, status, code, message, details);
}

void
errors_invalid(const Request *request, Reply *reply, const gchar *detail)
{
	errors_reply(request, reply, 400, 2001, "Invalid Input Provided", detail);
}

gboolean
errors_strict(const Request *request, Reply *reply)
{
	g_autofree gchar *detail = NULL;

	if (request->violations->len == 0 || !switches_on(request->sim->spec->switches, SWITCH_STRICT))
		return FALSE;
	detail = g_strdup_printf("Simulator, strict mode: %s", (gchar *)g_ptr_array_index(request->violations, 0));
	errors_invalid(request, reply, detail);
	return TRUE;
}

void
errors_arguments(const Request *request, Reply *reply, const gchar *detail)
{
	errors_reply(request, reply, 400, 2002, "Arguments Caused Error", detail);
}

void
errors_unauthorized(const Request *request, Reply *reply)
{
	const Switches *switches = request->sim->spec->switches;

	if (switches_is(switches, SWITCH_AUTH_401, "json")) {
		errors_reply(request, reply, 401, 2006, "Authentication failed", NULL);
		return;
	}
	reply_json(reply, 401, switches_is(switches, SWITCH_AUTH_401, "html") ? "<html><body>401 Unauthorized</body></html>" : "");
	g_free(reply->content_type);
	reply->content_type = reply->body->len > 0 ? g_strdup("text/html") : NULL;
}

void
errors_ability(const Request *request, Reply *reply)
{
	errors_reply(request, reply, 402, 2014, "Missing Account Ability", NULL);
}

void
errors_denied(const Request *request, Reply *reply)
{
	errors_reply(request, reply, 403, 2010, "Access Denied", NULL);
}

void
errors_scope(const Request *request, Reply *reply, const gchar *scope)
{
	g_autoptr(GString) inner = g_string_new(NULL);

	jtext_pair(inner, "message", "Token missing required scopes");
	g_string_append_c(inner, ',');
	jtext_pair(inner, "required_scopes", scope);
	g_string_append_c(inner, ',');
	jtext_pair(inner, "token_scopes", request->credential->scope);
	errors_frame(request, reply, 403, "Token missing required scopes", inner->str);
}

void
errors_plan(Reply *reply)
{
	reply_json(reply, 403, "Forbidden");
	g_free(reply->content_type);
	reply->content_type = g_strdup("text/plain");
}

void
errors_not_found(const Request *request, Reply *reply)
{
	errors_reply(request, reply, 404, 2100, "Not Found", NULL);
}

void
errors_rate(const Request *request, Reply *reply)
{
	errors_reply(request, reply, 429, 2020, "Rate Limit Exceeded", NULL);
}
