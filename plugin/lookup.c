/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "lookup.h"

json_object *
lookup_user(Api *api, const gchar *email, GError **error)
{
	g_autofree gchar *escaped = g_uri_escape_string(email, NULL, FALSE);
	g_autofree gchar *path = g_strdup_printf("/users?query=%s&limit=100", escaped);
	g_autoptr(json_object) answer = api_read(api, path, error);
	json_object *rows = json_read_array(answer, "users");

	/* PagerDuty's search is a wider net, names too: it is compared here. */
	for (gsize i = 0; rows != NULL && i < json_object_array_length(rows); i++) {
		json_object *row = json_object_array_get_idx(rows, i);
		const gchar *found = json_read_text(row, "email");

		if (found != NULL && g_ascii_strcasecmp(found, email) == 0)
			return json_read_id(row, "id", "GET /users", error) != NULL ? json_object_get(row) : NULL;
	}
	return NULL;
}
