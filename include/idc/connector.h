/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * The IDC ("identity connector") ABI, version 1.0.
 *
 * A connector is a shared object that exports one function, idc_connector_v1(), and through it seven operations: it learns who
 * holds what in a service and gives and takes access there. A host loads it and supplies everything it needs by idc_host.
 *
 * This header is the whole contract. It needs <stddef.h> and <stdint.h> and compiles alone as C89, C99, C11, C17 and C++11..20.
 *
 * Rules that hold everywhere:
 *  - Within major 1 the ABI grows in three ways only: trailing fields behind struct_size, extension("name/1") on either side, and a
 *    new entry symbol idc_connector_v2. Nothing that stands here changes its offset, size or meaning.
 *  - Whoever provides the memory of a struct sets its struct_size; the other side neither reads nor writes beyond it and never
 *    changes it. IDC_HAS() asks whether a field is there. Only idc_pair and idc_message are frozen and have none of their own.
 *  - Nothing that one side allocated is freed by the other. What is passed is borrowed for that call. The only release is destroy().
 *  - Strings are UTF-8 and NUL-terminated. NULL means "not known", "" means "empty". Keys in a list of pairs may repeat; keys that
 *    begin with "idc." are reserved for this contract.
 *  - Times are milliseconds. A *_unix_ms is since 1970-01-01 UTC, 0 where unknown.
 *  - Unknown message kinds, attributes, flags and extensions are ignored by whoever does not know them; an unknown status means the
 *    first of its hundred.
 *  - No exception, longjmp, signal handler or abort crosses the boundary. Locale, umask, working directory, environment and the
 *    descriptors 0, 1 and 2 belong to the host. Hosts ignore SIGPIPE.
 *  - Sizes and offsets in the comments are for LP64.
 */
#ifndef IDC_CONNECTOR_H
#define IDC_CONNECTOR_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/* Whether the struct at p, of whoever's version, has the field. Reads the uint32_t struct_size at offset 0. */
#define IDC_HAS(p, type, field) (*(const uint32_t *)(const void *)(p) >= offsetof(type, field) + sizeof(((type *)0)->field))

#define IDC_ABI_MAJOR 1
#define IDC_ABI_MINOR 0
#define IDC_ENTRY_SYMBOL "idc_connector_v1"

/* ---- Limits, in bytes without the NUL; a side that meets more refuses with INVALID, PROTOCOL or OVERFLOW, never cuts an id ---- */
#define IDC_MAX_ID 255
#define IDC_MAX_NAME 1024
#define IDC_MAX_VALUE 65536
#define IDC_MAX_ATTRS 256
#define IDC_MAX_URL 8192
#define IDC_MAX_CURSOR 4096
#define IDC_MAX_BATCH 65536

/* ---- Status: int32_t, with gaps in every group. An operation returns one; a result carries one. -------------------------------
 * No outcome (0..99) is added within major 1. idc_error is filled for PARTIAL and for everything from 100 on, else untouched. */
#define IDC_OK 0
#define IDC_PENDING 1 /* authorize BEGIN: a person has to act */
#define IDC_PARTIAL 2 /* some of it; what is missing was told by seals or results */
#define IDC_ALREADY 3 /* only in an idc_result: the wanted state held, nothing was written */
/* the caller's fault */
#define IDC_INVALID 100
#define IDC_STATE 101       /* not now: init, authorize or configuration is missing */
#define IDC_UNSUPPORTED 102 /* this connector does not do that; no I/O was made */
#define IDC_ABI 103
#define IDC_OVERFLOW 104 /* a buffer or a batch is too small or too large */
/* authorization */
#define IDC_UNAUTHENTICATED 200 /* credentials refused: a person has to act */
#define IDC_EXPIRED 201
#define IDC_FORBIDDEN 202
#define IDC_CONSENT 203 /* a person denied or withdrew consent */
#define IDC_SCOPE 204   /* granted less than is required */
/* the service */
#define IDC_NOT_FOUND 300
#define IDC_CONFLICT 301
#define IDC_RATE_LIMITED 302
#define IDC_UNAVAILABLE 303
#define IDC_PROTOCOL 304      /* it answered what it never should */
#define IDC_REFUSED 305       /* a rule of the service or of this connector forbids it */
#define IDC_INDETERMINATE 306 /* a write was sent, its answer lost, and reading back could not settle it */
#define IDC_PAYMENT 307       /* the account's plan lacks it */
/* this machine */
#define IDC_NOMEM 400
#define IDC_IO 401
#define IDC_TIMEOUT 402
#define IDC_CANCELLED 403
#define IDC_INTERNAL 404

