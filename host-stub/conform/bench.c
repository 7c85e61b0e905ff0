/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/bench.h"
#include "base/error.h"
#include "conform/board.h"
#include "conform/secrecy.h"
#include "conform/traffic.h"

static const char *const verdict_names[] = {"PASS", "FAIL", "CRASH", "TIMEOUT", "SKIP", "ERROR"};

const char *
verdict_name(Verdict verdict)
{
	return verdict_names[verdict];
}

static GStrv
bench_secret_keys(const Manifest *manifest)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	for (guint i = 0; i < manifest->settings->len; i++) {
		const ManifestSetting *setting = g_ptr_array_index(manifest->settings, i);

		if (setting->secret)
			g_strv_builder_add(builder, setting->key);
	}
	return g_strv_builder_end(builder);
}

Bench *
bench_new(const HostPaths *paths, const Manifest *manifest, const Plan *plan, guint64 seed, const char *check)
{
	Bench *bench = g_new0(Bench, 1);

	bench->paths = paths;
	bench->manifest = manifest;
	bench->plan = plan;
	bench->seed = seed;
	bench->rand = g_rand_new_with_seed_array((const guint32[]){(guint32)seed, (guint32)(seed >> 32), g_str_hash(check)}, 3);
	bench->secret_keys = (const char *const *)bench_secret_keys(manifest);
	bench->tried = g_strdup("");
	return bench;
}

void
bench_free(Bench *bench)
{
	if (bench == NULL)
		return;
	fixture_stop(bench->fixture);
	g_rand_free(bench->rand);
	g_strfreev((char **)bench->secret_keys);
	g_strfreev((char **)bench->secret_values);
	g_free(bench->tried);
	g_free(bench->expected);
	g_free(bench->seen);
	g_free(bench);
}

void
bench_try(Bench *bench, const char *format, ...)
{
	va_list args;

	char *tried;

	if (!bench_good(bench))
		return;
	va_start(args, format);
	tried = g_strdup_vprintf(format, args);
	va_end(args);
	/* What is tried may be part of the new text. */
	g_free(bench->tried);
	bench->tried = tried;
	board_try(bench->tried);
}

gboolean
bench_good(const Bench *bench)
{
	return bench->verdict == VERDICT_PASS;
}

static void
bench_decide(Bench *bench, Verdict verdict, const char *expected, char *seen)
{
	if (!bench_good(bench)) {
		g_free(seen);
		return;
	}
	bench->verdict = verdict;
	bench->expected = g_strdup(expected);
	bench->seen = seen;
}

gboolean
bench_expect(Bench *bench, gboolean good, const char *expected, const char *seen, ...)
{
	va_list args;

	if (good)
		return TRUE;
	va_start(args, seen);
	bench_decide(bench, VERDICT_FAIL, expected, g_strdup_vprintf(seen, args));
	va_end(args);
	return FALSE;
}

gboolean
bench_expect_none(Bench *bench, const char *expected, char *difference)
{
	if (difference == NULL)
		return TRUE;
	bench_decide(bench, VERDICT_FAIL, expected, difference);
	return FALSE;
}

gboolean
bench_sound(Bench *bench, GError *error)
{
	if (error == NULL)
		return TRUE;
	bench_decide(bench, VERDICT_ERROR, "a fixture and a harness that work", g_strdup(error->message));
	g_error_free(error);
	return FALSE;
}

void
bench_skip(Bench *bench, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	bench_decide(bench, VERDICT_SKIP, "", g_strdup_vprintf(format, args));
	va_end(args);
}

gboolean
bench_restart(Bench *bench, json_object *arguments)
{
	GError *error = NULL;

	g_clear_pointer(&bench->fixture, fixture_stop);
	g_clear_pointer((char ***)&bench->secret_values, g_strfreev);
	bench->fixture = fixture_start(bench->plan, arguments, (guint)(bench->seed % 100000), &error);
	if (!bench_sound(bench, error))
		return FALSE;
	bench->secret_values = secrecy_values(bench->plan, bench->fixture);
	return TRUE;
}

Fixture *
bench_fixture(Bench *bench, const char *world, gint64 size)
{
	GError *error = NULL;

	if (bench->fixture == NULL && !bench_restart(bench, NULL))
		return NULL;
	if (!fixture_reset(bench->fixture, world, size, &error)) {
		bench_sound(bench, error);
		return NULL;
	}
	return bench->fixture;
}

gboolean
bench_struck(Bench *bench)
{
	GError *error = NULL;
	gint64 fired = fixture_fired(bench->fixture, &error);

	if (error == NULL && fired == 0)
		error = host_error_new(IDC_INTERNAL, "not_fired", "The fault that was scheduled did not strike.");
	if (error == NULL)
		fixture_clear_faults(bench->fixture, &error);
	return bench_sound(bench, error);
}

const idc_connector *
bench_connector(Bench *bench)
{
	g_autoptr(GError) error = NULL;

	if (bench->connector != NULL)
		return bench->connector;
	bench->module = module_load(bench->paths, bench->manifest, &error);
	if (bench->module == NULL)
		bench_expect(bench, FALSE, "a module that is verified and can be loaded", "%s", error->message);
	else
		bench->connector = module_connector(bench->module);
	return bench->connector;
}

Truth *
bench_truth(Bench *bench)
{
	GError *error = NULL;
	Truth *truth = truth_read(bench->fixture, &error);

	bench_sound(bench, error);
	return truth;
}

GPtrArray *
bench_traffic(Bench *bench)
{
	GError *error = NULL;
	GPtrArray *traffic = traffic_read(bench->fixture, &error);

	bench_sound(bench, error);
	return traffic;
}

guint
bench_requests(Bench *bench)
{
	GError *error = NULL;
	gint64 n = traffic_count(bench->fixture, &error);

	return bench_sound(bench, error) ? (guint)n : 0;
}

guint
bench_requests_to(Bench *bench, const char *host)
{
	g_autoptr(GPtrArray) traffic = bench_traffic(bench);
	guint n = 0;

	for (guint i = 0; traffic != NULL && i < traffic->len; i++)
		n += g_strcmp0(((const TrafficEntry *)g_ptr_array_index(traffic, i))->host, host) == 0 ? 1 : 0;
	return n;
}

static gint
bench_compare(gconstpointer a, gconstpointer b)
{
	guint first = *(const guint *)a;
	guint second = *(const guint *)b;

	return first < second ? -1 : first > second ? 1 : 0;
}

GArray *
bench_pick(Bench *bench, guint n, guint most)
{
	g_autoptr(GHashTable) picked = g_hash_table_new(NULL, NULL);
	GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint i = 0; i < MIN(n, most); i++) {
		guint number = n <= most ? i + 1 : i == 0 ? 1 : i == 1 ? n : (guint)g_rand_int_range(bench->rand, 2, (gint)n);

		while (g_hash_table_contains(picked, GUINT_TO_POINTER(number)))
			number = number % n + 1;
		g_hash_table_add(picked, GUINT_TO_POINTER(number));
		g_array_append_val(numbers, number);
	}
	g_array_sort(numbers, bench_compare);
	return numbers;
}
