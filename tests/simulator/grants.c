/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "grants.h"

#include "jtext.h"
#include "rng.h"

struct Grants {
	GHashTable *asking;  /* gchar* to Asking* */
	GHashTable *codes;   /* gchar* to Code* */
	GHashTable *refresh; /* gchar* to Refresh* */
	GPtrArray *consents; /* of Consent* */
	guint requests[GRANTS_LAST];
	guint granted[GRANTS_LAST];
};

static const gchar *const grants_words[GRANTS_LAST] = {"authorization_code", "refresh_token", "client_credentials", "revoke",
						       "other"};

/* Counts on over resets: what an earlier world gave out is never good again. */
static guint64 grants_given;

static void
grants_consent_free(gpointer data)
{
	Consent *consent = data;

	g_free(consent->id);
	g_free(consent->user_id);
	g_free(consent->scope);
	g_free(consent->region);
	g_free(consent);
}

static void
grants_asking_free(gpointer data)
{
	Asking *asking = data;

	g_free(asking->id);
	g_free(asking->redirect_uri);
	g_free(asking->scope);
	g_free(asking->state);
	g_free(asking->challenge);
	g_free(asking->user_id);
	g_free(asking);
}

static void
grants_code_free(gpointer data)
{
	Code *code = data;

	g_free(code->redirect_uri);
	g_free(code->challenge);
	g_free(code);
}

Grants *
grants_new(void)
{
	Grants *grants = g_new0(Grants, 1);

	grants->asking = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, grants_asking_free);
	grants->codes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, grants_code_free);
	grants->refresh = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	grants->consents = g_ptr_array_new_with_free_func(grants_consent_free);
	return grants;
}

void
grants_free(Grants *grants)
{
	g_hash_table_unref(grants->asking);
	g_hash_table_unref(grants->codes);
	g_hash_table_unref(grants->refresh);
	g_ptr_array_unref(grants->consents);
	g_free(grants);
}

/* A word that nobody guesses, with a plus in it as real tokens have: it does not survive a form or an address that is not encoded. */
static gchar *
grants_word(const gchar *prefix)
{
	guint64 number = ++grants_given;

	return g_strdup_printf("%s%016" G_GINT64_MODIFIER "x+%016" G_GINT64_MODIFIER "x", prefix, rng_mix(number ^ 0xc0de),
			       rng_mix(number ^ 0x600d));
}

Asking *
grants_ask(Grants *grants, const gchar *redirect_uri, const gchar *scope, const gchar *state, const gchar *challenge)
{
	Asking *asking = g_new0(Asking, 1);

	asking->id = grants_word("ask_");
	asking->redirect_uri = g_strdup(redirect_uri);
	asking->scope = g_strdup(scope);
	asking->state = g_strdup(state);
	asking->challenge = g_strdup(challenge);
	g_hash_table_insert(grants->asking, asking->id, asking);
	return asking;
}

Asking *
grants_find_asking(Grants *grants, const gchar *id)
{
	return id != NULL ? g_hash_table_lookup(grants->asking, id) : NULL;
}

Consent *
grants_consent(Grants *grants, const gchar *user_id, const gchar *scope, const gchar *region, gint64 ends_ms)
{
	Consent *consent = g_new0(Consent, 1);

	consent->id = g_strdup_printf("consent-%u", grants->consents->len + 1);
	consent->user_id = g_strdup(user_id);
	consent->scope = g_strdup(scope);
	consent->region = g_strdup(region);
	consent->ends_ms = ends_ms;
	g_ptr_array_add(grants->consents, consent);
	return consent;
}

const gchar *
grants_code(Grants *grants, Consent *consent, const gchar *redirect_uri, const gchar *challenge, gint64 expires_ms)
{
	Code *code = g_new0(Code, 1);
	gchar *word = grants_word("pdcode_");

	code->consent = consent;
	code->redirect_uri = g_strdup(redirect_uri);
	code->challenge = g_strdup(challenge);
	code->expires_ms = expires_ms;
	g_hash_table_insert(grants->codes, word, code);
	return word;
}

Code *
grants_find_code(Grants *grants, const gchar *code)
{
	return code != NULL ? g_hash_table_lookup(grants->codes, code) : NULL;
}

const gchar *
grants_refresh(Grants *grants, Consent *consent, gint64 expires_ms)
{
	Refresh *refresh = g_new0(Refresh, 1);
	g_autofree gchar *prefix = g_strdup_printf("pd%ss+_1NORTHW_", g_str_equal(consent->region, "eu") ? "e" : "u");
	gchar *word = grants_word(prefix);

	refresh->consent = consent;
	refresh->expires_ms = expires_ms;
	g_hash_table_insert(grants->refresh, word, refresh);
	return word;
}

Refresh *
grants_find_refresh(Grants *grants, const gchar *token)
{
	return token != NULL ? g_hash_table_lookup(grants->refresh, token) : NULL;
}

void
grants_withdraw_all(Grants *grants)
{
	for (guint i = 0; i < grants->consents->len; i++)
		((Consent *)g_ptr_array_index(grants->consents, i))->withdrawn = TRUE;
}

void
grants_expire(Grants *grants)
{
	GHashTableIter each;
	gpointer refresh;

	g_hash_table_iter_init(&each, grants->refresh);
	while (g_hash_table_iter_next(&each, NULL, &refresh))
		((Refresh *)refresh)->expires_ms = 0;
}

void
grants_count(Grants *grants, GrantsKind kind, gboolean granted)
{
	grants->requests[kind]++;
	grants->granted[kind] += granted ? 1 : 0;
}

static void
grants_write_counts(GString *out, const gchar *name, const guint *counts)
{
	jtext_comma(out);
	g_string_append_printf(out, "\"%s\":{", name);
	for (guint i = 0; i < GRANTS_LAST; i++) {
		jtext_comma(out);
		g_string_append_printf(out, "\"%s\":%u", grants_words[i], counts[i]);
	}
	g_string_append_c(out, '}');
}

void
grants_write(const Grants *grants, GString *out)
{
	g_string_append_c(out, '{');
	grants_write_counts(out, "requests", grants->requests);
	grants_write_counts(out, "granted", grants->granted);
	g_string_append(out, ",\"consents\":[");
	for (guint i = 0; i < grants->consents->len; i++) {
		const Consent *consent = g_ptr_array_index(grants->consents, i);
		jtext_comma(out);
		g_string_append_c(out, '{');
		jtext_pair(out, "id", consent->id);
		g_string_append_c(out, ',');
		jtext_pair(out, "user_id", consent->user_id);
		g_string_append_c(out, ',');
		jtext_pair(out, "scope", consent->scope);
		g_string_append_c(out, ',');
		jtext_pair(out, "region", consent->region);
		g_string_append_printf(out, ",\"withdrawn\":%s}", consent->withdrawn ? "true" : "false");
	}
	g_string_append(out, "]}");
}
