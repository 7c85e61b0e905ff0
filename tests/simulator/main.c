/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* pd-sim: see README.md beside this file. */
#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "jtext.h"
#include "server.h"
#include "tls.h"

typedef struct {
	gint port;
	gboolean tls;
	gboolean exit_with_parent;
	gchar *region;
	gchar *world;
	gchar **switches;
	gint64 users;
	gint64 teams;
	gint64 memberships;
	gint64 policies;
	gint64 schedules;
	gint64 seed;
} MainOptions;

static gboolean
main_read_world(Spec *spec, const gchar *path, GError **error)
{
	g_autofree gchar *text = NULL;
	g_autoptr(json_object) value = NULL;
	gsize length;

	if (!g_file_get_contents(path, &text, &length, error))
		return FALSE;
	value = input_parse(text, length, path, error);
	return value != NULL && spec_read(spec, value, path, error);
}

/* The command line's world: the file first, then whatever else is said. */
static gboolean
main_spec(const MainOptions *options, Spec *spec, GError **error)
{
	const gint64 sizes[] = {options->users, options->teams, options->memberships, options->policies, options->schedules};
	const gchar *const names[] = {"users", "teams", "memberships", "policies", "schedules"};

	if (options->world != NULL && !main_read_world(spec, options->world, error))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
		if (sizes[i] >= 0)
			*spec_size(spec, names[i]) = sizes[i];
	}
	if (options->seed >= 0)
		spec->seed = options->seed;
	if (options->region != NULL) {
		g_free(spec->region);
		spec->region = g_strdup(options->region);
	}
	for (guint i = 0; options->switches != NULL && options->switches[i] != NULL; i++) {
		g_auto(GStrv) pair = g_strsplit(options->switches[i], "=", 2);
		if (g_strv_length(pair) != 2)
			return input_refuse(error, "--set takes SWITCH=VALUE, not \"%s\".", options->switches[i]);
		if (!switches_set(spec->switches, pair[0], pair[1], error))
			return FALSE;
	}
	return TRUE;
}

/* What somebody who tries it by hand types into another terminal. */
static void
main_tell_person(const Spec *spec, const gchar *scheme, guint port, const TlsFiles *tls)
{
	fprintf(
	    stderr,
	    "\nThis is a PagerDuty of its own, until Ctrl-C. To connect it, in another terminal:\n\n"
	    "  ./dev host connect pagerduty --set api_url=%s://127.0.0.1:%u --set identity_url=%s://127.0.0.1:%u/identity%s%s%s\n\n"
	    "There is nothing to register here. When it asks: Client ID %s, Client secret %s, Subdomain %s; elsewhere Enter.\n",
	    scheme, port, scheme, port, strcmp(spec->region, "eu") == 0 ? " --set region=eu" : "",
	    tls != NULL ? " --set ca_file=" : "", tls != NULL ? tls->ca_file : "", spec->client_id, spec->client_secret,
	    spec->subdomain);
}

/* The one line that a test waits for. */
static void
main_tell(const Sim *sim, const Server *server, const TlsFiles *tls)
{
	const gchar *scheme = tls != NULL ? "https" : "http";
	const Spec *spec = sim->spec;
	g_autoptr(GString) line = g_string_new(NULL);
	guint port = server_port(server);

	g_string_append_printf(line, "{\"port\":%u,\"control_port\":%u,\"pid\":%d,\"settings\":{", port,
			       server_control_port(server), (int)getpid());
	jtext_pair(line, "client_id", spec->client_id);
	g_string_append_c(line, ',');
	jtext_pair(line, "subdomain", spec->subdomain);
	g_string_append_c(line, ',');
	jtext_pair(line, "region", spec->region);
	g_string_append_printf(line, ",\"api_url\":\"%s://127.0.0.1:%u\",\"identity_url\":\"%s://127.0.0.1:%u/identity\"", scheme,
			       port, scheme, port);
	if (tls != NULL) {
		g_string_append_c(line, ',');
		jtext_pair(line, "ca_file", tls->ca_file);
	}
	g_string_append(line, "},\"secrets\":{");
	jtext_pair(line, "client_secret", spec->client_secret);
	g_string_append(line, "}}");
	puts(line->str);
	fflush(stdout);
	if (isatty(STDOUT_FILENO) != 0)
		main_tell_person(spec, scheme, port, tls);
}

static gboolean
main_quit(gpointer loop)
{
	g_main_loop_quit(loop);
	return G_SOURCE_CONTINUE;
}

