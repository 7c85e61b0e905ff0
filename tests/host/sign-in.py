#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""A person signs in: what each way back from the browser leads to, in the page, the exit and DATA. usage: sign-in.py IDC_HOST MODULES"""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import programs
import tap
from signing import WORLD, come_back, ended, link
import signing

IDC_HOST, MODULES = map(os.path.abspath, sys.argv[1:])


class Case(signing.Case):
    def __init__(self):
        super().__init__(programs.Host(IDC_HOST, MODULES))


def connected():
    with Case() as case, case.running(*case.connecting()) as process:
        query = link(process)
        case.untouched()
        assert query["scope"] == "read" and query["redirect_uri"] == case.redirect, query
        status, page = come_back(query, code="read")
        assert status == 200 and "<h1>Connected</h1>" in page and "connected as memory@example.org" in page, page
        said = ended(process, 0)
        assert "Saved as Memory" in said, said
        saved = json.loads((case.data / "apps/Memory.json").read_text())
        assert saved["redirect_uri"] == case.redirect and saved["connected_as"] == "memory@example.org", saved
        assert "e1" in case.host.succeed("show", "Memory", "grants", "--csv")
        case.host.succeed("sync", "Memory")


def denied():
    with Case() as case, case.running(*case.connecting()) as process:
        status, page = come_back(link(process), error="access_denied", error_description="no")
        assert status == 403 and "<h1>Not connected: the consent was denied</h1>" in page, page
        said = ended(process, 6)
        assert "The person did not allow the access." in said, said
        case.untouched()


def refused_code():
    with Case() as case, case.running(*case.connecting()) as process:
        status, page = come_back(link(process), code="stolen")
        assert status == 400 and "The service does not know this code. Begin again." in page and "stolen" not in page, page
        ended(process, 6)
        case.untouched()


def too_late():
    with Case() as case, case.running(*case.connecting()) as process:
        first = link(process)
        status, page = come_back(first, code="late")
        assert status == 410 and "<h1>Too late</h1>" in page, page
        second = link(process)
        assert first["state"] != second["state"]
        assert come_back(first, code="read")[0] == 409
        assert come_back(second, code="read")[0] == 200
        ended(process, 0)


def never_in_time():
    with Case() as case, case.running(*case.connecting()) as process:
        for _ in range(3):
            assert come_back(link(process), code="late")[0] == 410
        said = ended(process, 6)
        assert "The code was too old." in said, said
        case.untouched()


def goes_on_after_others():
    with Case() as case, case.running(*case.connecting()) as process:
        query = link(process)
        assert come_back({**query, "state": "0" * 16}, code="read")[0] == 403
        assert come_back({**query, "redirect_uri": case.redirect + "x"}, code="read")[0] == 404
        assert come_back(query, code="a\0b")[0] == 400
        assert process.poll() is None
        assert come_back(query, code="read")[0] == 200
        ended(process, 0)


def reloaded():
    with Case() as case:
        case.world.write_text(WORLD + "sleep\t2000\n")
        with case.running(*case.connecting()) as process:
            query = link(process)
            assert come_back(query, code="read")[0] == 200
            status, page = come_back(query, code="read")
            assert status == 409 and "<h1>Already used</h1>" in page, page
            ended(process, 0)


def nobody_comes():
    with Case() as case:
        done = case.host.run(*case.connecting("--wait", "1"))
        assert done.returncode == 6 and "Nobody came back from the sign-in within 1 seconds." in done.stderr, done.stderr
        case.untouched()


def pasted():
    with Case() as case, case.running(*case.connecting(), stdin=subprocess.PIPE) as process:
        query = link(process)
        for wrong in ("nonsense", "https://example.org/?code=read&state=" + query["state"], f"{case.redirect}?code=read&state=0", ""):
            process.stdin.write(wrong + "\n")
        process.stdin.flush()
        time.sleep(0.5)
        assert process.poll() is None
        process.stdin.write(f"  {case.redirect}?code=read&state={query['state']}#x \n")
        process.stdin.flush()
        said = ended(process, 0)
        assert said.count("This is not it: the address begins with") == 2, said
        assert "does not belong to the sign-in" in said, said


def by_proxy():
    with Case() as case:
        case.redirect = "https://idc.example.org/come/back"
        with case.running(*case.connecting(), stdin=subprocess.PIPE) as process:
            try:
                query = link(process)
            except AssertionError:
                raise tap.Skip("port 8765 is taken here")
            said = urllib.request.Request(f"http://127.0.0.1:8765/come/back?code=read&state={query['state']}",
                                          headers={"Host": "idc.example.org"})
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(said, timeout=60) as answer:
                assert answer.status == 200
            ended(process, 0)


def killed_while_waiting():
    for number, exit_status in ((signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 1)):
        with Case() as case:
            with case.running(*case.connecting()) as process:
                link(process)
                process.send_signal(number)
                said = process.communicate(timeout=30)[0]
                assert process.returncode == exit_status, (process.returncode, said)
            case.untouched()
            with case.running(*case.connecting()) as process:
                assert come_back(link(process), code="read")[0] == 200
                ended(process, 0)


def port_taken():
    with Case() as case, socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        case.redirect = f"http://localhost:{other.getsockname()[1]}/"
        done = case.host.run(*case.connecting())
        assert done.returncode == 1 and "is taken by another program" in done.stderr, (done.returncode, done.stderr)
        case.untouched()


def bad_redirect():
    with Case() as case:
        case.redirect = "http://idc.example.org/"
        done = case.host.run(*case.connecting())
        assert done.returncode == 2 and "must begin with https://" in done.stderr, (done.returncode, done.stderr)
        case.untouched()


def no_browser_without_terminal():
    with Case() as case:
        tool = case.host.folder / "xdg-open"
        tool.write_text(f"#!/bin/sh\ntouch {case.host.folder}/opened\n")
        tool.chmod(0o755)
        case.host.environment = {"PATH": f"{case.host.folder}:{os.environ['PATH']}", "DISPLAY": ":0"}
        done = case.host.run(*case.connecting("--wait", "1"))
        assert done.returncode == 6, done.stderr
        assert not pathlib.Path(case.host.folder, "opened").exists()


def main():
    for name, behaviour in [
        ("the right call connects, and nothing is saved before", connected),
        ("a denied consent has its page and exit, and nothing is saved", denied),
        ("a code that the service refuses has its page and exit, and nothing is saved", refused_code),
        ("a code that is too late gets a new link at once", too_late),
        ("three codes that are too late are enough", never_in_time),
        ("what belongs to somebody else gets its page, and the wait goes on", goes_on_after_others),
        ("a page that is loaded again says so while the command still works", reloaded),
        ("nobody who comes back is told after the wait", nobody_comes),
        ("the address that the browser was sent to can be pasted", pasted),
        ("a proxy in front passes the call on", by_proxy),
        ("killed while it waits, it leaves nothing, and the identifier is free", killed_while_waiting),
        ("a port that is taken is told", port_taken),
        ("an address that nobody can come back to is refused", bad_redirect),
        ("no browser is opened without a terminal", no_browser_without_terminal),
    ]:
        tap.check(f"sign-in: {name}", behaviour)
    tap.finish()


if __name__ == "__main__":
    main()
