/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "draft.h"

#include <string.h>

#include "body.h"

#define DRAFT_LONGEST 100
#define DRAFT_SHORTEST_EMAIL 6
#define DRAFT_ZONE "Etc/UTC" /* the account's */

static const gchar *const writable[] = {"type",      "name",  "email",   "role",        "time_zone",
					"job_title", "color", "license", "description", NULL};
/* Documented, but the service's to say: whoever sends back what it has read does no harm. */
static const gchar *const read_only[] = {"id",
					 "summary",
					 "self",
					 "html_url",
					 "avatar_url",
					 "invitation_sent",
					 "created_via_sso",
					 "teams",
					 "contact_methods",
					 "notification_rules",
					 NULL};
static const gchar *const roles[] = {
    "admin", "user", "limited_user", "observer", "restricted_access", "read_only_user", "read_only_limited_user", NULL};

Draft *
draft_new(const User *user)
{
	Draft *draft = g_new0(Draft, 1);

	draft->wrong = g_ptr_array_new_with_free_func(g_free);
	draft->name = g_strdup(user == NULL ? "" : user->base.name);
	draft->email = g_strdup(user == NULL ? "" : user->email);
	draft->job_title = g_strdup(user == NULL ? NULL : user->job_title);
	draft->description = g_strdup(user == NULL ? NULL : user->description);
	draft->time_zone = g_strdup(user == NULL ? DRAFT_ZONE : user->time_zone);
	draft->color = user == NULL ? g_intern_static_string("purple") : user->color;
	draft->role = user == NULL ? g_intern_static_string("user") : user->role;
	return draft;
}

void
draft_free(Draft *draft)
{
	g_free(draft->name);
	g_free(draft->email);
	g_free(draft->job_title);
	g_free(draft->description);
	g_free(draft->time_zone);
	g_free(draft->license_id);
	g_ptr_array_unref(draft->wrong);
	g_free(draft);
}

static void draft_say(Draft *draft, const gchar *format, ...) G_GNUC_PRINTF(2, 3);

static void
draft_say(Draft *draft, const gchar *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(draft->wrong, g_strdup_vprintf(format, args));
	va_end(args);
}

/* Without blanks at the ends and with single ones inside. */
static gchar *
draft_trim(const gchar *text)
{
	GString *out = g_string_new(NULL);

	for (; *text != '\0'; text++) {
		gboolean blank = g_ascii_isspace(*text);
		if (!blank)
			g_string_append_c(out, *text);
		else if (out->len > 0 && out->str[out->len - 1] != ' ')
			g_string_append_c(out, ' ');
	}
	if (out->len > 0 && out->str[out->len - 1] == ' ')
		g_string_truncate(out, out->len - 1);
	return g_string_free(out, FALSE);
}

/* One @, something before it, a domain with a dot after it; no blanks or control characters. */
static gboolean
draft_is_email(const gchar *email)
{
	const gchar *at = strchr(email, '@');
	const gchar *dot = at == NULL ? NULL : strchr(at, '.');

	for (const gchar *p = email; *p != '\0'; p++) {
		if ((guchar)*p <= ' ' || *p == 0x7f || strchr(",;:<>()[]\\\"", *p) != NULL)
			return FALSE;
	}
	return dot != NULL && at > email && dot > at + 1 && dot[1] != '\0' && strchr(at + 1, '@') == NULL &&
	       strstr(at, "..") == NULL;
}

/* Names are judged by their form, so that no machine's table of zones decides. */
static gboolean
draft_is_zone(const gchar *zone)
{
	if (!g_ascii_isalpha(zone[0]))
		return FALSE;
	for (const gchar *p = zone; *p != '\0'; p++) {
		if (!g_ascii_isalnum(*p) && strchr("/_+-", *p) == NULL)
			return FALSE;
	}
	return TRUE;
}

/* A text; null puts the preset. FALSE: it is not there. */
static gboolean
draft_read_text(Draft *draft, json_object *object, const gchar *key, const gchar *label, const gchar *preset, gchar **slot)
{
	const gchar *text = NULL;

	switch (body_text(object, key, &text)) {
	case BODY_TEXT:
		g_free(*slot);
		*slot = g_strdup(text);
		return TRUE;
	case BODY_NULL:
		g_free(*slot);
		*slot = g_strdup(preset);
		return TRUE;
	case BODY_WRONG:
		draft_say(draft, "%s is invalid", label);
		return TRUE;
	case BODY_ABSENT:
	default:
		return FALSE;
	}
}

