/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What show prints as CSV, byte for byte. */
#include "state/view.h"
#include "cli/csv.h"
#include "lists.h"
#include "state/store-private.h"
#include "support.h"
#include <string.h>

#define SINCE "2023-11-14T23:13:20Z"

/* header and rows as show --csv prints them. */
static char *
csv(Lists *lists, ViewKind kind, const ViewFilter *filter, CsvStyle style)
{
	static const ViewFilter any = {0};
	g_autoptr(GError) error = NULL;
	g_autoptr(View) view = view_new(lists->store, lists->app, kind, filter != NULL ? filter : &any, &error);
	GString *text = g_string_new(NULL);
	gsize n = 0;
	const ViewColumn *columns = view_columns(kind, &n);
	g_autofree const char **fields = g_new0(const char *, n);
	gboolean row = TRUE;

	g_assert_no_error(error);
	for (gsize i = 0; i < n; i++)
		fields[i] = columns[i].name;
	while (row) {
		csv_append_row(text, style, fields, n);
		g_assert_true(view_next(view, &row, &error));
		for (gsize i = 0; row && i < n; i++)
			fields[i] = view_field(view, i);
	}
	return g_string_free(text, FALSE);
}

static void
assert_csv(Lists *lists, ViewKind kind, const ViewFilter *filter, const char *expected)
{
	g_autofree char *text = csv(lists, kind, filter, CSV_PLAIN);

	g_assert_cmpstr(text, ==, expected);
}

/* Names with everything that CSV, terminals and spreadsheets trip over. "~" is a blank, "_" a line end. */
static void
set_up(Lists *lists, gconstpointer data)
{
	g_autofree char *script =
	    g_strdup("resource r1 team name=Harbour~Ops\nresource r2 policy name=Night\n"
		     "entitlement t:r1:m group r1 name=Harbour~Ops~/~manager\n"
		     "entitlement p:r2:1 policy r2 name=Night~/~level~1\n"
		     "entitlement s:9 schedule - name=Nine\n"
		     "user U2 name=O\"Brien,~Pat email=Pat@Example.org role=admin invitation_pending=false time_zone=Europe/Paris\n"
		     "user U10 name==SUM(1) email=ten@example.org job_title=a_b invitation_pending=true\n"
		     "user U1 name=Żółw~\xd7\x90\xd7\x91~\xf0\x9f\x90\xa2\n"
		     "grant U2 t:r1:m effective=manager\ngrant U2 p:r2:1\nindirect U2 p:r2:1 via=s:9 via=s:8\n"
		     "grant U10 s:9\ngrant U1 t:r1:m\nevent added U1 t:r1:m actor=Zoe at=1600000000000\n");

	lists_set_up(lists, data);
	lists_take(lists, script);
	/* Line ends cannot be written in the words of a list. */
	g_assert_true(sql_exec(store_db(lists->store),
			       "UPDATE service_user_attributes SET value=replace(value, '_', char(10)) WHERE attribute='job_title'",
			       NULL));
}

#define USERS_HEADER "user_id,email,name,role,job_title,time_zone,invitation_pending\n"
#define USER_U1 "U1,,Żółw \xd7\x90\xd7\x91 \xf0\x9f\x90\xa2,,,,\n"
#define USER_U2 "U2,Pat@Example.org,\"O\"\"Brien, Pat\",admin,,Europe/Paris,false\n"

static void
test_users(Lists *lists, gconstpointer data)
{
	(void)data;
	assert_csv(lists, VIEW_USERS, NULL, USERS_HEADER USER_U1 "U10,ten@example.org,=SUM(1),,\"a\nb\",,true\n" USER_U2);
}

static void
test_sheet(Lists *lists, gconstpointer data)
{
	g_autofree char *text = csv(lists, VIEW_USERS, NULL, CSV_SHEET);

	(void)data;
	g_assert_nonnull(strstr(text, "U10,ten@example.org,'=SUM(1),,\"a\nb\",,true\n"));
}

static void
test_entitlements(Lists *lists, gconstpointer data)
{
	(void)data;
	/* Who holds it directly and through something is one holder. */
	assert_csv(lists, VIEW_ENTITLEMENTS, NULL,
		   "entitlement_id,kind,name,resource_id,assignable,holders\n"
		   "p:r2:1,policy,Night / level 1,r2,true,1\n"
		   "s:9,schedule,Nine,,false,1\n"
		   "t:r1:m,group,Harbour Ops / manager,r1,true,2\n");
}

#define GRANTS_HEADER                                                                                                              \
	"user_id,email,entitlement_id,kind,entitlement_name,via,effective,removable,since,granted_by,stale,user_name\n"
