/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "consent.h"

#include <string.h>

#include "consent-pages.h"
#include "grants.h"
#include "jtext.h"
#include "scopes.h"

#define CONSENT_YEAR_S ((gint64)365 * 24 * 3600)
#define CONSENT_PASSWORD "harbour"

/* Back to the app. pairs: name, value, name, value …, NULL. */
static void
consent_redirect(Reply *reply, const gchar *redirect_uri, const gchar *const *pairs)
{
	g_autoptr(GString) to = g_string_new(redirect_uri);

	for (guint i = 0; pairs[i] != NULL; i += 2) {
		g_autofree gchar *value = g_uri_escape_string(pairs[i + 1], NULL, FALSE);
		/* as the service writes what it says of a refusal */
		if (g_str_equal(pairs[i], "error_description")) {
			g_autoptr(GString) plus = g_string_new(value);
			g_string_replace(plus, "%20", "+", 0);
			g_free(value);
			value = g_strdup(plus->str);
		}
		g_string_append_printf(to, "%c%s=%s", strchr(to->str, '?') == NULL ? '?' : '&', pairs[i], value);
	}
	pages_write(reply, 302, "Back to the app", "");
	reply_header(reply, "Location", to->str);
}

/* The state goes with every answer, if the service knows of it. */
static void
consent_return(const Sim *sim, Reply *reply, const gchar *redirect_uri, const gchar *state, const gchar *name, const gchar *value,
	       const gchar *description)
{
	const gchar *pairs[7] = {name, value};
	guint n = 2;

	if (description != NULL) {
		pairs[n++] = "error_description";
		pairs[n++] = description;
	}
	if (state != NULL && switches_on(sim->spec->switches, SWITCH_ECHO_STATE)) {
		pairs[n++] = "state";
		pairs[n++] = state;
	}
	consent_redirect(reply, redirect_uri, pairs);
}

/* What is wrong with the request that the app can be told, by its OAuth word; NULL: nothing. */
static const gchar *
consent_wrong(const Spec *spec, const Query *query)
{
	const gchar *scope = query_get(query, "scope");
	const gchar *challenge = query_get(query, "code_challenge");
	const gchar *method = query_get(query, "code_challenge_method");
	const gchar *region;
	gboolean refused = FALSE;

	/* what is granted is decided once somebody has consented */
	g_free(scopes_grant(spec, scope != NULL ? scope : "", &region, &refused));
	if (g_strcmp0(query_get(query, "response_type"), "code") != 0)
		return "unsupported_response_type";
	/* required since 2022 */
	if (scope == NULL || scope[0] == '\0')
		return "invalid_scope";
	if (refused && switches_is(spec->switches, SWITCH_INVALID_SCOPE, "error"))
		return "invalid_scope";
	if (challenge == NULL && method == NULL)
		return scopes_classic(spec) ? NULL : "invalid_request";
	if (g_strcmp0(method, "S256") != 0 || challenge == NULL ||
	    !g_regex_match_simple("^[A-Za-z0-9_-]{43}$", challenge, G_REGEX_DOLLAR_ENDONLY, 0))
		return "invalid_request";
	return NULL;
}

/* Checks it; NULL: it is answered already. */
static Asking *
consent_begin(Sim *sim, const Query *query, Reply *reply)
{
	const gchar *redirect_uri = query_get(query, "redirect_uri");
	const gchar *wrong;

	/* to an address that is not the app's nobody is sent */
	if (g_strcmp0(query_get(query, "client_id"), sim->spec->client_id) != 0) {
		pages_write(reply, 400, "Unknown app", "<p>There is no app with this client id.</p>");
		return NULL;
	}
	if (redirect_uri == NULL || !g_ptr_array_find_with_equal_func(sim->spec->redirects, redirect_uri, g_str_equal, NULL)) {
		pages_write(reply, 400, "Wrong redirect URL",
			    "<p>The redirect URL is none of those that the app is registered with.</p>");
		return NULL;
	}
	wrong = consent_wrong(sim->spec, query);
	if (wrong != NULL) {
		consent_return(sim, reply, redirect_uri, query_get(query, "state"), "error", wrong, "The request is not valid.");
		return NULL;
	}
	return grants_ask(sim->grants, redirect_uri, query_get(query, "scope"), query_get(query, "state"),
			  query_get(query, "code_challenge"));
}

void
consent_show(Request *request, Reply *reply)
{
	Sim *sim = request->sim;
	const Asking *asking;

	if (request->violations->len > 0 && switches_on(sim->spec->switches, SWITCH_STRICT)) {
		g_autofree gchar *why = g_markup_printf_escaped("<p>%s</p>", (gchar *)g_ptr_array_index(request->violations, 0));
		pages_write(reply, 400, "Bad request", why);
		return;
	}
	asking = consent_begin(sim, request->query, reply);
	if (asking != NULL)
		pages_login(reply, asking->id, FALSE);
}

static void
consent_deny(const Sim *sim, const Asking *asking, Reply *reply)
{
	consent_return(sim, reply, asking->redirect_uri, asking->state, "error", "access_denied",
		       "The resource owner or authorization server denied the request.");
}

