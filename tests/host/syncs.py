#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""What sync and show say and do by the command line. usage: syncs.py IDC_HOST MODULES"""
import json
import os
import re
import sys
import time

import ops
import tap

PROGRAMS = [os.path.abspath(argument) for argument in sys.argv[1:]]
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def envelope():
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(3))
        case.write(ops.world(3, first=2, grants=("e1", "e2")))
        status, told = case.sync()
        assert status == 0, told
        assert list(told) == [
            "schema", "command", "identifier", "exit", "connector", "started", "finished", "errors", "warnings", "sync", "mode", "complete",
            "partial", "users", "entitlements", "grants", "grants_indirect", "added", "removed", "changed", "outside_changes", "kinds",
            "requests", "retries", "waited_ms", "duration_ms", "accepted", "digest", "held"], list(told)
        expected = {"schema": "idc-host/1", "command": "sync", "identifier": "Memory", "exit": 0, "errors": [], "warnings": [], "sync": 2,
                    "mode": "full", "complete": True, "partial": [], "users": 3, "entitlements": 2, "grants": 6, "grants_indirect": 0,
                    "added": 5, "removed": 2, "changed": 0, "outside_changes": 7, "requests": 2, "digest": None, "held": None}
        tap.empty(f"{key} is {told[key]}, not {value}" for key, value in expected.items() if told[key] != value)
        assert told["kinds"]["grants"] == {"total": 6, "added": 4, "removed": 1, "changed": 0, "stale": 0}, told["kinds"]
        assert re.fullmatch(TIME, told["started"]) and re.fullmatch("[0-9a-f]{64}", told["connector"]["sha256"]), told


def plain_words():
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(3))
        time.sleep(1.1)  # the first list is of another second than the next
        case.write(ops.world(3, first=2, grants=("e1",), ends="indirect\tp2\te2\tvia=schedule:1\n"))
        said = case.host.succeed("sync", "memory")
        assert re.fullmatch(
            r"Memory: 3 users, 2 entitlements, 4 grants \(3 direct, 1 indirect\)\.\n"
            r"Since the last snapshot: 1 user added, 1 removed; 2 grants added, 1 removed\.\n"
            rf"5 changes came from outside: idc-host show Memory changes --since {TIME}\n"
            r"Full list, 2 requests, \d+\.\d s\.\n", said), said
        shown = case.host.succeed("--quiet", *re.search("idc-host (show .*)", said).group(1).split(), "--csv")
        assert len(shown.splitlines()) == 6 and ",baseline," not in shown, shown
        said = case.host.succeed("sync", "memory")
        assert "Nothing changed since the last snapshot.\n" in said, said
        assert case.host.succeed("--quiet", "sync", "memory") == ""


# What the service does; exit; status; part of the sentence.
FAILURES = [
    ("a service that is down", ops.world(20) + "fail\t303\tThe service is down. Try again later.\n", 7, 303, "The service is down."),
    ("a rate limit", ops.world(20) + "fail\t302\tToo many requests.\n", 7, 302, "Too many requests."),
    ("credentials that are refused", "fail\t200\tThe secret is wrong.\n", 6, 200, "The secret is wrong."),
    ("a failure half-way", ops.world(9) + "fail\t404\tThe connector gave up.\n", 1, 404, "The connector gave up."),
    ("an answer without a reason", "fail\t304\n", 1, 304, "did not say why"),
    ("a user that comes twice", ops.world(20) + "principal\tp3\tAgain\n", 1, 304, 'it listed the user "p3" twice'),
    ("a grant of what was not listed", ops.world(20) + "grant\tp99\te1\n", 1, 304, 'that user was not listed before it'),
    ("an id that is too long", ops.world(20) + f"principal\t{'x' * 300}\tLong\n", 1, 304, "whose id is too long"),
    ("a record after its seal", ops.world(20) + "seal\tgrant\tcomplete\ngrant\tp1\te2\n", 1, 304, "after it had sealed the grants"),
    ("a status that is not the seals'", ops.world(20) + "seal\tgrant\tdelta\n", 1, 304, "although everything was asked for"),
]


