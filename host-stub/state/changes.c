/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/changes.h"
#include "state/credit.h"
#include "state/origins.h"

static const char tables[] =
    /* What was added only because it is read for the first time. */
    "CREATE TEMP TABLE baseline(record INTEGER NOT NULL, key INTEGER NOT NULL, PRIMARY KEY(record, key)) WITHOUT ROWID;"
    /* Resources of old whose part of a kind is whole for the first time. */
    "CREATE TEMP TABLE newly(record INTEGER NOT NULL, resource TEXT NOT NULL, PRIMARY KEY(record, resource)) WITHOUT ROWID;"
    /* The last event of each kind about each thing. */
    "CREATE TEMP TABLE event("
    " user_id TEXT NOT NULL, entitlement_id TEXT NOT NULL, verb INTEGER NOT NULL, at INTEGER, actor TEXT, method TEXT,"
    " PRIMARY KEY(user_id, entitlement_id, verb)) WITHOUT ROWID;"
    "INSERT INTO temp.event(user_id, entitlement_id, verb, at, actor, method)"
    " SELECT user_id, entitlement_id, verb, max(at), actor, method FROM temp.stage_event GROUP BY 1, 2, 3;";

static gboolean
changes_find_newly(Merging *merging, GError **error)
{
	for (Kind kind = KIND_ENTITLEMENT; kind <= KIND_GRANT; kind++) {
		if (!merging->stage->scoped[kind])
			continue;
		if (!merging_run(
			merging, kind,
			g_strdup(
			    "INSERT INTO temp.newly(record, resource) SELECT s.record, s.scope_id FROM temp.stage_seal s"
			    " JOIN main.resources r ON r.app=:app AND r.id=s.scope_id"
			    " WHERE s.record=:record AND s.scope=1 AND s.state=1"
			    " AND NOT EXISTS (SELECT 1 FROM main.kinds k WHERE k.app=:app AND k.record=:record AND k.complete=1)"
			    " AND NOT EXISTS (SELECT 1 FROM main.scopes c WHERE c.app=:app AND c.record=:record"
			    "  AND c.resource=s.scope_id)"),
			NULL, error))
			return FALSE;
	}
	return TRUE;
}

/* Added things that are no news: a kind or a part of it that could not be read before, or a sort of entitlement that the settings left
 * out before. */
static gboolean
changes_find_baseline(Merging *merging, Kind kind, GError **error)
{
	const char *sort = kind == KIND_RESOURCE ? "type" : "kind";
	g_autoptr(GString) why = g_string_new(merging->baseline || merging->newly[kind] ? "1" : "0");

	if (kind != KIND_PRINCIPAL && merging->settings_changed)
		g_string_append_printf(why, " OR s.type NOT IN (SELECT m.%s FROM main.%s m WHERE m.app=:app AND m.%s IS NOT NULL)",
				       sort, store_table(kind), sort);
	if (kind == KIND_ENTITLEMENT)
		g_string_append(why, " OR s.parent_id IN (SELECT resource FROM temp.newly WHERE record=4)"
				     " OR s.parent_id IN (SELECT t.id FROM temp.baseline b JOIN temp.stage_thing t"
				     "  ON t.record=2 AND t.key=b.key WHERE b.record=2)");
	return merging_run(merging, kind,
			   g_strdup_printf("INSERT INTO temp.baseline(record, key) SELECT d.record, d.key FROM temp.diff d"
					   " JOIN temp.stage_thing s ON s.record=d.record AND s.key=d.key"
					   " WHERE d.record=:record AND d.what=%d AND (%s)",
					   DIFF_ADDED, why->str),
			   NULL, error);
}

#define CHANGES_INTO                                                                                                               \
	"INSERT INTO main.changes(app, sync, record, verb, user_id, entitlement_id, before, after, origin, actor, method)"         \
	" SELECT :app, :sync, :record, "

/* The two id columns of a thing's row, and the event about it. */
static char *
changes_columns(Kind kind, const char *id)
{
	return kind == KIND_PRINCIPAL ? g_strdup_printf("%s, NULL", id) : g_strdup_printf("NULL, %s", id);
}