/* only: scopes that are given and no others; NULL: all that can be. */
static void
consent_allow(Sim *sim, const Asking *asking, const gchar *only, Reply *reply)
{
	const Switches *switches = sim->spec->switches;
	const gchar *region = NULL;
	gboolean refused;
	gint64 life_s = switches_number(switches, SWITCH_CONSENT_LIFETIME_S);
	g_autofree gchar *granted = scopes_grant(sim->spec, asking->scope, &region, &refused);
	g_autofree gchar *given = only != NULL ? scopes_common(granted, only) : g_strdup(granted);
	Consent *consent;
	const gchar *code;

	if (life_s == 0)
		life_s = CONSENT_YEAR_S * (scopes_classic(sim->spec) ? 3 : 1);
	consent = grants_consent(sim->grants, asking->user_id, given, region, sim_now_ms(sim) + life_s * 1000);
	code = grants_code(sim->grants, consent, asking->redirect_uri, asking->challenge,
			   sim_now_ms(sim) + switches_number(switches, SWITCH_CODE_LIFETIME_S) * 1000);
	consent_return(sim, reply, asking->redirect_uri, asking->state, "code", code, NULL);
}

void
consent_answer(Request *request, Reply *reply)
{
	Sim *sim = request->sim;
	g_autoptr(Query) form = query_parse(request->body->str);
	Asking *asking = grants_find_asking(sim->grants, query_get(form, "request"));
	const gchar *email = query_get(form, "email");
	const gchar *answer = query_get(form, "answer");

	if (asking == NULL) {
		pages_write(reply, 400, "Begin again",
			    "<p>This page is not good any more. Go back to the app and begin again.</p>");
		return;
	}
	if (email != NULL) {
		g_autofree gchar *folded = g_utf8_strdown(email, -1);
		const User *user = g_hash_table_lookup(sim->world->by_email, folded);
		if (user == NULL || g_strcmp0(query_get(form, "password"), CONSENT_PASSWORD) != 0) {
			pages_login(reply, asking->id, TRUE);
			return;
		}
		g_free(asking->user_id);
		asking->user_id = g_strdup(user->base.id);
	}
	if (asking->user_id == NULL)
		pages_login(reply, asking->id, FALSE);
	else if (g_strcmp0(answer, "allow") == 0)
		consent_allow(sim, asking, NULL, reply);
	else if (g_strcmp0(answer, "deny") == 0)
		consent_deny(sim, asking, reply);
	else
		pages_consent(reply, sim, asking);
}

/* The first user of that base role, or the one of that id or address. */
static const User *
consent_person(const World *world, const gchar *as)
{
	const User *user = shelf_find(&world->users, as);

	if (user == NULL)
		user = g_hash_table_lookup(world->by_email, as);
	for (guint i = 0; user == NULL && i < world->users.sorted->len; i++) {
		const User *other = g_ptr_array_index(world->users.sorted, i);
		if (g_str_equal(other->role, as))
			user = other;
	}
	return user;
}

/* The query of an address is answered by that user, and where that leads is written. */
static void
consent_decide(Sim *sim, const gchar *query, const User *user, const gchar *answer, const GPtrArray *only, GString *out)
{
	g_autoptr(Query) parsed = query_parse(query);
	g_autoptr(GString) scopes = g_string_new(NULL);
	Reply reply;
	Asking *asking;

	reply_init(&reply);
	for (guint i = 0; only != NULL && i < only->len; i++)
		g_string_append_printf(scopes, "%s%s", i > 0 ? " " : "", (const gchar *)g_ptr_array_index(only, i));
	asking = consent_begin(sim, parsed, &reply);
	if (asking != NULL) {
		asking->user_id = g_strdup(user->base.id);
		if (g_str_equal(answer, "allow"))
			consent_allow(sim, asking, only != NULL ? scopes->str : NULL, &reply);
		else
			consent_deny(sim, asking, &reply);
	}
	g_string_append_printf(out, "{\"status\":%u,", reply.status);
	jtext_pair(out, "redirect", reply_get_header(&reply, "Location"));
	g_string_append_c(out, '}');
	reply_clear(&reply);
}

gboolean
consent_without_browser(Sim *sim, json_object *body, GString *out, GError **error)
{
	static const gchar *const keys[] = {"url", "as", "answer", "scopes", NULL};
	static const gchar where[] = "the body";
	const gchar *url = NULL;
	const gchar *as = "admin";
	const gchar *answer = "allow";
	g_autoptr(GPtrArray) only = NULL;
	const gchar *mark;
	const User *user;

	if (body == NULL)
		return input_refuse(error, "The body has no \"url\".");
	if (!input_only_keys(body, where, keys, error) || !input_string(body, where, "url", &url, error) ||
	    !input_string(body, where, "as", &as, error) || !input_string(body, where, "answer", &answer, error) ||
	    !input_strings(body, where, "scopes", &only, error))
		return FALSE;
	user = consent_person(sim->world, as);
	mark = url != NULL ? strstr(url, "/oauth/authorize?") : NULL;
	if (mark == NULL)
		return input_refuse(error, "\"url\" is no address of /oauth/authorize.");
	if (user == NULL)
		return input_refuse(error, "Nobody has the base role, id or address \"%s\".", as);
	if (!g_str_equal(answer, "allow") && !g_str_equal(answer, "deny"))
		return input_refuse(error, "\"answer\" is allow or deny, not \"%s\".", answer);
	consent_decide(sim, mark + strlen("/oauth/authorize?"), user, answer, only, out);
	return TRUE;
}
