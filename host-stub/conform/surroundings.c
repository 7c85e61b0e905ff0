/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/surroundings.h"
#include <fcntl.h>
#include <locale.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define SURROUNDINGS_SIGNALS 65
#define SURROUNDINGS_PATIENCE_US 1000000
#define SURROUNDINGS_SLICE_US 5000

struct Surroundings {
	GHashTable *descriptors; /* number -> what it is */
	guint threads;
	char *allowed; /* what a new descriptor may be, or NULL */
	char *folder;
	char *locale;
	char *environment;
	mode_t mask;
	sigset_t blocked;
	struct sigaction signals[SURROUNDINGS_SIGNALS];
	struct rlimit limits[RLIM_NLIMITS];
};

static guint
surroundings_threads(void)
{
	g_autoptr(GDir) tasks = g_dir_open("/proc/self/task", 0, NULL);
	guint n = 0;

	while (tasks != NULL && g_dir_read_name(tasks) != NULL)
		n++;
	return n;
}

static GHashTable *
surroundings_descriptors(void)
{
	GHashTable *descriptors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(GDir) folder = g_dir_open("/proc/self/fd", 0, NULL);
	const char *name;

	while (folder != NULL && (name = g_dir_read_name(folder)) != NULL) {
		g_autofree char *path = g_build_filename("/proc/self/fd", name, NULL);
		g_autofree char *target = g_file_read_link(path, NULL);

		/* The one that reads this folder is gone a moment later. */
		if (target != NULL && !g_str_has_suffix(target, "/fd"))
			g_hash_table_insert(descriptors, g_strdup(name), g_steal_pointer(&target));
	}
	return descriptors;
}

Surroundings *
surroundings_take(void)
{
	Surroundings *taken = g_new0(Surroundings, 1);

	taken->descriptors = surroundings_descriptors();
	taken->threads = surroundings_threads();
	taken->folder = g_get_current_dir();
	taken->locale = g_strdup(setlocale(LC_ALL, NULL));
	taken->environment = g_strjoinv("\n", environ);
	taken->mask = umask(0);
	umask(taken->mask);
	pthread_sigmask(SIG_SETMASK, NULL, &taken->blocked);
	for (int i = 1; i < SURROUNDINGS_SIGNALS; i++)
		sigaction(i, NULL, &taken->signals[i]);
	for (int i = 0; i < (int)RLIM_NLIMITS; i++)
		getrlimit((__rlimit_resource_t)i, &taken->limits[i]);
	return taken;
}

void
surroundings_free(Surroundings *surroundings)
{
	if (surroundings == NULL)
		return;
	g_hash_table_unref(surroundings->descriptors);
	g_free(surroundings->allowed);
	g_free(surroundings->folder);
	g_free(surroundings->locale);
	g_free(surroundings->environment);
	g_free(surroundings);
}

void
surroundings_allow(Surroundings *before, const char *prefix)
{
	g_free(before->allowed);
	before->allowed = g_strdup(prefix);
}

static char *
surroundings_descriptor_changed(const Surroundings *before, const Surroundings *now)
{
	GHashTableIter iter;
	gpointer number;
	gpointer target;

	g_hash_table_iter_init(&iter, now->descriptors);
	while (g_hash_table_iter_next(&iter, &number, &target)) {
		const char *was = g_hash_table_lookup(before->descriptors, number);

		if (was == NULL && before->allowed != NULL && g_str_has_prefix(target, before->allowed))
			continue;
		if (was == NULL)
			return g_strdup_printf("the descriptor %s (%s) was left open", (char *)number, (char *)target);
		if (strcmp(was, target) != 0)
			return g_strdup_printf("the descriptor %s was %s and is %s", (char *)number, was, (char *)target);
	}
	g_hash_table_iter_init(&iter, before->descriptors);
	while (g_hash_table_iter_next(&iter, &number, &target)) {
		if (!g_hash_table_contains(now->descriptors, number))
			return g_strdup_printf("the descriptor %s (%s) was closed", (char *)number, (char *)target);
	}
	return NULL;
}

static char *
surroundings_signal_changed(const Surroundings *before, const Surroundings *now)
{
	for (int i = 1; i < SURROUNDINGS_SIGNALS; i++) {
		if (before->signals[i].sa_handler != now->signals[i].sa_handler ||
		    before->signals[i].sa_flags != now->signals[i].sa_flags)
			return g_strdup_printf("the handler of signal %d is another one", i);
		if (sigismember(&before->blocked, i) != sigismember(&now->blocked, i))
			return g_strdup_printf("signal %d is %s", i,
					       sigismember(&now->blocked, i) == 1 ? "blocked now" : "not blocked any more");
	}
	return NULL;
}

static char *
surroundings_compare(const Surroundings *before, const Surroundings *now)
{
	char *changed = surroundings_descriptor_changed(before, now);

	if (changed == NULL)
		changed = surroundings_signal_changed(before, now);
	if (changed == NULL && now->threads != before->threads)
		changed = g_strdup_printf("there were %u threads and there are %u", before->threads, now->threads);
	if (changed == NULL && g_strcmp0(before->folder, now->folder) != 0)
		changed = g_strdup_printf("the working directory was %s and is %s", before->folder, now->folder);
	if (changed == NULL && g_strcmp0(before->locale, now->locale) != 0)
		changed = g_strdup_printf("the locale was %s and is %s", before->locale, now->locale);
	if (changed == NULL && g_strcmp0(before->environment, now->environment) != 0)
		changed = g_strdup("the environment is another one");
	if (changed == NULL && before->mask != now->mask)
		changed = g_strdup_printf("the umask was %03o and is %03o", (unsigned)before->mask, (unsigned)now->mask);
	for (int i = 0; changed == NULL && i < (int)RLIM_NLIMITS; i++) {
		if (memcmp(&before->limits[i], &now->limits[i], sizeof(struct rlimit)) != 0)
			changed = g_strdup_printf("the resource limit %d is another one", i);
	}
	return changed;
}

char *
surroundings_changed(const Surroundings *before)
{
	gint64 until = g_get_monotonic_time() + SURROUNDINGS_PATIENCE_US;

	for (;;) {
		g_autoptr(Surroundings) now = surroundings_take();
		g_autofree char *changed = surroundings_compare(before, now);

		if (changed == NULL || g_get_monotonic_time() > until)
			return g_steal_pointer(&changed);
		g_usleep(SURROUNDINGS_SLICE_US);
	}
}

#if defined(__SANITIZE_ADDRESS__)
#define SURROUNDINGS_SANITIZED TRUE
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SURROUNDINGS_SANITIZED TRUE
#endif
#endif
#ifndef SURROUNDINGS_SANITIZED
#define SURROUNDINGS_SANITIZED FALSE
#endif

gboolean
surroundings_sanitized(void)
{
	return SURROUNDINGS_SANITIZED;
}

gsize
surroundings_heap(void)
{
	return mallinfo2().uordblks;
}

gsize
surroundings_peak(void)
{
	g_autofree char *status = NULL;
	const char *line;

	if (!g_file_get_contents("/proc/self/status", &status, NULL, NULL))
		return 0;
	line = strstr(status, "\nVmHWM:");
	return line != NULL ? (gsize)g_ascii_strtoull(line + strlen("\nVmHWM:"), NULL, 10) : 0;
}

void
surroundings_forget_peak(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "5", 1) != 1)
		g_debug("the peak of memory cannot be forgotten here");
	close(fd);
}
