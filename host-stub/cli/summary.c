/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/summary.h"
#include "base/text.h"

/* How many removals of a held list are printed; show ID held prints them all. */
#define SUMMARY_SHOWN 20

static void
summary_add_number(json_object *object, const char *key, guint64 value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

static void
summary_add_text(json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, value != NULL ? json_object_new_string(value) : NULL);
}

static json_object *
summary_partials(const MergeResult *merge)
{
	json_object *array = json_object_new_array();

	for (guint i = 0; i < merge->partials->len; i++) {
		const StorePartial *partial = g_ptr_array_index(merge->partials, i);
		json_object *entry = json_object_new_object();

		summary_add_text(entry, "kind", kind_words(partial->kind, 0));
		summary_add_text(entry, "resource", partial->resource);
		summary_add_text(entry, "reason", partial->reason);
		json_object_object_add(entry, "status", json_object_new_int(partial->status));
		json_object_object_add(entry, "known", json_object_new_boolean(partial->known));
		json_object_array_add(array, entry);
	}
	return array;
}

static json_object *
summary_kinds(const MergeResult *merge)
{
	json_object *object = json_object_new_object();

	for (Kind kind = 0; kind < N_KINDS; kind++) {
		const MergeCount *count = &merge->counts[kind];
		json_object *entry = json_object_new_object();

		summary_add_number(entry, "total", count->total);
		summary_add_number(entry, "added", count->added);
		summary_add_number(entry, "removed", count->removed);
		summary_add_number(entry, "changed", count->changed);
		summary_add_number(entry, "stale", count->stale);
		json_object_object_add(object, kind_words(kind, 0), entry);
	}
	return object;
}

/* null where nothing is held. */
static json_object *
summary_held(const MergeResult *merge)
{
	json_object *object;
	json_object *array;
	guint64 removals = 0;

	if (!merge->held)
		return NULL;
	object = json_object_new_object();
	array = json_object_new_array();
	for (guint i = 0; i < merge->removals->len; i++) {
		const MergeRemoval *removal = g_ptr_array_index(merge->removals, i);
		json_object *entry = json_object_new_object();

		summary_add_text(entry, "what", kind_word(removal->kind));
		summary_add_text(entry, "user_id", *removal->user_id != '\0' ? removal->user_id : NULL);
		summary_add_text(entry, "entitlement_id", *removal->entitlement_id != '\0' ? removal->entitlement_id : NULL);
		json_object_array_add(array, entry);
	}
	for (Kind kind = 0; kind < N_KINDS; kind++)
		removals += merge->counts[kind].removed;
	summary_add_number(object, "removals", removals);
	json_object_object_add(object, "first", array);
	return object;
}

static void
summary_fill(Output *output, const SyncReport *report)
{
	const MergeResult *merge = report->merge;
	json_object *body = output_body(output);
	guint64 added = 0;
	guint64 removed = 0;
	guint64 changed = 0;

	for (Kind kind = 0; kind < N_KINDS; kind++) {
		added += merge->counts[kind].added;
		removed += merge->counts[kind].removed;
		changed += merge->counts[kind].changed;
	}
	summary_add_number(body, "sync", (guint64)report->sync);
	summary_add_text(body, "mode", report->full ? "full" : "incremental");
	json_object_object_add(body, "complete", json_object_new_boolean(!merge->held && merge->partials->len == 0));
	json_object_object_add(body, "partial", summary_partials(merge));
	summary_add_number(body, "users", merge->counts[KIND_PRINCIPAL].total);
	summary_add_number(body, "entitlements", merge->counts[KIND_ENTITLEMENT].total);
	summary_add_number(body, "grants", merge->counts[KIND_GRANT].total);
	summary_add_number(body, "grants_indirect", merge->indirect);
	/* Of a held list they tell what was found, not what was done. */
	summary_add_number(body, "added", added);
	summary_add_number(body, "removed", removed);
	summary_add_number(body, "changed", changed);
	summary_add_number(body, "outside_changes", merge->outside);
	json_object_object_add(body, "kinds", summary_kinds(merge));
	summary_add_number(body, "requests", report->cost.requests);
	summary_add_number(body, "retries", report->cost.retries);
	summary_add_number(body, "waited_ms", report->cost.waited_ms);
	summary_add_number(body, "duration_ms", (guint64)MAX(report->finished - report->started, 0));
	json_object_object_add(body, "accepted", json_object_new_boolean(merge->accepted));
	summary_add_text(body, "digest", merge->digest);
	json_object_object_add(body, "held", summary_held(merge));
}

/* "1 user added, 2 removed; 3 grants added" or nothing: what differs, kind by kind. */
static char *
summary_differences(const MergeResult *merge)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (Kind kind = 0; kind < N_KINDS; kind++) {
		const MergeCount *count = &merge->counts[kind];
		const struct {
			guint64 n;
			const char *verb;
		} verbs[] = {{count->added, "added"}, {count->removed, "removed"}, {count->changed, "changed"}};
		const char *separator = text->len > 0 ? "; " : "";
		gboolean named = FALSE;

		for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++) {
			if (verbs[i].n == 0)
				continue;
			g_string_append_printf(text, "%s%" G_GUINT64_FORMAT, named ? ", " : separator, verbs[i].n);
			if (!named)
				g_string_append_printf(text, " %s", kind_words(kind, verbs[i].n));
			g_string_append_printf(text, " %s", verbs[i].verb);
			named = TRUE;
		}
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static void
summary_say_cost(Output *output, const SyncReport *report)
{
	g_autoptr(GString) text = g_string_new(NULL);

	if (report->cost.requests > 0)
		g_string_append_printf(text, "%" G_GUINT64_FORMAT " request%s", report->cost.requests,
				       report->cost.requests == 1 ? "" : "s");
	if (report->cost.retries > 0)
		g_string_append_printf(text, " (%" G_GUINT64_FORMAT " of them repeated)", report->cost.retries);
	if (report->cost.waited_ms > 0)
		g_string_append_printf(text, ", %.1f s of waiting", (gdouble)report->cost.waited_ms / 1000);
	output_say(output, "%s list, %s%s%.1f s.", report->full ? "Full" : "Incremental", text->str, text->len > 0 ? ", " : "",
		   (gdouble)(report->finished - report->started) / 1000);
}

