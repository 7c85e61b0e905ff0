/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "consent-pages.h"

void
pages_write(Reply *reply, guint status, const gchar *title, const gchar *content)
{
	reply_json(reply, status, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
	g_string_append_printf(reply->body,
			       "<meta name=\"viewport\" content=\"width=device-width\"><title>%s</title></head>\n"
			       "<body><main><h1>%s</h1>\n%s</main></body></html>\n",
			       title, title, content);
	g_free(reply->content_type);
	reply->content_type = g_strdup("text/html; charset=utf-8");
	reply_header(reply, "Cache-Control", "no-store");
}

/* The address is the one that the service has behind /identity. */
static gchar *
pages_form(const gchar *request, const gchar *inside)
{
	g_autofree gchar *id = g_markup_escape_text(request, -1);

	return g_strdup_printf("<form method=\"post\" action=\"/identity/oauth/authorize\">\n"
			       "<input type=\"hidden\" name=\"request\" value=\"%s\">\n%s</form>\n",
			       id, inside);
}

void
pages_login(Reply *reply, const gchar *request, gboolean again)
{
	g_autofree gchar *form = pages_form(
	    request, "<p><label>E-mail <input name=\"email\" type=\"email\" autocomplete=\"username\" required></label></p>\n"
		     "<p><label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\" "
		     "required></label></p>\n"
		     "<p><button type=\"submit\" id=\"login\">Log in</button></p>\n");
	g_autofree gchar *content =
	    g_strconcat(again ? "<p role=\"alert\">The e-mail or the password is wrong.</p>\n" : "", form, NULL);

	pages_write(reply, again ? 401 : 200, "Log in", content);
}

void
pages_consent(Reply *reply, const Sim *sim, const Asking *asking)
{
	const User *user = shelf_find(&sim->world->users, asking->user_id);
	g_auto(GStrv) scopes = g_strsplit(asking->scope, " ", -1);
	g_autofree gchar *form =
	    pages_form(asking->id, "<p><button type=\"submit\" name=\"answer\" value=\"allow\" id=\"allow\">Allow</button>\n"
				   "<button type=\"submit\" name=\"answer\" value=\"deny\" id=\"deny\">Deny</button></p>\n");
	g_autofree gchar *who =
	    g_markup_printf_escaped("<p>The app %s asks to act as %s in %s:</p>\n", sim->spec->client_id,
				    user != NULL ? user->email : "somebody who is no more", sim->spec->subdomain);
	g_autoptr(GString) content = g_string_new(who);

	g_string_append(content, "<ul>\n");
	for (guint i = 0; scopes[i] != NULL; i++) {
		g_autofree gchar *item = g_markup_printf_escaped("<li>%s</li>\n", scopes[i]);
		g_string_append(content, item);
	}
	g_string_append_printf(content, "</ul>\n%s", form);
	pages_write(reply, 200, "Allow access", content->str);
}