/* The connector's own; the host passes it around and never looks inside. After fork() an instance is dead in the child. */
typedef struct idc_instance idc_instance;

/* One attribute, setting or parameter. 16 bytes, frozen. */
typedef struct idc_pair {
	const char *key;   /* 0, never NULL */
	const char *value; /* 8, NULL: not known */
} idc_pair;

#define IDC_ERROR_RETRYABLE 1u /* the same call may succeed later without anybody doing anything */

/* Why something failed. 512 bytes. Memory of whoever asks: the caller's as last argument of an operation, the connector's inside an
 * idc_result. May be NULL as an argument. Holds no secret and no raw body of an answer. */
typedef struct idc_error {
	uint32_t struct_size;   /*   0 */
	int32_t status;         /*   4 */
	int32_t remote_status;  /*   8 the HTTP status, 0 where there was none */
	uint32_t flags;         /*  12 IDC_ERROR_* */
	int64_t retry_after_ms; /*  16 how long the service asks to wait; -1: not said */
	char code[64];          /*  24 the service's own code, "" where none */
	char request_id[64];    /*  88 what the service's support asks for, "" where none */
	char message[360];      /* 152 for people: a whole sentence that says what to do next; cut at a code point */
} idc_error;

/* ---- Messages: all that leaves an operation goes through a sink ---- */
#define IDC_MSG_CHALLENGE 1u /* idc_auth_challenge */
#define IDC_MSG_SESSION 2u   /* idc_auth_session */
#define IDC_MSG_RECORD 3u    /* idc_record */
#define IDC_MSG_SEAL 4u      /* idc_seal */
#define IDC_MSG_EVENT 5u     /* idc_event */
#define IDC_MSG_EFFECT 6u    /* idc_effect */
#define IDC_MSG_RESULT 7u    /* idc_result */

/* First member of everything that is emitted. 8 bytes, frozen. struct_size is that of the whole message. */
typedef struct idc_message {
	uint32_t struct_size; /* 0 */
	uint32_t kind;        /* 4 IDC_MSG_*; an unknown one is taken with 0 and ignored */
} idc_message;

/* Where an operation puts its results. 24 bytes, the host's memory. emit is called on the calling thread, during the call only; the
 * message and all it points to is borrowed for that one call of emit. It returns 0, or a status >= 100 to stop: the operation then
 * makes no further request and returns that status (1..99 is taken as INTERNAL). No operation of this instance is called from it. */
typedef struct idc_sink {
	uint32_t struct_size;                                   /*  0 */
	uint32_t reserved;                                      /*  4 zero */
	void *ctx;                                              /*  8 */
	int32_t (*emit)(void *ctx, const idc_message *message); /* 16 */
} idc_sink;

/* ---- What the host supplies ---- */
#define IDC_LOG_ERROR 1u
#define IDC_LOG_WARNING 2u
#define IDC_LOG_INFO 3u
#define IDC_LOG_DEBUG 4u

/* 104 bytes. It and ctx outlive every instance that got them. The functions are called only on the thread that called the operation
 * and only during that call; instances on n threads call from n threads. None is NULL. */
