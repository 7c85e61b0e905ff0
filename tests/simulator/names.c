/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "names.h"

#include <string.h>

static const gchar *const given[] = {"Ilse",  "Tomas", "Noor",  "Pavel", "Ayla",  "Bruno", "Chidi", "Dagny",
				     "Emeka", "Freya", "Goran", "Hana",  "Ines",  "Jonas", "Kaya",  "Lars",
				     "Mila",  "Nils",  "Oona",  "Petra", "Quinn", "Rosa",  "Sven",  "Tilda",
				     "Umar",  "Vera",  "Wim",   "Xenia", "Yusuf", "Zora",  "Ari"};
static const gchar *const family[] = {
    "Marrow",    "Quill",  "Aldous",  "Brandt",    "Castell", "Dunmore",   "Eklund", "Farrow",       "Grieve",    "Holm",
    "Ivers",     "Jessen", "Kessler", "Lindqvist", "Mbeki",   "Norland",   "Okafor", "Pereira",      "Rask",      "Sandoval",
    "Tarkowski", "Ueda",   "Vance",   "Wexler",    "Yilmaz",  "Zielinski", "O'Hara", "van den Berg", "St. Cloud", "Smith-Jones"};

/* Each is a case that some client somewhere got wrong. %u gives the number of the round, so that most names stay apart. */
static const gchar *const awkward[] = {
    "Zo\xc3\xab Strau\xc3\x9f",                                           /* composed */
    "Zoe\xcc\x88 Strau\xc3\x9f",                                          /* the same, combining */
    "\xe5\xb1\xb1\xe7\x94\xb0 \xe5\xa4\xaa\xe9\x83\x8e",                  /* Han */
    "\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0 \xd0\x9a\xd0\xb8\xd0\xbc",          /* Cyrillic */
    "\xd7\xa9\xd7\xa8\xd7\x94 \xd7\x9b\xd7\x94\xd7\x9f",                  /* Hebrew, right to left */
    "\xd8\xb2\xd9\x8a\xd9\x86\xd8\xa8 Adams \xd8\xb9\xd9\x84\xd9\x8a",    /* Arabic with Latin inside */
    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x92 Fire \xf0\x9f\x94\xa5", /* emoji joined by ZWJ */
    "Marrow, Ilse",                                                       /* comma */
    "\"Bo\" Quote",                                                       /* quotes */
    "=HYPERLINK(\"x\")",                                                  /* a formula for a spreadsheet */
    "+1 @SUM -2",
    "O'Brien; DROP",
    "Back\\slash /slash",
    "<b>Bold</b> & Co",
    "100%s %n %d {0}",
    "Bell\x07 and\x01 tab\there", /* control characters that JSON can carry */
    "Del\x7f next\xc2\x85line",
    "left\xe2\x80\xaeright \xe2\x80\x8bzero", /* bidi override, zero width */
    "No\xc2\xa0way Out",                      /* a blank that is none */
    "ilse marrow",                            /* differs from another only in case */
    "Ilse Marrow",
    "I",
    "\xe0\xa4\x85\xe0\xa4\xae\xe0\xa4\xbf\xe0\xa4\xa4 \xe0\xa4\xb0\xe0\xa4\xbe\xe0\xa4\xb5", /* Devanagari */
    "\xe0\xb8\xaa\xe0\xb8\xa1\xe0\xb8\x8a\xe0\xb8\xb2\xe0\xb8\xa2",                          /* Thai */
    "\xea\xb9\x80\xec\xb2\xa0\xec\x88\x98",                                                  /* Hangul */
    "\xc4\xb0lker \xc4\xb1\xc5\x9f\xc4\xb1k",                                                /* dotless i */
    "null",
    "true",
};

/* A hundred characters of four bytes each: the longest name the service takes. */
static gchar *
names_longest(guint n)
{
	GString *name = g_string_new(NULL);

	for (guint i = 0; i < 96; i++)
		g_string_append(name, "\xf0\x9d\x94\x98");
	g_string_append_printf(name, "%04u", n % 10000);
	return g_string_free(name, FALSE);
}

