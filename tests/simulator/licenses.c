/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "licenses.h"

#include "errors.h"
#include "jtext.h"
#include "page.h"
#include "refs.h"

static void
licenses_fields(GString *out, const License *license)
{
	jtext_pair(out, "id", license->id);
	g_string_append(out, ",\"type\":\"license\",");
	jtext_pair(out, "name", license->name);
	g_string_append_c(out, ',');
	jtext_pair(out, "summary", license->name);
	g_string_append(out, ",\"description\":\"\",");
	jtext_pair(out, "role_group", license->group);
	g_string_append(out, ",\"valid_roles\":[");
	for (guint i = 0; i < license->valid_roles->len; i++) {
		jtext_comma(out);
		jtext_string(out, g_ptr_array_index(license->valid_roles, i));
	}
	g_string_append(out, "],\"self\":null,\"html_url\":null");
}

gint64
licenses_used(const World *world, const License *license)
{
	gint64 used = 0;

	for (guint i = 0; i < world->users.sorted->len; i++) {
		const User *user = g_ptr_array_index(world->users.sorted, i);
		if (g_strcmp0(user->license_id, license->id) == 0)
			used++;
	}
	return used;
}

static gboolean
licenses_fits(const License *license, const gchar *role)
{
	return g_ptr_array_find_with_equal_func(license->valid_roles, role, g_str_equal, NULL);
}

static gboolean
licenses_has_seat(const World *world, const License *license, const User *user)
{
	return license->seats < 0 || (user != NULL && g_strcmp0(user->license_id, license->id) == 0) ||
	       licenses_used(world, license) < license->seats;
}

const License *
licenses_pick(const Request *request, Reply *reply, const gchar *role, const gchar *wanted, const User *user)
{
	const World *world = request->sim->world;
	const License *present = user == NULL ? NULL : world_license(world, user->license_id);

	if (wanted != NULL) {
		const License *license = world_license(world, wanted);
		if (license != NULL && licenses_fits(license, role) && licenses_has_seat(world, license, user))
			return license;
		errors_invalid(request, reply,
			       license == NULL                 ? "License error: License not found"
			       : !licenses_fits(license, role) ? "License error: Role is not valid for this license"
							       : "License error: License is not available");
		return NULL;
	}
	/* a role that no licence knows stays where it is */
	if (present != NULL && (licenses_fits(present, role) || g_str_equal(user->role, role)))
		return present;
	for (guint i = 0; i < world->licenses->len; i++) {
		const License *license = g_ptr_array_index(world->licenses, i);
		if (licenses_fits(license, role) && licenses_has_seat(world, license, user))
			return license;
	}
	errors_invalid(request, reply, "License error: License is not available");
	return NULL;
}

void
licenses_list(Request *request, Reply *reply)
{
	const World *world = request->sim->world;

	reply_json(reply, 200, "{\"licenses\":[");
	for (guint i = 0; i < world->licenses->len && !request->lie.empty; i++) {
		const License *license = g_ptr_array_index(world->licenses, i);
		gint64 used = licenses_used(world, license);
		jtext_comma(reply->body);
		g_string_append_c(reply->body, '{');
		licenses_fields(reply->body, license);
		g_string_append_printf(reply->body, ",\"current_value\":%" G_GINT64_FORMAT ",\"allocations_available\":", used);
		if (license->seats < 0)
			g_string_append(reply->body, "null}");
		else
			g_string_append_printf(reply->body, "%" G_GINT64_FORMAT "}", MAX(license->seats - used, 0));
	}
	g_string_append(reply->body, "]}");
}

/* Whether the caller may look at licences: with a user's token only from the admins up. */
static gboolean
licenses_allowed(const Request *request, Reply *reply)
{
	const User *viewer = request_viewer(request);

	if (viewer == NULL || g_str_equal(viewer->role, "owner") || g_str_equal(viewer->role, "admin"))
		return TRUE;
	errors_reply(request, reply, 403, 0, "Cannot read license allocations", NULL);
	return FALSE;
}

static void
licenses_write(const Request *request, GString *out, gpointer item, gpointer data)
{
	const World *world = request->sim->world;
	User *user = item;
	const License *license = world_license(world, user->license_id);

	(void)data;
	g_string_append(out, "{\"license\":{");
	licenses_fields(out, license);
	g_string_append(out, "},\"user\":");
	g_string_append(out, refs_user(world, user));
	g_string_append(out, ",\"allocated_at\":");
	jtext_time(out, user->created_ms);
	g_string_append_c(out, '}');
}

void
licenses_allocations(Request *request, Reply *reply)
{
	Page page;

	if (!licenses_allowed(request, reply) || !page_read(request, reply, &page))
		return;
	/* the documentation's example shows the total although it was not asked for */
	page_write(request, reply, &page, "license_allocations", request->sim->world->users.sorted, PAGE_TOTAL_ALWAYS,
		   licenses_write, NULL);
}

void
licenses_of_user(Request *request, Reply *reply)
{
	const World *world = request->sim->world;
	const User *user = shelf_find(&world->users, request->ids[0]);

	if (!licenses_allowed(request, reply))
		return;
	if (user == NULL) {
		errors_not_found(request, reply);
		return;
	}
	reply_json(reply, 200, "{\"license\":{");
	licenses_fields(reply->body, world_license(world, user->license_id));
	g_string_append(reply->body, "}}");
}