def failure(text, exit_status, status, sentence):
    """Nothing is touched, and the book says why."""
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(20))
        before = case.snapshot()
        case.write(text)
        done, told = case.sync()
        assert done == exit_status, told
        assert [error["status"] for error in told["errors"]] == [status] and sentence in told["errors"][0]["message"], told["errors"]
        assert case.snapshot() == before
        row = case.rows("syncs")[-1]
        assert (row["sync"], row["status"], row["users"], row["added"]) == ("2", "failed", "", "") and sentence in row["reason"], row
        assert case.rows("changes", "--since", "2000-01-01")[-1]["sync"] == "1"
        case.write(ops.world(20, grants=("e1", "e2")))
        done, told = case.sync()
        assert done == 0 and told["grants"] == 40, told


def running():
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(3))
        case.write("sleep\t20000\n")
        first = case.host.start("sync", "Memory")
        try:
            while not case.database("SELECT 1 FROM syncs WHERE status='running'"):
                time.sleep(0.02)
            assert case.status()[1]["Memory"]["running"] is True
            begun = time.monotonic()
            status, told = case.sync()
            assert time.monotonic() - begun < 5
            assert status == 7 and [error["code"] for error in told["errors"]] == ["sync_running"], told
            assert len(case.rows("syncs")) == 2
            first.terminate()
            first.wait(10)
        finally:
            first.kill()
            first.wait()
            first.stdout.close()
        assert first.returncode == 1, first.returncode
        row = case.rows("syncs")[-1]
        assert row["status"] == "failed" and row["reason"].startswith("The sync was ended by signal 15 (Terminated) before"), row
        case.write(ops.world(3))
        assert case.sync()[0] == 0


def held():
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(40))
        before = case.snapshot()
        case.write(ops.world(20, first=21))
        done = case.host.run("sync", "Memory")
        assert done.returncode == 5, done.stdout
        assert "The guard holds this list: 20 of 40 users would be removed; up to 5 are taken without asking." in done.stderr, done.stderr
        assert "  user p1\n" in done.stdout and "  and 20 more: idc-host show Memory held\n" in done.stdout, done.stdout
        digest = re.search(r"idc-host sync Memory --accept ([0-9a-f]{16})\n$", done.stdout).group(1)
        assert case.snapshot() == before
        rows = case.rows("held")
        assert len(rows) == 40 and rows[0] == {"what": "user", "user_id": "p1", "email": "p1@example.org", "entitlement_id": "",
                                               "indirect": "false"}, rows[:1]
        assert case.status()[1]["Memory"]["held"] == digest and case.status()[0] == 5
        status, told = case.sync()
        assert status == 5 and told["digest"] == digest and told["held"]["removals"] == 40 and not told["complete"], told
        status, told = case.sync("--accept", "0123456789abcdef")
        assert status == 1 and told["errors"][0]["code"] == "other_held" and "sync" not in told, told
        # one more removal than was looked at
        case.write(ops.world(19, first=22))
        status, told = case.sync("--accept", digest)
        assert status == 5 and told["digest"] != digest, told
        case.write(ops.world(20, first=21))
        status, told = case.sync("--accept", told["digest"])
        assert status == 0 and told["accepted"] and told["users"] == 20 and told["removed"] == 40, told
        assert case.rows("held") == [] and case.status()[0] == 0
        status, told = case.sync("--accept", digest)
        assert status == 1 and told["errors"][0]["code"] == "nothing_held", told


def empty_list():
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(3))
        case.write("")
        status, told = case.sync()
        assert status == 5 and case.database("SELECT count(*) FROM service_users") == [(3,)], told


def guard_of_the_app():
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(40))
        case.app(guard={"at_least": 30, "percent": 0})
        case.write(ops.world(20, first=21))
        assert case.sync()[0] == 0


PARTIAL = "seal\tgrant\tpartial\tstatus=202\treason=The grants of team 9 may not be read\n"


def partial():
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(3))
        case.write(ops.world(3, grants=(), ends="grant\tp1\te2\n" + PARTIAL))
        status, told = case.sync()
        assert status == 3 and told["complete"] is False, told
        assert told["partial"] == [{"kind": "grants", "resource": None, "reason": "The grants of team 9 may not be read", "status": 202,
                                    "known": False}], told["partial"]
        assert [(row["user_id"], row["entitlement_id"], row["stale"]) for row in case.rows("grants")] == [
            ("p1", "e1", "true"), ("p1", "e2", "false"), ("p2", "e1", "true"), ("p3", "e1", "true")]
        done = case.host.run("sync", "Memory")
        assert done.stderr == ("Warning: The grants are incomplete: The grants of team 9 may not be read. 3 grants that could not be read "
                               "stay as last seen, marked stale.\n"), done.stderr
        case.app(known_partial=["The grants of team 9 may not be read"])
        status, told = case.sync()
        assert status == 0 and not told["complete"] and told["partial"][0]["known"], told
        case.app(known_partial=["Something else"])
        assert case.sync()[0] == 3


