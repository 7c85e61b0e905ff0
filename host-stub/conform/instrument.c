/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/instrument.h"
#include <string.h>

#define INSTRUMENT_MAX_LINES 100000
#define INSTRUMENT_MAX_FAULTS 20
#define INSTRUMENT_GROWTH 16

static void
instrument_line_free(gpointer data)
{
	InstrumentLine *line = data;

	g_free(line->text);
	g_free(line);
}

static void
instrument_add_fault(Instrument *instrument, char *fault)
{
	if (instrument->faults->len < INSTRUMENT_MAX_FAULTS &&
	    !g_ptr_array_find_with_equal_func(instrument->faults, fault, g_str_equal, NULL))
		g_ptr_array_add(instrument->faults, fault);
	else
		g_free(fault);
}

void
instrument_blame(Instrument *instrument, const char *format, ...)
{
	va_list args;
	char *fault;

	va_start(args, format);
	fault = g_strdup_vprintf(format, args);
	va_end(args);
	g_mutex_lock(&instrument->mutex);
	instrument_add_fault(instrument, fault);
	g_mutex_unlock(&instrument->mutex);
}

/* Every function of the host's begins with this, the mutex not held; it holds it afterwards. */
static Instrument *
instrument_called(void *ctx, const char *function)
{
	Instrument *instrument = ctx;

	g_mutex_lock(&instrument->mutex);
	if (!g_hash_table_contains(instrument->calling, g_thread_self()))
		instrument_add_fault(instrument,
				     g_strdup_printf("%s() was called on a thread on which no operation runs", function));
	return instrument;
}

static void
instrument_log(void *ctx, uint32_t level, const char *text)
{
	Instrument *instrument = instrument_called(ctx, "log");

	if (level < IDC_LOG_ERROR || level > IDC_LOG_DEBUG)
		instrument_add_fault(instrument, g_strdup_printf("log() was called with the level %u", level));
	if (text == NULL || !g_utf8_validate(text, -1, NULL)) {
		instrument_add_fault(instrument, g_strdup("log() was called with what is no UTF-8 text"));
	} else if (instrument->lines->len < INSTRUMENT_MAX_LINES) {
		InstrumentLine *line = g_new0(InstrumentLine, 1);

		line->level = level;
		line->text = g_strdup(text);
		g_ptr_array_add(instrument->lines, line);
	}
	g_mutex_unlock(&instrument->mutex);
}

static gboolean
instrument_ends(Instrument *instrument)
{
	gint64 now = g_get_monotonic_time();
	gboolean ends = instrument->cancelled || (instrument->cancel_at_us != 0 && now >= instrument->cancel_at_us);

	if (ends && instrument->cancel_seen_us == 0)
		instrument->cancel_seen_us = now;
	return ends;
}

gboolean
instrument_is_cancelled(Instrument *instrument)
{
	gboolean ends;

	g_mutex_lock(&instrument->mutex);
	ends = instrument->cancelled || (instrument->cancel_at_us != 0 && g_get_monotonic_time() >= instrument->cancel_at_us);
	g_mutex_unlock(&instrument->mutex);
	return ends;
}

/* How long the connector went without asking whether it is to end. */
static void
instrument_polled(Instrument *instrument)
{
	gint64 now = g_get_monotonic_time();

	if (instrument->last_poll_us != 0)
		instrument->longest_gap_us = MAX(instrument->longest_gap_us, now - instrument->last_poll_us);
	instrument->last_poll_us = now;
	instrument->polls++;
}

static int32_t
instrument_cancelled(void *ctx)
{
	Instrument *instrument = instrument_called(ctx, "cancelled");
	int32_t ends;

	instrument_polled(instrument);
	ends = instrument_ends(instrument) ? 1 : 0;
	g_mutex_unlock(&instrument->mutex);
	return ends;
}

static void
instrument_progress(void *ctx, uint32_t record, uint64_t done, uint64_t expected)
{
	Instrument *instrument = instrument_called(ctx, "progress");

	if (record != IDC_RECORD_PRINCIPAL && record != IDC_RECORD_RESOURCE && record != IDC_RECORD_ENTITLEMENT &&
	    record != IDC_RECORD_GRANT)
		instrument_add_fault(instrument, g_strdup_printf("progress() was called with the kind %u", record));
	(void)done;
	(void)expected;
	instrument->progresses++;
	g_mutex_unlock(&instrument->mutex);
}

static uint64_t
instrument_monotonic_ms(void *ctx)
{
	Instrument *instrument = instrument_called(ctx, "monotonic_ms");
	uint64_t now = (uint64_t)(g_get_monotonic_time() / 1000 + instrument->ahead_ms);

	g_mutex_unlock(&instrument->mutex);
	return now;
}

