/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * Random worlds against a model: after each list the snapshot is the new world where it was sealed COMPLETE, and the old one elsewhere.
 * The model is arrays and loops; it shares nothing with the merge.
 */
#include "base/error.h"
#include "lists.h"
#include "state/syncs.h"
#include "support.h"
#include <string.h>

#define R 4
#define E 8
#define U 6
#define STEPS 12
#define CHAINS 15

/* One thing: version 0 is not there; another version is another name. */
typedef struct {
	guint version;
	guint parent; /* of an entitlement */
	gboolean stale;
} Thing;

typedef struct {
	Thing resources[R];
	Thing entitlements[E];
	Thing users[U];
	Thing grants[U][E][2]; /* direct, indirect */
} World;

/* What a list says. */
typedef struct {
	World world; /* what there is now */
	uint32_t seals[N_KINDS];
	gboolean resources[R], entitlements[E], users[U], grants[U][E][2];                     /* listed */
	gboolean gone_resources[R], gone_entitlements[E], gone_users[U], gone_grants[U][E][2]; /* said to be gone */
	gboolean sealed_entitlements[R], sealed_grants[R];                                     /* of a resource */
} List;

static gboolean
chance(GRand *random, guint of_hundred)
{
	return g_rand_int_range(random, 0, 100) < (gint32)of_hundred;
}

static guint
version(GRand *random)
{
	return (guint)g_rand_int_range(random, 1, 4);
}

/* Another world, not too different: what hangs on nothing is not there. */
static void
world_change(World *world, GRand *random, guint percent)
{
	for (guint r = 0; r < R; r++)
		if (chance(random, percent))
			world->resources[r].version = chance(random, 30) ? 0 : version(random);
	for (guint e = 0; e < E; e++) {
		Thing *thing = &world->entitlements[e];

		if (chance(random, percent)) {
			thing->version = chance(random, 30) ? 0 : version(random);
			thing->parent = (guint)g_rand_int_range(random, 0, R);
		}
		if (world->resources[thing->parent].version == 0)
			thing->version = 0;
	}
	for (guint u = 0; u < U; u++)
		/* Somebody is always left: nobody at all would be held. */
		if (chance(random, percent))
			world->users[u].version = u > 0 && chance(random, 30) ? 0 : version(random);
	for (guint u = 0; u < U; u++)
		for (guint e = 0; e < E; e++)
			for (guint i = 0; i < 2; i++) {
				if (chance(random, percent))
					world->grants[u][e][i].version = chance(random, 50) ? 0 : version(random);
				if (world->users[u].version == 0 || world->entitlements[e].version == 0)
					world->grants[u][e][i].version = 0;
			}
}

/* Everything of a kind, or some of it. */
static gboolean
list_pick(const List *list, Kind kind, GRand *random, guint some)
{
	return list->seals[kind] == IDC_SEAL_COMPLETE || chance(random, some);
}

/* Which parts of partial kinds are listed whole, and said to be. */
static void
list_choose_parts(List *list, GRand *random)
{
	const World *world = &list->world;

	for (guint r = 0; r < R; r++) {
		list->sealed_entitlements[r] = list->seals[KIND_ENTITLEMENT] != IDC_SEAL_COMPLETE && chance(random, 25);
		list->sealed_grants[r] = list->seals[KIND_GRANT] != IDC_SEAL_COMPLETE && chance(random, 25);
	}
	for (guint e = 0; e < E; e++)
		if (world->entitlements[e].version != 0 && list->sealed_entitlements[world->entitlements[e].parent])
			list->entitlements[e] = TRUE;
	for (guint u = 0; u < U; u++)
		for (guint e = 0; e < E; e++)
			for (guint i = 0; i < 2; i++)
				if (world->grants[u][e][i].version != 0 && list->sealed_grants[world->entitlements[e].parent])
					list->grants[u][e][i] = TRUE;
}

/* What is named is listed. */
static void
list_close(List *list)
{
	for (guint u = 0; u < U; u++)
		for (guint e = 0; e < E; e++)
			if (list->grants[u][e][0] || list->grants[u][e][1]) {
				list->users[u] = TRUE;
				list->entitlements[e] = TRUE;
			}
	for (guint e = 0; e < E; e++)
		if (list->entitlements[e])
			list->resources[list->world.entitlements[e].parent] = TRUE;
}

