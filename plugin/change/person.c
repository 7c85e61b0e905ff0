/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "person.h"

#include <string.h>

#include "../errors.h"
#include "../ids.h"
#include "../lookup.h"

#define PERSON_TRIES 3
/* How long a user who was just made may be missing from the list: a look, then longer and longer ones, ten seconds in all. */
static const guint32 person_looks_ms[] = {0, 500, 1500, 3000, 5000};

/* Somebody to invite, checked. */
typedef struct {
	gchar *email; /* lower-case: PagerDuty stores it so */
	const gchar *name;
	const gchar *role;
	const gchar *job_title; /* these may be NULL */
	const gchar *time_zone;
	const gchar *license;
} Person;

static void
person_clear(Person *person)
{
	g_free(person->email);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Person, person_clear)

static gboolean
person_text_ok(const gchar *text, glong most)
{
	if (text == NULL || text[0] == '\0' || !g_utf8_validate(text, -1, NULL) || g_utf8_strlen(text, -1) > most)
		return FALSE;
	for (const gchar *p = text; *p != '\0'; p = g_utf8_next_char(p))
		if (g_unichar_iscntrl(g_utf8_get_char(p)))
			return FALSE;
	return TRUE;
}

static gboolean
person_blank(const gchar *text)
{
	g_autofree gchar *stripped = g_strstrip(g_strdup(text));

	return stripped[0] == '\0';
}

/* Checks before any request; *ret_why is a sentence where it is refused. */
static gboolean
person_read(const Changes *changes, const ChangeItem *item, Person *person, const gchar **ret_why)
{
	const gchar *email = change_attr(item, "email");
	const gchar *role = change_attr(item, "role");

	*ret_why = NULL;
	person->name = change_attr(item, "name");
	person->role = role != NULL && role[0] != '\0' ? role : changes->settings->default_role;
	person->job_title = change_attr(item, "job_title");
	person->time_zone = change_attr(item, "time_zone");
	person->license = change_attr(item, "license");
	if (email == NULL || strlen(email) < 6 || strlen(email) > 100 ||
	    !g_regex_match_simple("^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$", email,
				  G_REGEX_DOLLAR_ENDONLY, 0))
		*ret_why = "The e-mail address is missing or is none: 6 to 100 characters, with one @ and a domain.";
	else if (!person_text_ok(person->name, 100) || person_blank(person->name))
		*ret_why = "The name is missing, blank, longer than 100 characters, or holds control characters.";
	else if (ids_role_find(person->role) == NULL || strcmp(person->role, "owner") == 0)
		*ret_why = "The role is none that can be given to a new user.";
	else if (person->job_title != NULL && person->job_title[0] != '\0' && !person_text_ok(person->job_title, 100))
		*ret_why = "The job title is longer than 100 characters or holds control characters.";
	else if (person->time_zone != NULL &&
		 !g_regex_match_simple("^[A-Za-z0-9_+/-]{0,64}$", person->time_zone, G_REGEX_DOLLAR_ENDONLY, 0))
		*ret_why = "The time zone is no name of one, like Europe/Lisbon.";
	else if (person->license != NULL &&
		 !g_regex_match_simple("^[A-Za-z0-9_-]{0,128}$", person->license, G_REGEX_DOLLAR_ENDONLY, 0))
		*ret_why = "The licence is no id of PagerDuty's.";
	if (*ret_why == NULL)
		person->email = g_ascii_strdown(email, -1);
	return *ret_why == NULL;
}

static json_object *
person_body(const Person *person)
{
	json_object *body = json_object_new_object();
	json_object *user = json_object_new_object();

	json_object_object_add(user, "type", json_object_new_string("user"));
	json_object_object_add(user, "name", json_object_new_string(person->name));
	json_object_object_add(user, "email", json_object_new_string(person->email));
	json_object_object_add(user, "role", json_object_new_string(person->role));
	if (person->job_title != NULL && person->job_title[0] != '\0')
		json_object_object_add(user, "job_title", json_object_new_string(person->job_title));
	if (person->time_zone != NULL && person->time_zone[0] != '\0')
		json_object_object_add(user, "time_zone", json_object_new_string(person->time_zone));
	if (person->license != NULL && person->license[0] != '\0') {
		json_object *license = json_object_new_object();

		json_object_object_add(license, "id", json_object_new_string(person->license));
		json_object_object_add(license, "type", json_object_new_string("license_reference"));
		json_object_object_add(user, "license", license);
	}
	json_object_object_add(body, "user", user);
	return body;
}