static int64_t
instrument_unix_ms(void *ctx)
{
	Instrument *instrument = instrument_called(ctx, "unix_ms");
	int64_t now = g_get_real_time() / 1000 + instrument->ahead_ms;

	g_mutex_unlock(&instrument->mutex);
	return now;
}

/* Nobody waits: it is later at once, at the service too. */
static int32_t
instrument_sleep_ms(void *ctx, uint32_t ms)
{
	Instrument *instrument = instrument_called(ctx, "sleep_ms");
	gboolean ends;

	instrument_polled(instrument);
	instrument->sleeps++;
	if (instrument->cancel_at_sleep != 0 && instrument->sleeps >= instrument->cancel_at_sleep)
		instrument->cancelled = TRUE;
	ends = instrument_ends(instrument);
	if (!ends) {
		instrument->ahead_ms += ms;
		instrument->slept_ms += ms;
	}
	g_mutex_unlock(&instrument->mutex);
	if (!ends && instrument->fixture != NULL && ms > 0)
		fixture_advance(instrument->fixture, ms);
	return ends ? IDC_CANCELLED : IDC_OK;
}

static gboolean
instrument_is_own(const char *name)
{
	return g_str_has_prefix(name, "idc.");
}

static int32_t
instrument_secret_get(void *ctx, const char *name, void *buffer, size_t capacity, size_t *ret_length)
{
	Instrument *instrument = instrument_called(ctx, "secret_get");
	int32_t status = IDC_OK;
	GBytes *value;
	gsize length;

	instrument->gets++;
	if (name == NULL || ret_length == NULL || (buffer == NULL && capacity > 0)) {
		instrument_add_fault(instrument, g_strdup("secret_get() was called with NULL"));
		g_mutex_unlock(&instrument->mutex);
		return IDC_INVALID;
	}
	if (!instrument_is_own(name) && !g_hash_table_contains(instrument->own, name))
		instrument_add_fault(instrument,
				     g_strdup_printf("secret_get() asked for \"%s\", which the manifest does not know", name));
	value = g_hash_table_lookup(instrument->secrets, name);
	if (value == NULL) {
		g_mutex_unlock(&instrument->mutex);
		return IDC_NOT_FOUND;
	}
	length = g_bytes_get_size(value);
	/* Somebody stores a longer one between the question how long it is and the question what it is. Who asks with room to spare has
	 * room for that. */
	if (length <= capacity && capacity < length + INSTRUMENT_GROWTH && instrument->grow_secret > 0) {
		instrument->grow_secret--;
		*ret_length = capacity + INSTRUMENT_GROWTH;
		status = IDC_OVERFLOW;
	} else {
		*ret_length = length;
		if (length > capacity)
			status = IDC_OVERFLOW;
		else if (length > 0)
			memcpy(buffer, g_bytes_get_data(value, NULL), length);
	}
	g_mutex_unlock(&instrument->mutex);
	return status;
}

static int32_t
instrument_secret_put(void *ctx, const char *name, const void *bytes, size_t length)
{
	Instrument *instrument = instrument_called(ctx, "secret_put");
	int32_t status = instrument->put_status;

	instrument->puts++;
	if (name == NULL || !instrument_is_own(name) || (bytes == NULL && length > 0)) {
		instrument_add_fault(instrument, g_strdup_printf("secret_put() was called for \"%s\", which is not its own",
								 name != NULL ? name : "NULL"));
		status = IDC_INVALID;
	} else if (status == IDC_OK && length == 0) {
		g_hash_table_remove(instrument->secrets, name);
	} else if (status == IDC_OK) {
		g_hash_table_insert(instrument->secrets, g_strdup(name), g_bytes_new(bytes, length));
	}
	g_mutex_unlock(&instrument->mutex);
	return status;
}

static int32_t
instrument_secret_lock(void *ctx, const char *name, uint32_t wait_ms)
{
	Instrument *instrument = instrument_called(ctx, "secret_lock");
	gint64 until = g_get_monotonic_time() + (gint64)MIN(wait_ms, 60000) * 1000;
	int32_t status = IDC_OK;

	if (name == NULL) {
		instrument_add_fault(instrument, g_strdup("secret_lock() was called with NULL"));
		g_mutex_unlock(&instrument->mutex);
		return IDC_INVALID;
	}
	if (g_hash_table_lookup(instrument->locks, name) == g_thread_self()) {
		instrument_add_fault(instrument,
				     g_strdup_printf("secret_lock() was called for \"%s\" by who holds it already", name));
		status = IDC_TIMEOUT;
	}
	while (status == IDC_OK && g_hash_table_contains(instrument->locks, name)) {
		gint64 slice = MIN(until, g_get_monotonic_time() + 20000);

		if (instrument_ends(instrument))
			status = IDC_CANCELLED;
		else if (!g_cond_wait_until(&instrument->unlocked, &instrument->mutex, slice) && g_get_monotonic_time() >= until)
			status = IDC_TIMEOUT;
	}
	if (status == IDC_OK)
		g_hash_table_insert(instrument->locks, g_strdup(name), g_thread_self());
	g_mutex_unlock(&instrument->mutex);
	return status;
}

