/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "load/module.h"
#include "base/error.h"
#include "base/files.h"
#include <errno.h>
#include <fcntl.h>
#include <gmodule.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

/* No connector is near this; a file that is costs memory before its hash can refuse it. */
#define MODULE_MAX_BYTES ((off_t)256 * 1024 * 1024)

struct Module {
	char *id;
	char *sha256;
	const idc_connector *connector;
	gboolean by_path;
};

/* All modules that this process ever loaded; none ever leaves. */
static GMutex modules_mutex;
static GPtrArray *modules_loaded;

void
module_clean_environment(void)
{
	static const char *const names[] = {"SSLKEYLOGFILE", "OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES", "HOSTALIASES"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		g_unsetenv(names[i]);
}

/* In the modules folder first, then beside the manifest. */
static int
module_open_file(const HostPaths *paths, const Manifest *manifest, char **ret_path, GError **error)
{
	g_autofree char *path = g_build_filename(paths->modules, manifest->module_file, NULL);
	g_autoptr(GError) error_local = NULL;
	int fd = files_open_trusted(path, "The module", &error_local);

	if (fd < 0 && host_error_status(error_local) == IDC_NOT_FOUND && g_strcmp0(paths->modules, manifest->folder) != 0) {
		g_autofree char *beside = g_build_filename(manifest->folder, manifest->module_file, NULL);
		g_autoptr(GError) error_beside = NULL;

		fd = files_open_trusted(beside, "The module", &error_beside);
		if (fd >= 0 || host_error_status(error_beside) != IDC_NOT_FOUND) {
			g_free(path);
			path = g_steal_pointer(&beside);
			g_clear_error(&error_local);
			error_local = g_steal_pointer(&error_beside);
		}
	}
	if (ret_path != NULL)
		*ret_path = g_steal_pointer(&path);
	if (fd < 0)
		g_propagate_error(error, g_steal_pointer(&error_local));
	return fd;
}

/* SHA-256 of what fd holds, from its beginning. */
static char *
module_hash(int fd, const char *path, GError **error)
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 chunk[65536];
	off_t at = 0;

	for (;;) {
		ssize_t n = pread(fd, chunk, sizeof(chunk), at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || at > MODULE_MAX_BYTES) {
			host_error_set(error, IDC_IO, "file_not_readable", "The module %s cannot be read: %s.", path,
				       n < 0 ? g_strerror(errno) : "it is too large");
			return NULL;
		}
		if (n == 0)
			return g_strdup(g_checksum_get_string(checksum));
		g_checksum_update(checksum, chunk, n);
		at += n;
	}
}

static gboolean
module_check_hash(const Manifest *manifest, int fd, const char *path, GError **error)
{
	g_autofree char *sha256 = NULL;

	if (manifest->module_sha256 == NULL) {
		host_error_set(error, IDC_REFUSED, "module_no_hash",
			       "The manifest %s does not say which SHA-256 its module has, so nothing can be verified. Use the "
			       "manifest that the "
			       "build made, beside the built module.",
			       manifest->path);
		return FALSE;
	}
	sha256 = module_hash(fd, path, error);
	if (sha256 == NULL)
		return FALSE;
	if (g_strcmp0(sha256, manifest->module_sha256) == 0)
		return TRUE;
	host_error_set(error, IDC_REFUSED, "module_changed",
		       "The module %s is not the one that its manifest %s names: its SHA-256 is %s, it should be %s. It was "
		       "changed or belongs to "
		       "another version; install both again from where they come from.",
		       path, manifest->path, sha256, manifest->module_sha256);
	return FALSE;
}

