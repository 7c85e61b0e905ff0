/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* A service that answers what no service should: nothing of it ends the process, takes for ever, or becomes a shorter list. */
#include "conform/checks.h"
#include "conform/listing.h"
#include "conform/surroundings.h"
#include <sys/resource.h>

/* How much more memory than before: freed memory that a sanitizer keeps for a while counts, too. */
#define HOSTILE_GROWTH_KIB (256 * 1024)
#define HOSTILE_GROWTH_SANITIZED_KIB (640 * 1024)
#define HOSTILE_PLACES 4

typedef struct {
	const char *action;
	gboolean honest; /* what is told can still be held against what is so */
} HostileAnswer;

enum {
	HOSTILE_EMPTY,
	HOSTILE_OBJECT,
	HOSTILE_LIST,
	HOSTILE_NULL,
	HOSTILE_NAN,
	HOSTILE_ERROR,
	HOSTILE_TYPE,
	HOSTILE_TRUNCATED,
	HOSTILE_HTML,
	HOSTILE_GARBAGE,
	HOSTILE_DEEP,
	HOSTILE_BOMB,
	HOSTILE_HUGE,
	HOSTILE_DECLARE,
	HOSTILE_HEADERS,
	HOSTILE_DRIP,
	HOSTILE_TWICE,
	HOSTILE_SLASH,
	HOSTILE_SURROGATE,
	HOSTILE_NUL,
	HOSTILE_NUMBER,
	HOSTILE_WRONG_TYPE,
	HOSTILE_MORE,
	HOSTILE_PAGE,
};

static const HostileAnswer hostile_answers[] = {
    [HOSTILE_EMPTY] = {"{\"status\":200,\"body\":\"\"}", TRUE},
    [HOSTILE_OBJECT] = {"{\"status\":200,\"body\":{}}", TRUE},
    [HOSTILE_LIST] = {"{\"status\":200,\"body\":[]}", TRUE},
    [HOSTILE_NULL] = {"{\"status\":200,\"body\":\"null\"}", TRUE},
    [HOSTILE_NAN] = {"{\"status\":200,\"body\":\"{\\\"id\\\":NaN,\\\"more\\\":1e999,\\\"limit\\\":9223372036854775808}\"}", TRUE},
    [HOSTILE_ERROR] = {"{\"status\":200,\"body\":{\"error\":{\"code\":2100,\"message\":\"no\",\"errors\":[\"no\"]}}}", TRUE},
    [HOSTILE_TYPE] = {"{\"status\":200,\"body\":\"<html></html>\",\"content_type\":\"application/octet-stream\"}", TRUE},
    [HOSTILE_TRUNCATED] = {"{\"keep\":20}", TRUE},
    [HOSTILE_HTML] = {"{\"html\":true}", TRUE},
    [HOSTILE_GARBAGE] = {"{\"garbage\":5000}", TRUE},
    [HOSTILE_DEEP] = {"{\"deep\":10000}", TRUE},
    [HOSTILE_BOMB] = {"{\"gzip_bomb\":67108864}", TRUE},
    [HOSTILE_HUGE] = {"{\"huge\":1073741824}", TRUE},
    [HOSTILE_DECLARE] = {"{\"declare\":1073741824}", TRUE},
    [HOSTILE_HEADERS] = {"{\"endless_headers\":true}", TRUE},
    [HOSTILE_DRIP] = {"{\"drip\":{\"bytes\":1,\"every_ms\":900}}", TRUE},
    [HOSTILE_TWICE] = {"{\"edit\":[[\"\\\"id\\\":\",\"\\\"id\\\":\\\"TWICE\\\",\\\"id\\\":\"]]}", FALSE},
    [HOSTILE_SLASH] = {"{\"edit\":[[\"\\\"id\\\":\\\"\",\"\\\"id\\\":\\\"../a\\\\n?b=#c/\"]]}", FALSE},
    [HOSTILE_SURROGATE] = {"{\"edit\":[[\"\\\"name\\\":\\\"\",\"\\\"name\\\":\\\"\\\\ud800\"]]}", FALSE},
    [HOSTILE_NUL] = {"{\"edit\":[[\"\\\"id\\\":\\\"\",\"\\\"id\\\":\\\"\\\\u0000\"]]}", FALSE},
    [HOSTILE_NUMBER] = {"{\"edit\":[[\"\\\"id\\\":\\\"\",\"\\\"id\\\":9223372036854775808,\\\"was\\\":\\\"\"]]}", FALSE},
    [HOSTILE_WRONG_TYPE] = {"{\"edit\":[[\"[\",\"{\\\"0\\\":0},[\"]]}", FALSE},
    [HOSTILE_MORE] = {"{\"more\":true}", TRUE},
    [HOSTILE_PAGE] = {"{\"page_offset\":0}", TRUE},
};