static char *
changes_event(Kind kind, const char *id, int verb)
{
	return g_strdup_printf(" LEFT JOIN temp.event v ON v.user_id=%s AND v.entitlement_id=%s AND v.verb=%d",
			       kind == KIND_PRINCIPAL ? id : "''", kind == KIND_PRINCIPAL ? "''" : id, verb);
}

static gboolean
changes_things_removed(Merging *merging, Kind kind, GError **error)
{
	g_autofree char *columns = changes_columns(kind, "m.id");
	g_autofree char *event = changes_event(kind, "m.id", IDC_VERB_REMOVED);

	return merging_run(merging, kind,
			   g_strdup_printf(CHANGES_INTO
					   "%u, %s, m.name, NULL, %d, v.actor, v.method FROM temp.gone x"
					   " JOIN main.%s m ON m.app=:app AND m.key=x.key%s WHERE x.record=:record ORDER BY m.id",
					   IDC_VERB_REMOVED, columns, merging->baseline ? ORIGIN_BASELINE : ORIGIN_OUTSIDE,
					   store_table(kind), event),
			   NULL, error);
}

static gboolean
changes_things_added(Merging *merging, Kind kind, GError **error)
{
	g_autofree char *columns = changes_columns(kind, "s.id");
	g_autofree char *event = changes_event(kind, "s.id", IDC_VERB_ADDED);

	return merging_run(merging, kind,
			   g_strdup_printf(CHANGES_INTO "%u, %s, NULL, s.name, b.key IS NULL, v.actor, v.method FROM temp.diff d"
							" JOIN temp.stage_thing s ON s.record=d.record AND s.key=d.key"
							" LEFT JOIN temp.baseline b ON b.record=d.record AND b.key=d.key%s"
							" WHERE d.record=:record AND d.what=%d ORDER BY s.id",
					   IDC_VERB_ADDED, columns, event, DIFF_ADDED),
			   NULL, error);
}

/* One row for each field that differs, "field=value" before and after. Values of a key that repeats are joined by ";". own tells a field
 * of the record from an attribute of the same name. */
#define CHANGES_JSON(from)                                                                                                         \
	" SELECT d.key AS key, 0 AS own, j.key AS field, %d AS side, CASE j.type WHEN 'array' THEN"                                \
	" (SELECT group_concat(a.value, ';') FROM json_each(j.value) a) ELSE j.value END AS value FROM temp.diff d"                \
	" JOIN " from ", json_each(coalesce(t.attributes, '{}')) j WHERE d.record=:record AND d.what=2"

static char *
changes_fields(Kind kind)
{
	static const struct {
		const char *field;
		const char *staged;
		const char *stored[KIND_GRANT];
	} fields[] = {
	    {"name", "name", {"name", "name", "name"}},
	    {"type", "type", {"type", "type", "kind"}},
	    {"resource", "parent_id", {NULL, "parent_id", "resource_id"}},
	};
	g_autoptr(GString) sides = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
		if (fields[i].stored[kind] == NULL)
			continue;
		g_string_append_printf(
		    sides,
		    "SELECT d.key AS key, 1 AS own, '%s' AS field, 0 AS side, t.%s AS value FROM temp.diff d"
		    " JOIN main.%s t ON t.app=:app AND t.key=d.key WHERE d.record=:record AND d.what=2 UNION ALL"
		    " SELECT d.key, 1, '%s', 1, t.%s FROM temp.diff d JOIN temp.stage_thing t ON t.record=:record"
		    " AND t.key=d.key WHERE d.record=:record AND d.what=2 UNION ALL ",
		    fields[i].field, fields[i].stored[kind], store_table(kind), fields[i].field, fields[i].staged);
	}
	g_string_append_printf(sides, CHANGES_JSON("temp.stage_thing t ON t.record=:record AND t.key=d.key") " UNION ALL", 1);
	if (kind == KIND_PRINCIPAL)
		g_string_append(sides, " SELECT d.key, 0, a.attribute, 0, group_concat(a.value, ';') FROM temp.diff d"
				       " JOIN main.service_user_attributes a ON a.app=:app AND a.user=d.key"
				       " WHERE d.record=:record AND d.what=2 GROUP BY d.key, a.attribute");
	else if (kind == KIND_RESOURCE)
		g_string_append_printf(sides, CHANGES_JSON("main.resources t ON t.app=:app AND t.key=d.key"), 0);
	else
		g_string_append_printf(sides, CHANGES_JSON("main.entitlements t ON t.app=:app AND t.key=d.key"), 0);
	return g_string_free(g_steal_pointer(&sides), FALSE);
}

