/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What checks of a person's sign-in have in common: an instance for a person, and the fixture's person who answers its page. */
#pragma once
#include "conform/subject.h"

/* What the browser brings back: keys and values in turn, decoded once. */
typedef struct {
	GPtrArray *texts; /* NULL: nothing yet */
} Callback;

void callback_clear(Callback *callback);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Callback, callback_clear)

/* An instance with the settings for a person, initialized and not signed in, in the world default. NULL: a verdict is there. */
Subject *consenting_subject(Bench *bench);

/* Where the browser is sent back to. Owned by the plan. */
const char *consenting_redirect_uri(const Bench *bench);

/* BEGIN, and the address for the person; free with g_free. NULL: a verdict is there. */
char *consenting_begin(Subject *subject);

/* The person answers the page at url (NULL: nothing is done) with "allow" or "deny"; scopes (may be NULL): gives only these. FALSE: a verdict is
 * there. */
gboolean consenting_answer(Subject *subject, const char *url, const char *answer, json_object *scopes, Callback *ret_callback);

/* COMPLETE. Free the Told. */
Told *consenting_complete(Subject *subject, const Callback *callback);

/* All of it, the person allows it. ret_callback (may be NULL): what the browser brought. FALSE: a verdict is there. */
gboolean consenting_sign_in(Subject *subject, Callback *ret_callback);

/* A subject whose person has signed in, or NULL with a verdict. */
Subject *consenting_open(Bench *bench);

/* Nobody is signed in, and a person has to act. invalid: INVALID is good as well. */
void consenting_expect_refused(Bench *bench, const Told *told, gboolean invalid);
