/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "tls.h"

#include <arpa/inet.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gnutls/x509.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DAY_S 86400

typedef struct {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t cert;
} TlsPair;

static void
tls_pair_clear(TlsPair *pair)
{
	if (pair->cert != NULL)
		gnutls_x509_crt_deinit(pair->cert);
	if (pair->key != NULL)
		gnutls_x509_privkey_deinit(pair->key);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TlsPair, tls_pair_clear)

static gboolean
tls_check(gint code, GError **error)
{
	if (code >= 0)
		return TRUE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "The certificate cannot be made: %s.", gnutls_strerror(code));
	return FALSE;
}

/* A key and an unsigned certificate that is good from now + from_s to now + until_s. */
static gboolean
tls_begin(TlsPair *pair, const gchar *name, guint8 serial, gint from_s, gint until_s, GError **error)
{
	return tls_check(gnutls_x509_privkey_init(&pair->key), error) &&
	       tls_check(
		   gnutls_x509_privkey_generate(pair->key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
		   error) &&
	       tls_check(gnutls_x509_crt_init(&pair->cert), error) &&
	       tls_check(gnutls_x509_crt_set_version(pair->cert, 3), error) &&
	       tls_check(gnutls_x509_crt_set_key(pair->cert, pair->key), error) &&
	       tls_check(gnutls_x509_crt_set_serial(pair->cert, &serial, sizeof(serial)), error) &&
	       tls_check(gnutls_x509_crt_set_dn_by_oid(pair->cert, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)strlen(name)),
			 error) &&
	       tls_check(gnutls_x509_crt_set_activation_time(pair->cert, time(NULL) + from_s), error) &&
	       tls_check(gnutls_x509_crt_set_expiration_time(pair->cert, time(NULL) + until_s), error);
}

static gboolean
tls_authority(TlsPair *pair, GError **error)
{
	return tls_begin(pair, "pd-sim throw-away authority", 1, -DAY_S, DAY_S, error) &&
	       tls_check(gnutls_x509_crt_set_basic_constraints(pair->cert, 1, 0), error) &&
	       tls_check(gnutls_x509_crt_set_key_usage(pair->cert, GNUTLS_KEY_KEY_CERT_SIGN), error) &&
	       tls_check(gnutls_x509_crt_sign2(pair->cert, pair->cert, pair->key, GNUTLS_DIG_SHA256, 0), error);
}

static gboolean
tls_names(TlsPair *pair, const gchar *kind, GError **error)
{
	struct in_addr address = {.s_addr = htonl(INADDR_LOOPBACK)};
	const gchar *other = "somewhere.example";

	if (g_str_equal(kind, "wrong_name"))
		return tls_check(gnutls_x509_crt_set_subject_alt_name(pair->cert, GNUTLS_SAN_DNSNAME, other,
								      (unsigned)strlen(other), GNUTLS_FSAN_SET),
				 error);
	return tls_check(gnutls_x509_crt_set_subject_alt_name(pair->cert, GNUTLS_SAN_IPADDRESS, &address, sizeof(address),
							      GNUTLS_FSAN_SET),
			 error) &&
	       tls_check(gnutls_x509_crt_set_subject_alt_name(pair->cert, GNUTLS_SAN_DNSNAME, "localhost",
							      (unsigned)strlen("localhost"), GNUTLS_FSAN_APPEND),
			 error);
}

static gboolean
tls_server(TlsPair *pair, const TlsPair *authority, const gchar *kind, GError **error)
{
	gboolean expired = g_str_equal(kind, "expired");

	return tls_begin(pair, "pd-sim", 2, expired ? -2 * DAY_S : -DAY_S, expired ? -3600 : DAY_S, error) &&
	       tls_names(pair, kind, error) &&
	       tls_check(gnutls_x509_crt_set_key_usage(pair->cert, GNUTLS_KEY_DIGITAL_SIGNATURE), error) &&
	       tls_check(gnutls_x509_crt_set_key_purpose_oid(pair->cert, GNUTLS_KP_TLS_WWW_SERVER, 0), error) &&
	       tls_check(gnutls_x509_crt_sign2(pair->cert, authority->cert, authority->key, GNUTLS_DIG_SHA256, 0), error);
}

static gboolean
tls_pem(const TlsPair *pair, gchar **ret_cert, gchar **ret_key, GError **error)
{
	gnutls_datum_t cert = {0};
	gnutls_datum_t key = {0};
	gboolean done = tls_check(gnutls_x509_crt_export2(pair->cert, GNUTLS_X509_FMT_PEM, &cert), error) &&
			tls_check(gnutls_x509_privkey_export2(pair->key, GNUTLS_X509_FMT_PEM, &key), error);

	if (done) {
		*ret_cert = g_strndup((const gchar *)cert.data, cert.size);
		*ret_key = g_strndup((const gchar *)key.data, key.size);
	}
	gnutls_free(cert.data);
	gnutls_free(key.data);
	return done;
}

TlsFiles *
tls_make(const gchar *kind, GError **error)
{
	g_autoptr(TlsFiles) files = g_new0(TlsFiles, 1);
	g_auto(TlsPair) authority = {0};
	g_auto(TlsPair) stranger = {0};
	g_auto(TlsPair) server = {0};
	g_autofree gchar *trusted = NULL;
	g_autofree gchar *unused = NULL;
	gboolean other = g_str_equal(kind, "other_ca");

	if (!tls_authority(&authority, error) || (other && !tls_authority(&stranger, error)) ||
	    !tls_server(&server, other ? &stranger : &authority, kind, error) ||
	    !tls_pem(&server, &files->cert, &files->key, error) || !tls_pem(&authority, &trusted, &unused, error))
		return NULL;
	files->folder = g_dir_make_tmp(NULL, error);
	if (files->folder == NULL)
		return NULL;
	files->ca_file = g_build_filename(files->folder, "ca.pem", NULL);
	if (!g_file_set_contents(files->ca_file, trusted, -1, error))
		return NULL;
	return g_steal_pointer(&files);
}

void
tls_free(TlsFiles *files)
{
	if (files->ca_file != NULL)
		g_unlink(files->ca_file);
	if (files->folder != NULL)
		g_rmdir(files->folder);
	g_free(files->folder);
	g_free(files->ca_file);
	g_free(files->cert);
	g_free(files->key);
	g_free(files);
}
