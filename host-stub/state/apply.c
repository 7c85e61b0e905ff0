/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/apply.h"

/* The columns that come from a record, in the snapshot and in the stage. */
static const struct {
	const char *stored;
	const char *staged;
} columns[KIND_GRANT] = {
    [KIND_PRINCIPAL] = {"type, name, fingerprint", "s.type, s.name, s.fingerprint"},
    [KIND_RESOURCE] = {"type, name, parent_id, attributes, fingerprint",
		       "s.type, s.name, s.parent_id, s.attributes, s.fingerprint"},
    [KIND_ENTITLEMENT] = {"kind, name, resource_id, attributes, assignable, removable, fingerprint",
			  "s.type, s.name, s.parent_id, s.attributes, s.assignable, s.removable, s.fingerprint"},
};

/* Attributes of users are rows; those of a changed one are written anew. */
static gboolean
apply_attributes(Merging *merging, GError **error)
{
	return merging_run(merging, KIND_PRINCIPAL,
			   g_strdup_printf("DELETE FROM main.service_user_attributes WHERE app=:app AND user IN"
					   " (SELECT key FROM temp.gone WHERE record=:record UNION ALL"
					   "  SELECT key FROM temp.diff WHERE record=:record AND what=%d)",
					   DIFF_CHANGED),
			   NULL, error) &&
	       merging_run(
		   merging, KIND_PRINCIPAL,
		   g_strdup_printf("INSERT INTO main.service_user_attributes(app, user, attribute, ordinal, value)"
				   " SELECT :app, d.key, j.key, coalesce(a.key, 0), coalesce(a.value, j.value) FROM temp.diff d"
				   " CROSS JOIN temp.stage_thing s ON s.record=:record AND s.key=d.key"
				   " CROSS JOIN json_each(s.attributes) j"
				   " LEFT JOIN json_each(CASE j.type WHEN 'array' THEN j.value ELSE '[]' END) a"
				   " WHERE d.record=:record AND d.what IN (%d, %d)",
				   DIFF_ADDED, DIFF_CHANGED),
		   NULL, error);
}

static gboolean
apply_things(Merging *merging, Kind kind, GError **error)
{
	const char *table = store_table(kind);

	return merging_run(merging, kind,
			   g_strdup_printf("DELETE FROM main.%s WHERE app=:app AND key IN"
					   " (SELECT key FROM temp.gone WHERE record=:record)",
					   table),
			   NULL, error) &&
	       merging_run(merging, kind,
			   g_strdup_printf(
			       "INSERT INTO main.%s(app, key, id, since, %s) SELECT :app, d.key, s.id, :now, %s FROM temp.diff d"
			       " CROSS JOIN temp.stage_thing s ON s.record=:record AND s.key=d.key"
			       " WHERE d.record=:record AND d.what=%d",
			       table, columns[kind].stored, columns[kind].staged, DIFF_ADDED),
			   NULL, error) &&
	       merging_run(merging, kind,
			   g_strdup_printf("UPDATE main.%s AS m SET stale=NULL, (%s)=(%s) FROM temp.diff d"
					   " CROSS JOIN temp.stage_thing s ON s.record=:record AND s.key=d.key"
					   " WHERE d.record=:record AND d.what=%d AND m.app=:app AND m.key=d.key",
					   table, columns[kind].stored, columns[kind].staged, DIFF_CHANGED),
			   NULL, error) &&
	       merging_run(merging, kind,
			   g_strdup_printf("UPDATE main.%s AS m SET stale=CASE d.what WHEN %d THEN :sync END FROM temp.diff d"
					   " WHERE d.record=:record AND d.what IN (%d, %d) AND m.app=:app AND m.key=d.key",
					   table, DIFF_STALE, DIFF_FRESH, DIFF_STALE),
			   NULL, error);
}

#define APPLY_THIS_GRANT "g.app=:app AND g.user=d.user AND g.entitlement=d.entitlement AND g.indirect=d.indirect"

static gboolean
apply_grants(Merging *merging, GError **error)
{
	if (merging->gone[KIND_GRANT] > 0 &&
	    !merging_run(merging, KIND_GRANT,
			 g_strdup("DELETE FROM main.service_user_entitlements WHERE (app, user, entitlement, indirect) IN"
				  " (SELECT :app, user, entitlement, indirect FROM temp.gone_grant)"),
			 NULL, error))
		return FALSE;
	return merging_run(
		   merging, KIND_GRANT,
		   g_strdup_printf(
		       "INSERT INTO main.service_user_entitlements(app, user, entitlement, indirect, via, attributes, since)"
		       " SELECT :app, d.user, d.entitlement, d.indirect, s.via, s.attributes, :now FROM temp.diff_grant d"
		       " CROSS JOIN temp.stage_grant s ON s.user=d.user AND s.entitlement=d.entitlement AND s.indirect=d.indirect"
		       " WHERE d.what=%d ORDER BY d.user, d.entitlement, d.indirect",
		       DIFF_ADDED),
		   NULL, error) &&
	       merging_run(
		   merging, KIND_GRANT,
		   g_strdup_printf(
		       "UPDATE main.service_user_entitlements AS g SET stale=NULL, via=s.via, attributes=s.attributes"
		       " FROM temp.diff_grant d CROSS JOIN temp.stage_grant s ON s.user=d.user AND s.entitlement=d.entitlement"
		       " AND s.indirect=d.indirect WHERE d.what=%d AND " APPLY_THIS_GRANT,
		       DIFF_CHANGED),
		   NULL, error) &&
	       merging_run(merging, KIND_GRANT,
			   g_strdup_printf("UPDATE main.service_user_entitlements AS g SET stale=CASE d.what WHEN %d THEN :sync END"
					   " FROM temp.diff_grant d WHERE d.what IN (%d, %d) AND " APPLY_THIS_GRANT,
					   DIFF_STALE, DIFF_FRESH, DIFF_STALE),
			   NULL, error);
}

gboolean
apply_run(Merging *merging, GError **error)
{
	if (!apply_attributes(merging, error))
		return FALSE;
	for (Kind kind = 0; kind < KIND_GRANT; kind++) {
		if (!apply_things(merging, kind, error))
			return FALSE;
	}
	return apply_grants(merging, error);
}
