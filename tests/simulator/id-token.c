/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "id-token.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <string.h>

#include "jtext.h"

#define ID_TOKEN_ISSUER "https://identity.pagerduty.com/global/oauth/anonymous"
#define ID_TOKEN_KEY "pd-sim-1"
#define ID_TOKEN_LIFE_S 3600

gchar *
id_token_base64url(gconstpointer bytes, gsize length)
{
	gchar *text = g_base64_encode(bytes, length);

	g_strdelimit(text, "+", '-');
	g_strdelimit(text, "/", '_');
	text[strcspn(text, "=")] = '\0';
	return text;
}

/* Made when it is first needed, kept as long as the process runs. */
static gnutls_privkey_t
id_token_private(void)
{
	static gnutls_privkey_t key;

	if (key != NULL)
		return key;
	if (gnutls_privkey_init(&key) < 0 || gnutls_privkey_generate(key, GNUTLS_PK_RSA, 2048, 0) < 0)
		g_error("The key of the id_token cannot be made.");
	return key;
}

static void
id_token_number(GString *out, const gchar *name, const gnutls_datum_t *number)
{
	/* a leading zero keeps it positive elsewhere; a JWK has none */
	gsize skip = number->size > 1 && number->data[0] == 0 ? 1 : 0;
	g_autofree gchar *text = id_token_base64url(number->data + skip, number->size - skip);

	g_string_append_c(out, ',');
	jtext_pair(out, name, text);
}

void
id_token_key(GString *out)
{
	gnutls_datum_t modulus = {0};
	gnutls_datum_t exponent = {0};

	if (gnutls_privkey_export_rsa_raw(id_token_private(), &modulus, &exponent, NULL, NULL, NULL, NULL, NULL, NULL) < 0)
		g_error("The key of the id_token cannot be told.");
	g_string_append(out, "{\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\",\"kid\":\"" ID_TOKEN_KEY "\"");
	id_token_number(out, "n", &modulus);
	id_token_number(out, "e", &exponent);
	g_string_append_c(out, '}');
	gnutls_free(modulus.data);
	gnutls_free(exponent.data);
}

/* What is told of the region, which the switch may make another one. */
static void
id_token_region(const Sim *sim, const Consent *consent, GString *out)
{
	const gchar *region = switches_word(sim->spec->switches, SWITCH_ID_TOKEN_REGION);

	if (g_str_equal(region, "absent"))
		return;
	if (g_str_equal(region, "own"))
		region = consent->region;
	if (g_str_equal(region, "odd")) {
		g_string_append(out, ",\"region\":\"Atlantis\",\"aud\":[\"https://api.example\"]");
		return;
	}
	g_string_append_c(out, ',');
	jtext_pair(out, "region", g_str_equal(region, "eu") ? "EuropeanUnion" : "UnitedStates");
	g_string_append_c(out, ',');
	jtext_pair(out, "aud", g_str_equal(region, "eu") ? "https://api.eu.pagerduty.com" : "https://api.pagerduty.com");
}

static gchar *
id_token_claims(const Sim *sim, const Consent *consent)
{
	g_autoptr(GString) out = g_string_new("{");
	gint64 now_s = sim_now_ms(sim) / 1000;

	jtext_pair(out, "iss", ID_TOKEN_ISSUER);
	g_string_append_c(out, ',');
	jtext_pair(out, "sub", consent->user_id);
	g_string_append_c(out, ',');
	jtext_pair(out, "user_id", consent->user_id);
	g_string_append(out, ",\"account_id\":\"PACCT01\",");
	jtext_pair(out, "subdomain", sim->spec->subdomain);
	id_token_region(sim, consent, out);
	g_string_append_printf(out, ",\"iat\":%" G_GINT64_FORMAT ",\"exp\":%" G_GINT64_FORMAT "}", now_s, now_s + ID_TOKEN_LIFE_S);
	return id_token_base64url(out->str, out->len);
}

gchar *
id_token_new(const Sim *sim, const Consent *consent)
{
	static const gchar header[] = "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"" ID_TOKEN_KEY "\"}";
	g_autofree gchar *head = id_token_base64url(header, strlen(header));
	g_autofree gchar *claims = id_token_claims(sim, consent);
	g_autofree gchar *both = g_strdup_printf("%s.%s", head, claims);
	g_autofree gchar *signature = NULL;
	gnutls_datum_t data = {.data = (guchar *)both, .size = (guint)strlen(both)};
	gnutls_datum_t signed_data = {0};

	if (gnutls_privkey_sign_data(id_token_private(), GNUTLS_DIG_SHA256, 0, &data, &signed_data) < 0)
		g_error("The id_token cannot be signed.");
	signature = id_token_base64url(signed_data.data, signed_data.size);
	gnutls_free(signed_data.data);
	return g_strdup_printf("%s.%s", both, signature);
}
