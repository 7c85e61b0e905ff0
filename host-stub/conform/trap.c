/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/trap.h"
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

struct Trap {
	int fd;
	guint port;
};

Trap *
trap_new(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof(address);
	g_autoptr(Trap) trap = g_new0(Trap, 1);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	trap->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (trap->fd < 0 || bind(trap->fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(trap->fd, 8) != 0 ||
	    getsockname(trap->fd, (struct sockaddr *)&address, &length) != 0)
		return NULL;
	trap->port = ntohs(address.sin_port);
	return g_steal_pointer(&trap);
}

void
trap_free(Trap *trap)
{
	if (trap == NULL)
		return;
	if (trap->fd >= 0)
		close(trap->fd);
	g_free(trap);
}

guint
trap_port(const Trap *trap)
{
	return trap->port;
}

gboolean
trap_called(const Trap *trap)
{
	/* The kernel takes the call by itself; it waits in the queue. */
	struct pollfd wait = {.fd = trap->fd, .events = POLLIN};

	return poll(&wait, 1, 0) > 0;
}
