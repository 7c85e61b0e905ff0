/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "fuzz.h"
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Stands in for libFuzzer: replays the inputs of a folder, each as it is, cut off at some places, and with single bytes changed. One test
 * point a file. usage: PROGRAM FOLDER */

#define REPLAY_CUTS 24
#define REPLAY_PATIENCE_S 120 /* for one file; the alarm's signal ends the process */

/* In memory of its very length, so that what reads on is seen. */
static void
replay_once(const guint8 *bytes, gsize length)
{
	guint8 *copy = g_malloc(MAX(length, 1));

	memcpy(copy, bytes, length);
	(void)LLVMFuzzerTestOneInput(copy, length);
	g_free(copy);
}

static void
replay_file(guint8 *bytes, gsize length)
{
	replay_once(bytes, length);
	for (gsize i = 0; i < REPLAY_CUTS; i++) {
		const gsize at = length * i / REPLAY_CUTS;

		replay_once(bytes, at);
		if (at < length) {
			bytes[at] ^= 1;
			replay_once(bytes, length);
			bytes[at] ^= 1;
		}
	}
}

static gint
replay_order(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const gchar *const *)a, *(const gchar *const *)b);
}

static GPtrArray *
replay_names(const gchar *folder)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const gchar *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
		g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, replay_order);
	return names;
}

int
main(int argc, char **argv)
{
	g_autoptr(GPtrArray) names = replay_names(argc > 1 ? argv[1] : ".");

	if (argc != 2 || names->len == 0) {
		printf("Bail out! There is no input: give a folder of them.\n");
		return 2;
	}
	printf("1..%u\n", names->len);
	for (guint i = 0; i < names->len; i++) {
		const gchar *name = g_ptr_array_index(names, i);
		g_autofree gchar *path = g_build_filename(argv[1], name, NULL);
		g_autofree gchar *bytes = NULL;
		gsize length = 0;

		/* said before, for what goes wrong ends the process */
		fprintf(stderr, "replaying %s\n", path);
		if (!g_file_get_contents(path, &bytes, &length, NULL)) {
			printf("not ok %u - %s can be read\n", i + 1, name);
			continue;
		}
		alarm(REPLAY_PATIENCE_S);
		replay_file((guint8 *)bytes, length);
		printf("ok %u - the input %s breaks nothing, whole, cut off or changed\n", i + 1, name);
		fflush(stdout);
	}
	return 0;
}
