/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/exports.h"
#include "base/error.h"
#include "base/files.h"
#include <elf.h>
#include <string.h>

#define EXPORTS_MAX_BYTES ((gsize)256 * 1024 * 1024)

/* size bytes at offset, or NULL where the file ends before. */
static const void *
exports_at(GBytes *file, guint64 offset, guint64 size)
{
	gsize length = 0;
	const guint8 *bytes = g_bytes_get_data(file, &length);

	return offset <= length && size <= length - offset ? bytes + offset : NULL;
}

static const Elf64_Shdr *
exports_section(GBytes *file, const Elf64_Ehdr *header, guint index)
{
	return index < header->e_shnum ? exports_at(file, header->e_shoff + (guint64)index * sizeof(Elf64_Shdr), sizeof(Elf64_Shdr))
				       : NULL;
}

static gboolean
exports_is_exported(const Elf64_Sym *symbol)
{
	guint binding = ELF64_ST_BIND(symbol->st_info);
	guint visibility = ELF64_ST_VISIBILITY(symbol->st_other);

	/* A version's own name is an absolute symbol without a size. */
	return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx != SHN_ABS && (binding == STB_GLOBAL || binding == STB_WEAK) &&
	       (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

static void
exports_collect(GBytes *file, const Elf64_Shdr *table, const Elf64_Shdr *names, GPtrArray *found)
{
	for (guint64 at = 0; at + sizeof(Elf64_Sym) <= table->sh_size; at += sizeof(Elf64_Sym)) {
		const Elf64_Sym *symbol = exports_at(file, table->sh_offset + at, sizeof(Elf64_Sym));
		const char *name;

		if (symbol == NULL || !exports_is_exported(symbol) || symbol->st_name >= names->sh_size)
			continue;
		name = exports_at(file, names->sh_offset + symbol->st_name, names->sh_size - symbol->st_name);
		if (name != NULL)
			g_ptr_array_add(found, g_strndup(name, names->sh_size - symbol->st_name));
	}
}

static gint
exports_compare(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GStrv
exports_read(const char *path, GError **error)
{
	g_autoptr(GBytes) file = files_read_trusted(path, "The module", EXPORTS_MAX_BYTES, FALSE, error);
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
	const Elf64_Ehdr *header;
	gboolean tables = FALSE;

	if (file == NULL)
		return NULL;
	header = exports_at(file, 0, sizeof(Elf64_Ehdr));
	if (header == NULL || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64 ||
	    header->e_shentsize != sizeof(Elf64_Shdr)) {
		host_error_set(error, IDC_INVALID, "no_elf", "%s is no 64-bit ELF file with sections.", path);
		return NULL;
	}
	for (guint i = 0; i < header->e_shnum; i++) {
		const Elf64_Shdr *section = exports_section(file, header, i);
		const Elf64_Shdr *names = section != NULL ? exports_section(file, header, section->sh_link) : NULL;

		if (section == NULL || section->sh_type != SHT_DYNSYM || names == NULL)
			continue;
		tables = TRUE;
		exports_collect(file, section, names, found);
	}
	if (!tables) {
		host_error_set(error, IDC_INVALID, "no_elf", "%s has no dynamic symbols.", path);
		return NULL;
	}
	g_ptr_array_sort(found, exports_compare);
	g_ptr_array_add(found, NULL);
	return (GStrv)g_ptr_array_free(g_steal_pointer(&found), FALSE);
}
