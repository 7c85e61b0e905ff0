/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "jobs/plan.h"
#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "state/key.h"
#include "state/kinds.h"
#include <sodium.h>
#include <string.h>

#define PLAN_PURPOSE "idc-plan"

void
plan_free(Plan *plan)
{
	if (plan == NULL)
		return;
	g_free(plan->path);
	g_free(plan->digest);
	g_free(plan->made);
	g_clear_pointer(&plan->items, g_ptr_array_unref);
	g_free(plan);
}

/* Over the values and not over how they are laid out: a file that was reformatted says the same. */
void
plan_digest(json_object *contents, char ret_digest[PLAN_DIGEST_CHARS + 1])
{
	const char *text = json_object_to_json_string_ext(contents, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);

	g_strlcpy(ret_digest, digest, PLAN_DIGEST_CHARS + 1);
}

char *
plan_seal(Vault *vault, const char *digest, GError **error)
{
	guint8 key[KEY_BYTES];
	guint8 mac[crypto_auth_hmacsha256_BYTES];
	char hex[crypto_auth_hmacsha256_BYTES * 2 + 1];
	crypto_auth_hmacsha256_state state;

	if (!vault_derive(vault, PLAN_PURPOSE, TRUE, key, error))
		return NULL;
	crypto_auth_hmacsha256_init(&state, key, sizeof(key));
	crypto_auth_hmacsha256_update(&state, (const guint8 *)digest, strlen(digest));
	crypto_auth_hmacsha256_final(&state, mac);
	sodium_memzero(&state, sizeof(state));
	sodium_memzero(key, sizeof(key));
	sodium_bin2hex(hex, sizeof(hex), mac, sizeof(mac));
	return g_strdup(hex);
}

gboolean
plan_takes(const Item *item)
{
	return item->state == ITEM_FORETOLD || (item->state == ITEM_ENDED && item->status == IDC_OK);
}

/* ---- writing ---- */

static void
plan_add(json_object *object, const char *key, const char *text)
{
	g_autofree char *valid = text != NULL ? g_utf8_make_valid(text, -1) : NULL;

	json_object_object_add(object, key, valid != NULL ? json_object_new_string(valid) : NULL);
}

static json_object *
plan_effect(const ItemEffect *effect)
{
	json_object *object = json_object_new_object();
	Kind kind = kind_from_record(effect->record);

	plan_add(object, "verb", item_verb_word(effect->verb));
	plan_add(object, "what", kind != N_KINDS ? kind_word(kind) : "other");
	plan_add(object, "user_id", effect->user_id);
	plan_add(object, "entitlement_id", effect->entitlement_id);
	json_object_object_add(object, "side", json_object_new_boolean((effect->flags & IDC_EFFECT_SIDE) != 0));
	plan_add(object, "attributes", effect->attributes);
	return object;
}

static json_object *
plan_item(const Item *item)
{
	json_object *object = json_object_new_object();
	json_object *effects = json_object_new_array();

	for (guint i = 0; i < item->effects->len; i++)
		json_object_array_add(effects, plan_effect(g_ptr_array_index(item->effects, i)));
	plan_add(object, "action", item_action_word(item->action));
	plan_add(object, "user_id", item->user_id);
	plan_add(object, "email", item->email);
	plan_add(object, "entitlement_id", item->entitlement_id);
	plan_add(object, ITEM_EXPECT_RULE, item_get(item, ITEM_EXPECT_RULE));
	json_object_object_add(object, "uncertain", json_object_new_boolean(item->uncertain));
	json_object_object_add(object, "effects", effects);
	return object;
}

/* For who looks at it; nothing reads it back. */
static json_object *
plan_left_out(const Item *item)
{
	json_object *object = json_object_new_object();

	plan_add(object, "action", item_action_word(item->action));
	plan_add(object, "user_id", item->user_id != NULL ? item->user_id : item->user);
	plan_add(object, "entitlement_id", item->entitlement_id);
	plan_add(object, "status", item_status_word(item));
	plan_add(object, "reason", item->error != NULL ? item->error->message : NULL);
	return object;
}

static json_object *
plan_contents(const PlanHead *head, const GPtrArray *items)
{
	json_object *object = json_object_new_object();
	json_object *connector = json_object_new_object();
	json_object *planned = json_object_new_array();
	json_object *left_out = json_object_new_array();
	g_autofree char *made = text_time(g_get_real_time() / 1000);

	for (guint i = 0; i < items->len; i++) {
		const Item *item = g_ptr_array_index(items, i);

		if (plan_takes(item))
			json_object_array_add(planned, plan_item(item));
		else if (item->status != IDC_ALREADY)
			json_object_array_add(left_out, plan_left_out(item));
	}
	plan_add(connector, "id", head->manifest->id);
	plan_add(connector, "version", head->manifest->version);
	plan_add(connector, "sha256", head->manifest->module_sha256);
	plan_add(object, "schema", PLAN_SCHEMA);
	plan_add(object, "identifier", head->app->identifier);
	json_object_object_add(object, "connector", connector);
	json_object_object_add(object, "sync", json_object_new_int64(head->sync));
	plan_add(object, "made", made);
	plan_add(object, "by", g_get_user_name());
	plan_add(object, "exactly", head->exactly);
	json_object_object_add(object, "removals", json_object_new_int64(head->removals));
	json_object_object_add(object, "items", planned);
	json_object_object_add(object, "left_out", left_out);
	return object;
}

gboolean
plan_write(const char *path, const PlanHead *head, const GPtrArray *items, Vault *vault, char **ret_digest, GError **error)
{
	g_autoptr(json_object) contents = plan_contents(head, items);
	char digest[PLAN_DIGEST_CHARS + 1];
	g_autofree char *seal = NULL;
	g_autofree char *text = NULL;

	plan_digest(contents, digest);
	seal = plan_seal(vault, digest, error);
	if (seal == NULL)
		return FALSE;
	plan_add(contents, "digest", digest);
	plan_add(contents, "seal", seal);
	text = g_strconcat(json_object_to_json_string_ext(contents, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE), "\n",
			   NULL);
	if (!files_write_atomically(path, text, strlen(text), error))
		return FALSE;
	*ret_digest = g_strdup(digest);
	return TRUE;
}
