/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/outcome.h"
#include "base/text.h"
#include "cli/manual.h"
#include "cli/words.h"
#include "state/kinds.h"
#include <string.h>

static void
outcome_add(json_object *object, const char *key, const char *text)
{
	g_autofree char *valid = text != NULL ? g_utf8_make_valid(text, -1) : NULL;

	json_object_object_add(object, key, valid != NULL ? json_object_new_string(valid) : NULL);
}

static json_object *
outcome_effect(const ItemEffect *effect)
{
	json_object *object = json_object_new_object();
	Kind kind = kind_from_record(effect->record);

	outcome_add(object, "verb", item_verb_word(effect->verb));
	outcome_add(object, "what", kind != N_KINDS ? kind_word(kind) : NULL);
	outcome_add(object, "user_id", effect->user_id);
	outcome_add(object, "entitlement_id", effect->entitlement_id);
	json_object_object_add(object, "side", json_object_new_boolean((effect->flags & IDC_EFFECT_SIDE) != 0));
	json_object_object_add(object, "expected", json_object_new_boolean((effect->flags & IDC_EFFECT_EXPECTED) != 0));
	outcome_add(object, "request_id", effect->request_id);
	json_object_object_add(object, "attributes", effect->attributes != NULL ? json_tokener_parse(effect->attributes) : NULL);
	return object;
}

static json_object *
outcome_item(const Item *item)
{
	json_object *object = json_object_new_object();
	json_object *effects = json_object_new_array();

	for (guint i = 0; i < item->effects->len; i++)
		json_object_array_add(effects, outcome_effect(g_ptr_array_index(item->effects, i)));
	json_object_object_add(object, "index", json_object_new_int64(item->index));
	outcome_add(object, "action", item_action_word(item->action));
	outcome_add(object, "user_id", item->user_id);
	outcome_add(object, "email", item->email);
	outcome_add(object, "entitlement_id", item->entitlement_id);
	outcome_add(object, "status", item_status_word(item));
	json_object_object_add(object, "effects", effects);
	json_object_object_add(object, "attributes", item->attributes != NULL ? json_tokener_parse(item->attributes) : NULL);
	outcome_add(object, "through", item->through);
	json_object_object_add(object, "error", item->error != NULL ? output_error_object(item->error) : NULL);
	return object;
}

static const char *
outcome_open_word(OpenOutcome outcome)
{
	static const char *const words[] = {[OPEN_HOLDS] = "holds", [OPEN_NOT_DONE] = "not_done", [OPEN_UNKNOWN] = "unknown"};

	return words[outcome];
}

static json_object *
outcome_open(const ChangeOpen *open)
{
	json_object *object = json_object_new_object();
	g_autofree char *time = text_time(open->time);

	json_object_object_add(object, "action_row", json_object_new_int64(open->action));
	outcome_add(object, "time", time);
	outcome_add(object, "action", item_action_word(open->change));
	outcome_add(object, "user", open->user);
	outcome_add(object, "entitlement_id", open->entitlement_id);
	outcome_add(object, "outcome", outcome_open_word(open->outcome));
	return object;
}

