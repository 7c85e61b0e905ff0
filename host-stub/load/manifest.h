/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * What a connector promises before anyone loads it. Read by the bounded reader: wrong types, duplicate keys and too much of anything
 * are refused with the JSON path; unknown keys are tolerated and told; a higher "manifest" number is refused.
 * A Manifest does not change after it was read and may be used from any thread. All strings are valid UTF-8, optional ones NULL.
 */
#pragma once
#include "base/paths.h"
#include <glib.h>

typedef struct {
	char *setting;
	char *is;
} ManifestCondition;

typedef struct {
	char *key, *label, *note;
	gboolean supported;
} ManifestCapability;

typedef struct {
	char *chain, *id;
	gint rank;
} ManifestRank;

typedef struct {
	char *kind, *label, *resource, *id_pattern, *exclusive;
	gboolean assignable, removable;
	GStrv removed_after; /* kinds of which nothing may be held any more before this one can be taken; never NULL */
	GPtrArray *ranks;    /* of ManifestRank, may be empty: somebody always holds one */
} ManifestKind;

typedef struct {
	char *key, *label, *type;
	gboolean personal;
} ManifestAttribute;

typedef enum {
	MANIFEST_STRING,
	MANIFEST_CHOICE,
	MANIFEST_BOOLEAN,
	MANIFEST_INTEGER,
	MANIFEST_EMAIL,
	MANIFEST_URL,
	MANIFEST_PATH,
} ManifestType;

typedef struct {
	char *key, *default_value, *label, *help;
	ManifestType type;
	GStrv values; /* never NULL */
	gint64 minimum, maximum;
	char *pattern_text; /* NULL: any */
	GRegex *pattern;    /* compiled, NULL: any */
	gboolean secret, required;
	ManifestCondition *required_if; /* NULL: never */
} ManifestSetting;

typedef struct {
	char *scope, *without;
	GStrv operations;
	gboolean required;
} ManifestScope;

typedef struct {
	char *title, *text;
} ManifestStep;

typedef struct {
	char *method, *host, *template_text, *scope;
	GStrv operations;
} ManifestWire;

/* One term of a budget: exactly one of requests >= 0, pages_of, each_of is set. */
typedef struct {
	char *what;
	gint64 requests; /* -1: not this one */
	char *pages_of;  /* rows of this size make pages */
	char *each_of;   /* for each resource of this type that has grants, the pages of its grants */
	ManifestCondition *only_if, *unless;
} ManifestTerm;

typedef struct {
	char *path;   /* where it was read from */
	char *folder; /* of path */
	char *id, *name, *version, *abi, *service_name, *default_identifier;
	char *module_file;
	char *module_sha256; /* NULL in a source tree: such a module is not loaded */
	GStrv access, provisioning;
	gboolean source_of_truth;
	guint thread_model;
	GPtrArray *capabilities;                                      /* of ManifestCapability */
	GPtrArray *kinds;                                             /* of ManifestKind */
	GPtrArray *attributes;                                        /* of ManifestAttribute */
	GPtrArray *settings;                                          /* of ManifestSetting */
	GStrv steps;                                                  /* of oauth, in lower case; may be empty */
	char *redirect_path;                                          /* NULL where there is none */
	GPtrArray *scopes;                                            /* of ManifestScope */
	GPtrArray *setup;                                             /* of ManifestStep */
	GPtrArray *wire;                                              /* of ManifestWire */
	GHashTable *budget;                                           /* operation -> GPtrArray of ManifestTerm */
	guint max_batch, page, overlap, ceiling, requests_per_minute; /* 0: not said */
	GPtrArray *unknown;                                           /* paths of unknown keys, to be told */
} Manifest;

/* Parses one; path is only for messages and for folder. */
Manifest *manifest_parse(const char *bytes, gsize length, const char *path, GError **error);

/* Opens, checks owner and mode of the file and all above it, and parses. */
Manifest *manifest_read(const char *path, GError **error);

Manifest *manifest_ref(Manifest *manifest);
void manifest_unref(Manifest *manifest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Manifest, manifest_unref)

/* All manifests in paths->modules and paths->manifests, by id; of two with one id that in modules is taken. Those that could not be
 * read are GErrors in *ret_problems. Both arrays are the caller's. Fails only where neither folder can be read. */
GPtrArray *manifest_scan(const HostPaths *paths, GPtrArray **ret_problems, GError **error);

/* The one whose id is connector (case does not matter). Not found: IDC_NOT_FOUND, "no_such_connector", naming what there is; found but
 * wrong: what is wrong with it. */
Manifest *manifest_find(const HostPaths *paths, const char *connector, GError **error);

/* NULL where there is none of that name. Owned by the manifest. */
const ManifestSetting *manifest_setting(const Manifest *manifest, const char *key);
const ManifestKind *manifest_kind(const Manifest *manifest, const char *kind);
const ManifestCapability *manifest_capability(const Manifest *manifest, const char *key);

/* When this kind's turn is if somebody is to lose everything: 0 for those that wait for no other. A kind that is not known: 0. */
guint manifest_removal_turn(const Manifest *manifest, const char *kind);

/* Whether oauth names this step ("client", "check", ...). */
gboolean manifest_has_step(const Manifest *manifest, const char *step);

/* The scopes to ask for, separated by blanks: those for reading, and with writes also those for changes. */
char *manifest_scope_text(const Manifest *manifest, gboolean writes);

/* The words for a ManifestType, as in the file. */
const char *manifest_type_name(ManifestType type);