static void
instrument_secret_unlock(void *ctx, const char *name)
{
	Instrument *instrument = instrument_called(ctx, "secret_unlock");

	if (name == NULL || g_hash_table_lookup(instrument->locks, name) != g_thread_self())
		instrument_add_fault(instrument, g_strdup_printf("secret_unlock() was called for \"%s\", which is not held",
								 name != NULL ? name : "NULL"));
	else
		g_hash_table_remove(instrument->locks, name);
	g_cond_broadcast(&instrument->unlocked);
	g_mutex_unlock(&instrument->mutex);
}

static const void *
instrument_extension(void *ctx, const char *id)
{
	Instrument *instrument = instrument_called(ctx, "extension");

	(void)id;
	g_mutex_unlock(&instrument->mutex);
	return NULL;
}

void
instrument_enter(Instrument *instrument)
{
	g_mutex_lock(&instrument->mutex);
	g_hash_table_add(instrument->calling, g_thread_self());
	instrument->last_poll_us = 0;
	g_mutex_unlock(&instrument->mutex);
}

void
instrument_leave(Instrument *instrument)
{
	GHashTableIter iter;
	gpointer name;
	gpointer holder;

	g_mutex_lock(&instrument->mutex);
	g_hash_table_remove(instrument->calling, g_thread_self());
	g_hash_table_iter_init(&iter, instrument->locks);
	while (g_hash_table_iter_next(&iter, &name, &holder)) {
		if (holder != g_thread_self())
			continue;
		instrument_add_fault(instrument,
				     g_strdup_printf("an operation ended and still holds the lock \"%s\"", (const char *)name));
		g_hash_table_iter_remove(&iter);
	}
	g_mutex_unlock(&instrument->mutex);
}

void
instrument_set_secret(Instrument *instrument, const char *name, const char *value)
{
	g_mutex_lock(&instrument->mutex);
	if (value != NULL)
		g_hash_table_insert(instrument->secrets, g_strdup(name), g_bytes_new(value, strlen(value)));
	else
		g_hash_table_remove(instrument->secrets, name);
	g_mutex_unlock(&instrument->mutex);
}

static void
instrument_unref_bytes(gpointer bytes)
{
	g_bytes_unref(bytes);
}

Instrument *
instrument_new(Fixture *fixture, const char *const *secret_keys)
{
	Instrument *instrument = g_new0(Instrument, 1);

	g_mutex_init(&instrument->mutex);
	g_cond_init(&instrument->unlocked);
	instrument->fixture = fixture;
	instrument->secrets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, instrument_unref_bytes);
	instrument->locks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	instrument->own = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	instrument->calling = g_hash_table_new(NULL, NULL);
	instrument->lines = g_ptr_array_new_with_free_func(instrument_line_free);
	instrument->faults = g_ptr_array_new_with_free_func(g_free);
	for (gsize i = 0; secret_keys[i] != NULL; i++)
		g_hash_table_add(instrument->own, g_strdup(secret_keys[i]));
	instrument->host = (idc_host){
	    .struct_size = sizeof(idc_host),
	    .abi_major = IDC_ABI_MAJOR,
	    .abi_minor = IDC_ABI_MINOR,
	    .ctx = instrument,
	    .log = instrument_log,
	    .cancelled = instrument_cancelled,
	    .progress = instrument_progress,
	    .monotonic_ms = instrument_monotonic_ms,
	    .unix_ms = instrument_unix_ms,
	    .sleep_ms = instrument_sleep_ms,
	    .secret_get = instrument_secret_get,
	    .secret_put = instrument_secret_put,
	    .secret_lock = instrument_secret_lock,
	    .secret_unlock = instrument_secret_unlock,
	    .extension = instrument_extension,
	};
	return instrument;
}

void
instrument_free(Instrument *instrument)
{
	if (instrument == NULL)
		return;
	g_hash_table_unref(instrument->secrets);
	g_hash_table_unref(instrument->locks);
	g_hash_table_unref(instrument->own);
	g_hash_table_unref(instrument->calling);
	g_ptr_array_unref(instrument->lines);
	g_ptr_array_unref(instrument->faults);
	g_cond_clear(&instrument->unlocked);
	g_mutex_clear(&instrument->mutex);
	g_free(instrument);
}