/* A memfd with the bytes of fd that nobody, we included, can change any more. -1 with ENOSYS and the like where there is none. */
static int
module_seal(int fd, const char *name, GError **error)
{
	guint8 chunk[65536];
	off_t at = 0;
	int sealed = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	/* Kernels before 6.3 do not know MFD_EXEC and have every memfd executable. */
	if (sealed < 0 && errno == EINVAL)
		sealed = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (sealed < 0) {
		host_error_set(error, IDC_UNSUPPORTED, "module_no_memfd", "%s", g_strerror(errno));
		return -1;
	}
	for (;;) {
		ssize_t n = pread(fd, chunk, sizeof(chunk), at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			break;
		if (n < 0 || at + n > MODULE_MAX_BYTES || pwrite(sealed, chunk, (size_t)n, at) != n) {
			host_error_set(error, IDC_IO, "file_not_readable", "The module cannot be copied into memory: %s.",
				       at + n > MODULE_MAX_BYTES ? "it is too large" : g_strerror(errno));
			close(sealed);
			return -1;
		}
		at += n;
	}
	if (fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
		host_error_set(error, IDC_UNSUPPORTED, "module_no_memfd", "%s", g_strerror(errno));
		close(sealed);
		return -1;
	}
	return sealed;
}

gboolean
module_verify(const HostPaths *paths, const Manifest *manifest, char **ret_path, GError **error)
{
	g_autofree char *path = NULL;
	gboolean good = FALSE;
	int fd = module_open_file(paths, manifest, &path, error);

	if (fd >= 0) {
		good = module_check_hash(manifest, fd, path, error);
		close(fd);
	}
	if (ret_path != NULL)
		*ret_path = g_steal_pointer(&path);
	return good;
}

static gboolean module_reject(const Manifest *manifest, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

static gboolean
module_reject(const Manifest *manifest, GError **error, const char *format, ...)
{
	g_autofree char *why = NULL;
	va_list args;

	va_start(args, format);
	why = g_strdup_vprintf(format, args);
	va_end(args);
	host_error_set(error, IDC_ABI, "module_descriptor",
		       "The module of %s breaks the contract: %s. Its author has to put that right.", manifest->id, why);
	return FALSE;
}

static gboolean
module_check_ops(const Manifest *manifest, const idc_ops *ops, GError **error)
{
	const struct {
		const char *name;
		gboolean there;
	} operations[] = {
	    {"init", ops->init != NULL},
	    {"authorize", ops->authorize != NULL},
	    {"list_entitlements", ops->list_entitlements != NULL},
	    {"provision", ops->provision != NULL},
	    {"add", ops->add != NULL},
	    {"remove", ops->remove != NULL},
	    {"capabilities", ops->capabilities != NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(operations); i++) {
		if (!operations[i].there)
			return module_reject(manifest, error, "its operation %s is NULL", operations[i].name);
	}
	return TRUE;
}

static gboolean
module_check_descriptor(const Manifest *manifest, const idc_connector *connector, GError **error)
{
	if (connector == NULL)
		return module_reject(manifest, error, "%s() returned NULL", IDC_ENTRY_SYMBOL);
	if (connector->struct_size < sizeof(idc_connector))
		return module_reject(manifest, error, "its descriptor has %u bytes, but version 1.0 has %zu",
				     connector->struct_size, sizeof(idc_connector));
	if (connector->abi_major != IDC_ABI_MAJOR) {
		host_error_set(
		    error, IDC_ABI, "module_abi",
		    "The module of %s is built for version %u.%u of the ABI, this host has version %d.%d. Install the build for "
		    "version %d.",
		    manifest->id, connector->abi_major, connector->abi_minor, IDC_ABI_MAJOR, IDC_ABI_MINOR, IDC_ABI_MAJOR);
		return FALSE;
	}
	if (g_strcmp0(connector->id, manifest->id) != 0)
		return module_reject(manifest, error, "its id is \"%s\"", connector->id != NULL ? connector->id : "");
	if (g_strcmp0(connector->version, manifest->version) != 0)
		return module_reject(manifest, error, "its version is \"%s\", its manifest says \"%s\"",
				     connector->version != NULL ? connector->version : "", manifest->version);
	if (connector->thread_model != manifest->thread_model)
		return module_reject(manifest, error, "its thread model is %u, its manifest says %u", connector->thread_model,
				     manifest->thread_model);
	if (connector->ops == NULL || connector->destroy == NULL || connector->extension == NULL)
		return module_reject(manifest, error, "its descriptor lacks ops, destroy or extension");
	return module_check_ops(manifest, connector->ops, error);
}

/* Opens by name and never closes: even a refused module stays mapped, since its libraries may have started something. */
static const idc_connector *
module_open_name(const Manifest *manifest, const char *name, GError **error)
{
	GModule *handle = g_module_open_full(name, G_MODULE_BIND_LOCAL, NULL);
	const idc_connector *(*entry)(void) = NULL;
	const idc_connector *connector;
	gpointer symbol = NULL;

	if (handle == NULL) {
		host_error_set(error, IDC_ABI, "module_not_loadable", "The module of %s cannot be loaded: %s", manifest->id,
			       g_module_error());
		return NULL;
	}
	g_module_make_resident(handle);
	if (!g_module_symbol(handle, IDC_ENTRY_SYMBOL, &symbol) || symbol == NULL) {
		host_error_set(
		    error, IDC_ABI, "module_abi",
		    "The module of %s does not export %s, so it is no connector of version %d of the ABI. Install the build for "
		    "version %d.",
		    manifest->id, IDC_ENTRY_SYMBOL, IDC_ABI_MAJOR, IDC_ABI_MAJOR);
		return NULL;
	}
	/* POSIX has objects hold functions here; ISO C knows no cast for it. */
	memcpy(&entry, &symbol, sizeof(entry));
	connector = entry();
	return module_check_descriptor(manifest, connector, error) ? connector : NULL;
}

static gboolean
module_proc_works(int fd)
{
	g_autofree char *name = g_strdup_printf("/proc/self/fd/%d", fd);
	struct stat st;

	return stat(name, &st) == 0 && S_ISREG(st.st_mode);
}

/* The way round for machines without memfd or /proc: what is loaded is then the file itself, which could be changed after its hash
 * was taken. */
static Module *
module_load_plain(const HostPaths *paths, const Manifest *manifest, int fd, const char *path, const char *why, GError **error)
{
	const idc_connector *connector;
	Module *module;

	if (!paths->allow_plain_path) {
		host_error_set(error, IDC_UNSUPPORTED, "module_no_memfd",
			       "The module %s is not loaded: %s, so what is verified and what is loaded could differ. If that is "
			       "how this machine "
			       "is, and nobody else can write to that file, say so with --allow-plain-path.",
			       path, why);
		return NULL;
	}
	if (!module_check_hash(manifest, fd, path, error))
		return NULL;
	connector = module_open_name(manifest, path, error);
	if (connector == NULL)
		return NULL;
	module = g_new0(Module, 1);
	module->connector = connector;
	module->by_path = TRUE;
	return module;
}

static Module *
module_load_file(const HostPaths *paths, const Manifest *manifest, int fd, const char *path, GError **error)
{
	g_autoptr(GError) error_local = NULL;
	g_autofree char *name = NULL;
	const idc_connector *connector;
	Module *module;
	int sealed = module_seal(fd, manifest->module_file, &error_local);

	if (sealed < 0 && host_error_status(error_local) == IDC_UNSUPPORTED) {
		g_autofree char *why = g_strdup_printf("this system has no sealed memory files (%s)", error_local->message);

		return module_load_plain(paths, manifest, fd, path, why, error);
	}
	if (sealed < 0) {
		g_propagate_error(error, g_steal_pointer(&error_local));
		return NULL;
	}
	if (!module_proc_works(sealed)) {
		close(sealed);
		return module_load_plain(paths, manifest, fd, path, "/proc is not mounted", error);
	}
	if (!module_check_hash(manifest, sealed, path, error)) {
		close(sealed);
		return NULL;
	}
	/* From here on the descriptor stays open whatever happens: the loader has seen its name. */
	name = g_strdup_printf("/proc/self/fd/%d", sealed);
	connector = module_open_name(manifest, name, error);
	if (connector == NULL)
		return NULL;
	module = g_new0(Module, 1);
	module->connector = connector;
	return module;
}

static Module *
module_find_loaded(const Manifest *manifest)
{
	for (guint i = 0; modules_loaded != NULL && i < modules_loaded->len; i++) {
		Module *module = g_ptr_array_index(modules_loaded, i);

		if (g_strcmp0(module->id, manifest->id) == 0 && g_strcmp0(module->sha256, manifest->module_sha256) == 0 &&
		    g_strcmp0(module->connector->version, manifest->version) == 0)
			return module;
	}
	return NULL;
}

static Module *
module_load_locked(const HostPaths *paths, const Manifest *manifest, GError **error)
{
	g_autofree char *path = NULL;
	Module *module = module_find_loaded(manifest);
	int fd;

	if (module != NULL)
		return module;
	module_clean_environment();
	fd = module_open_file(paths, manifest, &path, error);
	if (fd < 0)
		return NULL;
	/* The file is copied and hashed from the copy; without a hash there is nothing to load. */
	if (manifest->module_sha256 != NULL)
		module = module_load_file(paths, manifest, fd, path, error);
	else
		module_check_hash(manifest, fd, path, error);
	close(fd);
	if (module == NULL)
		return NULL;
	module->id = g_strdup(manifest->id);
	module->sha256 = g_strdup(manifest->module_sha256);
	if (modules_loaded == NULL)
		modules_loaded = g_ptr_array_new();
	g_ptr_array_add(modules_loaded, module);
	return module;
}

Module *
module_load(const HostPaths *paths, const Manifest *manifest, GError **error)
{
	Module *module;

	g_mutex_lock(&modules_mutex);
	module = module_load_locked(paths, manifest, error);
	g_mutex_unlock(&modules_mutex);
	return module;
}

const idc_connector *
module_connector(const Module *module)
{
	return module->connector;
}

const char *
module_sha256(const Module *module)
{
	return module->sha256;
}

gboolean
module_by_path(const Module *module)
{
	return module->by_path;
}

static const idc_capability *
module_capability(const idc_capabilities *capabilities, const char *key)
{
	for (gsize i = 0; i < capabilities->n_table; i++) {
		const idc_capability *capability = capabilities->table[i];

		if (capability != NULL && capability->struct_size >= sizeof(idc_capability) && g_strcmp0(capability->key, key) == 0)
			return capability;
	}
	return NULL;
}

gboolean
module_compare_capabilities(const Module *module, const Manifest *manifest, GError **error)
{
	const idc_capabilities *capabilities = NULL;
	int32_t status = module->connector->ops->capabilities(NULL, &capabilities, NULL);

	if (status != IDC_OK || capabilities == NULL || capabilities->struct_size < sizeof(idc_capabilities) ||
	    capabilities->table == NULL)
		return module_reject(manifest, error, "capabilities() answered %d and no table", status);
	if (capabilities->max_batch != manifest->max_batch)
		return module_reject(manifest, error, "max_batch is %u in capabilities(), %u in the manifest",
				     capabilities->max_batch, manifest->max_batch);
	if (capabilities->n_table != manifest->capabilities->len)
		return module_reject(manifest, error, "capabilities() has %zu lines, the manifest %u", capabilities->n_table,
				     manifest->capabilities->len);
	for (guint i = 0; i < manifest->capabilities->len; i++) {
		const ManifestCapability *promised = g_ptr_array_index(manifest->capabilities, i);
		const idc_capability *own = module_capability(capabilities, promised->key);

		if (own == NULL)
			return module_reject(manifest, error, "capabilities() does not know %s", promised->key);
		if ((own->supported != 0) != promised->supported)
			return module_reject(manifest, error, "%s is %s in capabilities() and %s in the manifest", promised->key,
					     own->supported != 0 ? "supported" : "not supported",
					     promised->supported ? "supported" : "not supported");
		if (g_strcmp0(own->label, promised->label) != 0 || g_strcmp0(own->note, promised->note) != 0)
			return module_reject(manifest, error,
					     "%s is called or noted otherwise in capabilities() than in the manifest",
					     promised->key);
	}
	return TRUE;
}