#define GRANT_U1                                                                                                                   \
	"U1,,t:r1:m,group,Harbour Ops / manager,,,true,2020-09-13T12:26:40Z,Zoe,false,Żółw \xd7\x90\xd7\x91 \xf0\x9f\x90\xa2\n"
#define GRANT_U10 "U10,ten@example.org,s:9,schedule,Nine,,,false," SINCE ",,false,=SUM(1)\n"
#define GRANT_U2_P                                                                                                                 \
	"U2,Pat@Example.org,p:r2:1,policy,Night / level 1,,,true," SINCE ",,false,\"O\"\"Brien, Pat\"\n"                           \
	"U2,Pat@Example.org,p:r2:1,policy,Night / level 1,s:8;s:9,,false," SINCE ",,false,\"O\"\"Brien, Pat\"\n"
#define GRANT_U2_T "U2,Pat@Example.org,t:r1:m,group,Harbour Ops / manager,,manager,true," SINCE ",,false,\"O\"\"Brien, Pat\"\n"

static void
test_grants(Lists *lists, gconstpointer data)
{
	(void)data;
	assert_csv(lists, VIEW_GRANTS, NULL, GRANTS_HEADER GRANT_U1 GRANT_U10 GRANT_U2_P GRANT_U2_T);
}

static void
test_filters(Lists *lists, gconstpointer data)
{
	const struct {
		ViewKind kind;
		ViewFilter filter;
		const char *expected;
	} cases[] = {
	    {VIEW_GRANTS, {.user = "U2"}, GRANTS_HEADER GRANT_U2_P GRANT_U2_T},
	    {VIEW_GRANTS, {.user = "pat@example.ORG"}, GRANTS_HEADER GRANT_U2_P GRANT_U2_T},
	    {VIEW_GRANTS, {.entitlement = "t:r1:m"}, GRANTS_HEADER GRANT_U1 GRANT_U2_T},
	    {VIEW_GRANTS, {.entitlement = "r2"}, GRANTS_HEADER GRANT_U2_P},
	    {VIEW_GRANTS, {.user = "U2", .entitlement = "r1"}, GRANTS_HEADER GRANT_U2_T},
	    {VIEW_GRANTS, {.user = "U1", .entitlement = "r2"}, GRANTS_HEADER},
	    {VIEW_GRANTS, {.since = G_GINT64_CONSTANT(1700000000000), .user = "U1"}, GRANTS_HEADER},
	    {VIEW_USERS, {.user = "U1"}, USERS_HEADER USER_U1},
	    {VIEW_ATTRIBUTES,
	     {.user = "ten@example.org"},
	     "user_id,attribute,value\nU10,email,ten@example.org\nU10,invitation_pending,true\nU10,job_title,\"a\nb\"\n"},
	    {VIEW_ENTITLEMENTS,
	     {.user = "U10"},
	     "entitlement_id,kind,name,resource_id,assignable,holders\ns:9,schedule,Nine,,false,1\n"},
	};

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_csv(lists, cases[i].kind, &cases[i].filter, cases[i].expected);
}

/* A word that means nothing is no empty list. */
static void
test_unknown(Lists *lists, gconstpointer data)
{
	const struct {
		ViewFilter filter;
		const char *code;
	} cases[] = {
	    {{.user = "nobody@example.org"}, "no_such_user"},
	    {{.entitlement = "nothing"}, "no_such_entitlement"},
	    {{.user = "U1", .entitlement = "nothing"}, "no_such_entitlement"},
	};

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(View) view = view_new(lists->store, lists->app, VIEW_GRANTS, &cases[i].filter, &error);

		g_assert_null(view);
		support_assert_error(error, IDC_NOT_FOUND, cases[i].code, NULL);
	}
}

