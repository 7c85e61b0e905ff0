/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "redeem.h"

#include <string.h>

#include "id-token.h"
#include "identity.h"
#include "jtext.h"
#include "scopes.h"

#define REDEEM_DAY_S (24 * 3600)

/* A code or a refresh token that is no good; why is not told. */
static gboolean
redeem_invalid_grant(const Request *request, Reply *reply)
{
	identity_error(request, reply, switches_is(request->sim->spec->switches, SWITCH_INVALID_GRANT_STATUS, "401") ? 401 : 400,
		       "invalid_grant", NULL);
	return FALSE;
}

static gint64
redeem_lifetime_s(const Spec *spec)
{
	return switches_number(spec->switches, scopes_classic(spec) ? SWITCH_CLASSIC_LIFETIME_S : SWITCH_TOKEN_LIFETIME_S);
}

static gint64
redeem_refresh_lifetime_s(const Spec *spec)
{
	gint64 given = switches_number(spec->switches, SWITCH_REFRESH_LIFETIME_S);

	return given > 0 ? given : (scopes_classic(spec) ? 210 : 30) * (gint64)REDEEM_DAY_S;
}

/* What every good answer has in common; the object stays open. */
static void
redeem_begin(const Request *request, Reply *reply, const CredentialIssue *issue)
{
	reply_json(reply, 200, "{");
	if (issue->classic)
		g_string_append(reply->body, "\"client_info\":\"prefix_legacy_app\",");
	jtext_pair(reply->body, "access_token", credentials_issue(request->sim->credentials, issue));
	g_string_append_c(reply->body, ',');
	jtext_pair(reply->body, "scope", issue->scope);
	g_string_append_printf(reply->body, ",\"token_type\":\"bearer\",\"expires_in\":%" G_GINT64_FORMAT,
			       redeem_lifetime_s(request->sim->spec));
	reply_header(reply, "Cache-Control", "no-store");
}

gboolean
redeem_client_credentials(const Request *request, Reply *reply, const Query *form)
{
	Sim *sim = request->sim;
	const gchar *asked = query_get(form, "scope");
	CredentialIssue issue = {.expires_ms = sim_now_ms(sim) + redeem_lifetime_s(sim->spec) * 1000};
	gboolean refused = FALSE;
	g_autofree gchar *granted = NULL;

	if (scopes_classic(sim->spec)) {
		identity_error(request, reply, 400, "unauthorized_client", NULL);
		return FALSE;
	}
	granted = scopes_grant(sim->spec, asked != NULL ? asked : "", &issue.region, &refused);
	if (refused && switches_is(sim->spec->switches, SWITCH_INVALID_SCOPE, "error")) {
		identity_error(request, reply, 400, "invalid_request", "Invalid scope");
		return FALSE;
	}
	issue.scope = granted;
	redeem_begin(request, reply, &issue);
	g_string_append_c(reply->body, '}');
	return TRUE;
}

/* The tokens of a consent. refresh: what is told as the refresh token; NULL: none. */
static gboolean
redeem_give(const Request *request, Reply *reply, const Consent *consent, const gchar *refresh)
{
	Sim *sim = request->sim;
	const CredentialIssue issue = {.scope = consent->scope,
				       .region = consent->region,
				       .user_id = consent->user_id,
				       .consent = consent->id,
				       .classic = scopes_classic(sim->spec),
				       .expires_ms = sim_now_ms(sim) + redeem_lifetime_s(sim->spec) * 1000};

	redeem_begin(request, reply, &issue);
	if (refresh != NULL) {
		g_string_append_c(reply->body, ',');
		jtext_pair(reply->body, "refresh_token", refresh);
	}
	if (switches_is(sim->spec->switches, SWITCH_ID_TOKEN, "always") ||
	    (switches_is(sim->spec->switches, SWITCH_ID_TOKEN, "openid") && scopes_has(consent->scope, "openid"))) {
		g_autofree gchar *id_token = id_token_new(sim, consent);
		g_string_append_c(reply->body, ',');
		jtext_pair(reply->body, "id_token", id_token);
	}
	g_string_append_c(reply->body, '}');
	return TRUE;
}

