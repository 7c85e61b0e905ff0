/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "control.h"

#include <string.h>

#include "consent.h"
#include "faults.h"
#include "grants.h"
#include "identity.h"
#include "journal.h"
#include "jtext.h"
#include "mutate.h"
#include "state.h"
#include "triggers.h"
#include "write-users.h"

typedef struct {
	Sim *sim;
	Query *query;
	json_object *body; /* NULL: none was sent */
	Reply *reply;
} Control;

static void
control_refuse(Reply *reply, guint status, const gchar *message)
{
	reply_json(reply, status, "{");
	jtext_pair(reply->body, "error", message);
	g_string_append_c(reply->body, '}');
}

static gboolean
control_reset(Control *control, GError **error)
{
	g_autoptr(Spec) spec = spec_copy(control->sim->initial);
	StateOptions options = {0};

	if (control->body != NULL && !spec_read(spec, control->body, "the world", error))
		return FALSE;
	if (!spec_settle(spec, error))
		return FALSE;
	sim_reset(control->sim, g_steal_pointer(&spec));
	state_counts(control->sim->world, control->reply->body, &options);
	return TRUE;
}

static gboolean
control_state(Control *control, GError **error)
{
	const World *world = control->sim->world;
	const gchar *format = query_get(control->query, "format");
	StateOptions options = {
	    .v3 = g_strcmp0(query_get(control->query, "v3"), "1") == 0,
	    .header = g_strcmp0(query_get(control->query, "header"), "0") != 0,
	};

	(void)error;
	if (g_strcmp0(format, "csv") == 0) {
		g_free(control->reply->content_type);
		control->reply->content_type = g_strdup("text/csv; charset=utf-8");
		state_csv(world, control->reply->body, &options);
	} else if (g_strcmp0(query_get(control->query, "counts"), "1") == 0) {
		state_counts(world, control->reply->body, &options);
	} else {
		state_write(world, control->reply->body, &options);
	}
	return TRUE;
}

static gboolean
control_journal(Control *control, GError **error)
{
	const gchar *after = query_get(control->query, "after");
	guint64 from = 0;

	if (after != NULL && !g_ascii_string_to_unsigned(after, 10, 0, G_MAXINT32, &from, error))
		return FALSE;
	if (g_strcmp0(query_get(control->query, "summary"), "1") == 0)
		journal_summary(control->sim->journal, control->reply->body);
	else
		journal_write(control->sim->journal, control->reply->body, (gint64)from);
	return TRUE;
}

static gboolean
control_forget_journal(Control *control, GError **error)
{
	(void)error;
	journal_free(control->sim->journal);
	control->sim->journal = journal_new();
	control->sim->resets++;
	g_string_append(control->reply->body, "{}");
	return TRUE;
}

static gboolean
control_clock(Control *control, GError **error)
{
	static const gchar *const keys[] = {"advance_ms", NULL};
	gint64 advance = 0;

	if (control->body != NULL &&
	    (!input_only_keys(control->body, "the clock", keys, error) ||
	     !input_integer(control->body, "the clock", "advance_ms", 0, G_MAXINT32 * 1000LL, &advance, error)))
		return FALSE;
	control->sim->clock_skew_ms += advance;
	g_string_append_printf(control->reply->body, "{\"now_ms\":%" G_GINT64_FORMAT "}", sim_now_ms(control->sim));
	return TRUE;
}

static gboolean
control_switches(Control *control, GError **error)
{
	if (control->body != NULL) {
		json_object_object_foreach(control->body, name, value)
		{
			if (value == NULL ||
			    !switches_set(control->sim->spec->switches, name, json_object_get_string(value), error))
				return value == NULL ? input_refuse(error, "The switch %s is null.", name) : FALSE;
		}
		/* some of them decide how things look that are already prepared */
		world_sort(control->sim->world, spec_order(control->sim->spec));
		world_touch(control->sim->world);
	}
	switches_describe(control->sim->spec->switches, control->reply->body, FALSE);
	return TRUE;
}

static gboolean
control_invitations(Control *control, GError **error)
{
	(void)error;
	write_users_invitations(control->sim->world, control->reply->body);
	return TRUE;
}

static gboolean
control_tokens(Control *control, GError **error)
{
	(void)error;
	sim_revoke_all(control->sim);
	g_string_append(control->reply->body, "{}");
	return TRUE;
}

static gboolean
control_identity(Control *control, GError **error)
{
	if (control->body != NULL && !identity_expire(control->sim, control->body, "the body", error))
		return FALSE;
	grants_write(control->sim->grants, control->reply->body);
	return TRUE;
}

static gboolean
control_consent(Control *control, GError **error)
{
	return consent_without_browser(control->sim, control->body, control->reply->body, error);
}

