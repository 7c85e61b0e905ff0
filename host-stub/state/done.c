/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/done.h"

/* This sync itself told of the removal: under a seal of smaller scope, or by a record that says so. */
#define DONE_TOLD(record, entitlement)                                                                                             \
	"EXISTS (SELECT 1 FROM main.changes c WHERE c.app=:app AND c.sync=:sync AND c.record=" record                              \
	" AND c.verb=2 AND c.user_id=tasks.user_id" entitlement ")"

#define DONE_NO_USER "NOT EXISTS (SELECT 1 FROM main.service_users u WHERE u.app=:app AND u.id=tasks.user_id)"

#define DONE_NO_GRANT                                                                                                              \
	"NOT EXISTS (SELECT 1 FROM main.service_users u JOIN main.entitlements e ON e.app=u.app"                                   \
	" JOIN main.service_user_entitlements g ON g.app=u.app AND g.user=u.key AND g.entitlement=e.key"                           \
	" WHERE u.app=:app AND u.id=tasks.user_id AND e.id=tasks.entitlement_id)"

/* Whether what the snapshot does not have of this kind is certainly not there, as far as this list goes. */
static gboolean
done_is_whole(const Merging *merging, Kind kind)
{
	switch (merging->stage->seals[kind].state) {
	case IDC_SEAL_COMPLETE:
		return TRUE;
	case IDC_SEAL_DELTA:
	case IDC_SEAL_UNCHANGED:
		return (merging->cursor_stale & kind_record(kind)) == 0;
	default:
		return FALSE;
	}
}

gboolean
done_close(Merging *merging, GError **error)
{
	return merging_run(merging, KIND_PRINCIPAL,
			   g_strdup_printf("UPDATE main.tasks SET closed=:now WHERE app=:app AND closed IS NULL AND " DONE_NO_USER
					   " AND (%d OR " DONE_TOLD("1", "") ")",
					   done_is_whole(merging, KIND_PRINCIPAL) ? 1 : 0),
			   NULL, error) &&
	       merging_run(merging, KIND_GRANT,
			   g_strdup_printf("UPDATE main.tasks SET closed=:now WHERE app=:app AND closed IS NULL AND"
					   " entitlement_id IS NOT NULL AND " DONE_NO_GRANT
					   " AND (%d OR " DONE_TOLD("8", " AND c.entitlement_id=tasks.entitlement_id") ")",
					   done_is_whole(merging, KIND_GRANT) ? 1 : 0),
			   NULL, error);
}
