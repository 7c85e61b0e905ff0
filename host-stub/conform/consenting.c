/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/consenting.h"
#include "base/error.h"
#include <string.h>

void
callback_clear(Callback *callback)
{
	g_clear_pointer(&callback->texts, g_ptr_array_unref);
}

Subject *
consenting_subject(Bench *bench)
{
	Fixture *fixture = bench_fixture(bench, "default", -1);
	g_autoptr(Subject) subject = fixture != NULL ? subject_new(bench, fixture) : NULL;
	g_autoptr(GHashTable) settings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(Told) told = NULL;
	GHashTableIter iter;
	gpointer key;
	gpointer value;

	if (subject == NULL)
		return NULL;
	plan_take_strings(plan_at(bench->plan, "consent", "settings", NULL), settings);
	g_hash_table_iter_init(&iter, settings);
	while (g_hash_table_iter_next(&iter, &key, &value))
		subject_set(subject, key, value);
	told = subject_init(subject);
	if (!bench_expect(bench, told->status == IDC_OK, "init() is OK", "%s", told->error.message))
		return NULL;
	return g_steal_pointer(&subject);
}

const char *
consenting_redirect_uri(const Bench *bench)
{
	return json_object_get_string(plan_at(bench->plan, "consent", "redirect_uri", NULL));
}

char *
consenting_begin(Subject *subject)
{
	Bench *bench = subject->bench;
	const char *redirect_uri = consenting_redirect_uri(bench);
	g_autoptr(Told) told = subject_step(subject, IDC_AUTH_BEGIN, NULL, redirect_uri, NULL, 0);
	const ToldMessage *challenge = told_nth(told, IDC_MSG_CHALLENGE, 0);

	if (!bench_expect(bench, told->status == IDC_PENDING, "BEGIN is PENDING", "%s", host_status_name(told->status)) ||
	    !bench_expect(bench, told_count(told, IDC_MSG_CHALLENGE) == 1 && challenge->of.challenge.url != NULL,
			  "one challenge with an address", "%u challenges", told_count(told, IDC_MSG_CHALLENGE)))
		return NULL;
	return g_strdup(challenge->of.challenge.url);
}

gboolean
consenting_answer(Subject *subject, const char *url, const char *answer, json_object *scopes, Callback *ret_callback)
{
	Bench *bench = subject->bench;
	json_object *person = plan_at(bench->plan, "consent", "person", NULL);
	g_autoptr(json_object) body = json_object_new_object();
	g_autoptr(json_object) told = NULL;
	json_object *redirect = NULL;
	const char *query;
	GUriParamsIter iter;
	GError *error = NULL;
	char *key;
	char *value;

	if (url == NULL)
		return FALSE;
	if (json_object_is_type(person, json_type_object)) {
		json_object_object_foreach(person, name, member) json_object_object_add(body, name, json_object_get(member));
	}
	json_object_object_add(body, "url", json_object_new_string(url));
	json_object_object_add(body, "answer", json_object_new_string(answer));
	if (scopes != NULL)
		json_object_object_add(body, "scopes", json_object_get(scopes));
	told = fixture_ask(subject->fixture, "POST", "consent", body, &error);
	if (told != NULL && (!json_object_object_get_ex(told, "redirect", &redirect) || redirect == NULL))
		host_error_set(&error, IDC_IO, "fixture", "The fixture sends the person nowhere from %s.", url);
	if (!bench_sound(bench, error))
		return FALSE;
	*ret_callback = (Callback){.texts = g_ptr_array_new_with_free_func(g_free)};
	query = strchr(json_object_get_string(redirect), '?');
	g_uri_params_iter_init(&iter, query != NULL ? query + 1 : "", -1, "&", G_URI_PARAMS_WWW_FORM);
	while (g_uri_params_iter_next(&iter, &key, &value, NULL)) {
		g_ptr_array_add(ret_callback->texts, key);
		g_ptr_array_add(ret_callback->texts, value);
	}
	return TRUE;
}

Told *
consenting_complete(Subject *subject, const Callback *callback)
{
	const char *redirect_uri = consenting_redirect_uri(subject->bench);
	g_autoptr(GArray) pairs = g_array_new(FALSE, FALSE, sizeof(idc_pair));

	for (guint i = 0; i + 1 < callback->texts->len; i += 2) {
		const idc_pair pair = {.key = g_ptr_array_index(callback->texts, i),
				       .value = g_ptr_array_index(callback->texts, i + 1)};

		g_array_append_val(pairs, pair);
	}
	return subject_step(subject, IDC_AUTH_COMPLETE, NULL, redirect_uri, (const idc_pair *)(const void *)pairs->data,
			    pairs->len);
}

gboolean
consenting_sign_in(Subject *subject, Callback *ret_callback)
{
	Bench *bench = subject->bench;
	g_autofree char *url = consenting_begin(subject);
	g_auto(Callback) callback = {0};
	g_autoptr(Told) told = NULL;

	if (!consenting_answer(subject, url, "allow", NULL, &callback))
		return FALSE;
	told = consenting_complete(subject, &callback);
	if (!bench_expect(bench, told->status == IDC_OK, "COMPLETE is OK", "%s", told->error.message) ||
	    !bench_expect(bench, told_count(told, IDC_MSG_SESSION) == 1, "one session", "%u", told_count(told, IDC_MSG_SESSION)))
		return FALSE;
	if (ret_callback != NULL) {
		*ret_callback = callback;
		callback = (Callback){0};
	}
	return TRUE;
}

Subject *
consenting_open(Bench *bench)
{
	g_autoptr(Subject) subject = consenting_subject(bench);

	if (subject == NULL || !consenting_sign_in(subject, NULL))
		return NULL;
	return g_steal_pointer(&subject);
}

void
consenting_expect_refused(Bench *bench, const Told *told, gboolean invalid)
{
	bench_expect(bench, told->status / 100 == 2 || (invalid && told->status == IDC_INVALID), "a refusal", "%s (%s)",
		     host_status_name(told->status), told->error.message);
	bench_expect(bench, told_count(told, IDC_MSG_SESSION) == 0, "no session", "one");
	bench_expect(bench, (told->error.flags & IDC_ERROR_RETRYABLE) == 0, "not RETRYABLE", "with that flag");
}
