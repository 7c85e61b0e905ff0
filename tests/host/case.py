# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""An app over the memory connector that may change what it holds: what the tests of changes, plans and their journal share. The programs are
the first two arguments of the test: IDC_HOST MODULES."""
import csv
import io
import json
import os
import pathlib
import sqlite3
import sys

import programs

IDC_HOST, MODULES = map(os.path.abspath, sys.argv[1:3])
PEOPLE = 30
WORLD = (
    "resource\tteam:1\tteam\tOps\nresource\tteam:2\tteam\tDev\nresource\taccount\taccount\tAll\n"
    "entitlement\tops:m\tgroup\tOps / manager\tteam:1\tgroup=ops\nentitlement\tops:r\tgroup\tOps / responder\tteam:1\tgroup=ops\n"
    "entitlement\tdev:r\tgroup\tDev / responder\tteam:2\nentitlement\tpol:1\tpolicy\tOps / level 1\tteam:1\n"
    "entitlement\trole:owner\trole\tOwner\taccount\tgroup=role\tassignable=false\nentitlement\trole:admin\trole\tAdmin\taccount\tgroup=role\n"
    "entitlement\trole:user\trole\tUser\taccount\tgroup=role\n"
    + "".join(f"principal\tp{n}\tPerson {n}\temail=P{n}@example.org\n" for n in range(1, PEOPLE + 1))
    + "grant\tp1\trole:owner\n" + "".join(f"grant\tp{n}\trole:user\n" for n in range(2, PEOPLE + 1))
    + "".join(f"grant\tp{n}\tops:r\n" for n in range(1, PEOPLE + 1)))


class Case:
    """A connected app over a file."""

    def __init__(self, world=WORLD, trust="read-write", *options):
        self.host = programs.Host(IDC_HOST, MODULES)
        self.world = self.host.folder / "world"
        self.world.write_text(world)
        self.host.succeed("connect", "memory", "--yes", "--identifier", "M", "--trust", trust, "--set", f"file={self.world}", *options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.host.__exit__()

    def write(self, name, text):
        path = self.host.folder / name
        path.write_text(text)
        return str(path)

    def faults(self, text=""):
        self.write("world.faults", text)

    def writes(self):
        path = pathlib.Path(f"{self.world}.writes")
        return path.read_text().splitlines() if path.exists() else []

    def grants(self):
        """What the service holds."""
        return {tuple(line.split("\t")[1:3]) for line in self.world.read_text().splitlines() if line.startswith("grant\t")}

    def shown(self):
        """What the snapshot holds."""
        return {(row["user_id"], row["entitlement_id"]) for row in self.rows("grants")}

    def rows(self, what):
        return list(csv.DictReader(io.StringIO(self.host.succeed("show", "M", what, "--csv"))))

    def tell(self, exit_status, command, *arguments):
        """The envelope of a command that ends so."""
        done = self.host.run(command, "M", *arguments, "--json")
        assert done.returncode == exit_status, f"exit {done.returncode}, not {exit_status}: {command} {arguments}\n{done.stdout}{done.stderr}"
        told = json.loads(done.stdout)
        assert told["exit"] == exit_status, told
        return told

    def statuses(self, exit_status, command, *arguments):
        return [item["status"] for item in self.tell(exit_status, command, *arguments)["items"]]

    def good(self):
        """The journal proves itself, the snapshot is what the service holds, and nothing of ours is called an outside change."""
        self.host.succeed("audit", "verify", "M")
        self.host.succeed("sync", "M")
        assert self.shown() == self.grants(), self.shown() ^ self.grants()
        outside = [row for row in self.rows("changes") if row["origin"] == "outside"]
        assert outside == [], outside


def effects(item):
    return [(effect["verb"], effect["user_id"], effect["entitlement_id"], effect["side"]) for effect in item["effects"]]


def changes_file(rows):
    return "action,user,entitlement\n" + "".join(",".join(row) + "\n" for row in rows)


def older(case, seconds):
    """Moves the syncs' times on, as if that much time had passed since what was journalled."""
    with sqlite3.connect(case.host.folder / "data" / "idc.db") as db:
        db.execute("UPDATE actions SET time=time-?", (seconds * 1000,))
        db.execute("UPDATE syncs SET started=started-?, finished=finished-?", (seconds * 1000, seconds * 1000))
    db.close()
