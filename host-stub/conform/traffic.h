/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What a connector asked of the fixture, from its journal, against what the manifest says that it asks. */
#pragma once
#include "conform/fixture.h"
#include "load/manifest.h"

typedef struct {
	char *method, *path, *query, *host, *route, *scope; /* route and scope may be NULL */
	gint status;
	char *violation; /* the first one, or NULL */
} TrafficEntry;

/* All requests since the last reset, as TrafficEntry. */
GPtrArray *traffic_read(Fixture *fixture, GError **error);

/* Whether it asks for one thing by its id, so that 404 is the service's word that this thing is gone. */
gboolean traffic_names_one(const TrafficEntry *entry);

/* How many there are. -1 with error set. */
gint64 traffic_count(Fixture *fixture, GError **error);

/* The manifest's line for it, or NULL. */
const ManifestWire *traffic_wire(const Manifest *manifest, const TrafficEntry *entry);

/* Whether it may change something: it is no GET, and neither a list nor a sign-in may make it. */
gboolean traffic_is_write(const Manifest *manifest, const TrafficEntry *entry);

guint traffic_writes(const Manifest *manifest, GPtrArray *traffic);

/* "GET /things?x=1 (200)" for reports. Free with g_free. */
char *traffic_text(const TrafficEntry *entry);