gchar *
names_person(guint n)
{
	guint period = G_N_ELEMENTS(awkward) + 1;

	/* In a small world the awkward ones come first, in a large one they are one in eight. */
	if (n >= 1 && n <= period) {
		if (n == period)
			return names_longest(n);
		return g_strdup(awkward[n - 1]);
	}
	if (n > period && n % 8 == 0) {
		guint which = (n / 8) % period;
		if (which == period - 1)
			return names_longest(n);
		return g_strdup_printf("%s %u", awkward[which], n);
	}
	if (n < G_N_ELEMENTS(given) * G_N_ELEMENTS(family))
		return g_strdup_printf("%s %s", given[n % G_N_ELEMENTS(given)], family[n / G_N_ELEMENTS(given)]);
	return g_strdup_printf("%s %s %u", given[n % G_N_ELEMENTS(given)], family[(n / G_N_ELEMENTS(given)) % G_N_ELEMENTS(family)],
			       n);
}

gchar *
names_email(guint n)
{
	g_autofree gchar *first = g_ascii_strdown(given[n % G_N_ELEMENTS(given)], -1);
	gchar end = "abcdefghijklmnopqrstuvwxyz0123456789_-+'"[n % 40];

	if (n % 97 == 13) {
		/* a local part of 64 characters, the longest there is */
		g_autofree gchar *tail = g_strdup_printf("%u", n);
		g_autofree gchar *pad = g_strnfill(64 - strlen(tail), 'x');
		return g_strconcat(pad, tail, "@crew.northwind.example", NULL);
	}
	if (n % 89 == 7)
		return g_strdup_printf("%s.o'hara+duty-%u%c@sub.northwind.example", first, n, end);
	if (n % 83 == 5)
		return g_strdup_printf("%u@nw.io", n);
	return g_strdup_printf("%s.%u%c@northwind.example", first, n, end);
}

gchar *
names_group(const gchar *kind, guint n)
{
	static const gchar *const places[] = {"Harbour", "Quay",   "Crane", "Ferry",  "Customs", "Dock",
					      "Pilot",   "Beacon", "Tug",   "Anchor", "Tide"};
	static const gchar *const works[] = {"Ops",  "Primary", "Weekly", "Platform", "Night Watch",
					     "Data", "Support", "Field",  "Control"};
	static const gchar *const odd[] = {
	    "Ops, \"Night\" & Co",
	    "=Tide+1",
	    "\xd7\xa6\xd7\x95\xd7\x95\xd7\xaa \xd7\x9c\xd7\x99\xd7\x9c\xd7\x94",
	    "Cafe\xcc\x81 / Bar",
	    "\xf0\x9f\x9a\xa2 Ships \xe2\x9a\x93",
	    "\xe6\xb8\xaf\xe5\x8f\xa3; 50% \\ back",
	};
	const gchar *place = places[n % G_N_ELEMENTS(places)];
	const gchar *work = works[(n / G_N_ELEMENTS(places)) % G_N_ELEMENTS(works)];

	if (n == 0)
		return g_strdup_printf("Harbour %s", kind[0] == 't' ? "Ops" : kind[0] == 'p' ? "Primary" : "Weekly");
	if (n % 5 == 3)
		return g_strdup_printf("%s %s %u", odd[(n / 5) % G_N_ELEMENTS(odd)], kind, n);
	if (n < G_N_ELEMENTS(places) * G_N_ELEMENTS(works))
		return g_strdup_printf("%s %s %s", place, work, kind);
	return g_strdup_printf("%s %s %s %u", place, work, kind, n);
}

const gchar *
names_job(guint n)
{
	static const gchar *const jobs[] = {NULL, "Dock engineer", "Crane lead", "Customs, officer",
					    "\xe3\x82\xaf\xe3\x83\xac\xe3\x83\xbc\xe3\x83\xb3"};

	return jobs[n % G_N_ELEMENTS(jobs)];
}

const gchar *
names_zone(guint n)
{
	static const gchar *const zones[] = {"Europe/Lisbon", "America/New_York", "Asia/Tokyo", "Etc/UTC", "Australia/Adelaide"};

	return zones[n % G_N_ELEMENTS(zones)];
}
