/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "jobs/item.h"
#include "base/error.h"
#include "base/json.h"
#include "state/encode.h"
#include <string.h>

static const char *const actions[] = {[SESSION_PROVISION] = "provision", [SESSION_ADD] = "add", [SESSION_REMOVE] = "remove"};

void
item_effect_free(ItemEffect *effect)
{
	if (effect == NULL)
		return;
	g_free(effect->user_id);
	g_free(effect->entitlement_id);
	g_free(effect->request_id);
	g_free(effect->attributes);
	g_free(effect);
}

static void
item_pair_clear(gpointer data)
{
	idc_pair *pair = data;

	g_free((char *)(guintptr)pair->key);
	g_free((char *)(guintptr)pair->value);
}

Item *
item_new(SessionChange action, const char *user, const char *entitlement_id)
{
	Item *item = g_new0(Item, 1);

	item->action = action;
	item->user = g_strdup(user);
	item->entitlement_id = g_strdup(entitlement_id);
	item->attrs = g_array_new(FALSE, FALSE, sizeof(idc_pair));
	g_array_set_clear_func(item->attrs, item_pair_clear);
	item->effects = g_ptr_array_new_with_free_func((GDestroyNotify)item_effect_free);
	return item;
}

void
item_free(Item *item)
{
	if (item == NULL)
		return;
	g_free(item->user);
	g_free(item->user_id);
	g_free(item->email);
	g_free(item->entitlement_id);
	g_array_unref(item->attrs);
	g_clear_error(&item->error);
	g_ptr_array_unref(item->effects);
	g_clear_pointer(&item->foretold, g_ptr_array_unref);
	g_free(item->attributes);
	g_free(item->through);
	g_free(item);
}

void
item_set(Item *item, const char *key, const char *value)
{
	idc_pair pair = {g_strdup(key), g_strdup(value)};

	if (value != NULL && *value != '\0')
		g_array_append_val(item->attrs, pair);
	else
		item_pair_clear(&pair);
}

const char *
item_get(const Item *item, const char *key)
{
	return encode_value((const idc_pair *)(const void *)item->attrs->data, item->attrs->len, key);
}

GStrv
item_values(const Item *item, const char *key)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_autoptr(json_object) attributes = item->attributes != NULL ? json_tokener_parse(item->attributes) : NULL;
	json_object *value = NULL;

	if (!json_object_object_get_ex(attributes, key, &value))
		return g_strv_builder_end(builder);
	if (!json_object_is_type(value, json_type_array))
		g_strv_builder_add(builder, json_object_get_string(value));
	for (gsize i = 0; json_object_is_type(value, json_type_array) && i < json_object_array_length(value); i++)
		g_strv_builder_add(builder, json_object_get_string(json_object_array_get_idx(value, i)));
	return g_strv_builder_end(builder);
}

void
item_refuse(Item *item, GError *error)
{
	item->state = ITEM_ENDED;
	item->status = host_error_status(error);
	g_clear_error(&item->error);
	item->error = error;
}

gboolean
item_is_waiting(const Item *item)
{
	return item->state == ITEM_WAITING;
}

const char *
item_action_word(SessionChange action)
{
	return actions[action];
}

gboolean
item_action_parse(const char *word, SessionChange *ret_action)
{
	for (gsize i = 0; i < G_N_ELEMENTS(actions); i++) {
		if (g_strcmp0(actions[i], word) != 0)
			continue;
		*ret_action = (SessionChange)i;
		return TRUE;
	}
	return FALSE;
}

const char *
item_status_word(const Item *item)
{
	if (item->state == ITEM_ENDED)
		return host_status_name(item->status);
	if (item->state == ITEM_UNKNOWN)
		return host_status_name(IDC_INDETERMINATE);
	return item->state == ITEM_FORETOLD ? "FORETOLD" : "NOT_ATTEMPTED";
}

ItemEffect *
item_effect_new(const idc_effect *from)
{
	ItemEffect *effect = g_new0(ItemEffect, 1);

	effect->verb = from->verb;
	effect->record = from->record;
	effect->flags = from->flags;
	effect->user_id = g_strdup(from->principal_id);
	effect->entitlement_id = g_strdup(from->entitlement_id);
	effect->request_id = g_strdup(from->request_id);
	effect->attributes = encode_attributes(from->attrs, from->n_attrs, NULL);
	return effect;
}

ItemEffect *
item_effect_copy(const ItemEffect *from)
{
	ItemEffect *effect = g_new0(ItemEffect, 1);

	effect->verb = from->verb;
	effect->record = from->record;
	effect->flags = from->flags;
	effect->user_id = g_strdup(from->user_id);
	effect->entitlement_id = g_strdup(from->entitlement_id);
	effect->request_id = g_strdup(from->request_id);
	effect->attributes = g_strdup(from->attributes);
	return effect;
}

void
item_reset(Item *item)
{
	item->state = ITEM_WAITING;
	item->status = IDC_OK;
	item->asked = FALSE;
	g_clear_error(&item->error);
	g_clear_pointer(&item->attributes, g_free);
	g_ptr_array_set_size(item->effects, 0);
}

static const char *const verbs[] = {
    [IDC_VERB_ADDED] = "added",     [IDC_VERB_REMOVED] = "removed", [IDC_VERB_CREATED] = "created",
    [IDC_VERB_INVITED] = "invited", [IDC_VERB_CHANGED] = "changed",
};

const char *
item_verb_word(uint32_t verb)
{
	return verb > 0 && verb < G_N_ELEMENTS(verbs) ? verbs[verb] : verbs[IDC_VERB_CHANGED];
}

gboolean
item_verb_parse(const char *word, uint32_t *ret_verb)
{
	for (uint32_t verb = 1; verb < G_N_ELEMENTS(verbs); verb++) {
		if (g_strcmp0(verbs[verb], word) != 0)
			continue;
		*ret_verb = verb;
		return TRUE;
	}
	return FALSE;
}
