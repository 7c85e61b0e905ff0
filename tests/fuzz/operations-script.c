/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include <string.h>

#include "operations.h"

#define SCRIPT_TOKEN "{\"access_token\":\"a-token\",\"scope\":\"%s\",\"expires_in\":3600}"
/* Where nothing else is said, the token may do everything. */
#define SCRIPT_SCOPE                                                                                                               \
	"as_account-us.northwind users.read users.write teams.read teams.write escalation_policies.read "                          \
	"escalation_policies.write schedules.read abilities.read licenses.read audit_records.read"

Script *
script_new(const gchar *text)
{
	Script *script = g_new0(Script, 1);

	script->lines = g_strsplit(text, "\n", -1);
	script->asked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return script;
}

void
script_free(Script *script)
{
	g_strfreev(script->lines);
	g_hash_table_destroy(script->asked);
	g_free(script);
}

/* What stands behind "METHOD /PATH " in the line of that number, or in the last one; NULL: there is none. */
static const gchar *
script_find(const Script *script, const gchar *what, guint number)
{
	const gsize length = strlen(what);
	const gchar *found = NULL;

	for (gsize i = 0; script->lines[i] != NULL && number > 0; i++)
		if (strncmp(script->lines[i], what, length) == 0 && script->lines[i][length] == ' ') {
			found = script->lines[i] + length + 1;
			number--;
		}
	return found;
}

static void
script_count_write(Script *script, const gchar *method, const gchar *path)
{
	if (strcmp(method, "GET") == 0 || g_str_has_prefix(path, "/oauth/"))
		return;
	g_assert_true(script->may_write);
	script->writes++;
}

void
script_serve(Wire *wire, const gchar *method, const gchar *url, const gchar *token, HttpAnswer *answer)
{
	Script *script = wire->user;
	const gchar *host = strstr(url, "://");
	const gchar *path = host != NULL ? strchr(host + 3, '/') : NULL;
	g_autofree gchar *what = NULL;
	const gchar *line;
	gchar *body = NULL;
	guint number;

	(void)token;
	g_assert_nonnull(path);
	g_assert_false(script->closed);
	script_count_write(script, method, path);
	what = g_strdup_printf("%s %.*s", method, (gint)strcspn(path, "?"), path);
	number = GPOINTER_TO_UINT(g_hash_table_lookup(script->asked, what)) + 1;
	g_hash_table_insert(script->asked, g_strdup(what), GUINT_TO_POINTER(number));
	line = script_find(script, what, number);
	if (line == NULL && g_str_has_suffix(what, "/oauth/token")) {
		g_autofree gchar *granted = g_strdup_printf(SCRIPT_TOKEN, SCRIPT_SCOPE);

		wire_body(answer, 200, granted);
	} else if (line == NULL) {
		wire_body(answer, 404, "{\"error\":{\"message\":\"Not Found\",\"code\":2100}}");
	} else {
		const gint64 status = g_ascii_strtoll(line, &body, 10);

		wire_body(answer, status >= 100 && status <= 599 ? (gint)status : 0, *body == ' ' ? body + 1 : body);
	}
	answer->sent = TRUE;
	answer->request_id = g_strdup_printf("req-%u", ++script->requests);
	if (answer->status == 0) {
		answer->problem = IDC_UNAVAILABLE;
		answer->why = g_strdup("the connection broke");
		g_string_truncate(answer->body, 0);
	}
}
