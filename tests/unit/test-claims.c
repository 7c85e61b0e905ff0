/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "auth/claims.h"

#include <idc/connector.h>
#include <string.h>

#include "auth/pkce.h"
#include "errors.h"
#include "secret.h"

/* What an id_token says of region and account, each way alone; and PKCE by the example of its RFC. */

static gchar *
token_of(const gchar *claims)
{
	g_autofree gchar *text = g_base64_encode((const guchar *)claims, strlen(claims));

	g_strdelimit(text, "+", '-');
	g_strdelimit(text, "/", '_');
	text[strcspn(text, "=")] = '\0';
	return g_strdup_printf("e30.%s.c2ln", text);
}

typedef struct {
	const gchar *claims;
	gint32 becomes;
	const gchar *says; /* NULL: nothing to say */
} Claimed;

static void
test_whatever_tells_the_region_counts(void)
{
	const Claimed cases[] = {
	    {"{}", IDC_OK, NULL},
	    {"{\"region\":\"UnitedStates\"}", IDC_OK, NULL},
	    {"{\"region\":\"us\"}", IDC_OK, NULL},
	    {"{\"region\":\"Atlantis\",\"aud\":\"https://api.example\"}", IDC_OK, NULL},
	    {"{\"aud\":\"https://api.pagerduty.com\"}", IDC_OK, NULL},
	    {"{\"aud\":[\"x\",7,null,\"https://api.pagerduty.com\"]}", IDC_OK, NULL},
	    {"{\"region\":7,\"aud\":{},\"subdomain\":[]}", IDC_OK, NULL},
	    {"{\"subdomain\":\"NorthWind\"}", IDC_OK, NULL},
	    {"{\"region\":\"EuropeanUnion\"}", IDC_INVALID, "\"eu\""},
	    {"{\"region\":\"EU\"}", IDC_INVALID, "\"eu\""},
	    {"{\"aud\":\"https://api.eu.pagerduty.com\"}", IDC_INVALID, "\"eu\""},
	    {"{\"aud\":[\"x\",\"https://api.eu.pagerduty.com\"]}", IDC_INVALID, "\"eu\""},
	    {"{\"region\":\"UnitedStates\",\"aud\":\"https://api.eu.pagerduty.com\"}", IDC_INVALID, "\"eu\""},
	    {"{\"subdomain\":\"southwind\"}", IDC_INVALID, "\"southwind\""},
	    {"[]", IDC_PROTOCOL, "id_token"},
	    {"{\"region\"", IDC_PROTOCOL, "id_token"},
	};
	const Settings settings = {.region = (gchar *)"us", .subdomain = (gchar *)"northwind"};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree gchar *token = token_of(cases[i].claims);
		g_autoptr(GError) error = NULL;

		g_assert_cmpint(claims_check(&settings, token, &error), ==, cases[i].becomes == IDC_OK);
		if (cases[i].says == NULL)
			continue;
		g_assert_error(error, ERRORS, cases[i].becomes);
		g_assert_nonnull(strstr(error->message, cases[i].says));
		if (cases[i].becomes == IDC_INVALID) /* both are named */
			g_assert_true(strstr(error->message, "\"us\"") != NULL || strstr(error->message, "\"northwind\"") != NULL);
	}
}

static void
test_the_challenge_is_the_one_of_the_rfc(void)
{
	g_autofree gchar *challenge = pkce_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");

	g_assert_cmpstr(challenge, ==, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

static void
test_random_words_are_long_and_never_the_same(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, (GDestroyNotify)secret_free, NULL);

	for (guint i = 0; i < 1000; i++) {
		gchar *word = pkce_random(NULL);

		g_assert_true(g_regex_match_simple("^[A-Za-z0-9_-]{43}$", word, G_REGEX_DOLLAR_ENDONLY, 0));
		g_assert_true(g_hash_table_add(seen, word));
	}
}

static void
test_only_the_same_is_the_same(void)
{
	g_assert_true(pkce_same("abc", "abc"));
	g_assert_true(pkce_same("", ""));
	g_assert_false(pkce_same("abc", "abd"));
	g_assert_false(pkce_same("abc", "ab"));
	g_assert_false(pkce_same("", "a"));
	g_assert_false(pkce_same("abc", "Abc"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/claims/whatever tells the region or the account counts, and both are named",
			test_whatever_tells_the_region_counts);
	g_test_add_func("/claims/the challenge is the one of RFC 7636", test_the_challenge_is_the_one_of_the_rfc);
	g_test_add_func("/claims/random words are long and never the same", test_random_words_are_long_and_never_the_same);
	g_test_add_func("/claims/only the same is the same", test_only_the_same_is_the_same);
	return g_test_run();
}
