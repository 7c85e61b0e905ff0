#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""configure and reauthorize: new values prove themselves before the old ones go. usage: configure.py IDC_HOST MODULES"""
import json
import os
import sys
import time

import programs
import signing
import tap

IDC_HOST, MODULES = map(os.path.abspath, sys.argv[1:])


class Case(signing.Case):
    """An app that is connected already."""

    def __init__(self, *arguments, person=False, code="read"):
        super().__init__(programs.Host(IDC_HOST, MODULES))
        if not person:
            self.host.succeed("connect", "memory", "--yes", "--set", f"file={self.world}", *arguments)
            return
        with self.running(*self.connecting(*arguments)) as process:
            assert signing.come_back(signing.link(process), code=code)[0] == 200
            signing.ended(process, 0)

    def secret(self, text):
        path = self.host.folder / "password"
        path.write_text(text)
        path.chmod(0o600)
        return f"password=@{path}"

    def file(self):
        return (self.data / "apps/Memory.json").read_text()

    def app(self):
        return json.loads(self.file())

    def refused(self, exit_status, sentence, *arguments):
        before = self.file()
        done = self.host.run(*arguments)
        assert done.returncode == exit_status and sentence in done.stderr, f"exit {done.returncode}\n{done.stdout}{done.stderr}"
        assert self.file() == before, self.file()
        self.host.succeed("validate", "Memory")


def keys_change():
    with Case("--owner", "a@example.org", "--owner", "b@example.org", "--sync", "daily") as case:
        said = case.host.succeed("configure", "Memory", "--trust", "read-write", "--owner", "c@example.org", "--unset", "sync", "--app",
                                 "guard.percent=20", "--set", "requests_per_minute=30")
        assert "changed: trust, sync, owners, guard, settings.requests_per_minute. The next sync uses it." in said, said
        app = case.app()
        assert (app["trust"], app["owners"], app["sync"], app["guard"], app["settings"]["requests_per_minute"]) == (
            "read-write", ["c@example.org"], "hourly", {"at_least": 5, "percent": 20}, "30"), app
        assert app["settings"]["file"] == str(case.world) and app["account"] == "memory-account", app
        told = json.loads(case.host.succeed("configure", "memory", "--unset", "requests_per_minute", "--json"))
        assert told["changed"] == ["settings.requests_per_minute"] and told["identifier"] == "Memory", told


def wrong_values_change_nothing():
    with Case() as case:
        for exit_status, sentence, arguments in [
                (2, 'trust is "write", but must be read or read-write.', ["--trust", "write"]),
                (2, 'The setting mode is "closed", but must be open or strict', ["--set", "mode=closed"]),
                (2, "give also --secret password=@FILE", ["--set", "mode=strict"]),
                (2, "--unset identifier: there is no such setting", ["--unset", "identifier"]),
                (2, "give also --set file=VALUE", ["--unset", "file"]),
                (6, "The service refused the password.", ["--set", "mode=strict", "--secret", case.secret("wrong")]),
                (7, "The service cannot be reached", ["--set", f"file={case.world}.none"]),
                (1, "these credentials belong to the account other", ["--set", "account=other"])]:
            case.refused(exit_status, sentence, "configure", "Memory", *arguments)


def new_secret():
    with Case() as case:
        case.host.succeed("configure", "Memory", "--set", "mode=strict", "--secret", case.secret("secret"))
        case.host.succeed("sync", "Memory")
        case.refused(6, "The service refused the password.", "configure", "Memory", "--secret", case.secret("other"))
        case.host.succeed("sync", "Memory")


def more_needs_consent():
    with Case(person=True) as case:
        case.refused(6, "The scope write.all was not consented to. Nothing was changed. If a person has to allow this anew, run the same "
                        "as: idc-host reauthorize Memory", "configure", "Memory", "--trust", "read-write")
        with case.running("reauthorize", "Memory", "--trust", "read-write") as process:
            query = signing.link(process)
            assert query["scope"] == "write" and query["redirect_uri"] == case.redirect, query
            assert case.app()["trust"] == "read"
            assert signing.come_back(query, code="write")[0] == 200
            assert "Memory is saved and authorized anew; changed: trust." in signing.ended(process, 0)
        assert case.app()["trust"] == "read-write"
        case.host.succeed("sync", "Memory")


def denied_leaves_the_old():
    with Case(person=True) as case:
        before = case.file()
        for answer in ({"error": "access_denied"}, {"code": "stolen"}):
            with case.running("reauthorize", "Memory") as process:
                signing.come_back(signing.link(process), **answer)
                signing.ended(process, 6)
            assert case.file() == before
            case.host.succeed("sync", "Memory")
        with case.running("reauthorize", "Memory") as process:
            signing.link(process)
        case.host.succeed("sync", "Memory")


def one_that_asks_nobody():
    with Case() as case:
        assert "authorized anew" in case.host.succeed("reauthorize", "Memory")


def edited_address():
    """A value that was given for one address is sent to another one only when it is given again."""
    with Case() as case:
        case.host.succeed("configure", "Memory", "--set", "mode=strict", "--secret", case.secret("secret"))
        case.refused(6, "was given for another address", "configure", "Memory", "--set", "address=http://127.0.0.1:9")
        case.host.succeed("reauthorize", "Memory", "--set", "address=http://127.0.0.1:9", "--secret", case.secret("secret"))
        case.host.succeed("sync", "Memory")


def not_beside_a_sync():
    with Case() as case:
        case.world.write_text(signing.WORLD + "sleep\t4000\n")
        with case.running("sync", "Memory"):
            deadline = time.monotonic() + 20
            while not list((case.data / "locks").glob("memory.sync.lock")) or "running" not in case.host.run("status").stdout:
                assert time.monotonic() < deadline
            done = case.host.run("reauthorize", "Memory")
            assert done.returncode == 7 and "Another sync of Memory is running" in done.stderr, (done.returncode, done.stderr)


def main():
    for name, behaviour in [
        ("keys change, lists are replaced, unset ones are the default, and that is told", keys_change),
        ("values that do not work change nothing", wrong_values_change_nothing),
        ("a new secret is tried before it is kept", new_secret),
        ("more than was consented to needs a person, and reauthorize asks one", more_needs_consent),
        ("a sign-in that fails, or is killed, leaves the old authorization", denied_leaves_the_old),
        ("an app that asks nobody is authorized anew by itself", one_that_asks_nobody),
        ("another address needs its secrets again", edited_address),
        ("nothing changes while a sync runs", not_beside_a_sync),
    ]:
        tap.check(f"configure: {name}", behaviour)
    tap.finish()


if __name__ == "__main__":
    main()