static void
test_changes(Lists *lists, gconstpointer data)
{
	static const char *const header = "time,sync,what,user_id,entitlement_id,before,after,origin,actor,method\n";
	const ViewFilter since = {.since = G_GINT64_CONSTANT(1700000000000) + 2 * 3600 * 1000};
	const ViewFilter leaver = {.since = since.since, .user = "U10"};
	g_autofree char *all =
	    g_strconcat(header,
			"2023-11-15T00:13:20Z,2,user_removed,U10,,=SUM(1),,outside,,\n"
			"2023-11-15T00:13:20Z,2,resource_changed,,r1,name=Harbour Ops,name=New,outside,,\n"
			"2023-11-15T00:13:20Z,2,entitlement_removed,,s:9,Nine,,outside,,\n"
			"2023-11-15T00:13:20Z,2,grant_removed,U10,s:9,direct,,outside,,\n"
			"2023-11-15T00:13:20Z,2,grant_removed,U2,p:r2:1,direct,,outside,Max,browser\n"
			"2023-11-15T00:13:20Z,2,grant_changed,U2,p:r2:1,indirect via s:8;s:9,indirect via s:8,outside,,\n",
			NULL);
	g_autofree char *gone = g_strconcat(header,
					    "2023-11-15T00:13:20Z,2,user_removed,U10,,=SUM(1),,outside,,\n"
					    "2023-11-15T00:13:20Z,2,grant_removed,U10,s:9,direct,,outside,,\n",
					    NULL);

	(void)data;
	lists_take(lists,
		   "resource r1 team name=New\nresource r2 policy name=Night\n"
		   "entitlement t:r1:m group r1 name=Harbour~Ops~/~manager\n"
		   "entitlement p:r2:1 policy r2 name=Night~/~level~1\n"
		   "user U2 name=O\"Brien,~Pat email=Pat@Example.org role=admin invitation_pending=false time_zone=Europe/Paris\n"
		   "user U1 name=Żółw~\xd7\x90\xd7\x91~\xf0\x9f\x90\xa2\n"
		   "grant U2 t:r1:m effective=manager\nindirect U2 p:r2:1 via=s:8\ngrant U1 t:r1:m\n"
		   "event removed U2 p:r2:1 actor=Max method=browser\n");
	assert_csv(lists, VIEW_CHANGES, &since, all);
	/* Who is gone can still be asked for. */
	assert_csv(lists, VIEW_CHANGES, &leaver, gone);
}

static void
test_syncs(Lists *lists, gconstpointer data)
{
	(void)data;
	lists->options.cost = (SyncsCost){.requests = 7, .retries = 1, .waited_ms = 9};
	lists_take(lists, "user U1\nseal grants partial reason=hidden,~they~say\n");
	assert_csv(lists, VIEW_SYNCS, NULL,
		   "sync,started,mode,status,users,entitlements,grants,added,removed,requests,duration_ms,reason\n"
		   "1," SINCE ",full,complete,3,3,5,13,0,0,0,\n"
		   "2,2023-11-15T00:13:20Z,full,partial,1,0,0,0,12,7,0,\"hidden, they say\"\n");
	assert_csv(lists, VIEW_TASKS, NULL, "task,opened,user_id,what,url,closed\n");
}

static void
test_held(Lists *lists, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(MergeResult) result = NULL;

	(void)data;
	assert_csv(lists, VIEW_HELD, NULL, "what,user_id,email,entitlement_id,indirect\n");
	lists->options.at_least = 0;
	lists->options.percent = 0;
	result = lists_try(lists, "", &error);
	g_assert_true(result->held);
	assert_csv(
	    lists, VIEW_HELD, NULL,
	    "what,user_id,email,entitlement_id,indirect\n"
	    "user,U1,,,false\nuser,U10,ten@example.org,,false\nuser,U2,Pat@Example.org,,false\n"
	    "resource,,,r1,false\nresource,,,r2,false\n"
	    "entitlement,,,p:r2:1,false\nentitlement,,,s:9,false\nentitlement,,,t:r1:m,false\n"
	    "grant,U1,,t:r1:m,false\ngrant,U10,ten@example.org,s:9,false\n"
	    "grant,U2,Pat@Example.org,p:r2:1,false\ngrant,U2,Pat@Example.org,p:r2:1,true\ngrant,U2,Pat@Example.org,t:r1:m,false\n");
}

/* What went stale says so in its row. */
static void
test_stale(Lists *lists, gconstpointer data)
{
	const ViewFilter filter = {.user = "U10"};

	(void)data;
	lists_take(lists,
		   "removed user U9\nseal users partial\nseal grants partial\nseal entitlements partial\nseal resources partial\n");
	assert_csv(lists, VIEW_GRANTS, &filter,
		   GRANTS_HEADER "U10,ten@example.org,s:9,schedule,Nine,,,false," SINCE ",,true,=SUM(1)\n");
}

int
main(int argc, char **argv)
{
	const struct {
		const char *name;
		void (*test)(Lists *lists, gconstpointer data);
	} tests[] = {
	    {"/view/users, byte for byte", test_users},
	    {"/view/a spreadsheet is given no formula", test_sheet},
	    {"/view/entitlements and how many hold them", test_entitlements},
	    {"/view/grants, byte for byte", test_grants},
	    {"/view/filters narrow by person, address, entitlement, resource and time", test_filters},
	    {"/view/a filter that means nothing is an error", test_unknown},
	    {"/view/changes, of who is gone too", test_changes},
	    {"/view/syncs and tasks", test_syncs},
	    {"/view/what is held", test_held},
	    {"/view/a stale row says so", test_stale},
	};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Lists, NULL, set_up, tests[i].test, lists_tear_down);
	return g_test_run();
}