def incremental():
    with ops.Ops(*PROGRAMS) as case:
        case.connect("cursor\tc1\n" + ops.world(30))
        delta = case.folder / "world-Memory.delta"
        delta.write_text("principal\tp31\tNew\nremoved\tprincipal\tp1\ngrant\tp31\te1\n")
        status, told = case.sync()
        assert status == 0 and told["mode"] == "incremental" and (told["users"], told["added"], told["removed"]) == (30, 2, 2), told
        status, told = case.sync("--full")
        assert status == 0 and told["mode"] == "full" and (told["users"], told["added"], told["removed"]) == (30, 2, 2), told
        # another module sees the service with other eyes
        case.database("UPDATE apps SET module_sha256='another'")
        case.write("cursor\tc2\n" + ops.world(29))
        status, told = case.sync()
        assert status == 0 and told["mode"] == "full" and told["outside_changes"] == 0 and told["removed"] == 2, told
        assert {row["origin"] for row in case.rows("changes") if row["sync"] == "4"} == {"baseline"}


def module_recorded():
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(1))
        told = case.sync()[1]["connector"]
        assert case.database("SELECT connector, version, sha256 FROM syncs WHERE sync=2") == [(told["id"], told["version"], told["sha256"])]


def refused_apps():
    with ops.Ops(*PROGRAMS) as case:
        done = case.host.run("sync", "Memory")
        assert done.returncode == 2 and 'There is no app "Memory"' in done.stderr, done.stderr
        case.connect(ops.world(1))
        case.app(account="another")
        status, told = case.sync()
        assert status == 1 and told["errors"][0]["code"] == "other_account", told
        case.app(account="memory-account", connector="nothing")
        status, told = case.sync()
        assert status == 2 and told["errors"], told
        # what was stored can be shown even so
        assert len(case.rows("users")) == 1


def newer_store():
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(1))
        case.database("PRAGMA user_version=99")
        for command in (("sync", "Memory"), ("show", "Memory", "users"), ("status",)):
            done = case.host.run(*command)
            assert done.returncode == 2 and "was written by a newer idc-host" in done.stderr, done.stderr


# ---- show ----

def json_lines():
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(2, ends="indirect\tp1\te2\tvia=schedule:1\teffective=manager\nseal\tprincipal\tcomplete\n"))
        case.write(ops.world(2, ends="indirect\tp1\te2\tvia=schedule:1\teffective=manager\n" + PARTIAL))
        assert case.sync()[0] == 3
        lines = case.host.succeed("--json", "show", "memory", "grants").splitlines()
        first, *rows = [json.loads(line) for line in lines]
        assert first["schema"] == "idc-host/1" and first["identifier"] == "Memory" and first["exit"] == 0, first
        assert re.fullmatch(TIME, first["as_of"]), first
        assert first["stale"] == [{"kind": "grants", "resource": None, "reason": "The grants of team 9 may not be read"}], first["stale"]
        for row in rows:
            assert re.fullmatch(TIME, row.pop("since"))
        assert rows[1] == {"user_id": "p1", "email": "p1@example.org", "entitlement_id": "e2", "kind": "group",
                           "entitlement_name": "Ops / lead", "via": "schedule:1", "effective": "manager", "removable": False,
                           "granted_by": None, "stale": False, "user_name": "Person 1"}, rows[1]
        assert len(rows) == 3 and rows[0]["via"] is None and rows[0]["removable"] is True, rows