static void
list_make(List *list, const World *old, GRand *random, gboolean delta)
{
	World *world = &list->world;

	for (guint k = 0; k < N_KINDS; k++) {
		list->seals[k] = chance(random, 50) ? IDC_SEAL_COMPLETE : IDC_SEAL_PARTIAL;
		if (delta && chance(random, 60))
			list->seals[k] = IDC_SEAL_DELTA;
	}
	for (guint r = 0; r < R; r++)
		list->resources[r] = world->resources[r].version != 0 && list_pick(list, KIND_RESOURCE, random, 50);
	for (guint e = 0; e < E; e++)
		list->entitlements[e] = world->entitlements[e].version != 0 && list_pick(list, KIND_ENTITLEMENT, random, 50);
	for (guint u = 0; u < U; u++)
		list->users[u] = world->users[u].version != 0 && list_pick(list, KIND_PRINCIPAL, random, 50);
	for (guint u = 0; u < U; u++)
		for (guint e = 0; e < E; e++)
			for (guint i = 0; i < 2; i++)
				list->grants[u][e][i] =
				    world->grants[u][e][i].version != 0 && list_pick(list, KIND_GRANT, random, 40);
	list_choose_parts(list, random);
	list_close(list);
	/* Said to be gone is some of what is not there any more. */
	for (guint r = 0; r < R; r++)
		list->gone_resources[r] = world->resources[r].version == 0 && chance(random, 30);
	for (guint e = 0; e < E; e++)
		list->gone_entitlements[e] = world->entitlements[e].version == 0 && chance(random, 30);
	for (guint u = 0; u < U; u++)
		list->gone_users[u] = world->users[u].version == 0 && chance(random, 30);
	for (guint u = 0; u < U; u++)
		for (guint e = 0; e < E; e++)
			for (guint i = 0; i < 2; i++)
				list->gone_grants[u][e][i] =
				    world->grants[u][e][i].version == 0 && old->grants[u][e][i].version != 0 && chance(random, 30);
}

static void
list_append_seals(const List *list, GString *text)
{
	static const char *const states[] = {"", "complete", "delta", "unchanged", "partial"};

	for (guint r = 0; r < R; r++) {
		if (list->sealed_entitlements[r])
			g_string_append_printf(text, "seal entitlements complete resource=r%u\n", r);
		if (list->sealed_grants[r])
			g_string_append_printf(text, "seal grants complete resource=r%u\n", r);
	}
	for (guint k = 0; k < N_KINDS; k++)
		g_string_append_printf(text, "seal %s %s\n", kind_words((Kind)k, 0), states[list->seals[k]]);
}

/* The list as a connector would emit it. */
static char *
list_script(const List *list, guint cursor)
{
	const World *world = &list->world;
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "cursor c%u\n", cursor);
	for (guint r = 0; r < R; r++) {
		if (list->resources[r])
			g_string_append_printf(text, "resource r%u team name=v%u\n", r, world->resources[r].version);
		if (list->gone_resources[r])
			g_string_append_printf(text, "removed resource r%u\n", r);
	}
	for (guint e = 0; e < E; e++) {
		const Thing *thing = &world->entitlements[e];

		if (list->entitlements[e])
			g_string_append_printf(text, "entitlement e%u group r%u name=v%u\n", e, thing->parent, thing->version);
		if (list->gone_entitlements[e])
			g_string_append_printf(text, "removed entitlement e%u\n", e);
	}
	for (guint u = 0; u < U; u++) {
		if (list->users[u])
			g_string_append_printf(text, "user u%u x=v%u\n", u, world->users[u].version);
		if (list->gone_users[u])
			g_string_append_printf(text, "removed user u%u\n", u);
	}
	for (guint e = 0; e < E; e++)
		for (guint u = 0; u < U; u++)
			for (guint i = 0; i < 2; i++) {
				const char *word = i == 0 ? "grant" : "indirect";

				if (list->grants[u][e][i])
					g_string_append_printf(text, "%s u%u e%u via=v%u\n", word, u, e,
							       world->grants[u][e][i].version);
				if (list->gone_grants[u][e][i])
					g_string_append_printf(text, "removed %s u%u e%u\n", word, u, e);
			}
	list_append_seals(list, text);
	return g_string_free(text, FALSE);
}

/* One thing after the list: listed, gone, or as it was. */
static void
model_settle(Thing *old, const Thing *now, gboolean listed, gboolean gone, uint32_t seal)
{
	if (listed) {
		*old = *now;
		old->stale = FALSE;
	} else if (gone || seal == IDC_SEAL_COMPLETE) {
		*old = (Thing){0};
	} else if (old->version != 0) {
		old->stale = seal == IDC_SEAL_PARTIAL;
	}
}