/* Someone who is there already: nothing is written; what differs is named. */
static gboolean
person_already(Changes *changes, ChangeItem *item, const Person *person, json_object *user, GError **error)
{
	const gchar *const keys[] = {"name", "role", "job_title", "time_zone"};
	const gchar *const wanted[] = {person->name, change_attr(item, "role"), person->job_title, person->time_zone};
	EmitAttrs attrs = {.n = 0};

	for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
		if (wanted[i] != NULL && wanted[i][0] != '\0' && g_strcmp0(wanted[i], json_read_text(user, keys[i])) != 0)
			emit_attr(&attrs, "differs", keys[i]);
	return change_done(changes, item, IDC_ALREADY, json_read_text(user, "id"), &attrs, error);
}

static gboolean
person_created(Changes *changes, ChangeItem *item, const Person *person, const gchar *id, const gchar *request_id, GError **error)
{
	EmitAttrs attrs = {.n = 0};
	g_autofree gchar *role = ids_role(person->role);

	emit_attr(&attrs, "email", person->email);
	return change_effect(changes, item, IDC_VERB_CREATED, 0, id, NULL, request_id, &attrs, error) &&
	       change_effect(changes, item, IDC_VERB_INVITED, 0, id, NULL, request_id, &attrs, error) &&
	       change_effect(changes, item, IDC_VERB_ADDED, 0, id, role, request_id, NULL, error) &&
	       change_done(changes, item, IDC_OK, id, NULL, error);
}

/* The answer to an invitation was lost, or said that the address is taken: looks whether the person is there, as long as a list may lag. */
static json_object *
person_look_again(Changes *changes, const gchar *email, GError **error)
{
	json_object *found = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(person_looks_ms) && found == NULL; i++) {
		g_autoptr(GError) failed = NULL;

		if (person_looks_ms[i] > 0 && !change_pause(changes, person_looks_ms[i], error))
			return NULL;
		found = lookup_user(changes->api, email, &failed);
		if (failed != NULL) {
			g_propagate_error(error, g_steal_pointer(&failed));
			return NULL;
		}
	}
	return found;
}

/* Invites. A second request for the same person cannot invite twice: PagerDuty refuses an address that it has. */
static gboolean
person_invite(Changes *changes, ChangeItem *item, const Person *person, GError **error)
{
	g_autoptr(json_object) body = person_body(person);
	gboolean lost = FALSE;

	for (guint attempt = 0;; attempt++) {
		g_auto(ApiReply) reply = {0};
		g_autoptr(GError) failed = NULL;
		g_autoptr(GError) looking = NULL;
		g_autoptr(json_object) found = NULL;
		const gchar *id = NULL;
		gboolean taken;

		if (api_wait_write(changes->api, api_send(changes->api, "POST", "/users", body), &reply, &failed)) {
			id = json_read_id(json_read_object(reply.root, "user"), "id", "POST /users", NULL);
			if (id != NULL)
				return person_created(changes, item, person, id, reply.request_id, error);
			g_set_error_literal(&failed, ERRORS, IDC_INDETERMINATE,
					    "PagerDuty invited the user but did not say under which id.");
		}
		lost = lost || errors_is(failed, IDC_INDETERMINATE);
		taken = errors_is(failed, IDC_CONFLICT) && strstr(failed->message, "already been taken") != NULL;
		if (!errors_is(failed, IDC_INDETERMINATE) && !taken)
			return change_failed(changes, item, g_steal_pointer(&failed), NULL, error);
		found = person_look_again(changes, person->email, &looking);
		id = json_read_text(found, "id");
		if (id != NULL)
			return lost ? person_created(changes, item, person, id, NULL, error)
				    : person_already(changes, item, person, found, error);
		/* The address is taken, perhaps by the invitation whose answer was lost. */
		if (lost)
			failed->code = IDC_INDETERMINATE;
		if (looking != NULL || taken || attempt + 1 == PERSON_TRIES)
			return change_failed(changes, item, g_steal_pointer(&failed), NULL, error);
	}
}

static gboolean
person_one(Changes *changes, ChangeItem *item, GError **error)
{
	g_auto(Person) person = {0};
	g_autoptr(json_object) found = NULL;
	g_autoptr(GError) failed = NULL;
	const gchar *why = NULL;

	if (!person_read(changes, item, &person, &why))
		return change_refused(changes, item, IDC_INVALID, NULL, error, "%s", why);
	found = lookup_user(changes->api, person.email, &failed);
	if (failed != NULL)
		return change_failed(changes, item, g_steal_pointer(&failed), NULL, error);
	if (found != NULL)
		return person_already(changes, item, &person, found, error);
	if (changes->dry_run)
		return person_created(changes, item, &person, NULL, NULL, error);
	return person_invite(changes, item, &person, error);
}

gboolean
person_provision(Changes *changes, GError **error)
{
	for (guint i = 0; i < changes->items->len; i++) {
		ChangeItem *item = g_ptr_array_index(changes->items, i);

		if (!item->settled && !person_one(changes, item, error))
			return FALSE;
	}
	return TRUE;
}