typedef struct idc_host {
	uint32_t struct_size; /*   0 */
	uint16_t abi_major;   /*   4 */
	uint16_t abi_minor;   /*   6 */
	void *ctx;            /*   8 */
	/* 16: one line for people who look for a fault; level is IDC_LOG_*. Never a secret, whatever the level. */
	void (*log)(void *ctx, uint32_t level, const char *text);
	/* 24: non-zero once the call is to end. Asked at least every 100 ms while waiting; after a yes there is no new request and the
	 * operation is back within 2 s. */
	int32_t (*cancelled)(void *ctx);
	/* 32: how far a list is; record is one IDC_RECORD_*, expected may be IDC_COUNT_UNKNOWN. */
	void (*progress)(void *ctx, uint32_t record, uint64_t done, uint64_t expected);
	/* 40: a clock that never goes back and runs at least as fast as real time. */
	uint64_t (*monotonic_ms)(void *ctx);
	/* 48: the wall clock. */
	int64_t (*unix_ms)(void *ctx);
	/* 56: waits; 0, or CANCELLED when the call is to end. */
	int32_t (*sleep_ms)(void *ctx, uint32_t ms);
	/* 64: copies a secret into buffer. *ret_length is always its whole length: where that is more than capacity, nothing is copied
	 * and OVERFLOW is returned; ask again in a loop, it may have changed in between. No such secret: NOT_FOUND. Secrets are bytes.
	 * Names that begin with "idc." are the connector's own; the others come from the manifest and are read-only to it. */
	int32_t (*secret_get)(void *ctx, const char *name, void *buffer, size_t capacity, size_t *ret_length);
	/* 72: stores a secret for good before it returns; length 0 deletes it. Names of the connector's own only ("idc."), else INVALID. */
	int32_t (*secret_put)(void *ctx, const char *name, const void *bytes, size_t length);
	/* 80: exclusive over the threads, processes and instances of an app; released by the kernel when the process dies. Waits at most
	 * wait_ms: 0, TIMEOUT or CANCELLED. Whatever more than one process may change is changed under it: lock, read again, still to be
	 * done? do it, put, unlock. */
	int32_t (*secret_lock)(void *ctx, const char *name, uint32_t wait_ms);
	/* 88 */
	void (*secret_unlock)(void *ctx, const char *name);
	/* 96: a table of the host's by its name ("name/1"), or NULL. None is defined in 1.0. */
	const void *(*extension)(void *ctx, const char *id);
} idc_host;

/* What one instance is set up with. 24 bytes; read during init only. The settings were checked against the manifest by the host; they
 * are strings whatever their type (true and false, decimal numbers). A secret is never among them. */
typedef struct idc_config {
	uint32_t struct_size;     /*  0 */
	uint32_t n_settings;      /*  4 */
	const idc_pair *settings; /*  8 */
	const char *instance_id;  /* 16 the app's identifier, for log lines */
} idc_config;

/* ---- authorize ---- */
#define IDC_AUTH_BEGIN 1u    /* emits a challenge and returns PENDING; several may be open */
#define IDC_AUTH_COMPLETE 2u /* the callback's parameters; emits a session */
#define IDC_AUTH_REFRESH 3u  /* emits a session */
#define IDC_AUTH_CLIENT 4u   /* no person takes part; emits a session */
#define IDC_AUTH_REVOKE 5u   /* gives the credentials back and forgets them */
#define IDC_AUTH_CHECK 6u    /* one read: does it still work? emits a session */

/* 40 bytes. Steps need nothing of an earlier process: all that has to last lies in secrets. A grant narrower than required fails with
 * SCOPE and says in its message which is missing; an optional one that is missing is told by a log line of level WARNING. */
typedef struct idc_auth_request {
	uint32_t struct_size;     /*  0 */
	uint32_t step;            /*  4 IDC_AUTH_* */
	const char *redirect_uri; /*  8 BEGIN and COMPLETE */
	const char *scope;        /* 16 separated by blanks, chosen by the host from the manifest */
	const idc_pair *params;   /* 24 COMPLETE: the callback's pairs, in order, decoded once, duplicates kept */
	size_t n_params;          /* 32 */
} idc_auth_request;

/* 32 bytes: where a person has to go. */
typedef struct idc_auth_challenge {
	idc_message msg;      /*  0 */
	const char *url;      /*  8 */
	const char *state;    /* 16 what the callback has to bring back */
	int64_t expires_in_s; /* 24 */
} idc_auth_challenge;

/* 40 bytes: the authorization that now holds. Another account than the last time is refused by the host. */
typedef struct idc_auth_session {
	idc_message msg;      /*  0 */
	const char *subject;  /*  8 as whom, for people */
	const char *account;  /* 16 a stable id of the tenant */
	const char *scope;    /* 24 granted, separated by blanks */
	int64_t expires_in_s; /* 32 -1: not known */
} idc_auth_session;

/* ---- list_entitlements ---- */
#define IDC_RECORD_PRINCIPAL 1u
#define IDC_RECORD_RESOURCE 2u
#define IDC_RECORD_ENTITLEMENT 4u
#define IDC_RECORD_GRANT 8u

#define IDC_RECORD_REMOVED 1u  /* flag: this is gone, and all that hangs on it; good under any seal */
#define IDC_RECORD_INDIRECT 2u /* flag: a grant held through something else, never writable */

/* 16 bytes. */
typedef struct idc_list_request {
	uint32_t struct_size; /* 0 */
	uint32_t want;        /* 4 mask of IDC_RECORD_* */
	const char *cursor;   /* 8 NULL: everything */
} idc_list_request;

