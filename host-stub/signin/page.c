/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "signin/page.h"

/* Readable on a phone, in the dark, and by who enlarges the letters. */
#define PAGE_STYLE                                                                                                                 \
	":root{color-scheme:light dark}"                                                                                           \
	"body{font:1.125rem/1.6 system-ui,sans-serif;margin:0 auto;max-width:36rem;padding:2rem 1.25rem;overflow-wrap:anywhere}"   \
	"h1{font-size:1.5rem;line-height:1.3}"                                                                                     \
	".detail{border-left:.25rem solid;padding-left:1rem}"

static const struct {
	guint status;
	const char *title;
	const char *text;
	const char *next;
} pages[] = {
    [PAGE_CONNECTED] = {200, "Connected", "The sign-in is complete.", "You can close this page and go back to the terminal."},
    [PAGE_DENIED] = {403, "Not connected: the consent was denied", "The service was told no, so nothing was connected or saved.",
		     "If that was not meant, go back to the terminal and begin again."},
    [PAGE_FAILED] = {400, "Not connected", "The service sent you back, but the sign-in could not be completed.",
		     "Nothing was saved. Go back to the terminal: it says what to do next."},
    [PAGE_LATE] = {410, "Too late", "This link's time was over, so nothing was connected.",
		   "Go back to the terminal and open the new link, or begin again."},
    [PAGE_AGAIN] = {409, "Already used", "This link was used before, and each works once.",
		    "Go back to the terminal: what came of it is said there."},
    [PAGE_OTHER] = {403, "Not this sign-in",
		    "The page that sent you here does not belong to the sign-in that is waiting on this machine.",
		    "Nothing was taken from it. Open the link that the terminal shows."},
    [PAGE_GARBAGE] = {400, "Not understood", "What the browser brought along is nothing that the service sends.",
		      "Nothing was taken from it. Open the link that the terminal shows."},
    [PAGE_WRONG_HOST] = {421, "Not this address", "This page was asked for under another name than the one that is registered.",
			 "Nothing was taken from it. Open the link that the terminal shows."},
    [PAGE_NOWHERE] = {404, "Nothing here", "This machine waits for a sign-in, but not on this page.",
		      "Open the link that the terminal shows."},
    [PAGE_WRONG_METHOD] = {405, "Not like this", "This page can only be opened, nothing can be sent to it.",
			   "Open the link that the terminal shows."},
};

guint
page_status(Page page)
{
	return pages[page].status;
}

const char *
page_sentence(Page page)
{
	return pages[page].text;
}

char *
page_render(Page page, const char *detail)
{
	g_autofree char *said = detail != NULL ? g_markup_printf_escaped("<p class=\"detail\">%s</p>\n", detail) : g_strdup("");

	return g_strdup_printf("<!DOCTYPE html>\n"
			       "<html lang=\"en\">\n"
			       "<head>\n"
			       "<meta charset=\"utf-8\">\n"
			       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			       "<title>%s</title>\n"
			       "<style>" PAGE_STYLE "</style>\n"
			       "</head>\n"
			       "<body>\n"
			       "<main>\n"
			       "<h1>%s</h1>\n"
			       "<p>%s</p>\n"
			       "%s"
			       "<p>%s</p>\n"
			       "</main>\n"
			       "</body>\n"
			       "</html>\n",
			       pages[page].title, pages[page].title, pages[page].text, said, pages[page].next);
}

const char *
page_policy(void)
{
	static gsize once = 0;
	static char *policy = NULL;

	if (g_once_init_enter(&once)) {
		g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
		guint8 digest[32];
		gsize length = sizeof(digest);
		g_autofree char *hash = NULL;

		g_checksum_update(checksum, (const guchar *)PAGE_STYLE, sizeof(PAGE_STYLE) - 1);
		g_checksum_get_digest(checksum, digest, &length);
		hash = g_base64_encode(digest, length);
		policy = g_strdup_printf("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'; "
					 "frame-ancestors 'none'",
					 hash);
		g_once_init_leave(&once, 1);
	}
	return policy;
}
