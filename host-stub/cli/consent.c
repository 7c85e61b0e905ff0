/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/consent.h"
#include "base/text.h"
#include "cli/ask.h"
#include "signin/redirect.h"
#include <string.h>
#include <unistd.h>

/* So many links may be too late before it is given up. */
#define CONSENT_LINKS 3

typedef struct {
	Output *output;
	Session *session;
	const ConsentOptions *options;
	const Redirect *redirect;
	Listener *listener;
	int input; /* descriptor of what may be pasted, -1: none (any more) */
} Consent;

/* Whether standard input is still there to be read from. */
static gboolean
consent_may_paste(const Form *form)
{
	for (gsize i = 0; form->secrets != NULL && form->secrets[i] != NULL; i++) {
		if (g_str_has_suffix(form->secrets[i], "=-") && isatty(STDIN_FILENO) == 0)
			return FALSE;
	}
	return TRUE;
}

ConsentOptions
consent_options(Output *output, const Form *form, gboolean browser, int wait_s)
{
	return (ConsentOptions){
	    .browser = browser && ask_possible(output), .paste = consent_may_paste(form), .wait_s = CLAMP(wait_s, 1, 24 * 3600)};
}

char *
consent_redirect(const App *app, const Manifest *manifest)
{
	return app->redirect_uri != NULL ? g_strdup(app->redirect_uri) : redirect_default(manifest->redirect_path, app->identifier);
}

/* A browser of this session's screen; a text browser would take the terminal that is needed here. */
static gboolean
consent_open_browser(const char *url)
{
	char *argv[] = {(char *)(gpointer) "xdg-open", (char *)(gpointer)url, NULL};

	if (g_getenv("DISPLAY") == NULL && g_getenv("WAYLAND_DISPLAY") == NULL)
		return FALSE;
	return g_spawn_async(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
			     NULL, NULL, NULL);
}

static void
consent_show_link(const Consent *consent, const char *url)
{
	const char *name = session_manifest(consent->session)->name;

	output_note(
	    consent->output,
	    "\nA person has to sign in to %s and allow the access. The service's code that comes back lives for seconds only "
	    "(often 30), so have this terminal at hand and press nothing else in between.",
	    name);
	if (consent->options->browser && consent_open_browser(url))
		output_note(consent->output, "A browser was opened. If none is to be seen, open this address yourself:\n");
	else
		output_note(consent->output, "Open this address in a browser:\n");
	/* Nobody gets further without it, however quiet the program is to be. It is checked to be plain characters. */
	fflush(stdout);
	fprintf(stderr, "%s\n", url);
	output_note(consent->output, "\nWaiting at %s.%s", consent->redirect->uri,
		    consent->input >= 0
			? " If the browser cannot come back there, paste the address that it shows then, and press Enter."
			: "");
	fflush(stderr);
}

/* The query of what was pasted, if it may be used; otherwise says why not. */
static Query *
consent_take_pasted(Consent *consent, char *line)
{
	gsize length = strlen(consent->redirect->uri);
	g_autoptr(Query) query = NULL;
	g_autoptr(GError) error = NULL;
	char *mark;
	Page page;

	g_strstrip(line);
	if (*line == '\0')
		return NULL;
	line[strcspn(line, "#")] = '\0';
	mark = strchr(line, '?');
	if (mark == NULL || strncmp(line, consent->redirect->uri, length) != 0 || line + length != mark) {
		output_note(consent->output, "This is not it: the address begins with %s? and is needed whole. Paste it again.",
			    consent->redirect->uri);
		return NULL;
	}
	query = query_parse(mark + 1, &error);
	if (query == NULL) {
		output_note(consent->output, "%s Paste it again.", error->message);
		return NULL;
	}
	page = listener_judge(consent->listener, query);
	if (page == PAGE_CONNECTED)
		return g_steal_pointer(&query);
	output_note(consent->output, "%s Paste the address of the link above.", page_sentence(page));
	return NULL;
}

static Query *
consent_read_pasted(Consent *consent)
{
	g_autofree char *line = ask_line(NULL);
	Query *query;

	if (line == NULL) {
		consent->input = -1;
		return NULL;
	}
	query = consent_take_pasted(consent, line);
	explicit_bzero(line, strlen(line));
	return query;
}

static gboolean
consent_is_cancelled(gpointer user_data)
{
	(void)user_data;
	return services_signal() != 0;
}