static gboolean
changes_things_changed(Merging *merging, Kind kind, GError **error)
{
	g_autofree char *columns = changes_columns(kind, "s.id");
	g_autofree char *event = changes_event(kind, "s.id", IDC_VERB_CHANGED);
	g_autofree char *fields = NULL;

	if (merging->result->counts[kind].changed == 0)
		return TRUE;
	fields = changes_fields(kind);
	return merging_run(
	    merging, kind,
	    g_strdup_printf(CHANGES_INTO "%u, %s, f.field || '=' || f.old, f.field || '=' || f.new, %d, v.actor, v.method FROM"
					 " (SELECT key, own, field, max(CASE side WHEN 0 THEN value END) AS old,"
					 "  max(CASE side WHEN 1 THEN value END) AS new FROM (%s) GROUP BY key, own, field) f"
					 " JOIN temp.stage_thing s ON s.record=:record AND s.key=f.key%s"
					 " WHERE f.old IS NOT f.new ORDER BY s.id, f.own DESC, f.field",
			    IDC_VERB_CHANGED, columns, merging->baseline ? ORIGIN_BASELINE : ORIGIN_OUTSIDE, fields, event),
	    NULL, error);
}

/* How a grant is held, in words that tell everything that is compared. */
#define CHANGES_GRANT(g)                                                                                                           \
	"CASE " g ".indirect WHEN 0 THEN 'direct' ELSE 'indirect' END || coalesce(' via ' || " g ".via, '')"                       \
	" || coalesce(' ' || " g ".attributes, '')"

#define CHANGES_OLD_GRANT(x)                                                                                                       \
	" JOIN main.service_user_entitlements g ON g.app=:app AND g.user=" x ".user AND g.entitlement=" x                          \
	".entitlement AND g.indirect=" x ".indirect"

#define CHANGES_GRANT_EVENT " LEFT JOIN temp.event v ON v.user_id=u.id AND v.entitlement_id=e.id AND v.verb="

static gboolean
changes_grants_removed(Merging *merging, GError **error)
{
	return merging_run(
	    merging, KIND_GRANT,
	    g_strdup_printf(CHANGES_INTO "%u, u.id, e.id, " CHANGES_GRANT(
				"g") ", NULL, %d, v.actor, v.method"
				     " FROM temp.gone_grant x" CHANGES_OLD_GRANT(
					 "x") " JOIN main.service_users u ON u.app=:app AND u.key=x.user"
					      " JOIN main.entitlements e ON e.app=:app AND e.key=x.entitlement" CHANGES_GRANT_EVENT
					      "2 ORDER BY u.id, e.id, x.indirect",
			    IDC_VERB_REMOVED, merging->baseline ? ORIGIN_BASELINE : ORIGIN_OUTSIDE),
	    NULL, error);
}

