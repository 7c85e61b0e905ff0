/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/secrecy.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SECRECY_MASK 0x80 /* makes a NUL of nothing that a token is made of */
#define SECRECY_SHORTEST 8
#define SECRECY_CHUNK ((gsize)1 << 20)

char *
secrecy_mask(const char *value)
{
	char *masked = g_strdup(value);

	for (char *p = masked; *p != '\0'; p++)
		*p = (char)(*p ^ SECRECY_MASK);
	return masked;
}

static void
secrecy_add(GHashTable *secrets, GStrvBuilder *builder)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, secrets);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		g_autofree char *masked = NULL;

		if (strlen(value) < SECRECY_SHORTEST || strchr(value, SECRECY_MASK) != NULL)
			continue;
		masked = secrecy_mask(value);
		g_strv_builder_add(builder, masked);
	}
}

char **
secrecy_values(const Plan *plan, Fixture *fixture)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	secrecy_add(plan->secrets, builder);
	secrecy_add(fixture_secrets(fixture), builder);
	return g_strv_builder_end(builder);
}

/* Where the masked value stands in bytes, or NULL. */
static const char *
secrecy_find(const char *bytes, gsize length, const char *masked)
{
	gsize size = strlen(masked);
	const char *at = bytes;
	const char *end = bytes + length;

	while ((gsize)(end - at) >= size && (at = memchr(at, masked[0] ^ SECRECY_MASK, (gsize)(end - at) - size + 1)) != NULL) {
		gsize n = 1;

		while (n < size && at[n] == (char)(masked[n] ^ SECRECY_MASK))
			n++;
		if (n == size)
			return at;
		at++;
	}
	return NULL;
}

char **
secrecy_with_stored(char **values, const Instrument *instrument)
{
	g_autoptr(GRegex) pattern = g_regex_new("\"[a-z_]*(?:token|secret|verifier)[a-z_]*\" *: *\"([^\"\\\\]{16,})\"", 0, 0, NULL);
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	GHashTableIter iter;
	gpointer name;
	gpointer bytes;

	g_strv_builder_addv(builder, (const char **)values);
	g_strfreev(values);
	g_hash_table_iter_init(&iter, instrument->secrets);
	while (g_hash_table_iter_next(&iter, &name, &bytes)) {
		g_autofree char *text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
		g_autoptr(GMatchInfo) match = NULL;

		if (!g_str_has_prefix(name, "idc."))
			continue;
		for (g_regex_match(pattern, text, 0, &match); g_match_info_matches(match); g_match_info_next(match, NULL)) {
			g_autofree char *value = g_match_info_fetch(match, 1);
			g_autofree char *masked = secrecy_mask(value);

			g_strv_builder_add(builder, masked);
		}
	}
	return g_strv_builder_end(builder);
}

gboolean
secrecy_in_text(const char *text, char *const *values)
{
	for (gsize i = 0; text != NULL && values != NULL && values[i] != NULL; i++) {
		g_autofree char *value = secrecy_mask(values[i]);
		g_autofree char *encoded = g_uri_escape_string(value, NULL, FALSE);

		if (strstr(text, value) != NULL || strstr(text, encoded) != NULL)
			return TRUE;
	}
	return FALSE;
}

/* One mapping, read by pieces that overlap. */
static gboolean
secrecy_in_range(int memory, guint64 begin, guint64 end, char *const *values, char *buffer)
{
	while (begin < end) {
		gsize want = MIN(SECRECY_CHUNK, end - begin);
		ssize_t n = pread(memory, buffer, want, (off_t)begin);

		if (n <= 0)
			return FALSE;
		for (gsize i = 0; values[i] != NULL; i++) {
			if (secrecy_find(buffer, (gsize)n, values[i]) != NULL) {
				memset(buffer, 0, SECRECY_CHUNK);
				return TRUE;
			}
		}
		if ((gsize)n < want || end - begin <= want)
			return FALSE;
		begin += (guint64)n - 4096;
	}
	return FALSE;
}

gboolean
secrecy_in_memory(char *const *values, char **ret_found)
{
	g_autofree char *maps = NULL;
	g_auto(GStrv) lines = NULL;
	g_autofree char *buffer = g_malloc0(SECRECY_CHUNK);
	char *found = NULL;
	int memory;

	if (!g_file_get_contents("/proc/self/maps", &maps, NULL, NULL))
		return FALSE;
	memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	if (memory < 0)
		return FALSE;
	lines = g_strsplit(maps, "\n", -1);
	for (gsize i = 0; lines[i] != NULL && found == NULL; i++) {
		guint64 begin = 0;
		guint64 end = 0;
		char mode[5] = "";
		char *dash = NULL;

		begin = g_ascii_strtoull(lines[i], &dash, 16);
		if (*dash != '-')
			continue;
		end = g_ascii_strtoull(dash + 1, &dash, 16);
		g_strlcpy(mode, *dash == ' ' ? dash + 1 : "", sizeof(mode));
		/* The buffer itself holds what was read last. */
		if (mode[0] != 'r' || mode[1] != 'w' || strstr(lines[i], "[vvar") != NULL)
			continue;
		memset(buffer, 0, SECRECY_CHUNK);
		if (secrecy_in_range(memory, begin, end, values, buffer))
			found = g_strdup(lines[i]);
	}
	close(memory);
	*ret_found = found;
	return TRUE;
}
