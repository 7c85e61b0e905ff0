/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Questions that several lists know: query=, team_ids[]. Answers are kept until something changes: a client pages through them. */
#pragma once
#include "sim.h"

/* Whether the thing belongs into the answer; data is the caller's. */
typedef gboolean (*FilterMatch)(const Request *request, Thing *thing, gpointer data);

/* The things of the shelf that match, in its order; kept under the question (and whoever asks). Borrowed until the next change. */
const GPtrArray *filter_things(const Request *request, const Shelf *shelf, const gchar *question, FilterMatch match, gpointer data);

/* The things of the array that match. Not kept; the caller frees the array. */
GPtrArray *filter_array(const Request *request, const GPtrArray *items, FilterMatch match, gpointer data);

/* Whether the name (or, for a user, the address) holds what query= asks for; case is not looked at. */
gboolean filter_query(const Request *request, Thing *thing, const gchar *email, const gchar *folded);

/* query= without case, NULL where it is not given or empty. The caller frees it. */
gchar *filter_folded(const Request *request);

/* Everything that decides an answer: the query but for limit, offset and total. The caller frees it. */
gchar *filter_question(const Request *request, const gchar *list);