static gboolean
main_run(const MainOptions *options, GError **error)
{
	g_autoptr(Spec) initial = spec_new();
	g_autoptr(Spec) spec = NULL;
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(TlsFiles) tls = NULL;
	ServerOptions listen = {.port = (guint)options->port};
	Sim sim = {0};
	Server *server;

	if (!main_spec(options, initial, error))
		return FALSE;
	spec = spec_copy(initial);
	if (!spec_settle(spec, error))
		return FALSE;
	if (options->tls) {
		tls = tls_make(switches_word(spec->switches, SWITCH_TLS_CERT), error);
		if (tls == NULL)
			return FALSE;
		listen.tls_cert = tls->cert;
		listen.tls_key = tls->key;
	}
	g_mutex_init(&sim.lock);
	sim.initial = initial;
	sim_reset(&sim, g_steal_pointer(&spec));
	server = server_start(&sim, &listen, error);
	if (server != NULL) {
		g_unix_signal_add(SIGTERM, main_quit, loop);
		g_unix_signal_add(SIGINT, main_quit, loop);
		main_tell(&sim, server, tls);
		g_main_loop_run(loop);
		server_stop(server);
	}
	sim_reset(&sim, NULL);
	g_mutex_clear(&sim.lock);
	return server != NULL;
}

int
main(int argc, char **argv)
{
	MainOptions options = {.users = -1, .teams = -1, .memberships = -1, .policies = -1, .schedules = -1, .seed = -1};
	const GOptionEntry entries[] = {
	    {"port", 0, 0, G_OPTION_ARG_INT, &options.port, "Port on 127.0.0.1; 0, the default, takes a free one", "PORT"},
	    {"seed", 0, 0, G_OPTION_ARG_INT64, &options.seed, "The same seed makes the same world (1)", "N"},
	    {"users", 0, 0, G_OPTION_ARG_INT64, &options.users, "Users, the owner included (25)", "N"},
	    {"teams", 0, 0, G_OPTION_ARG_INT64, &options.teams, "Teams", "N"},
	    {"memberships", 0, 0, G_OPTION_ARG_INT64, &options.memberships, "Users in teams, all told", "N"},
	    {"policies", 0, 0, G_OPTION_ARG_INT64, &options.policies, "Escalation policies", "N"},
	    {"schedules", 0, 0, G_OPTION_ARG_INT64, &options.schedules, "Layer-based schedules", "N"},
	    {"world", 0, 0, G_OPTION_ARG_FILENAME, &options.world, "A world as POST /_control/reset takes it", "FILE"},
	    {"region", 0, 0, G_OPTION_ARG_STRING, &options.region, "Service region of the account", "us|eu"},
	    {"tls", 0, 0, G_OPTION_ARG_NONE, &options.tls, "HTTPS with a throw-away authority; control_port stays plain", NULL},
	    {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.switches, "A switch, see below; may be repeated", "SWITCH=VALUE"},
	    {"exit-with-parent", 0, 0, G_OPTION_ARG_NONE, &options.exit_with_parent, "End when the process that started it ends",
	     NULL},
	    G_OPTION_ENTRY_NULL,
	};
	g_autoptr(GOptionContext) context = g_option_context_new("- a PagerDuty that misbehaves on purpose");
	g_autoptr(GString) help = g_string_new("Switches (name=preset):\n");
	g_autoptr(Switches) presets = switches_new();
	g_autoptr(GError) error = NULL;
	pid_t parent = getppid();
	gint status = 0;

	switches_describe(presets, help, TRUE);
	g_option_context_add_main_entries(context, entries, NULL);
	g_option_context_set_description(context, help->str);
	if (!g_option_context_parse(context, &argc, &argv, &error) || argc > 1 || options.port < 0 || options.port > 65535) {
		g_printerr("pd-sim: %s See pd-sim --help.\n",
			   error != NULL ? error->message : "there is an argument too many, or no such port.");
		status = 2;
	} else {
		if (options.exit_with_parent) {
			prctl(PR_SET_PDEATHSIG, SIGTERM);
			/* it may have gone before the line above */
			if (getppid() != parent)
				status = 1;
		}
		signal(SIGPIPE, SIG_IGN);
		if (status == 0 && !main_run(&options, &error)) {
			g_printerr("pd-sim: %s\n", error->message);
			status = 1;
		}
	}
	g_free(options.region);
	g_free(options.world);
	g_strfreev(options.switches);
	return status;
}