void
redeem_withdraw(Sim *sim, Consent *consent)
{
	consent->withdrawn = TRUE;
	credentials_revoke_consent(sim->credentials, consent->id);
}

/* Whether the verifier is the one that the challenge was made of. */
static gboolean
redeem_verified(const gchar *challenge, const gchar *verifier)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree gchar *made = NULL;
	guint8 digest[32];
	gsize length = sizeof(digest);

	if (challenge == NULL)
		return verifier == NULL;
	if (verifier == NULL || !g_regex_match_simple("^[A-Za-z0-9._~-]{43,128}$", verifier, G_REGEX_DOLLAR_ENDONLY, 0))
		return FALSE;
	g_checksum_update(sum, (const guchar *)verifier, -1);
	g_checksum_get_digest(sum, digest, &length);
	made = id_token_base64url(digest, length);
	return g_str_equal(made, challenge);
}

gboolean
redeem_authorization_code(const Request *request, Reply *reply, const Query *form)
{
	Sim *sim = request->sim;
	const Switches *switches = sim->spec->switches;
	Code *code = grants_find_code(sim->grants, query_get(form, "code"));
	const gchar *refresh = NULL;
	gboolean again;

	if (code == NULL)
		return redeem_invalid_grant(request, reply);
	/* it is spent by being shown, whatever becomes of it */
	again = code->used;
	code->used = TRUE;
	if (again && switches_is(switches, SWITCH_CODE_REUSE, "withdraw"))
		redeem_withdraw(sim, code->consent);
	if (again || code->consent->withdrawn || code->expires_ms <= sim_now_ms(sim) ||
	    g_strcmp0(code->redirect_uri, query_get(form, "redirect_uri")) != 0 ||
	    !redeem_verified(code->challenge, query_get(form, "code_verifier")))
		return redeem_invalid_grant(request, reply);
	if (!switches_is(switches, SWITCH_REFRESH_ROTATION, "none"))
		refresh = grants_refresh(sim->grants, code->consent, sim_now_ms(sim) + redeem_refresh_lifetime_s(sim->spec) * 1000);
	return redeem_give(request, reply, code->consent, refresh);
}

gboolean
redeem_refresh(const Request *request, Reply *reply, const Query *form)
{
	Sim *sim = request->sim;
	const Switches *switches = sim->spec->switches;
	const gchar *sent = query_get(form, "refresh_token");
	Refresh *refresh = grants_find_refresh(sim->grants, sent);
	gboolean again;

	if (refresh == NULL)
		return redeem_invalid_grant(request, reply);
	again = refresh->used && !switches_is(switches, SWITCH_REFRESH_REUSE, "accept");
	if (again && switches_is(switches, SWITCH_REFRESH_REUSE, "withdraw"))
		redeem_withdraw(sim, refresh->consent);
	if (again || refresh->consent->withdrawn || refresh->expires_ms <= sim_now_ms(sim) ||
	    refresh->consent->ends_ms <= sim_now_ms(sim) || shelf_find(&sim->world->users, refresh->consent->user_id) == NULL)
		return redeem_invalid_grant(request, reply);
	if (switches_is(switches, SWITCH_REFRESH_ROTATION, "same"))
		return redeem_give(request, reply, refresh->consent, sent);
	if (switches_is(switches, SWITCH_REFRESH_ROTATION, "absent"))
		return redeem_give(request, reply, refresh->consent, NULL);
	refresh->used = TRUE;
	return redeem_give(
	    request, reply, refresh->consent,
	    grants_refresh(sim->grants, refresh->consent, sim_now_ms(sim) + redeem_refresh_lifetime_s(sim->spec) * 1000));
}
