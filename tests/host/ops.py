# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""A host with apps over the memory connector, whose service is a file: what the tests of sync, show, status and run share."""
import csv
import io
import json
import sqlite3

import programs

THINGS = "resource\tteam:1\tteam\tOps\nentitlement\te1\tgroup\tOps / member\tteam:1\nentitlement\te2\tgroup\tOps / lead\tteam:1\n"


def world(people, first=1, grants=("e1",), ends=""):
    """A service with so many people from p<first> on, each holding the grants."""
    numbers = range(first, first + people)
    users = "".join(f"principal\tp{n}\tPerson {n}\temail=p{n}@example.org\n" for n in numbers)
    held = "".join(f"grant\tp{n}\t{right}\n" for n in numbers for right in grants)
    return THINGS + users + held + ends


class Ops:
    """Use it in a with block: the folder goes with it."""

    def __init__(self, idc_host, modules):
        self.host = programs.Host(idc_host, modules)
        self.folder = self.host.folder
        self.data = self.folder / "data"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.host.__exit__()

    def file(self, identifier="Memory"):
        return self.folder / f"world-{identifier}"

    def write(self, text, identifier="Memory"):
        self.file(identifier).write_text(text)

    def connect(self, text, identifier="Memory", *arguments):
        """Connects an app and runs its first sync, which has to succeed."""
        self.write(text, identifier)
        self.host.succeed("connect", "memory", "--yes", "--identifier", identifier, "--set", f"file={self.file(identifier)}", "--same-account",
                          *arguments)

    def app(self, identifier="Memory", **changes):
        """Edits the app's file."""
        path = self.data / "apps" / f"{identifier}.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    def sync(self, *arguments, identifier="Memory"):
        """(exit status, what --json says)"""
        done = self.host.run("--json", "sync", identifier, *arguments)
        return done.returncode, json.loads(done.stdout)

    def rows(self, what, *arguments, identifier="Memory"):
        text = self.host.succeed("--quiet", "show", identifier, what, "--csv", *arguments)
        return list(csv.DictReader(io.StringIO(text)))

    def snapshot(self, identifier="Memory"):
        """What the store holds, without times."""
        return [[tuple(value for key, value in row.items() if key != "since") for row in self.rows(what, identifier=identifier)]
                for what in ("users", "entitlements", "grants", "attributes")]

    def database(self, statement, *values):
        connection = sqlite3.connect(self.data / "idc.db")
        with connection:
            found = connection.execute(statement, values).fetchall()
        connection.close()
        return found

    def status(self, *arguments):
        """(exit status, what --json says about each app, by identifier)"""
        done = self.host.run("--json", "status", *arguments)
        return done.returncode, {app["identifier"]: app for app in json.loads(done.stdout)["apps"]}
