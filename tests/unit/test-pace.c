/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "wire/pace.h"

static void
test_nothing_said(void)
{
	Pace pace;

	pace_init(&pace, 0);
	for (guint i = 0; i < 1000; i++) {
		g_assert_cmpuint(pace_delay(&pace, 5), ==, 0);
		pace_started(&pace, 5);
	}
}

static void
test_stops_before_the_limit(void)
{
	Pace pace;
	guint started = 0;

	pace_init(&pace, 0);
	pace_learn(&pace, 1000, 1000, &(PaceHint){.limit = 960, .remaining = 7, .reset_s = 10}, 2);
	while (pace_delay(&pace, 1000) == 0) {
		pace_started(&pace, 1000);
		started++;
	}
	g_assert_cmpuint(started, ==, 5); /* seven were left, two of them were on their way */
	g_assert_cmpuint(pace_delay(&pace, 1000), ==, 11000);
	g_assert_cmpuint(pace_delay(&pace, 12000), ==, 0);
	pace_started(&pace, 12000);
	g_assert_cmpuint(pace_delay(&pace, 12000), ==, 0); /* a new window, of which nothing is known yet */
}

static void
test_incredible_hints_count_for_nothing(void)
{
	Pace pace;

	pace_init(&pace, 0);
	pace_learn(&pace, 0, 0, &(PaceHint){.limit = 960, .remaining = 0, .reset_s = 4000000}, 0);
	g_assert_cmpuint(pace_delay(&pace, 0), ==, 0);
	pace_learn(&pace, 0, 0, &(PaceHint){.limit = 960, .remaining = -1, .reset_s = 10}, 0);
	g_assert_cmpuint(pace_delay(&pace, 0), ==, 0);
}

static guint
pace_starts(Pace *pace, guint64 now_ms)
{
	guint started = 0;

	while (started < 1000 && pace_delay(pace, now_ms) == 0) {
		pace_started(pace, now_ms);
		started++;
	}
	return started;
}

/* Four were sent at once and counted as 9, 8, 7, 6 left; the first to be judged is not the first that was counted. */
static void
test_of_one_window_the_lowest_word_holds(void)
{
	const guint remaining[] = {6, 9, 8, 7};
	Pace pace;

	pace_init(&pace, 0);
	for (guint i = 0; i < 4; i++)
		pace_learn(&pace, 900, 1000, &(PaceHint){.remaining = remaining[i], .reset_s = 10}, 3 - i);
	g_assert_cmpuint(pace_starts(&pace, 1000), <=, 6);
	/* one that was under way for long and was counted when much was left */
	pace_learn(&pace, 900, 6000, &(PaceHint){.remaining = 19, .reset_s = 10}, 0);
	g_assert_cmpuint(pace_starts(&pace, 6000), ==, 0);
}

static void
test_another_window_is_told_apart(void)
{
	Pace pace;

	pace_init(&pace, 0);
	pace_learn(&pace, 1000, 1000, &(PaceHint){.remaining = 2, .reset_s = 10}, 0);
	pace_learn(&pace, 12000, 12000, &(PaceHint){.remaining = 50, .reset_s = 59}, 0);
	/* late, of the window before */
	pace_learn(&pace, 9000, 12100, &(PaceHint){.remaining = 0, .reset_s = 1}, 0);
	g_assert_cmpuint(pace_starts(&pace, 12100), ==, 50);
	/* the clock of the server turned over earlier than the header let expect */
	pace_learn(&pace, 13000, 13000, &(PaceHint){.remaining = 30, .reset_s = 100}, 0);
	g_assert_cmpuint(pace_starts(&pace, 13000), ==, 30);
}

static void
test_own_bound(void)
{
	Pace pace;

	pace_init(&pace, 60);
	g_assert_cmpuint(pace_delay(&pace, 0), ==, 0);
	pace_started(&pace, 0);
	g_assert_cmpuint(pace_delay(&pace, 0), ==, 1000);
	g_assert_cmpuint(pace_delay(&pace, 400), ==, 600);
}

static void
test_after_a_429(void)
{
	const PaceHint told = {.limit = 960, .remaining = 0, .reset_s = 20};
	const PaceHint silent = {-1, -1, -1};
	const PaceHint absurd = {.limit = 1, .remaining = 0, .reset_s = G_MAXINT64};
	Pace pace;

	g_assert_cmpuint(pace_after_limit(&told, 0, 0), ==, 20500);
	g_assert_cmpuint(pace_after_limit(&told, 3, 299), <=, 20500 * 13 / 10);
	g_assert_cmpuint(pace_after_limit(&silent, 0, 0), ==, 5000);
	g_assert_cmpuint(pace_after_limit(&silent, 1, 0), ==, 10000);
	g_assert_cmpuint(pace_after_limit(&silent, 50, 0), ==, 60000);
	g_assert_cmpuint(pace_after_limit(&absurd, 0, 0), ==, 5000);
	pace_init(&pace, 0);
	pace_block(&pace, 100, 5000);
	pace_block(&pace, 200, 10);
	g_assert_cmpuint(pace_delay(&pace, 100), ==, 5000);
}

static void
test_backoff_is_bounded(void)
{
	for (guint attempt = 0; attempt < 100; attempt++)
		for (guint32 random = 0; random < 2000; random += 37) {
			g_assert_cmpuint(pace_after_failure(attempt, random), >=, 250);
			g_assert_cmpuint(pace_after_failure(attempt, random), <=, 30000);
		}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pace/of one window the lowest word holds, in whatever order answers come",
			test_of_one_window_the_lowest_word_holds);
	g_test_add_func("/pace/what is said of another window is told apart", test_another_window_is_told_apart);
	g_test_add_func("/pace/without a word from the server nothing waits", test_nothing_said);
	g_test_add_func("/pace/what is on its way counts, and the window is waited for before a 429 comes",
			test_stops_before_the_limit);
	g_test_add_func("/pace/incredible numbers in headers are not believed", test_incredible_hints_count_for_nothing);
	g_test_add_func("/pace/the administrator's bound spaces requests out", test_own_bound);
	g_test_add_func("/pace/a 429 waits what it says, grows without a word, and is clamped", test_after_a_429);
	g_test_add_func("/pace/waits between retries grow and end", test_backoff_is_bounded);
	return g_test_run();
}
