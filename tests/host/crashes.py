#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""connect, configure and reauthorize, killed right before each thing that they change on disk. usage: crashes.py IDC_HOST MODULES"""
import contextlib
import itertools
import os
import signal
import sqlite3
import sys

import programs
import signing
import tap

IDC_HOST, MODULES = map(os.path.abspath, sys.argv[1:])
MOST = 400  # more changes on disk than any of these makes


class Case(signing.Case):
    def __init__(self):
        super().__init__(programs.Host(IDC_HOST, MODULES))
        self.password = self.host.folder / "password"
        self.password.write_text("secret")
        self.password.chmod(0o600)

    @contextlib.contextmanager
    def dying(self, nth):
        """Whatever runs meanwhile is killed right before its nth change on disk."""
        self.host.environment = programs.killed_at(MODULES, nth)
        try:
            yield
        finally:
            self.host.environment = {}

    def signs_in(self, arguments, exits=(0,), nth=0):
        """The command, and somebody who allows the access if it lives so long; its exit status."""
        with self.dying(nth), self.running(*arguments) as process:
            try:
                signing.come_back(signing.link(process), code="read")
            except (AssertionError, OSError):  # killed before the link was shown, or before its page was
                pass
            said = process.communicate(timeout=60)[0]
            assert process.returncode in exits, (process.returncode, said)
            return process.returncode

    def plainly(self, arguments, exits=(0,), nth=0):
        with self.dying(nth):
            done = self.host.run(*arguments)
        assert done.returncode in exits, f"exit {done.returncode}: {arguments}\n{done.stdout}{done.stderr}"
        return done.returncode

    def strict(self, *arguments):
        return ["--set", "mode=strict", "--secret", f"password=@{self.password}", *arguments]

    def app_is_there(self):
        return (self.data / "apps/Memory.json").exists()

    def has_secrets(self):
        if not (self.data / "secrets.db").exists():
            return False
        with contextlib.closing(sqlite3.connect(self.data / "secrets.db")) as db:
            try:
                return bool(db.execute("SELECT count(*) FROM secrets WHERE app='Memory'").fetchone()[0])
            except sqlite3.OperationalError:  # killed before there was a table
                return False


def points(run):
    """Each point, until one that the command got past what matters alive, or whole."""
    for nth in itertools.count(1):
        assert nth < MOST
        if not run(nth):
            print(f"# killed at {nth - 1} points")
            return


def connect(way):
    seen = set()

    def one(nth):
        with Case() as case:
            arguments = case.connecting() if way is Case.signs_in else [
                "connect", "memory", "--yes", "--set", f"file={case.world}", *case.strict()]
            killed = way(case, arguments, (0, -signal.SIGKILL), nth) != 0
            if not killed or (case.app_is_there() and (case.data / "idc.db").exists()):
                return False
            seen.add((case.app_is_there(), case.has_secrets()))
            if case.app_is_there():
                again = case.host.run(*arguments)
                assert again.returncode == 1 and "The identifier Memory is taken" in again.stderr, (again.returncode, again.stderr)
            else:
                way(case, arguments)
            case.host.succeed("sync", "Memory")
            return True

    points(one)
    # the point in question: the secrets are kept, and the app's file is not there yet
    assert (False, True) in seen and (True, False) not in seen, seen


def change(way, begin, arguments):
    """What was before, or what was wanted, or a sentence that says what to do; and the same command again ends it."""
    seen = set()

    def one(nth):
        with Case() as case:
            begin(case)
            if way(case, arguments(case), (0, -signal.SIGKILL), nth) == 0:
                return False
            done = case.host.run("sync", "Memory")
            assert done.returncode in (0, 6), (nth, done.returncode, done.stderr)
            assert done.returncode == 0 or "was given for another address" in done.stderr and "idc-host reauthorize Memory" in done.stderr, done.stderr
            seen.add(done.returncode)
            way(case, arguments(case))
            case.host.succeed("sync", "Memory")
            return True

    points(one)
    return seen


def configure():
    seen = change(Case.plainly, lambda case: case.plainly(["connect", "memory", "--yes", "--set", f"file={case.world}", *case.strict()]),
                  lambda case: ["configure", "Memory", *case.strict("--set", "address=http://127.0.0.1:9")])
    # where the new secrets were kept and the new address was not, they are sent to nobody
    assert seen == {0, 6}, seen


def reauthorize():
    assert change(Case.signs_in, lambda case: case.signs_in(case.connecting()), lambda case: ["reauthorize", "Memory"]) == {0}


def main():
    tap.check("killed at any change on disk, connect leaves no half app, and the identifier free", connect, Case.plainly)
    tap.check("so it does where a person signs in", connect, Case.signs_in)
    tap.check("killed at any change on disk, configure leaves the old values, the new ones, or what is to be done", configure)
    tap.check("killed at any change on disk, reauthorize leaves an authorization that works", reauthorize)
    tap.finish()


if __name__ == "__main__":
    main()