/* old becomes what the snapshot has to be after the list. */
static void
model_apply(World *old, const List *list)
{
	World before = *old;

	for (guint r = 0; r < R; r++)
		model_settle(&old->resources[r], &list->world.resources[r], list->resources[r], list->gone_resources[r],
			     list->seals[KIND_RESOURCE]);
	for (guint e = 0; e < E; e++) {
		guint parent = before.entitlements[e].parent;
		gboolean gone =
		    list->gone_entitlements[e] || list->sealed_entitlements[parent] || old->resources[parent].version == 0;

		model_settle(&old->entitlements[e], &list->world.entitlements[e], list->entitlements[e], gone,
			     list->seals[KIND_ENTITLEMENT]);
	}
	for (guint u = 0; u < U; u++)
		model_settle(&old->users[u], &list->world.users[u], list->users[u], list->gone_users[u],
			     list->seals[KIND_PRINCIPAL]);
	for (guint u = 0; u < U; u++)
		for (guint e = 0; e < E; e++)
			for (guint i = 0; i < 2; i++) {
				gboolean gone = list->gone_grants[u][e][i] || old->users[u].version == 0 ||
						old->entitlements[e].version == 0 ||
						list->sealed_grants[old->entitlements[e].parent];

				model_settle(&old->grants[u][e][i], &list->world.grants[u][e][i], list->grants[u][e][i], gone,
					     list->seals[KIND_GRANT]);
			}
}

static char *
model_dump(const World *world)
{
	GString *text = g_string_new(NULL);

	for (guint r = 0; r < R; r++)
		if (world->resources[r].version != 0)
			g_string_append_printf(text, "resource r%u team name=v%u%s\n", r, world->resources[r].version,
					       world->resources[r].stale ? " stale" : "");
	for (guint e = 0; e < E; e++)
		if (world->entitlements[e].version != 0)
			g_string_append_printf(text, "entitlement e%u group r%u name=v%u%s\n", e, world->entitlements[e].parent,
					       world->entitlements[e].version, world->entitlements[e].stale ? " stale" : "");
	for (guint u = 0; u < U; u++)
		if (world->users[u].version != 0)
			g_string_append_printf(text, "user u%u x=v%u%s\n", u, world->users[u].version,
					       world->users[u].stale ? " stale" : "");
	for (guint u = 0; u < U; u++)
		for (guint e = 0; e < E; e++)
			for (guint i = 0; i < 2; i++)
				if (world->grants[u][e][i].version != 0)
					g_string_append_printf(text, "%s u%u e%u via=v%u%s\n", i == 0 ? "grant" : "indirect", u, e,
							       world->grants[u][e][i].version,
							       world->grants[u][e][i].stale ? " stale" : "");
	return g_string_free(text, FALSE);
}

/* One store and a chain of lists; each begins from what the last one left. */
static void
run_chain(GRand *random, gboolean with_delta)
{
	Lists lists = {0};
	World snapshot = {0};
	World service = {0};

	lists_set_up(&lists, NULL);
	service.users[0].version = 1;
	world_change(&service, random, 80);
	for (guint step = 0; step < STEPS; step++) {
		g_autoptr(SyncsState) state = syncs_state(lists.store, lists.app, NULL);
		gboolean delta = with_delta && state->cursor != NULL;
		g_autofree List *list = g_new0(List, 1);
		g_autofree char *script = NULL;
		g_autofree char *expected = NULL;
		g_autofree char *found = NULL;
		g_autoptr(GError) error = NULL;
		g_autoptr(MergeResult) result = NULL;

		if (step > 0)
			world_change(&service, random, 25);
		list->world = service;
		list_make(list, &snapshot, random, delta);
		lists.seal = delta ? IDC_SEAL_DELTA : IDC_SEAL_COMPLETE;
		script = list_script(list, step);
		result = lists_try(&lists, script, &error);
		model_apply(&snapshot, list);
		expected = model_dump(&snapshot);
		found = lists_dump(&lists);
		if (error != NULL || strcmp(found, expected) != 0)
			g_test_message("step %u\nlist:\n%s\nexpected:\n%s", step, script, expected);
		g_assert_no_error(error);
		g_assert_false(result->held);
		g_assert_cmpstr(found, ==, expected);
		for (Kind kind = 0; kind < N_KINDS; kind++) {
			guint64 count = 0;

			g_assert_true(store_count(lists.store, lists.app, kind, &count, NULL));
			g_assert_cmpuint(result->counts[kind].total, ==, count);
		}
	}
	lists_tear_down(&lists, NULL);
}

static void
test_full(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed((guint32)g_test_rand_int());

	for (guint i = 0; i < CHAINS; i++)
		run_chain(random, FALSE);
}

static void
test_delta(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed((guint32)g_test_rand_int());

	for (guint i = 0; i < CHAINS; i++)
		run_chain(random, TRUE);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/worlds/the snapshot is the new world where it is complete and the old one elsewhere", test_full);
	g_test_add_func("/worlds/so it is with lists of changes in between", test_delta);
	return g_test_run();
}
