# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""A host whose app acts for a person of a simulated account, and what that person's browser does on loopback."""
import socket
import subprocess
import time
import urllib.error
import urllib.request

import account

WORLD = {"users": 40, "teams": 3, "policies": 4, "schedules": 3, "stubs": 0}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def link(process):
    found = None
    for line in process.stdout:
        if "/oauth/authorize?" in line:
            found = line.strip()
        if found is not None and line.startswith("Waiting at "):
            return found
    raise AssertionError("no link was shown")


def fetch(address):
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Person(account.Account):
    """An account whose app acts for a person."""

    def __init__(self, program, modules, simulator, **world):
        super().__init__(program, modules, simulator)
        self.redirect = f"http://localhost:{free_port()}/application/oauthProcessCode/PagerDuty"
        simulator.reset(**{**WORLD, "redirects": [self.redirect], **world})

    def begin(self, *arguments):
        return subprocess.Popen(self._command(arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                env=self._environment())

    def connecting_person(self, *arguments):
        return self.connecting(self.simulator, "pagerduty", "--redirect-uri", self.redirect, *arguments, grant="authorization_code")

    def allow(self, arguments, exit_status=0, wait_s=0, **consent):
        """The command, with somebody who answers the page: what the browser saw last, and what the command said."""
        process = self.begin(*arguments)
        try:
            back = self.simulator.consent(link(process), **consent)
            time.sleep(wait_s)
            page = fetch(back)
            said = process.communicate(timeout=120)[0] if exit_status is not None else ""
        finally:
            if exit_status is not None:
                process.kill()
        assert exit_status is None or process.returncode == exit_status, f"exit {process.returncode}, not {exit_status}\n{said}"
        return (page, said) if exit_status is not None else (page, process)

    def signed_in(self, **consent):
        (status, _), _ = self.allow(self.connecting_person(), **consent)
        assert status == 200, status
        return self

    def refreshes(self):
        return self.simulator.identity()["requests"].get("refresh_token", 0)