static void
draft_read_role(Draft *draft, json_object *object, const User *user)
{
	const gchar *text = NULL;
	BodyText found = body_text(object, "role", &text);

	draft->role_sent = found != BODY_ABSENT;
	if (found == BODY_ABSENT || found == BODY_NULL)
		return;
	/* the older name of the same role */
	if (g_strcmp0(text, "team_responder") == 0)
		text = "observer";
	if (text == NULL || (!g_strv_contains(roles, text) && (user == NULL || !g_str_equal(user->role, text))))
		draft_say(draft, "Role is invalid");
	else
		draft->role = g_intern_string(text);
}

static void
draft_read_license(Draft *draft, json_object *object)
{
	json_object *license = NULL;
	const gchar *id;

	if (!json_object_object_get_ex(object, "license", &license) || license == NULL)
		return;
	id = body_reference(license, NULL);
	if (id == NULL)
		draft_say(draft, "License is invalid");
	draft->license_id = g_strdup(id);
}

static void
draft_judge_length(Draft *draft, const gchar *label, const gchar *text)
{
	if (text != NULL && g_utf8_strlen(text, -1) > DRAFT_LONGEST)
		draft_say(draft, "%s is too long (maximum is %d characters)", label, DRAFT_LONGEST);
}

static void
draft_read_name(Draft *draft, json_object *object, const User *user)
{
	gchar *trimmed;

	if (!draft_read_text(draft, object, "name", "Name", "", &draft->name) && user != NULL)
		return;
	trimmed = draft_trim(draft->name);
	g_free(draft->name);
	draft->name = trimmed;
	if (draft->name[0] == '\0')
		draft_say(draft, "Name can't be blank");
	draft_judge_length(draft, "Name", draft->name);
}

static void
draft_read_email(Draft *draft, const World *world, json_object *object, const User *user)
{
	g_autofree gchar *trimmed = NULL;
	const User *other;

	if (!draft_read_text(draft, object, "email", "Email", "", &draft->email) && user != NULL)
		return;
	trimmed = draft_trim(draft->email);
	g_free(draft->email);
	draft->email = g_utf8_strdown(trimmed, -1);
	other = g_hash_table_lookup(world->by_email, draft->email);
	if (draft->email[0] == '\0')
		draft_say(draft, "Email can't be blank");
	else if (g_utf8_strlen(draft->email, -1) < DRAFT_SHORTEST_EMAIL)
		draft_say(draft, "Email is too short (minimum is %d characters)", DRAFT_SHORTEST_EMAIL);
	else if (!draft_is_email(draft->email))
		draft_say(draft, "Email is invalid");
	else if (other != NULL && other != user)
		draft_say(draft, "Email has already been taken");
	draft_judge_length(draft, "Email", draft->email);
}

void
draft_read(Draft *draft, Request *request, json_object *object, const User *user)
{
	const gchar *known[G_N_ELEMENTS(writable) + G_N_ELEMENTS(read_only)] = {NULL};
	g_autofree gchar *color = NULL;

	for (guint i = 0; writable[i] != NULL; i++)
		known[i] = writable[i];
	for (guint i = 0; read_only[i] != NULL; i++)
		known[G_N_ELEMENTS(writable) - 1 + i] = read_only[i];
	body_ignored(request, object, "the user", known);
	draft_read_name(draft, object, user);
	draft_read_email(draft, request->sim->world, object, user);
	if (draft_read_text(draft, object, "job_title", "Job title", NULL, &draft->job_title))
		draft_judge_length(draft, "Job title", draft->job_title);
	draft_read_text(draft, object, "description", "Description", NULL, &draft->description);
	if (draft_read_text(draft, object, "time_zone", "Time zone", DRAFT_ZONE, &draft->time_zone) &&
	    !draft_is_zone(draft->time_zone))
		draft_say(draft, "Time zone is not included in the list");
	draft_read_text(draft, object, "color", "Color", NULL, &color);
	if (color != NULL)
		draft->color = g_intern_string(color);
	draft_read_role(draft, object, user);
	draft_read_license(draft, object);
	g_ptr_array_add(draft->wrong, NULL);
}
