/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* A host of today on a connector of the first day: the module built with the frozen header is used through the present one. */
#include <gmodule.h>
#include <idc/connector.h>

static const gchar *module_path;

static const idc_connector *
connector_load(void)
{
	const idc_connector *(*entry)(void) = NULL;
	GModule *module = NULL; /* stays for the life of the process */

	module = g_module_open(module_path, G_MODULE_BIND_LOCAL);
	if (module == NULL)
		g_error("%s", g_module_error());
	g_module_make_resident(module);
	g_assert_true(g_module_symbol(module, IDC_ENTRY_SYMBOL, (gpointer *)&entry));
	return entry();
}

static int32_t
sink_emit(void *ctx, const idc_message *message)
{
	guint *counts = ctx;

	g_assert_cmpuint(message->struct_size, >=, sizeof(idc_message));
	g_assert_cmpuint(message->kind, <=, IDC_MSG_RESULT);
	counts[message->kind]++;
	return IDC_OK;
}

static void
test_descriptor(void)
{
	const idc_connector *connector = connector_load();

	g_assert_true(IDC_HAS(connector, idc_connector, extension));
	g_assert_cmpuint(connector->abi_major, ==, IDC_ABI_MAJOR);
	g_assert_cmpstr(connector->id, ==, "frozen");
	g_assert_nonnull(connector->ops->remove);
	g_assert_nonnull(connector->ops->capabilities);
}

static void
test_list(void)
{
	const idc_connector *connector = connector_load();
	guint counts[IDC_MSG_RESULT + 1] = {0};
	const idc_sink sink = {.struct_size = sizeof(sink), .ctx = counts, .emit = sink_emit};
	const idc_host host = {.struct_size = sizeof(host), .abi_major = IDC_ABI_MAJOR, .abi_minor = IDC_ABI_MINOR};
	const idc_config config = {.struct_size = sizeof(config), .instance_id = "Frozen"};
	const idc_auth_request login = {.struct_size = sizeof(login), .step = IDC_AUTH_CLIENT};
	const idc_list_request request = {
	    .struct_size = sizeof(request),
	    .want = IDC_RECORD_PRINCIPAL | IDC_RECORD_RESOURCE | IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT,
	};
	idc_error error = {.struct_size = sizeof(error)};
	idc_instance *instance = NULL;

	g_assert_cmpint(connector->ops->init(&host, &config, &instance, &error), ==, IDC_OK);
	g_assert_cmpint(connector->ops->authorize(instance, &login, &sink, &error), ==, IDC_OK);
	g_assert_cmpint(connector->ops->list_entitlements(instance, &request, &sink, &error), ==, IDC_OK);
	g_assert_cmpuint(counts[IDC_MSG_SESSION], ==, 1);
	g_assert_cmpuint(counts[IDC_MSG_RECORD], ==, 4);
	g_assert_cmpuint(counts[IDC_MSG_SEAL], ==, 4);
	connector->destroy(instance);
}

static void
test_unsupported(void)
{
	const idc_connector *connector = connector_load();
	idc_error error = {.struct_size = sizeof(error)};

	g_assert_cmpint(connector->ops->add(NULL, NULL, NULL, &error), ==, IDC_UNSUPPORTED);
	g_assert_cmpint(error.status, ==, IDC_UNSUPPORTED);
	g_assert_true(g_str_has_suffix(error.message, "."));
	g_assert_cmpint(connector->ops->add(NULL, NULL, NULL, NULL), ==, IDC_UNSUPPORTED);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(argc, ==, 2);
	module_path = argv[1];
	g_test_add_func("/frozen/a module of 1.0 shows its descriptor", test_descriptor);
	g_test_add_func("/frozen/a module of 1.0 lists to a host of today", test_list);
	g_test_add_func("/frozen/a module of 1.0 reports into the error of today", test_unsupported);
	return g_test_run();
}
