/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * How fast the store takes a large list, and with how much memory, without any connector: so many users and entitlements, four of these a
 * team, and so many grants, team after team as services list them. usage: host-bench [USERS [ENTITLEMENTS [GRANTS]]]
 */
#include "base/error.h"
#include "state/merge.h"
#include "state/stage.h"
#include "state/syncs.h"
#include "support.h"
#include <stdio.h>
#include <sys/resource.h>

typedef struct {
	guint users, entitlements, grants;
} Size;

static void
take(Stage *stage, const idc_message *message)
{
	g_autoptr(GError) error = NULL;

	if (stage_take(message, stage) == IDC_OK)
		return;
	error = stage_take_error(stage);
	g_error("refused: %s", error->message);
}

static void
seal(Stage *stage, Kind kind, guint64 emitted)
{
	const idc_seal message = {
	    .msg = {sizeof(message), IDC_MSG_SEAL},
	    .record = kind_record(kind),
	    .state = IDC_SEAL_COMPLETE,
	    .emitted = emitted,
	    .expected = IDC_COUNT_UNKNOWN,
	};

	take(stage, &message.msg);
}

static void
take_things(Stage *stage, const Size *size)
{
	char id[32];
	char parent[32];
	char email[64];
	const idc_pair attrs[] = {
	    {"email", email}, {"role", "limited_user"}, {"time_zone", "Europe/Paris"}, {"invitation_pending", "false"}};
	idc_record record = {.msg = {sizeof(record), IDC_MSG_RECORD}, .id = id, .name = "Somebody with a name"};
	guint teams = (size->entitlements + 3) / 4;

	record.record = IDC_RECORD_RESOURCE;
	record.type = "team";
	for (guint r = 0; r < teams; r++) {
		g_snprintf(id, sizeof(id), "team:P%06u", r);
		take(stage, &record.msg);
	}
	seal(stage, KIND_RESOURCE, teams);
	record.record = IDC_RECORD_ENTITLEMENT;
	record.type = "group";
	record.parent_id = parent;
	for (guint e = 0; e < size->entitlements; e++) {
		g_snprintf(id, sizeof(id), "team:P%06u:%u", e / 4, e % 4);
		g_snprintf(parent, sizeof(parent), "team:P%06u", e / 4);
		take(stage, &record.msg);
	}
	seal(stage, KIND_ENTITLEMENT, size->entitlements);
	record.record = IDC_RECORD_PRINCIPAL;
	record.type = NULL;
	record.parent_id = NULL;
	record.attrs = attrs;
	record.n_attrs = G_N_ELEMENTS(attrs);
	for (guint u = 0; u < size->users; u++) {
		g_snprintf(id, sizeof(id), "P%07u", u);
		g_snprintf(email, sizeof(email), "somebody.%u@example.org", u);
		take(stage, &record.msg);
	}
	seal(stage, KIND_PRINCIPAL, size->users);
}

/* For each entitlement so many users in a row, beginning at another one. */
static void
take_grants(Stage *stage, const Size *size)
{
	char user[32];
	char entitlement[32];
	const idc_record record = {
	    .msg = {sizeof(record), IDC_MSG_RECORD},
	    .record = IDC_RECORD_GRANT,
	    .principal_id = user,
	    .entitlement_id = entitlement,
	};
	guint each = size->grants / size->entitlements;

	for (guint e = 0; e < size->entitlements; e++) {
		g_snprintf(entitlement, sizeof(entitlement), "team:P%06u:%u", e / 4, e % 4);
		for (guint n = 0; n < each; n++) {
			g_snprintf(user, sizeof(user), "P%07u", (guint)(((guint64)e * 7919 + n) % size->users));
			take(stage, &record.msg);
		}
	}
	seal(stage, KIND_GRANT, (guint64)each * size->entitlements);
}

static gdouble
seconds_since(gint64 begin)
{
	return (gdouble)(g_get_monotonic_time() - begin) / G_USEC_PER_SEC;
}

static void
measure(Store *store, gint64 app, const Size *size, const char *what)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Stage) stage = NULL;
	g_autoptr(MergeResult) result = NULL;
	MergeOptions options = {.now = g_get_real_time() / 1000, .at_least = G_MAXUINT, .percent = 100};
	struct rusage usage = {0};
	gdouble staged;
	gdouble sorted;
	gdouble merged;
	gint64 begin;

	g_assert_true(syncs_begin(store, app, options.now, &options.sync, &error));
	stage = stage_new(store, app, KINDS_ALL, FALSE, &error);
	g_assert_no_error(error);
	take_things(stage, size);
	begin = g_get_monotonic_time();
	take_grants(stage, size);
	staged = seconds_since(begin);
	begin = g_get_monotonic_time();
	g_assert_true(stage_finish(stage, IDC_OK, &error));
	sorted = seconds_since(begin);
	begin = g_get_monotonic_time();
	result = merge_run(stage, &options, &error);
	g_assert_no_error(error);
	merged = seconds_since(begin);
	getrusage(RUSAGE_SELF, &usage);
	printf("%-9s %" G_GUINT64_FORMAT
	       " grants: staged in %.1f s (%.0f a second), sorted in %.1f s, merged in %.1f s (+%" G_GUINT64_FORMAT
	       " -%" G_GUINT64_FORMAT "), peak %ld MiB\n",
	       what, result->counts[KIND_GRANT].total, staged, (gdouble)size->grants / staged, sorted, merged,
	       result->counts[KIND_GRANT].added, result->counts[KIND_GRANT].removed, usage.ru_maxrss / 1024);
}

static guint
argument(int argc, char **argv, int index, guint otherwise)
{
	return argc > index ? (guint)g_ascii_strtoull(argv[index], NULL, 10) : otherwise;
}

int
main(int argc, char **argv)
{
	Size size = {argument(argc, argv, 1, 9900), argument(argc, argv, 2, 4000), argument(argc, argv, 3, 1000000)};
	g_autoptr(GError) error = NULL;
	char *folder = support_folder();
	Store *store = store_open(folder, &error);
	gint64 app = 0;

	g_assert_no_error(error);
	if (size.users == 0 || size.entitlements == 0 || size.grants / size.entitlements > size.users)
		g_error("These grants do not fit: there are too few users or entitlements.");
	g_assert_true(store_add_app(store, "Bench", &app, &error));
	measure(store, app, &size, "first");
	measure(store, app, &size, "unchanged");
	size.grants -= size.grants / 100;
	measure(store, app, &size, "1% fewer");
	store_close(store);
	support_remove(folder);
	return 0;
}