/* In order of users by id, so that only the grants of one user at a time have to be sorted, be they a million. */
static gboolean
changes_grants_added(Merging *merging, GError **error)
{
	return merging_run(
	    merging, KIND_GRANT,
	    g_strdup_printf(
		CHANGES_INTO "%u, u.id, e.id, NULL, " CHANGES_GRANT(
		    "s") ", %s, v.actor, v.method"
			 " FROM temp.stage_thing u INDEXED BY stage_thing_id CROSS JOIN temp.diff_grant d ON d.user=u.key"
			 " CROSS JOIN temp.stage_grant s ON s.user=d.user AND s.entitlement=d.entitlement AND s.indirect=d.indirect"
			 " CROSS JOIN temp.stage_thing e ON e.record=4 AND e.key=d.entitlement" CHANGES_GRANT_EVENT "1"
			 " WHERE u.record=1 AND d.what=%d ORDER BY u.id, e.id, d.indirect",
		IDC_VERB_ADDED,
		merging->baseline || merging->newly[KIND_GRANT]
		    ? "0"
		    : "NOT (EXISTS (SELECT 1 FROM temp.baseline b WHERE b.record=1 AND b.key=d.user)"
		      " OR EXISTS (SELECT 1 FROM temp.baseline b WHERE b.record=4 AND b.key=d.entitlement)"
		      " OR EXISTS (SELECT 1 FROM temp.newly n WHERE n.record=8 AND n.resource=e.parent_id))",
		DIFF_ADDED),
	    NULL, error);
}

static gboolean
changes_grants_changed(Merging *merging, GError **error)
{
	if (merging->result->counts[KIND_GRANT].changed == 0)
		return TRUE;
	return merging_run(
	    merging, KIND_GRANT,
	    g_strdup_printf(
		CHANGES_INTO "%u, u.id, e.id, " CHANGES_GRANT("g") ", " CHANGES_GRANT(
		    "s") ", %d, v.actor, v.method"
			 " FROM temp.diff_grant d JOIN temp.stage_grant s ON s.user=d.user AND s.entitlement=d.entitlement"
			 " AND s.indirect=d.indirect" CHANGES_OLD_GRANT(
			     "d") " JOIN temp.stage_thing u ON u.record=1 AND u.key=d.user"
				  " JOIN temp.stage_thing e ON e.record=4 AND e.key=d.entitlement" CHANGES_GRANT_EVENT "5"
				  " WHERE d.what=%d ORDER BY u.id, e.id, d.indirect",
		IDC_VERB_CHANGED, merging->baseline ? ORIGIN_BASELINE : ORIGIN_OUTSIDE, DIFF_CHANGED),
	    NULL, error);
}

gboolean
changes_write(Merging *merging, GError **error)
{
	static const Kind order[] = {KIND_RESOURCE, KIND_ENTITLEMENT, KIND_PRINCIPAL};

	if (!sql_exec(merging->db, tables, error) || !changes_find_newly(merging, error))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(order); i++) {
		if (!changes_find_baseline(merging, order[i], error))
			return FALSE;
	}
	for (Kind kind = 0; kind < KIND_GRANT; kind++) {
		if (!changes_things_removed(merging, kind, error) || !changes_things_added(merging, kind, error) ||
		    !changes_things_changed(merging, kind, error))
			return FALSE;
	}
	if (!changes_grants_removed(merging, error) || !changes_grants_added(merging, error) ||
	    !changes_grants_changed(merging, error) || !credit_changes(merging, error))
		return FALSE;
	return merging_count(
	    merging, KIND_GRANT,
	    g_strdup_printf("SELECT count(*) FROM main.changes WHERE app=:app AND sync=:sync AND origin=%d", ORIGIN_OUTSIDE),
	    &merging->result->outside, error);
}

gboolean
changes_credit(Merging *merging, GError **error)
{
	return merging_run(
	    merging, KIND_GRANT,
	    g_strdup_printf("UPDATE main.service_user_entitlements AS g SET since=coalesce(nullif(v.at, 0), g.since),"
			    " granted_by=v.actor FROM temp.event v"
			    " JOIN temp.stage_thing u ON u.record=1 AND u.id=v.user_id"
			    " JOIN temp.stage_thing e ON e.record=4 AND e.id=v.entitlement_id"
			    " JOIN temp.diff_grant d ON d.user=u.key AND d.entitlement=e.key AND d.what=%d"
			    " WHERE v.verb=1 AND g.app=:app AND g.user=d.user AND g.entitlement=d.entitlement"
			    " AND g.indirect=d.indirect",
			    DIFF_ADDED),
	    NULL, error);
}
