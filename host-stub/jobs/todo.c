/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "jobs/todo.h"
#include "base/text.h"
#include "jobs/leave.h"
#include "jobs/record.h"
#include "jobs/succeed.h"
#include "state/holdings.h"
#include <string.h>

static char *
todo_person(const Leaver *leaver)
{
	const char *address = leaver->user->email != NULL ? leaver->user->email : leaver->user->id;

	return leaver->name != NULL && *leaver->name != '\0' ? g_strdup_printf("%s (%s)", leaver->name, address)
							     : g_strdup(address);
}

/* "the policy Payments / level 1" */
static char *
todo_thing(const Running *run, const Holding *holding)
{
	const ManifestKind *kind = holding->kind != NULL ? manifest_kind(run->manifest, holding->kind) : NULL;
	g_autofree char *label = g_utf8_strdown(kind != NULL ? kind->label : "entitlement", -1);

	return g_strdup_printf("the %s %s", label, holding->name);
}

static void
todo_add(Running *run, const char *about, const Leaver *leaver, const Holding *holding, char *what)
{
	const char *entitlement_id = holding != NULL ? holding->entitlement_id : NULL;
	const char *url = holding != NULL ? holding->url : leaver->url;

	g_ptr_array_add(run->report->tasks, task_new(about, leaver->user->id, entitlement_id, what, url));
	g_free(what);
}

static const Item *
todo_item(const Running *run, const Leaver *leaver, const Holding *holding)
{
	for (guint i = 0; i < run->items->len; i++) {
		const Item *item = g_ptr_array_index(run->items, i);

		if (item->action == SESSION_REMOVE && g_strcmp0(item->user_id, leaver->user->id) == 0 &&
		    g_strcmp0(item->entitlement_id, holding->entitlement_id) == 0)
			return item;
	}
	return NULL;
}

/* Whether asking again would not help: somebody has to do something first. */
static gboolean
todo_is_final(const Item *item)
{
	if (item->state == ITEM_NOT_ATTEMPTED)
		return item->after != NULL && item->after->state == ITEM_ENDED && todo_is_final(item->after);
	if (item->state != ITEM_ENDED)
		return FALSE;
	switch (item->status) {
	case IDC_REFUSED:
	case IDC_FORBIDDEN:
	case IDC_PAYMENT:
	case IDC_UNSUPPORTED:
		return TRUE;
	default:
		return FALSE;
	}
}

static gboolean
todo_refused(Running *run, const Leaver *leaver, const Holding *holding, const Item *item, GError **error)
{
	g_autofree char *person = todo_person(leaver);
	g_autofree char *thing = todo_thing(run, holding);
	g_autofree char *why = text_sentence(item->error != NULL ? item->error->message : NULL);
	gboolean last = FALSE;

	if (!succeed_is_last(run, holding->entitlement_id, &last, error))
		return FALSE;
	if (last)
		todo_add(run, "access", leaver, holding,
			 g_strdup_printf("Replace %s at %s in %s: nobody else is there, so they could not be taken off.", person,
					 thing, run->manifest->name));
	else
		todo_add(run, "access", leaver, holding,
			 g_strdup_printf("Take %s off %s in %s. It could not be done from here: %s", person, thing,
					 run->manifest->name, why));
	return TRUE;
}

/* An indirect grant goes with what it is held through, where that is among what is told. */
static gboolean
todo_goes_along(const Leaver *leaver, const Holding *holding)
{
	g_auto(GStrv) ids = g_strsplit(holding->via != NULL ? holding->via : "", ";", -1);

	for (gsize i = 0; ids[i] != NULL; i++) {
		gboolean told = FALSE;

		for (guint j = 0; j < leaver->holdings->len; j++) {
			const Holding *other = g_ptr_array_index(leaver->holdings, j);

			told = told || (!other->indirect && strcmp(other->entitlement_id, ids[i]) == 0);
		}
		if (!told)
			return FALSE;
	}
	return TRUE;
}

static gboolean
todo_holding(Running *run, const Leaver *leaver, const Holding *holding, GError **error)
{
	const ManifestKind *kind = holding->kind != NULL ? manifest_kind(run->manifest, holding->kind) : NULL;
	const Item *item = !holding->indirect ? todo_item(run, leaver, holding) : NULL;
	g_autofree char *person = NULL;
	g_autofree char *thing = NULL;

	if (item != NULL)
		return !todo_is_final(item) || todo_refused(run, leaver, holding, item, error);
	/* What everybody always has goes with the user. */
	if ((kind != NULL && kind->ranks->len > 0) || (holding->indirect && todo_goes_along(leaver, holding)))
		return TRUE;
	person = todo_person(leaver);
	thing = todo_thing(run, holding);
	todo_add(run, "access", leaver, holding,
		 g_strdup_printf("Take %s off %s in %s; this connector cannot.", person, thing, run->manifest->name));
	return TRUE;
}

/* What the app promises when somebody leaves. An operation for it there is none, so it is a person's whatever the connector says. */
static void
todo_user(Running *run, const Leaver *leaver)
{
	const struct {
		const char *about, *verb, *capability;
		gboolean wanted;
	} promises[] = {
	    {"deactivate", "Deactivate", "deactivate_user", run->app->deactivate_on_termination},
	    {"delete", "Delete", "delete_user", run->app->delete_on_termination},
	};
	g_autofree char *person = todo_person(leaver);

	for (gsize i = 0; i < G_N_ELEMENTS(promises); i++) {
		const ManifestCapability *capability = manifest_capability(run->manifest, promises[i].capability);
		const char *note = capability != NULL && !capability->supported ? capability->note : NULL;

		if (promises[i].wanted)
			todo_add(run, promises[i].about, leaver, NULL,
				 g_strdup_printf("%s %s in %s; this connector cannot%s%s.", promises[i].verb, person,
						 run->manifest->name, note != NULL ? ": " : "", note != NULL ? note : ""));
	}
}

/* Which of them are open already; *ret_new says how many are not. */
static gboolean
todo_find(Running *run, guint *ret_new, GError **error)
{
	*ret_new = 0;
	for (guint i = 0; i < run->report->tasks->len; i++) {
		gboolean found = FALSE;

		if (!tasks_find(run->store, run->app_key, g_ptr_array_index(run->report->tasks, i), &found, error))
			return FALSE;
		*ret_new += found ? 0 : 1;
	}
	return TRUE;
}

static gboolean
todo_open_all(Running *run, GError **error)
{
	for (guint i = 0; i < run->report->tasks->len; i++) {
		Task *task = g_ptr_array_index(run->report->tasks, i);

		if (task->task == 0 && !record_task(run, task, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
todo_write(Running *run, GError **error)
{
	if (run->journal == NULL)
		run->journal = journal_open(run->store, run->vault, run->app->identifier, run->app_key, error);
	if (run->journal == NULL || !journal_begin(run->journal, error))
		return FALSE;
	if (todo_open_all(run, error))
		return journal_commit(run->journal, error) && journal_seal(run->journal, error);
	journal_abort(run->journal);
	return FALSE;
}

gboolean
todo_run(Running *run, GError **error)
{
	guint fresh = 0;

	for (guint i = 0; run->leavers != NULL && i < run->leavers->len; i++) {
		const Leaver *leaver = g_ptr_array_index(run->leavers, i);

		for (guint j = 0; j < leaver->holdings->len; j++) {
			if (!todo_holding(run, leaver, g_ptr_array_index(leaver->holdings, j), error))
				return FALSE;
		}
		todo_user(run, leaver);
	}
	return todo_find(run, &fresh, error) && (fresh == 0 || run->dry_run || todo_write(run, error));
}