/* 80 bytes: one principal, resource, entitlement or grant. Among the wanted kinds, entitlements and principals come before their
 * grants; nothing comes twice, and every grant names what was listed. A resource's parent may come after it. What was listed and is found gone
 * before the seal is taken back by one record with REMOVED (id alone; for a grant principal_id and entitlement_id).
 * A grant's id is NULL: principal, entitlement and the flag INDIRECT name it, so that who holds something both directly and through
 * something else has two. An indirect grant has an attribute "via" for each thing that it is held through. */
typedef struct idc_record {
	idc_message msg;            /*  0 */
	uint32_t record;            /*  8 one IDC_RECORD_* kind */
	uint32_t flags;             /* 12 */
	const char *id;             /* 16 */
	const char *type;           /* 24 the manifest's word: a resource's type, an entitlement's kind */
	const char *name;           /* 32 */
	const char *parent_id;      /* 40 an entitlement's resource, a resource's parent */
	const char *principal_id;   /* 48 grants */
	const char *entitlement_id; /* 56 grants */
	const idc_pair *attrs;      /* 64 */
	size_t n_attrs;             /* 72 */
} idc_record;

#define IDC_COUNT_UNKNOWN ((uint64_t)-1)

#define IDC_SEAL_COMPLETE 1u  /* all of the scope was listed: what was not listed is gone */
#define IDC_SEAL_DELTA 2u     /* all changes since the cursor were listed: what was not listed is unchanged */
#define IDC_SEAL_UNCHANGED 3u /* a delta of nothing */
#define IDC_SEAL_PARTIAL 4u   /* nothing follows from absence; also what an unknown state means */

#define IDC_SCOPE_ALL 0u
#define IDC_SCOPE_RESOURCE 1u    /* what has scope_id as its resource (entitlements), or an entitlement of it (grants) */
#define IDC_SCOPE_ENTITLEMENT 2u /* the grants of one entitlement */
#define IDC_SCOPE_PRINCIPAL 3u   /* the grants of one principal */

/* 80 bytes. An error is never a shorter list: each wanted kind ends with exactly one seal of scope ALL. Before it seals of a smaller
 * scope may stand; a COMPLETE one is good also where the kind ends PARTIAL: what was listed of that scope is all there is of it.
 * A host infers a removal from a COMPLETE seal of that scope only. The operation returns OK only if no kind is PARTIAL, else
 * PARTIAL; any other status means that the list was broken off, and seals that already stood count for nothing. */
typedef struct idc_seal {
	idc_message msg;       /*  0 */
	uint32_t record;       /*  8 exactly one kind */
	uint32_t state;        /* 12 IDC_SEAL_* */
	uint32_t scope;        /* 16 IDC_SCOPE_* */
	int32_t status;        /* 20 why PARTIAL, else 0 */
	const char *scope_id;  /* 24 NULL with SCOPE_ALL */
	uint64_t emitted;      /* 32 records of this kind and scope in this call, without those flagged REMOVED */
	uint64_t removed;      /* 40 records flagged REMOVED */
	uint64_t expected;     /* 48 the service's own count, or IDC_COUNT_UNKNOWN */
	const char *reason;    /* 56 a sentence; NULL unless PARTIAL */
	const char *cursor;    /* 64 in the last seal of the call only: printable ASCII, no secret; NULL: keep the old one */
	int64_t as_of_unix_ms; /* 72 the service's time at which reading began */
} idc_seal;

/* ---- what changed, and what a change did ---- */
#define IDC_VERB_ADDED 1u
#define IDC_VERB_REMOVED 2u
#define IDC_VERB_CREATED 3u
#define IDC_VERB_INVITED 4u
#define IDC_VERB_CHANGED 5u

/* 64 bytes: something that happened at the service, where it tells who did what. Emitted before the seal. */
typedef struct idc_event {
	idc_message msg;            /*  0 */
	uint32_t verb;              /*  8 IDC_VERB_* */
	uint32_t reserved;          /* 12 zero */
	int64_t at_unix_ms;         /* 16 */
	const char *actor;          /* 24 */
	const char *method;         /* 32 browser, api_token, oauth, identity_provider, ... */
	const char *principal_id;   /* 40 */
	const char *entitlement_id; /* 48 */
	const char *resource_id;    /* 56 */
} idc_event;