static void
outcome_fill(Output *output, const ChangeReport *report, const ChangeCounts *counts)
{
	json_object *body = output_body(output);
	json_object *items = json_object_new_array();
	json_object *opens = json_object_new_array();
	json_object *beyond = json_object_new_array();
	g_autofree char *as_of = text_time(report->as_of);

	for (guint i = 0; i < report->beyond->len; i++)
		json_object_array_add(beyond, json_object_new_string(g_ptr_array_index(report->beyond, i)));
	for (guint i = 0; i < report->items->len; i++)
		json_object_array_add(items, outcome_item(g_ptr_array_index(report->items, i)));
	for (guint i = 0; i < report->opens->len; i++)
		json_object_array_add(opens, outcome_open(g_ptr_array_index(report->opens, i)));
	json_object_object_add(body, "dry_run", json_object_new_boolean(report->dry_run));
	json_object_object_add(body, "items", items);
	json_object_object_add(body, "ok", json_object_new_int64(counts->ok));
	json_object_object_add(body, "already", json_object_new_int64(counts->already));
	json_object_object_add(body, "failed", json_object_new_int64(counts->failed));
	json_object_object_add(body, "not_attempted", json_object_new_int64(counts->not_attempted));
	json_object_object_add(body, "unknown", json_object_new_int64(counts->unknown));
	json_object_object_add(body, "removals", json_object_new_int64(report->removals));
	json_object_object_add(body, "held", json_object_new_boolean(report->held));
	outcome_add(body, "digest", report->digest);
	json_object_object_add(body, "open", opens);
	json_object_object_add(body, "manual", manual_json(report));
	json_object_object_add(body, "beyond", beyond);
	outcome_add(body, "as_of", as_of);
	json_object_object_add(body, "requests", json_object_new_uint64(report->requests));
	outcome_add(body, "audit_head", report->audit_head);
}

/* ---- for people ---- */

static const char *
outcome_status(const ChangeReport *report, const Item *item)
{
	if (item->state == ITEM_FORETOLD)
		return item->uncertain ? "may follow" : "would follow";
	if (item->state == ITEM_NOT_ATTEMPTED || item->state == ITEM_WAITING)
		return report->held ? "held" : "not attempted";
	if (item->state == ITEM_UNKNOWN)
		return "unknown";
	if (item->status == IDC_OK)
		return report->dry_run ? "would be done" : "done";
	return item->status == IDC_ALREADY ? "already so" : "failed";
}

/* "added team:1 (side effect)" */
static void
outcome_append_effect(GString *text, const Item *item, const ItemEffect *effect)
{
	g_string_append_printf(text, "%s%s", text->len > 0 ? "; " : "", item_verb_word(effect->verb));
	if (effect->entitlement_id != NULL)
		g_string_append_printf(text, " %s", effect->entitlement_id);
	if (effect->user_id != NULL && item->user_id != NULL && strcmp(effect->user_id, item->user_id) != 0)
		g_string_append_printf(text, " of %s", effect->user_id);
	if ((effect->flags & IDC_EFFECT_SIDE) != 0)
		g_string_append(text, " (side effect)");
	if (effect->attributes != NULL && effect->verb == IDC_VERB_CHANGED) {
		g_autofree char *words = words_attributes(effect->attributes);

		g_string_append_printf(text, " %s", words);
	}
}

static char *
outcome_told(const Item *item)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *words = words_attributes(item->attributes);

	for (guint i = 0; i < item->effects->len; i++)
		outcome_append_effect(text, item, g_ptr_array_index(item->effects, i));
	if (item->error != NULL)
		g_string_append_printf(text, "%s%s", text->len > 0 ? "; " : "", item->error->message);
	if (*words != '\0')
		g_string_append_printf(text, item->error != NULL ? " (%s)" : text->len > 0 ? "; %s" : "%s", words);
	if (item->through != NULL)
		g_string_append_printf(text, "%sstill held through %s", text->len > 0 ? "; " : "", item->through);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static void
outcome_table(Output *output, const ChangeReport *report)
{
	static const OutputColumn columns[] = {{"ACTION", FALSE, FALSE},
					       {"USER", FALSE, FALSE},
					       {"ENTITLEMENT", FALSE, FALSE},
					       {"STATUS", FALSE, FALSE},
					       {"WHAT CAME OF IT", FALSE, TRUE}};
	g_autoptr(OutputTable) table = output_table_new(columns, G_N_ELEMENTS(columns));

	for (guint i = 0; i < report->items->len; i++) {
		const Item *item = g_ptr_array_index(report->items, i);
		g_autofree char *told = outcome_told(item);
		const char *const cells[] = {item_action_word(item->action),
					     item->email != NULL     ? item->email
					     : item->user_id != NULL ? item->user_id
								     : item->user,
					     item->entitlement_id, outcome_status(report, item), told};

		output_table_row(table, cells);
	}
	output_table_print(output, table);
}