/* The peak of this process so far, in KiB. */
static glong
hostile_peak(void)
{
	struct rusage usage = {0};

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void
hostile_at_each(Bench *bench, gint parameter)
{
	/* What takes time is tried at the first and the last request alone. */
	guint places = parameter == HOSTILE_DRIP || parameter == HOSTILE_BOMB ? 2 : HOSTILE_PLACES;

	listing_fault_at_each(bench, hostile_answers[parameter].action, places, hostile_answers[parameter].honest);
}

/* Refusing is one thing; not having taken it all in before is another. The first request, and others only where that went well: who takes in
 * a gigabyte takes its time. */
static void
hostile_huge(Bench *bench, gint parameter)
{
	static const guint places[] = {1, 2};
	const glong most = hostile_peak() + (surroundings_sanitized() ? HOSTILE_GROWTH_SANITIZED_KIB : HOSTILE_GROWTH_KIB);

	for (gsize i = 0; i < G_N_ELEMENTS(places) && bench_good(bench); i++) {
		listing_fault_at_each(bench, hostile_answers[parameter].action, places[i], hostile_answers[parameter].honest);
		bench_expect(bench, hostile_peak() < most, "an end before all of it is in memory", "a peak of %ld MB",
			     hostile_peak() / 1024);
	}
}

/* The same answer for ever: it has to end, and in bounds. */
static void
hostile_for_ever(Bench *bench, gint parameter)
{
	g_autoptr(Told) told = NULL;
	guint requests;

	bench_try(bench, "a list in which every answer meets %s", hostile_answers[parameter].action);
	told = listing_faulty(bench, "{\"times\":0}", hostile_answers[parameter].action, hostile_answers[parameter].honest);
	requests = told != NULL ? bench_requests(bench) : 0;
	bench_expect(bench, requests < 5000, "an end in bounds", "%u requests", requests);
}

const Check checks_hostile[] = {
    {"hostile.empty", "An empty answer is never a shorter list", hostile_at_each, CHECK_LIST, NULL, NULL, HOSTILE_EMPTY, 0},
    {"hostile.object", "An object without members is never a shorter list", hostile_at_each, CHECK_LIST, NULL, NULL, HOSTILE_OBJECT,
     0},
    {"hostile.list", "An empty list in place of an object is never a shorter list", hostile_at_each, CHECK_LIST, NULL, NULL,
     HOSTILE_LIST, 0},
    {"hostile.null", "The word null as an answer is never a shorter list", hostile_at_each, CHECK_LIST, NULL, NULL, HOSTILE_NULL,
     0},
    {"hostile.nan", "NaN and numbers beyond 64 bits are refused", hostile_at_each, CHECK_LIST, NULL, NULL, HOSTILE_NAN, 0},
    {"hostile.error-in-200", "An error in a 200 is never a shorter list", hostile_at_each, CHECK_LIST, NULL, NULL, HOSTILE_ERROR,
     0},
    {"hostile.type", "Another content type is never a shorter list", hostile_at_each, CHECK_LIST, NULL, NULL, HOSTILE_TYPE, 0},
    {"hostile.truncated", "JSON that ends in the middle is never a shorter list", hostile_at_each, CHECK_LIST, "keep", NULL,
     HOSTILE_TRUNCATED, 0},
    {"hostile.html", "A page of HTML with 200 is never a shorter list", hostile_at_each, CHECK_LIST, "html", NULL, HOSTILE_HTML, 0},
    {"hostile.garbage", "Random bytes are never a shorter list", hostile_at_each, CHECK_LIST, "garbage", NULL, HOSTILE_GARBAGE, 0},
    {"hostile.deep", "Ten thousand arrays in each other are refused", hostile_at_each, CHECK_LIST, "deep", NULL, HOSTILE_DEEP, 0},
    {"hostile.bomb", "Sixty-four megabytes that are packed small are refused", hostile_at_each, CHECK_LIST, "gzip_bomb", NULL,
     HOSTILE_BOMB, 120},
    {"hostile.huge", "An answer of a gigabyte is refused", hostile_huge, CHECK_LIST, "huge", NULL, HOSTILE_HUGE, 120},
    {"hostile.declared", "A gigabyte that is declared and does not come is never a shorter list", hostile_at_each, CHECK_LIST,
     "declare", NULL, HOSTILE_DECLARE, 120},
    {"hostile.headers", "A header without end is refused", hostile_at_each, CHECK_LIST, "endless_headers", NULL, HOSTILE_HEADERS,
     120},
    {"hostile.drip", "An answer that comes by drops ends in time", hostile_at_each, CHECK_LIST, "drip", NULL, HOSTILE_DRIP, 180},
    {"hostile.duplicate", "A key that comes twice does no harm", hostile_at_each, CHECK_LIST, "edit", NULL, HOSTILE_TWICE, 0},
    {"hostile.slash", "Ids with slashes and line breaks do no harm", hostile_at_each, CHECK_LIST, "edit", NULL, HOSTILE_SLASH, 0},
    {"hostile.surrogate", "Half a surrogate pair does no harm", hostile_at_each, CHECK_LIST, "edit", NULL, HOSTILE_SURROGATE, 0},
    {"hostile.nul", "A NUL in an id does no harm", hostile_at_each, CHECK_LIST, "edit", NULL, HOSTILE_NUL, 0},
    {"hostile.number", "A number in place of an id does no harm", hostile_at_each, CHECK_LIST, "edit", NULL, HOSTILE_NUMBER, 0},
    {"hostile.broken", "JSON that is broken in the middle does no harm", hostile_at_each, CHECK_LIST, "edit", NULL,
     HOSTILE_WRONG_TYPE, 0},
    {"hostile.more", "A page that wrongly says that there is more does no harm", hostile_at_each, CHECK_LIST, "more", NULL,
     HOSTILE_MORE, 0},
    {"hostile.page", "A page that shows the first one again is never a shorter list", hostile_at_each, CHECK_LIST, "page_offset",
     NULL, HOSTILE_PAGE, 0},
    {"hostile.endless", "Pages without an end come to an end", hostile_for_ever, CHECK_LIST, "more", NULL, HOSTILE_MORE, 120},
    {"hostile.cyclic", "Pages that begin anew each time come to an end", hostile_for_ever, CHECK_LIST, "page_offset", NULL,
     HOSTILE_PAGE, 120},
    {"hostile.always-empty", "A service that always answers nothing has no list", hostile_for_ever, CHECK_LIST, NULL, NULL,
     HOSTILE_EMPTY, 0},
    {.id = NULL},
};