def csv_forms():
    with ops.Ops(*PROGRAMS) as case:
        case.connect("principal\tp1\t=1+1\temail=+a@example.org\n")
        assert case.host.succeed("show", "Memory", "users", "--csv") == (
            "user_id,email,name,role,job_title,time_zone,invitation_pending\np1,+a@example.org,=1+1,,,,\n")
        assert case.host.succeed("show", "--csv=sheet", "Memory", "users") == (
            "\ufeffuser_id,email,name,role,job_title,time_zone,invitation_pending\np1,'+a@example.org,'=1+1,,,,\n")
        assert case.host.succeed("show", "--csv", "Memory", "users").startswith("user_id,")
        done = case.host.run("show", "Memory", "users", "--csv=tsv")
        assert done.returncode == 2 and '--csv takes nothing or =sheet, not "tsv".' in done.stderr, done.stderr


def tables():
    with ops.Ops(*PROGRAMS) as case:
        case.connect("principal\tp1\tEvil\x1b[2J\temail=a@example.org\n" + ops.THINGS + "grant\tp1\te1\n")
        assert case.host.succeed("show", "Memory", "users") == (
            "USER E-MAIL        NAME        ROLE JOB TITLE INVITED\np1   a@example.org Evil\\x1b[2J\n")
        assert case.host.succeed("show", "Memory", "tasks") == "There are no tasks.\n"
        assert case.host.succeed("show", "Memory", "held") == "Nothing is held.\n"
        case.write(ops.world(2500))
        case.sync()
        done = case.host.run("show", "Memory", "users")
        assert len(done.stdout.splitlines()) == 2001, len(done.stdout.splitlines())
        assert done.stderr == "These are the first 2000 of 2500 users; --csv prints all.\n", done.stderr


USAGES = [
    (["users", "--entitlement", "e1"], 2, "--entitlement means nothing for users; leave it out."),
    (["attributes", "--since", "7d"], 2, "--since means nothing for attributes; leave it out."),
    (["changes", "--since", "yesterday"], 2, '--since is "yesterday", but must be like 2026-01-31, 2026-01-31T08:15:00Z, 24h or 7d.'),
    (["grant"], 2, 'There is no "grant" to show; did you mean grants?'),
    (["everything"], 2, 'There is no "everything" to show; there are users, entitlements, grants, attributes, changes, syncs, tasks and held.'),
    (["grants", "--user", "p9"], 1, 'The last snapshot has no user with the id or e-mail "p9". What was there before is told by changes.'),
]


def usage(arguments, exit_status, sentence):
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(1))
        done = case.host.run("show", "Memory", *arguments)
        assert done.returncode == exit_status and f"Error: {sentence}" in done.stderr and done.stdout == "", done.stderr


def since():
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(1))
        case.database("UPDATE syncs SET started=started-90000000, finished=finished-90000000")
        case.write(ops.world(2))
        case.sync()
        assert [row["user_id"] for row in case.rows("changes", "--since", "24h") if row["what"] == "user_added"] == ["p2"]
        assert [row["sync"] for row in case.rows("syncs", "--since", "24h")] == ["2"]
        assert len(case.rows("syncs", "--since", "2d")) == 2 and len(case.rows("syncs", "--since", "2000-01-01")) == 2


def main():
    tap.check("--json of a sync has every key, and right", envelope)
    tap.check("a sync is summed up in plain words", plain_words)
    for name, *rest in FAILURES:
        tap.check(f"{name} touches nothing and is written down", failure, *rest)
    tap.check("a second sync of an app ends at once with 7, and a signal ends the first one", running)
    tap.check("a held list is shown, kept and accepted", held)
    tap.check("an empty list where there were users is held", empty_list)
    tap.check("the guard is the app's", guard_of_the_app)
    tap.check("a partial list is told, ends with 3, and with 0 where the app knows", partial)
    tap.check("changes since the cursor; --full and another module read everything", incremental)
    tap.check("each sync says which module listed", module_recorded)
    tap.check("apps that are not as they should be are not synced", refused_apps)
    tap.check("a newer store is refused", newer_store)
    tap.check("show --json prints an envelope and a line a row", json_lines)
    tap.check("show --csv is exact, and harmless in spreadsheets with =sheet", csv_forms)
    tap.check("tables are escaped and end after 2000 rows, saying so", tables)
    for arguments, exit_status, sentence in USAGES:
        tap.check(f"show {' '.join(arguments)} says what is wrong", usage, arguments, exit_status, sentence)
    tap.check("--since narrows", since)
    tap.finish()


if __name__ == "__main__":
    main()
