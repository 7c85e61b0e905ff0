#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""The second host against the simulator's own state. usage: second.py HOST.py MODULE MANIFEST SIMULATOR"""
import csv
import io
import json
import subprocess
import sys

import programs
import tap

SECOND_HOST, MODULE, MANIFEST, SIMULATOR = sys.argv[1:]
COLUMNS = ["user_id", "email", "entitlement_id", "kind", "entitlement_name", "via", "effective"]


def listed(line, module=MODULE):
    return subprocess.run([sys.executable, SECOND_HOST, module, MANIFEST], input=line, capture_output=True, check=False, text=True, timeout=300)


def rows(text):
    return sorted([row[name] for name in COLUMNS] for row in csv.DictReader(io.StringIO(text)))


def lists_what_is_there(*world):
    with programs.Service(SIMULATOR, *world) as simulator:
        wanted = rows(simulator.ask("state?format=csv"))
        done = listed(simulator.line)
    assert done.returncode == 0, f"exit {done.returncode}: {done.stderr}"
    got = rows(done.stdout)
    assert wanted, "the simulator holds no grant"
    assert any(row[COLUMNS.index("via")] for row in wanted), "the world has nobody who is paged through a schedule"
    tap.empty([f"missing: {row}" for row in wanted if row not in got][:5] + [f"not there: {row}" for row in got if row not in wanted][:5])
    assert len(got) == len(wanted), f"{len(got)} rows, {len(wanted)} in the simulator"


def tells_a_refusal():
    with programs.Service(SIMULATOR, "--users", "1") as simulator:
        line = json.loads(simulator.line)
        line["secrets"]["client_secret"] = "wrong"
        done = listed(json.dumps(line))
    assert done.returncode == 1 and done.stdout == "", f"exit {done.returncode}: {done.stdout}"
    assert "authorize: status 200" in done.stderr, done.stderr


def needs_no_glib_here():
    with open(SECOND_HOST, encoding="utf-8") as file:
        text = file.read()
    assert len(text.splitlines()) < 150, f"{len(text.splitlines())} lines"
    assert "gi.repository" not in text and "import gi" not in text, "it uses GLib"


def main():
    tap.check("a host in Python lists exactly what is there", lists_what_is_there, "--users", "150")
    tap.check("a host in Python tells why the connector was refused", tells_a_refusal)
    tap.check("a host in Python needs neither GLib nor 150 lines", needs_no_glib_here)
    tap.finish()


if __name__ == "__main__":
    main()
