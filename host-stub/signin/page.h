/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The pages that a person sees in the browser when the service has sent it back: no script, nothing from elsewhere, no secret. */
#pragma once
#include <glib.h>

typedef enum {
	PAGE_CONNECTED,    /* it worked */
	PAGE_DENIED,       /* the person said no at the service */
	PAGE_FAILED,       /* detail says why */
	PAGE_LATE,         /* the link's time was over */
	PAGE_AGAIN,        /* this link was used already */
	PAGE_OTHER,        /* the state is none of this sign-in */
	PAGE_GARBAGE,      /* the query is nothing that a service sends */
	PAGE_WRONG_HOST,   /* the header Host is missing, doubled or another */
	PAGE_NOWHERE,      /* another path */
	PAGE_WRONG_METHOD, /* anything but GET */
} Page;

/* The HTTP status. */
guint page_status(Page page);

/* What it says, in a sentence. Static. */
const char *page_sentence(Page page);

/* The page in HTML; detail, escaped here, is what else there is to say, or NULL. */
char *page_render(Page page, const char *detail);

/* The header Content-Security-Policy: nothing but the style that stands in the page. Static. */
const char *page_policy(void);