static gboolean
control_add_faults(Control *control, GError **error)
{
	if (control->body == NULL)
		return input_refuse(error, "The body has no \"faults\".");
	if (!faults_add(control->sim->faults, control->body, error))
		return FALSE;
	faults_write(control->sim->faults, control->reply->body);
	return TRUE;
}

static gboolean
control_faults(Control *control, GError **error)
{
	(void)error;
	faults_write(control->sim->faults, control->reply->body);
	return TRUE;
}

static gboolean
control_forget_faults(Control *control, GError **error)
{
	faults_remove_all(control->sim->faults);
	return control_faults(control, error);
}

static gboolean
control_mutate(Control *control, GError **error)
{
	static const gchar *const keys[] = {"changes", "at", NULL};
	json_object *changes = NULL;
	gint number;

	if (control->body == NULL)
		return input_refuse(error, "The body has no \"changes\".");
	if (!input_only_keys(control->body, "the body", keys, error) ||
	    !input_array(control->body, "the body", "changes", &changes, error) || !mutate_check(changes, error))
		return FALSE;
	if (json_object_object_get(control->body, "at") == NULL)
		return mutate_apply(control->sim, changes, control->reply->body, error);
	number = triggers_add(control->sim->triggers, control->body, error);
	if (number >= 0)
		g_string_append_printf(control->reply->body, "{\"trigger\":%d}", number);
	return number >= 0;
}

static gboolean
control_triggers(Control *control, GError **error)
{
	(void)error;
	triggers_write(control->sim->triggers, control->reply->body);
	return TRUE;
}

typedef struct {
	const gchar *method;
	const gchar *path;
	const gchar *parameters[4];
	gboolean (*handle)(Control *control, GError **error);
} ControlRoute;

static const ControlRoute routes[] = {
    {"POST", "reset", {NULL}, control_reset},
    {"GET", "state", {"format=json|csv", "v3=1|0", "counts=1|0", "header=1|0"}, control_state},
    {"GET", "journal", {"summary=1|0", "after#", NULL}, control_journal},
    {"DELETE", "journal", {NULL}, control_forget_journal},
    {"POST", "faults", {NULL}, control_add_faults},
    {"GET", "faults", {NULL}, control_faults},
    {"DELETE", "faults", {NULL}, control_forget_faults},
    {"POST", "mutate", {NULL}, control_mutate},
    {"GET", "mutate", {NULL}, control_triggers},
    {"POST", "clock", {NULL}, control_clock},
    {"GET", "switches", {NULL}, control_switches},
    {"POST", "switches", {NULL}, control_switches},
    {"GET", "invitations", {NULL}, control_invitations},
    {"DELETE", "tokens", {NULL}, control_tokens},
    {"GET", "identity", {NULL}, control_identity},
    {"POST", "expire", {NULL}, control_identity},
    {"POST", "consent", {NULL}, control_consent},
};

static const ControlRoute *
control_find(const gchar *method, const gchar *path)
{
	for (guint i = 0; i < G_N_ELEMENTS(routes); i++) {
		if (g_str_equal(routes[i].method, method) && g_str_equal(routes[i].path, path))
			return &routes[i];
	}
	return NULL;
}

static gboolean
control_run(Control *control, const ControlRoute *route, GError **error)
{
	const gchar *parameters[G_N_ELEMENTS(route->parameters) + 1] = {NULL};
	g_autofree gchar *wrong = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(route->parameters); i++)
		parameters[i] = route->parameters[i];
	wrong = query_check(control->query, parameters);
	if (wrong != NULL)
		return input_refuse(error, "%s", wrong);
	return route->handle(control, error);
}

void
control_answer(Sim *sim, const gchar *method, const gchar *uri, const GString *body, Reply *reply)
{
	const gchar *mark = strchr(uri, '?');
	g_autofree gchar *path =
	    g_strndup(uri + strlen(CONTROL_PREFIX), (mark == NULL ? strlen(uri) : (gsize)(mark - uri)) - strlen(CONTROL_PREFIX));
	g_autoptr(Query) query = query_parse(mark == NULL ? NULL : mark + 1);
	g_autoptr(json_object) value = NULL;
	g_autoptr(GError) error = NULL;
	const ControlRoute *route = control_find(method, path);
	Control control = {sim, query, NULL, reply};

	reply_json(reply, 200, "");
	if (route == NULL) {
		g_autofree gchar *message = g_strdup_printf("There is no %s %s%s; the simulator's README lists what there is.",
							    method, CONTROL_PREFIX, path);
		control_refuse(reply, 404, message);
		return;
	}
	if (body->len > 0) {
		value = input_parse(body->str, body->len, "The body", &error);
		control.body = value;
	}
	if (error != NULL || !control_run(&control, route, &error))
		control_refuse(reply, 400, error->message);
}