static void
summary_warn_partials(Output *output, const MergeResult *merge)
{
	for (guint i = 0; i < merge->partials->len; i++) {
		const StorePartial *partial = g_ptr_array_index(merge->partials, i);
		guint64 stale = merge->counts[partial->kind].stale;
		g_autofree char *reason = text_sentence(partial->reason);
		g_autofree char *where = partial->resource != NULL ? g_strdup_printf(" of %s", partial->resource) : g_strdup("");
		g_autofree char *kept =
		    stale == 0
			? g_strdup("Nothing was removed on that account")
			: g_strdup_printf("%" G_GUINT64_FORMAT " %s that could not be read stay%s as last seen, marked stale",
					  stale, kind_words(partial->kind, stale), stale == 1 ? "s" : "");

		output_warn(output, partial->known ? "known_partial" : "partial", "The %s%s are incomplete%s: %s %s.",
			    kind_words(partial->kind, 0), where, partial->known ? ", as known_partial says" : "", reason, kept);
	}
}

static void
summary_say_held(Output *output, const SyncReport *report)
{
	const MergeResult *merge = report->merge;
	guint64 removals = 0;
	guint shown = MIN(merge->removals->len, SUMMARY_SHOWN);
	const char *const why = "The guard holds this list: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
				" %s would be removed%s; up to %" G_GUINT64_FORMAT " are taken without asking.";

	for (Kind kind = 0; kind < N_KINDS; kind++) {
		guint64 recent = merge->guarded[kind] - merge->counts[kind].removed;
		g_autofree char *before =
		    recent > 0 ? g_strdup_printf(", and %" G_GUINT64_FORMAT " were in the last 24 hours", recent) : g_strdup("");
		guint64 rows = merge->counts[kind].total + merge->counts[kind].removed - merge->counts[kind].added;

		removals += merge->counts[kind].removed;
		if (merge->over[kind])
			output_warn(output, "held", why, merge->counts[kind].removed, rows, kind_words(kind, 0), before,
				    merge->allowed[kind]);
	}
	output_say(output, "Nothing was replaced. What would be removed:");
	for (guint i = 0; i < shown; i++) {
		const MergeRemoval *removal = g_ptr_array_index(merge->removals, i);
		g_autofree char *user = text_escape(removal->user_id);
		g_autofree char *entitlement = text_escape(removal->entitlement_id);

		if (removal->kind == KIND_GRANT)
			output_say(output, "  grant %s to %s%s", entitlement, user, removal->indirect ? " (indirect)" : "");
		else
			output_say(output, "  %s %s", kind_word(removal->kind),
				   removal->kind == KIND_PRINCIPAL ? user : entitlement);
	}
	if (removals > shown)
		output_say(output, "  and %" G_GUINT64_FORMAT " more: idc-host show %s held", removals - shown, report->identifier);
	output_say(output, "If that is right: idc-host sync %s --accept %s", report->identifier, merge->digest);
}

static void
summary_say_merged(Output *output, const SyncReport *report)
{
	const MergeResult *merge = report->merge;
	const guint64 users = merge->counts[KIND_PRINCIPAL].total;
	const guint64 entitlements = merge->counts[KIND_ENTITLEMENT].total;
	const guint64 grants = merge->counts[KIND_GRANT].total;
	g_autofree char *differences = summary_differences(merge);

	output_say(output,
		   "%s: %" G_GUINT64_FORMAT " %s, %" G_GUINT64_FORMAT " %s, %" G_GUINT64_FORMAT " %s (%" G_GUINT64_FORMAT
		   " direct, %" G_GUINT64_FORMAT " indirect).",
		   report->identifier, users, kind_words(KIND_PRINCIPAL, users), entitlements,
		   kind_words(KIND_ENTITLEMENT, entitlements), grants, kind_words(KIND_GRANT, grants), grants - merge->indirect,
		   merge->indirect);
	if (merge->first)
		output_say(output, "This is the first snapshot; later syncs tell what changed since.");
	else if (*differences == '\0')
		output_say(output, "Nothing changed since the last snapshot.");
	else
		output_say(output, "Since the last snapshot: %s.", differences);
	if (!merge->first && merge->outside > 0) {
		/* Without it the rows of the first list come as well. */
		g_autofree char *since = text_time(report->started);

		output_say(output, "%" G_GUINT64_FORMAT " change%s came from outside: idc-host show %s changes --since %s",
			   merge->outside, merge->outside == 1 ? "" : "s", report->identifier, since);
	}
	if (merge->accepted)
		output_say(output, "The removals that were held are taken, as accepted.");
}

HostExit
summary_tell(Output *output, const SyncReport *report)
{
	output_set_identifier(output, report->identifier);
	output_set_connector(output, report->connector_id, report->connector_version, report->module_sha256);
	summary_fill(output, report);
	if (report->merge->held) {
		summary_say_cost(output, report);
		summary_say_held(output, report);
	} else {
		summary_say_merged(output, report);
		summary_warn_partials(output, report->merge);
		summary_say_cost(output, report);
	}
	return sync_report_exit(report);
}