/* ---- provision, add, remove ---- */
/* 40 bytes: one change; the operation says what is to be done with it. */
typedef struct idc_change {
	uint32_t struct_size;       /*  0 */
	uint32_t reserved;          /*  4 zero */
	const char *principal_id;   /*  8 NULL for provision */
	const char *entitlement_id; /* 16 NULL for provision; for remove also a resource's id: everything held under it */
	const idc_pair *attrs;      /* 24 provision: email, name, role, ... */
	size_t n_attrs;             /* 32 */
} idc_change;

#define IDC_CHANGE_DRY_RUN 1u /* all reads and checks, the same effects flagged EXPECTED, no write */

/* 24 bytes. At most max_batch items (else OVERFLOW); none is OK; both without I/O. Results come in any order, one an item. OK: every
 * item OK or ALREADY. PARTIAL: all were attempted, some failed. Any other status: broken off; results of all that was sent are still
 * emitted before the return, and items without one were not attempted. If emit itself refused, every item without a result is unknown.
 * The order in which items are carried out is the connector's. */
typedef struct idc_change_request {
	uint32_t struct_size;           /*  0 */
	uint32_t flags;                 /*  4 IDC_CHANGE_* */
	const idc_change *const *items; /*  8 */
	size_t n_items;                 /* 16 */
} idc_change_request;

#define IDC_EFFECT_SIDE 1u     /* not asked for: it came with what was */
#define IDC_EFFECT_EXPECTED 2u /* foretold, or not yet to be seen at the service */

/* 64 bytes. Each principal, grant, role or licence that a change touched is told, side effects too, before the change's result. */
typedef struct idc_effect {
	idc_message msg;            /*  0 */
	uint32_t index;             /*  8 of the change in the request */
	uint32_t verb;              /* 12 IDC_VERB_* */
	uint32_t record;            /* 16 kind of thing, IDC_RECORD_* */
	uint32_t flags;             /* 20 IDC_EFFECT_* */
	const char *principal_id;   /* 24 NULL: not known yet */
	const char *entitlement_id; /* 32 NULL unless a grant */
	const char *request_id;     /* 40 of the request that did it, or NULL */
	const idc_pair *attrs;      /* 48 */
	size_t n_attrs;             /* 56 */
} idc_effect;

/* 48 bytes: how one change ended. */
typedef struct idc_result {
	idc_message msg;        /*  0 */
	uint32_t index;         /*  8 */
	int32_t status;         /* 12 OK, ALREADY, or from 100 on */
	const char *remote_id;  /* 16 provision: the principal's id */
	const idc_error *error; /* 24 NULL unless failed */
	const idc_pair *attrs;  /* 32 blocked_by, holds, differs, missing_scope, ...: keys may repeat */
	size_t n_attrs;         /* 40 */
} idc_result;

/* ---- capabilities ---- */
/* 32 bytes: one line of the table that people decide by; equal to the manifest's. */
typedef struct idc_capability {
	uint32_t struct_size; /*  0 */
	uint32_t supported;   /*  4 0 or 1 */
	const char *key;   /*  8 stable: provision_user, list_entitlements, add_user, remove_user, deactivate_user, delete_user */
	const char *label; /* 16 for people: "Provision User" */
	const char *note;  /* 24 NULL: none */
} idc_capability;

#define IDC_CAN_DELTA 1u
#define IDC_CAN_DRY_RUN 2u

/* The operations by number, for the mask in idc_capabilities. */
#define IDC_OP_INIT 0
#define IDC_OP_AUTHORIZE 1
#define IDC_OP_LIST_ENTITLEMENTS 2
#define IDC_OP_PROVISION 3
#define IDC_OP_ADD 4
#define IDC_OP_REMOVE 5
#define IDC_OP_CAPABILITIES 6

/* 48 bytes, static in the module and valid for ever. */
typedef struct idc_capabilities {
	uint32_t struct_size;               /*  0 */
	uint32_t ops;                       /*  4 mask 1 << IDC_OP_*; one that is not set answers UNSUPPORTED without any I/O */
	uint32_t records;                   /*  8 mask of the kinds that it lists */
	uint32_t auth;                      /* 12 mask 1 << IDC_AUTH_* */
	uint32_t max_batch;                 /* 16 changes a call, 1..65536 */
	uint32_t max_concurrent;            /* 20 requests that it may have open at once */
	uint64_t flags;                     /* 24 IDC_CAN_* */
	const idc_capability *const *table; /* 32 */
	size_t n_table;                     /* 40 */
} idc_capabilities;

