/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* One change of a run: what is asked, whom it means, and how it ended. */
#pragma once
#include "load/session.h"
#include <glib.h>

/* The attribute by which a change names the rule that it means, where entitlements carry one ("rule_id"). */
#define ITEM_EXPECT_RULE "expect_rule_id"
#define ITEM_RULE "rule_id"

/* One thing that a change did, or would do. */
typedef struct {
	uint32_t verb;   /* IDC_VERB_* */
	uint32_t record; /* IDC_RECORD_* */
	uint32_t flags;  /* IDC_EFFECT_* */
	char *user_id, *entitlement_id, *request_id;
	char *attributes; /* JSON, NULL: none */
} ItemEffect;

typedef enum {
	ITEM_WAITING,       /* not asked for yet */
	ITEM_ENDED,         /* status, and error where it failed */
	ITEM_NOT_ATTEMPTED, /* the run ended before; error says why */
	ITEM_UNKNOWN,       /* sent, and nobody knows what became of it */
	ITEM_FORETOLD,      /* of a dry run that cannot say: it hangs on an item before */
} ItemState;

typedef struct Item Item;
struct Item {
	guint index; /* 0, 1, ... in the order in which they were asked for */
	SessionChange action;
	char *user; /* as given: an id or e-mail; the e-mail where somebody is invited */
	char *user_id, *email;
	char *entitlement_id;     /* or, to remove, a resource's; NULL to provision */
	GArray *attrs;            /* of idc_pair whose strings are its own; to provision */
	Item *after;              /* on which it depends: the invitation, or the addition of a successor; borrowed */
	guint turn;               /* of a removal, where somebody leaves: lower ones go first */
	gboolean to_floor;        /* what cannot be taken because there is always one of it may stay */
	gboolean default_for_new; /* follows only whom this host invited */
	gboolean uncertain;       /* of a dry run: refused as things stand, but may follow once the run's additions are made */
	gboolean asked;           /* its end is the connector's */
	gboolean repeated;        /* an earlier run was killed when it asked for the same */
	ItemState state;
	int32_t status;
	GError *error;
	GPtrArray *effects;
	GPtrArray *foretold; /* of ItemEffect: what its plan said that it would do; NULL: it is of no plan */
	char *attributes;    /* of its result, JSON; NULL: none */
	char *through;       /* of a removal: what it is still held through, ids separated by ","; NULL: nothing that is known */
	gint64 intent;       /* its row in the journal, 0: none */
};

Item *item_new(SessionChange action, const char *user, const char *entitlement_id);
void item_free(Item *item);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Item, item_free)

/* To provision: a value of the person. NULL or "" is none. */
void item_set(Item *item, const char *key, const char *value);
const char *item_get(const Item *item, const char *key);

/* The values of an attribute of its result, one or several; none where there is no such. Free with g_strfreev. */
GStrv item_values(const Item *item, const char *key);

/* Ends it without asking anybody; takes error over. */
void item_refuse(Item *item, GError *error);

/* Whether nothing has ended it so far. */
gboolean item_is_waiting(const Item *item);

/* "provision", "add", "remove". Static. */
const char *item_action_word(SessionChange action);
gboolean item_action_parse(const char *word, SessionChange *ret_action);

/* "OK", "ALREADY", "REFUSED", "NOT_ATTEMPTED", "UNKNOWN", "FORETOLD", ... Static. */
const char *item_status_word(const Item *item);

ItemEffect *item_effect_new(const idc_effect *from);

ItemEffect *item_effect_copy(const ItemEffect *from);
void item_effect_free(ItemEffect *effect);

/* Takes back how it ended: it waits again. */
void item_reset(Item *item);

/* "created", "added", ...: "changed" for a verb that is not known. Static. */
const char *item_verb_word(uint32_t verb);
gboolean item_verb_parse(const char *word, uint32_t *ret_verb);