static void
outcome_say_counts(Output *output, const ChangeReport *report, const ChangeCounts *counts)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const struct {
		guint n;
		const char *what;
	} parts[] = {{counts->ok, report->dry_run ? "would be done" : "done"},
		     {counts->already, "already so"},
		     {counts->failed - counts->unknown, "failed"},
		     {counts->unknown, "with an unknown outcome"},
		     {counts->not_attempted, report->held ? "held" : "not attempted"}};

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		if (parts[i].n > 0)
			g_string_append_printf(text, "%s%u %s", text->len > 0 ? ", " : "", parts[i].n, parts[i].what);
	}
	output_say(output, "%s%s",
		   text->len > 0     ? text->str
		   : report->leaving ? "There is nothing that could be taken"
				     : "Nothing was asked for",
		   report->dry_run ? ". Nothing was changed." : ".");
}

static void
outcome_warn_open(Output *output, const ChangeOpen *open, const char *identifier)
{
	static const char *const words[] = {[OPEN_HOLDS] = "what it asked for holds",
					    [OPEN_NOT_DONE] = "what it asked for was not done",
					    [OPEN_UNKNOWN] = "whether it was done could not be found out"};
	g_autofree char *time = text_time(open->time);
	g_autofree char *what =
	    open->change == SESSION_PROVISION
		? g_strdup_printf("provision %s --email %s", identifier, open->user)
		: g_strdup_printf("%s %s %s %s", item_action_word(open->change), identifier, open->user, open->entitlement_id);

	output_warn(
	    output, "open_intent", "A run of %s ended before its result was written down (row %" G_GINT64_FORMAT "): %s. %s%s",
	    time, open->action, words[open->outcome],
	    open->outcome == OPEN_HOLDS ? "It was: idc-host " : "Nothing was sent again; if it is still wanted: idc-host ", what);
}

static void
outcome_warn_uncertain(Output *output, const ChangeReport *report)
{
	guint n = 0;

	for (guint i = 0; i < report->items->len; i++) {
		const Item *item = g_ptr_array_index(report->items, i);

		n += item->state == ITEM_FORETOLD && item->uncertain ? 1 : 0;
	}
	if (n > 0)
		output_warn(output, "uncertain",
			    "%u removal%s would be refused as things stand; once the additions are made %s may follow.", n,
			    n == 1 ? "" : "s", n == 1 ? "it" : "they");
}

/* All that is known of who leaves comes from there. */
static void
outcome_say_age(Output *output, const ChangeReport *report, const char *identifier)
{
	g_autofree char *as_of = text_time(report->as_of);

	output_say(output,
		   "\nThis is what the list of %s knows. For what was given since: idc-host sync %s, then the same command again.",
		   as_of, identifier);
}

HostExit
outcome_tell(Output *output, const ChangeReport *report, const char *identifier)
{
	ChangeCounts counts;

	change_count(report, &counts);
	outcome_fill(output, report, &counts);
	if (report->items->len > 0)
		outcome_table(output, report);
	outcome_say_counts(output, report, &counts);
	for (guint i = 0; i < report->opens->len; i++)
		outcome_warn_open(output, g_ptr_array_index(report->opens, i), identifier);
	manual_tell(output, report, identifier);
	if (report->leaving)
		outcome_say_age(output, report, identifier);
	for (guint i = 0; i < report->beyond->len; i++)
		output_warn(output, "beyond_snapshot", "%s", (const char *)g_ptr_array_index(report->beyond, i));
	if (report->held) {
		output_warn(output, "held", "%s Nothing was sent.", report->held_why);
		output_say(output, "If that is right, give the same command again with --accept %s", report->digest);
	}
	if (report->dry_run && report->held_why != NULL)
		output_warn(output, "would_be_held", "%s So it will need --accept %s.", report->held_why, report->digest);
	outcome_warn_uncertain(output, report);
	if (report->ended != NULL)
		output_error(output, report->ended);
	return change_report_exit(report);
}