/* ---- the entry ---- */
/* The seven operations, 56 bytes, frozen for major 1, none NULL. error may be NULL. */
typedef struct idc_ops {
	/* 0: makes an instance from checked settings, without network. Names each missing or malformed setting. On failure *ret_instance is
	 * NULL and nothing is kept. */
	int32_t (*init)(const idc_host *host, const idc_config *config, idc_instance **ret_instance, idc_error *error);
	/* 8 */
	int32_t (*authorize)(idc_instance *instance, const idc_auth_request *request, const idc_sink *sink, idc_error *error);
	/* 16: makes no write at the service. */
	int32_t (*list_entitlements)(idc_instance *instance, const idc_list_request *request, const idc_sink *sink,
				     idc_error *error);
	/* 24: creates or invites principals. Never sends a second invitation. */
	int32_t (*provision)(idc_instance *instance, const idc_change_request *request, const idc_sink *sink, idc_error *error);
	/* 32: gives entitlements. */
	int32_t (*add)(idc_instance *instance, const idc_change_request *request, const idc_sink *sink, idc_error *error);
	/* 40: takes entitlements. Never ends with more rights than before, never reports success while more is held than was to be removed. */
	int32_t (*remove)(idc_instance *instance, const idc_change_request *request, const idc_sink *sink, idc_error *error);
	/* 48: works with instance NULL, before init, without credentials or I/O. */
	int32_t (*capabilities)(idc_instance *instance, const idc_capabilities **ret_capabilities, idc_error *error);
} idc_ops;

/* How many calls may run at once. */
#define IDC_THREADS_MODULE 1000u   /* one call at a time in the whole module */
#define IDC_THREADS_INSTANCE 2000u /* one call at a time an instance; instances side by side */
#define IDC_THREADS_FREE 3000u     /* any number */

/* 56 bytes, static const inside the module, which stays loaded for the life of the process. */
typedef struct idc_connector {
	uint32_t struct_size;  /*  0 */
	uint16_t abi_major;    /*  4 */
	uint16_t abi_minor;    /*  6 */
	const char *id;        /*  8 equal to the manifest's */
	const char *version;   /* 16 equal to the manifest's */
	uint32_t thread_model; /* 24 IDC_THREADS_* */
	uint32_t flags;        /* 28 zero */
	const idc_ops *ops;    /* 32 */
	/* 40: NULL is allowed; only when no call on that instance runs: make cancelled() say yes, wait for the return, destroy. Makes no I/O
	 * and calls no host function. A thread that still resolves a name may outlive it by 30 s, nothing else. */
	void (*destroy)(idc_instance *instance);
	/* 48: a table of the connector's by its name, static, or NULL where it has none. */
	const void *(*extension)(const char *id);
} idc_connector;

/* The one exported symbol. Needs nothing, does nothing, always returns the same. Its name carries the major version: a module of another
 * major fails to load as "symbol not found". A module has no undefined symbol that the host would have to supply. */
const idc_connector *idc_connector_v1(void);

/* ---- extensions of a connector (optional) ---- */
/* "idc.usage/1": what an instance has cost since init. */
#define IDC_EXT_USAGE "idc.usage/1"

typedef struct idc_usage {    /* 32, the host's memory */
	uint32_t struct_size; /*  0 */
	uint32_t reserved;    /*  4 */
	uint64_t requests;    /*  8 sent to the service, repeated ones included */
	uint64_t retries;     /* 16 those among them that repeated a failed one */
	uint64_t waited_ms;   /* 24 spent waiting for the service's rate limit or between retries */
} idc_usage;

typedef struct idc_usage_extension {                                    /* 16 */
	uint32_t struct_size;                                           /* 0 */
	uint32_t reserved;                                              /* 4 */
	int32_t (*usage)(idc_instance *instance, idc_usage *ret_usage); /* 8 no I/O; thread_model holds */
} idc_usage_extension;

/* "idc.survey/1": looks before a first list: may each kind be read, and how much of it is there? As few requests as that takes. Emits one
 * RESOURCE record a kind of thing, type as in the manifest's budget sizes, with the attributes "count" (absent: not told by the service)
 * and, where it cannot be read, "problem" (a sentence). Returns like a list. */
#define IDC_EXT_SURVEY "idc.survey/1"

typedef struct idc_survey_extension {                                                      /* 16 */
	uint32_t struct_size;                                                              /* 0 */
	uint32_t reserved;                                                                 /* 4 */
	int32_t (*survey)(idc_instance *instance, const idc_sink *sink, idc_error *error); /* 8 */
} idc_survey_extension;

#ifdef __cplusplus
}
#endif
#endif