/* What the browser brings back, or NULL and why nothing came. */
static Query *
consent_wait(Consent *consent, GError **error)
{
	gint64 until = g_get_monotonic_time() + (gint64)consent->options->wait_s * G_USEC_PER_SEC;

	for (;;) {
		gint64 left_ms = MAX((until - g_get_monotonic_time()) / 1000, 0);
		Query *query = NULL;

		switch (listener_wait(consent->listener, consent->input, left_ms, consent_is_cancelled, NULL, &query)) {
		case LISTENER_CALLED:
			return query;
		case LISTENER_INPUT:
			query = consent_read_pasted(consent);
			if (query != NULL)
				return query;
			break;
		case LISTENER_CANCELLED:
			host_error_set(error, IDC_CANCELLED, "stopped",
				       "Stopped while waiting for the sign-in. Nothing was saved.");
			return NULL;
		case LISTENER_LATE:
		default:
			host_error_set(
			    error, IDC_TIMEOUT, "sign_in_late",
			    "Nobody came back from the sign-in within %d seconds. Nothing was saved; run the command again.",
			    consent->options->wait_s);
			host_error_set_exit(*error, HOST_EXIT_REAUTHORIZE);
			return NULL;
		}
	}
}

static gboolean
consent_complete(Consent *consent, const Query *query, GError **error)
{
	g_autoptr(SessionIdentity) identity = NULL;
	g_autoptr(GError) error_local = NULL;
	gsize n_pairs = 0;
	const idc_pair *pairs = query_pairs(query, &n_pairs);

	if (session_complete(consent->session, consent->redirect->uri, pairs, n_pairs, &identity, &error_local)) {
		g_autofree char *detail =
		    identity->subject != NULL
			? g_strdup_printf("%s is connected as %s.", session_manifest(consent->session)->name, identity->subject)
			: NULL;

		listener_answer(consent->listener, PAGE_CONNECTED, detail);
		return TRUE;
	}
	if (host_error_status(error_local) == IDC_CONSENT)
		listener_answer(consent->listener, PAGE_DENIED, NULL);
	else if (host_error_status(error_local) == IDC_EXPIRED)
		listener_answer(consent->listener, PAGE_LATE, error_local->message);
	else
		listener_answer(consent->listener, PAGE_FAILED, error_local->message);
	g_propagate_error(error, g_steal_pointer(&error_local));
	return FALSE;
}

/* One link. */
static gboolean
consent_try(Consent *consent, const SessionChallenge *challenge, GError **error)
{
	g_autoptr(Query) query = NULL;

	listener_expect(consent->listener, challenge->state);
	consent_show_link(consent, challenge->url);
	query = consent_wait(consent, error);
	return query != NULL && consent_complete(consent, query, error);
}

/* The first link is there already. */
static gboolean
consent_run(Consent *consent, SessionChallenge *challenge, GError **error)
{
	g_autoptr(SessionChallenge) link = challenge;

	for (guint n = 1;; n++) {
		g_autoptr(GError) error_local = NULL;

		if (consent_try(consent, link, &error_local))
			return TRUE;
		if (host_error_status(error_local) != IDC_EXPIRED || n == CONSENT_LINKS) {
			g_propagate_error(error, g_steal_pointer(&error_local));
			return FALSE;
		}
		output_note(consent->output, "\n%s Here is a new link.", error_local != NULL ? error_local->message : "");
		g_clear_pointer(&link, session_challenge_free);
		link = session_begin(consent->session, consent->redirect->uri, NULL, error);
		if (link == NULL)
			return FALSE;
	}
}

gboolean
consent_get(Output *output, Session *session, const App *app, const ConsentOptions *options, Listener **ret_listener,
	    GError **error)
{
	const Manifest *manifest = session_manifest(session);
	g_autofree char *uri = consent_redirect(app, manifest);
	g_autoptr(GError) error_local = NULL;
	g_autoptr(Redirect) redirect = NULL;
	g_autoptr(Listener) listener = NULL;
	SessionChallenge *challenge;
	Consent consent = {.output = output, .session = session, .options = options};

	*ret_listener = NULL;
	if (!manifest_has_step(manifest, "begin"))
		return TRUE;
	challenge = session_begin(session, uri, NULL, &error_local);
	if (challenge == NULL && host_error_status(error_local) == IDC_UNSUPPORTED)
		return TRUE;
	if (challenge == NULL) {
		g_propagate_error(error, g_steal_pointer(&error_local));
		return FALSE;
	}
	redirect = redirect_new(uri, error);
	if (redirect != NULL)
		listener = listener_new(redirect, error);
	if (listener == NULL) {
		session_challenge_free(challenge);
		return FALSE;
	}
	consent.redirect = redirect;
	consent.listener = listener;
	consent.input = options->paste ? STDIN_FILENO : -1;
	if (!consent_run(&consent, challenge, error))
		return FALSE;
	*ret_listener = g_steal_pointer(&listener);
	return TRUE;
}
