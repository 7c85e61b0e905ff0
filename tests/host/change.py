#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""What provision, add and remove do, and what is left of them when something breaks. usage: change.py IDC_HOST MODULES"""
import json
import shutil
import signal
import sqlite3
import time

import tap
from case import WORLD, Case, changes_file, effects, older


# ---- what is done ----

def added_and_removed():
    with Case() as case:
        told = case.tell(0, "add", "p2@EXAMPLE.org", "ops:m", "dev:r", "--reason", "on call", "--ticket", "T-1")
        assert [item["status"] for item in told["items"]] == ["OK", "OK"], told
        assert effects(told["items"][0]) == [("removed", "p2", "ops:r", True), ("added", "p2", "ops:m", False)], told["items"][0]
        assert case.shown() == case.grants() == {*case.grants(), ("p2", "ops:m"), ("p2", "dev:r")}
        told = case.tell(0, "remove", "p2", "team:1")
        assert effects(told["items"][0]) == [("removed", "p2", "ops:m", False)], told
        assert case.shown() == case.grants()
        rows = [row for row in case.rows("changes") if row["origin"] == "platform"]
        assert [(row["what"], row["entitlement_id"]) for row in rows] == [
            ("grant_removed", "ops:r"), ("grant_added", "ops:m"), ("grant_added", "dev:r"), ("grant_removed", "ops:m")], rows
        intents = [json.loads(json.loads(line)["detail"]) for line in case.host.succeed("audit", "export", "M").splitlines()
                   if json.loads(line)["phase"] == "intent"]
        assert intents[0]["reason"] == "on call" and intents[0]["ticket"] == "T-1" and intents[0]["by"], intents[0]
        case.good()


def already_so():
    with Case() as case:
        assert case.statuses(0, "add", "p2", "dev:r") == ["OK"]
        before = case.writes()
        assert case.statuses(0, "add", "p2", "dev:r") == ["ALREADY"]
        assert case.statuses(0, "remove", "p2", "pol:1") == ["ALREADY"]
        assert case.writes() == before
        case.good()


def invited():
    with Case() as case:
        told = case.tell(0, "provision", "--email", "new@example.org", "--name", "New One", "--set", "role=user")
        assert told["items"][0]["user_id"] == "new:new" and told["items"][0]["status"] == "OK", told
        assert [effect[0] for effect in effects(told["items"][0])] == ["created", "invited", "added"], told
        shown = [row for row in case.rows("users") if row["user_id"] == "new:new"]
        assert len(shown) == 1 and shown[0]["email"] == "new@example.org" and shown[0]["name"] == "New One", shown
        assert case.statuses(0, "add", "new@example.org", "ops:r") == ["OK"]
        assert case.statuses(0, "provision", "--email", "NEW@example.org".lower(), "--name", "New One") == ["ALREADY"]
        assert [line for line in case.writes() if line.startswith("invited")] == ["invited\tnew@example.org"]
        case.good()


def people_file():
    with Case() as case:
        path = case.write("people.csv", "entitlements,email,name,role\r\nops:m; dev:r,a@example.org,\"A, the first\",user\r\n,b@example.org,B,\r\n")
        told = case.tell(0, "provision", "--file", path)
        assert [(item["action"], item["email"], item["entitlement_id"]) for item in told["items"]] == [
            ("provision", "a@example.org", None), ("add", "a@example.org", "ops:m"), ("add", "a@example.org", "dev:r"),
            ("provision", "b@example.org", None)], told
        assert {("new:a", "ops:m"), ("new:a", "dev:r"), ("new:a", "role:user")} <= case.shown() == case.grants()
        assert "principal\tnew:a\tA, the first\temail=a@example.org" in case.world.read_text()
        case.good()


def dry_run():
    rows = [("add", "p2", "ops:m"), ("add", "p3", "role:admin"), ("remove", "p4@example.org", "team:1"), ("add", "p5", "ops:r")]
    with Case() as case:
        path = case.write("changes.csv", changes_file(rows))
        before = case.world.read_text()
        head = case.host.succeed("audit", "head", "M")
        told = case.tell(0, "add", "--file", path, "--dry-run")
        assert case.world.read_text() == before and case.writes() == [] and told["audit_head"] is None
        assert all(effect["expected"] for item in told["items"] for effect in item["effects"])
        assert "Nothing was changed." in case.host.succeed("add", "M", "--file", path, "--dry-run")
        assert case.host.succeed("audit", "head", "M") == head
        done = case.tell(0, "add", "--file", path)
        assert [(item["status"], effects(item)) for item in told["items"]] == [(item["status"], effects(item)) for item in done["items"]]
        case.good()


def mixed():
    with Case() as case:
        case.faults("refuse add p3 dev:r 305 The plan has no seat left. Buy one.\nrefuse add p4 dev:r 301 Somebody else changed it.\n")
        told = case.tell(3, "add", "--file", case.write("changes.csv", changes_file(
            [("add", f"p{n}", "dev:r") for n in range(2, 6)] + [("add", "nobody", "dev:r"), ("add", "p6", "nothing"), ("remove", "p7", "ops:r")])))
        assert [item["status"] for item in told["items"]] == ["OK", "REFUSED", "CONFLICT", "OK", "NOT_FOUND", "NOT_FOUND", "OK"], told
        assert told["items"][1]["error"] == {"status": 305, "name": "REFUSED", "code": "memory-305", "message": "The plan has no seat left. Buy one.",
                                             "request_id": "memory-request", "retry_after_ms": None}, told["items"][1]
        assert (told["ok"], told["failed"], told["not_attempted"]) == (3, 4, 0), told
        assert case.shown() == case.grants()
        assert case.statuses(1, "add", "p3", "dev:r") == ["REFUSED"]
        case.good()


def broken_off():
    with Case() as case:
        rows = [("add", f"p{n}", "dev:r") for n in range(2, 14)]
        path = case.write("changes.csv", changes_file(rows))
        case.faults("break 3 303\n")
        told = case.tell(3, "add", "--file", path)
        assert [item["status"] for item in told["items"]] == ["OK"] * 3 + ["NOT_ATTEMPTED"] * 9, told
        assert [error["status"] for error in told["errors"]] == [303], told["errors"]
        assert len(case.writes()) == 3
        case.faults("break 0 302\n")
        assert case.statuses(7, "add", "p20", "dev:r") == ["NOT_ATTEMPTED"]
        case.faults()
        assert case.statuses(0, "add", "--file", path) == ["ALREADY"] * 3 + ["OK"] * 9
        case.good()


def lost():
    with Case() as case:
        case.faults("lost\n")
        told = case.tell(4, "add", "p2", "dev:r")
        assert told["items"][0]["status"] == "INDETERMINATE" and told["unknown"] == 1, told
        case.faults()
        assert case.statuses(0, "add", "p2", "dev:r") == ["ALREADY"]
        case.good()


def silent():
    with Case() as case:
        case.faults("silent\n")
        told = case.tell(4, "add", "p2", "dev:r")
        assert told["items"][0]["status"] == "INDETERMINATE" and "Tell its author" in told["errors"][0]["message"], told
        case.faults()
        assert case.statuses(0, "add", "p2", "dev:r") == ["ALREADY"]
        case.good()


def side_effect():
    with Case() as case:
        case.faults("side p2 dev:r\n")
        told = case.tell(0, "add", "p2", "pol:1")
        assert ("added", "p2", "dev:r", True) in effects(told["items"][0]), told
        assert case.shown() == case.grants() and ("p2", "dev:r") in case.shown()
        case.good()


def expected_only():
    """What the service does later is not in the snapshot before it is there, and then it is ours."""
    with Case() as case:
        case.faults("expected\n")
        case.tell(0, "add", "p2", "dev:r")
        assert ("p2", "dev:r") not in case.shown()
        case.world.write_text(case.world.read_text() + "grant\tp2\tdev:r\n")
        case.good()
        assert [row["origin"] for row in case.rows("changes") if row["entitlement_id"] == "dev:r" and row["user_id"] == "p2"] == ["platform"]


# ---- what is refused before anybody is asked ----

def read_only():
    with Case(trust="read") as case:
        case.world.unlink()
        for command in (["add", "p2", "dev:r"], ["remove", "p2", "ops:r"], ["provision", "--email", "a@example.org", "--name", "A"]):
            told = case.tell(1, *command)
            assert told["errors"][0]["code"] == "trust_read" and told["errors"][0]["message"].startswith("M is trusted for reading only"), told


def protected():
    with Case(WORLD, "read-write", "--app", "protected=p5@example.org", "--set", "subject=p6@example.org", "--set", "from_email=p7@example.org") as case:
        for who in ("p5", "P5@example.org", "p6", "p7", "p1"):
            for command, what in (("remove", "ops:r"), ("remove", "team:1"), ("add", "role:admin"), ("add", "ops:m")):
                told = case.tell(1, command, who, what)
                assert told["items"][0]["error"]["code"] == "protected", (who, command, what, told)
        assert case.writes() == []
        assert case.statuses(0, "add", "p5", "dev:r") == ["OK"]
        assert case.statuses(3, "add", "--file", case.write("c.csv", changes_file([("remove", "p5", "ops:r"), ("remove", "p8", "ops:r")]))) == ["REFUSED", "OK"]
        case.good()


def guard_count():
    with Case(WORLD, "read-write", "--app", "change_guard.percent=100") as case:
        path = case.write("c.csv", changes_file([("add", "p2", "dev:r")] + [("remove", f"p{n}", "ops:r") for n in range(3, 29)]))
        told = case.tell(5, "remove", "--file", path)
        assert told["held"] and told["removals"] == 26 and case.writes() == [] and told["audit_head"] is None, told
        assert all(item["status"] == "NOT_ATTEMPTED" for item in told["items"]), told
        assert "would take 26 grants; up to 25" in told["warnings"][0]["message"], told["warnings"]
        assert case.tell(1, "remove", "--file", path, "--accept", "0123456789abcdef")["errors"][0]["code"] == "other_held"
        smaller = case.write("d.csv", changes_file([("remove", f"p{n}", "ops:r") for n in range(3, 28)]))
        assert case.tell(1, "remove", "--file", smaller, "--accept", told["digest"])["errors"][0]["code"] == "other_held"
        assert case.writes() == []
        assert set(case.statuses(0, "remove", "--file", path, "--accept", told["digest"])) == {"OK"}
        case.good()


def guard_kind():
    with Case() as case:
        rows = [("remove", f"p{n}", "team:1") for n in range(3, 9)]
        told = case.tell(5, "remove", "--file", case.write("c.csv", changes_file(rows)))
        assert "would take 6 of 30 grants of the kind group; up to 5" in told["warnings"][0]["message"], told["warnings"]
        assert case.writes() == []
        assert set(case.statuses(0, "remove", "--file", case.write("c.csv", changes_file(rows[:5])))) == {"OK"}


def twice():
    with Case() as case:
        told = case.tell(3, "add", "--file", case.write("c.csv", changes_file(
            [("add", "p2", "dev:r"), ("add", "p2@example.org", "dev:r"), ("remove", "P2@example.org", "dev:r")])))
        assert [item["status"] for item in told["items"]] == ["OK", "INVALID", "INVALID"], told
        assert "contradicts" in told["items"][2]["error"]["message"], told


def ambiguous():
    with Case(WORLD.replace("grant\tp1\t", "principal\tq\tQ\temail=p2@example.org\ngrant\tp1\t", 1)) as case:
        told = case.tell(1, "add", "p2@example.org", "dev:r")
        assert told["items"][0]["error"]["code"] == "ambiguous_user" and "(p2, q)" in told["items"][0]["error"]["message"], told
        assert case.statuses(0, "add", "p2", "dev:r") == ["OK"]


FILES = [
    ("an unknown action", "action,user,entitlement\nadd,p2,dev:r\ngrant,p3,dev:r\n", 'line 3, column action: it is "grant", but must be add or remove'),
    ("a missing column", "user,entitlement\np2,dev:r\n", "line 1, column action: it is missing"),
    ("an unknown column", "action,user,entitlement,when\nadd,p2,dev:r,now\n", 'line 1: there is no column "when"'),
    ("an empty field", "action,user,entitlement\nadd,,dev:r\n", "line 2, column user: it is empty"),
    ("too few fields", "action,user,entitlement\nadd,p2\n", "line 2: there are 2 fields, but the header has 3"),
    ("an open quote", "action,user,entitlement\nadd,\"p2,dev:r\n", "line 2: a quote is never closed"),
    ("no rows", "action,user,entitlement\n", "there is no row below the header"),
    ("several faults at once", "action,user,entitlement\nadd,,dev:r\nadd,p2,\n", "line 2, column user: it is empty; line 3, column entitlement: it is empty"),
]


def file_refused(text, sentence):
    with Case() as case:
        path = case.write("c.csv", text)
        told = case.tell(2, "add", "--file", path)
        assert told["errors"][0]["code"] == "rows_refused" and sentence in told["errors"][0]["message"], told["errors"]
        assert case.writes() == []


# ---- what a write has to say of itself ----

def required():
    """Nothing is sent without it, a dry run may go without, and what is said stands in the journal."""
    with Case(WORLD, "read-write", "--app", "require=reason", "--app", "require=ticket") as case:
        for given, missing in (([], "--reason TEXT and --ticket ID"), (["--reason", "on call"], "--ticket ID"),
                               (["--ticket", "T-1", "--reason", " "], "--reason TEXT")):
            for command in (["add", "p2", "dev:r"], ["remove", "p2", "ops:r"], ["provision", "--email", "a@example.org", "--name", "A"]):
                told = case.tell(2, *command, *given)
                assert told["errors"][0]["code"] == "reason_required" and told["errors"][0]["message"].endswith(f"again with {missing}."), told
        assert case.writes() == [] and case.host.run("add", "M", "p2", "dev:r", "--dry-run").returncode == 0
        assert case.statuses(0, "add", "p2", "dev:r", "--reason", "on call", "--ticket", "T-1") == ["OK"]
        case.good()


# ---- what belongs to new users ----

def defaults():
    with Case(WORLD, "read-write", "--default-entitlement", "dev:r", "--default-entitlement", "pol:1") as case:
        case.faults("refuse add new:a pol:1 305 Not today. Ask again.\n")
        told = case.tell(3, "provision", "--email", "a@example.org", "--name", "A")
        assert [item["status"] for item in told["items"]] == ["OK", "OK", "REFUSED"], told
        case.faults()
        assert case.statuses(0, "provision", "--email", "a@example.org", "--name", "A") == ["ALREADY", "OK"]
        assert case.statuses(0, "provision", "--email", "a@example.org", "--name", "A") == ["ALREADY"]
        # What was taken since is not given again.
        assert case.statuses(0, "remove", "a@example.org", "dev:r") == ["OK"]
        assert case.statuses(0, "provision", "--email", "a@example.org", "--name", "A") == ["ALREADY"]
        assert case.statuses(0, "provision", "--email", "P2@example.org", "--name", "P") == ["ALREADY"]
        assert case.statuses(0, "provision", "--email", "P2@example.org", "--name", "P", "--apply-defaults") == ["ALREADY", "OK", "OK"]
        case.good()


# ---- killed, at every boundary ----

MIXED = ([("add", f"p{n}", "ops:m") for n in range(2, 8)] + [("add", f"p{n}@example.org", "dev:r") for n in range(2, 9)] + [("add", "p9", "role:admin")]
         + [("remove", f"p{n}", "ops:r") for n in range(10, 13)] + [("remove", "p14", "team:1"), ("add", "p3", "pol:1"), ("add", "p15", "pol:1")])
PEOPLE_FILE = "email,name,role,entitlements\n" + "".join(f"n{n}@example.org,New {n},user,dev:r;ops:m\n" for n in range(1, 4))


def wanted_mixed(grants):
    wanted = set(grants)
    for action, who, what in MIXED:
        who = who.split("@")[0]
        if action == "remove":
            wanted -= {(who, "ops:r"), (who, "ops:m")}
            continue
        wanted -= {(who, other) for group in (("ops:m", "ops:r"), ("role:admin", "role:user", "role:owner")) if what in group for other in group}
        wanted.add((who, what))
    return wanted


def wanted_people(grants):
    return set(grants) | {(f"new:n{n}", what) for n in range(1, 4) for what in ("role:user", "dev:r", "ops:m")}


def killed(command, text, wanted_of):
    """Until a run comes to its end: killed one boundary later each time, the same command completes it."""
    with Case() as case:
        path = case.write("file.csv", text)
        kept = case.host.folder / "kept"
        shutil.copytree(case.host.folder / "data", kept)
        wanted = wanted_of(case.grants())
        for boundary in range(1, 1000):
            case.world.write_text(WORLD)
            for name in ("world.writes", "world.faults"):
                (case.host.folder / name).unlink(missing_ok=True)
            shutil.rmtree(case.host.folder / "data")
            shutil.copytree(kept, case.host.folder / "data")
            case.faults(f"kill {boundary}\n")
            done = case.host.run(command, "M", "--file", path)
            case.faults()
            if done.returncode == 0:
                assert boundary > 40, f"only {boundary} boundaries"
                break
            assert done.returncode == -signal.SIGKILL, f"boundary {boundary}: exit {done.returncode}\n{done.stderr}"
            case.tell(0, command, "--file", path)
            case.host.succeed("audit", "verify", "M")
            assert case.grants() == wanted, f"boundary {boundary}: {case.grants() ^ wanted}"
            writes = case.writes()
            invited = [line for line in writes if line.startswith("invited")]
            assert len(invited) == len(set(invited)), f"boundary {boundary}: {invited}"
            if boundary % 5 != 0:
                continue
            case.good()
            case.tell(0, command, "--file", path)
            assert case.writes() == writes, f"boundary {boundary}: the third run wrote"
        else:
            raise AssertionError("it never came to its end")


def other_command_after_kill():
    with Case() as case:
        # Killed before the write: boundary 1 is the batch's begin, 2 the first write.
        case.faults("kill 2\n")
        assert case.host.run("add", "M", "p2", "dev:r").returncode == -signal.SIGKILL
        case.faults()
        assert case.writes() == []
        done = case.host.run("status", "M", "--json")
        told = json.loads(done.stdout)
        assert done.returncode == 4 and told["apps"][0]["open_intents"] == 1 and "has no result" in told["apps"][0]["alerts"][0], told
        told = case.tell(4, "add", "p3", "dev:r")
        assert [item["status"] for item in told["items"]] == ["OK"], told
        assert [(entry["action"], entry["user"], entry["entitlement_id"], entry["outcome"]) for entry in told["open"]] == [
            ("add", "p2", "dev:r", "not_done")], told
        assert "idc-host add M p2 dev:r" in told["warnings"][0]["message"], told["warnings"]
        assert ("p2", "dev:r") not in case.grants()
        case.tell(0, "add", "p4", "dev:r")
        assert json.loads(case.host.succeed("status", "M", "--json"))["apps"][0]["open_intents"] == 0
        # Killed after the write: it holds, and a sync knows that it was ours.
        case.faults("kill 3\n")
        assert case.host.run("add", "M", "p5", "dev:r").returncode == -signal.SIGKILL
        case.faults()
        told = case.tell(0, "add", "p6", "dev:r")
        assert [entry["outcome"] for entry in told["open"]] == ["holds"], told
        assert told["items"][0]["status"] == "OK"
        case.good()


def sync_with_open_intent():
    """What an intent without a result could explain is unknown, not somebody else's; and what nobody here asked for is."""
    with Case() as case:
        case.faults("kill 3\n")
        assert case.host.run("add", "M", "p2", "dev:r").returncode == -signal.SIGKILL
        case.faults()
        case.world.write_text(case.world.read_text() + "grant\tp3\tdev:r\n")
        case.host.succeed("sync", "M")
        assert ("p3", "dev:r") in case.shown() and ("p2", "dev:r") not in case.shown()
        older(case, 600)
        case.host.succeed("sync", "M")
        assert ("p2", "dev:r") in case.shown()
        origins = {row["user_id"]: row["origin"] for row in case.rows("changes") if row["entitlement_id"] == "dev:r" and row["what"] == "grant_added"}
        assert origins == {"p2": "unknown", "p3": "outside"}, origins


# ---- beside a sync ----

def sync_meanwhile():
    """A list that was read before our changes ends after them: it undoes nothing and calls nothing outside."""
    with Case(WORLD.replace("principal\tp1\t", "sleep\t2500\nprincipal\tp1\t")) as case:
        process = case.host.start("sync", "M", "--full")
        time.sleep(0.7)
        case.tell(0, "add", "p2", "ops:m", "dev:r", "role:admin")
        case.tell(0, "remove", "p3", "ops:r")
        case.tell(0, "provision", "--email", "a@example.org", "--name", "A", "--set", "role=user")
        case.tell(0, "add", "a@example.org", "dev:r")
        assert process.wait(60) == 0
        process.stdout.close()
        assert case.shown() == case.grants(), case.shown() ^ case.grants()
        assert len([row for row in case.rows("users") if row["user_id"] == "new:a"]) == 1
        case.good()
        # Somebody listed and somebody invited under one key would be one person.
        assert {row["user_id"]: row["email"] for row in case.rows("users")}["new:a"] == "a@example.org"


def listed_after():
    """Somebody whom a running list has, and whom the snapshot gets by an invitation before the list is merged, has one row."""
    with Case() as case:
        fresh = case.world.read_text()
        case.world.write_text(fresh.replace("grant\tp1\t", "principal\tnew:a\tA\temail=a@example.org\ngrant\tp1\t", 1)
                              + "grant\tnew:a\trole:user\nsleep\t2500\n")
        process = case.host.start("sync", "M", "--full")
        time.sleep(0.7)
        case.world.write_text(fresh)
        case.tell(0, "provision", "--email", "a@example.org", "--name", "A", "--set", "role=user")
        assert process.wait(60) == 0
        process.stdout.close()
        assert case.shown() == case.grants(), case.shown() ^ case.grants()
        case.good()
        assert len([row for row in case.rows("users") if row["email"] == "a@example.org"]) == 1


def outside():
    with Case() as case:
        case.tell(0, "add", "p2", "dev:r")
        older(case, 600)
        case.host.succeed("sync", "M")
        older(case, 600)
        case.world.write_text(case.world.read_text().replace("grant\tp2\tdev:r\n", "") + "grant\tp4\tdev:r\n")
        case.host.succeed("sync", "M")
        rows = [(row["what"], row["user_id"], row["origin"]) for row in case.rows("changes") if row["entitlement_id"] == "dev:r"]
        assert rows[-2:] == [("grant_removed", "p2", "outside"), ("grant_added", "p4", "outside")], rows


def one_run():
    with Case() as case:
        case.faults("sleep 2000\n")
        process = case.host.start("add", "M", "p2", "dev:r")
        time.sleep(0.7)
        told = case.tell(7, "add", "p3", "dev:r")
        assert told["errors"][0]["code"] == "change_running", told
        assert process.wait(60) == 0
        process.stdout.close()
        assert case.grants() >= {("p2", "dev:r")} and ("p3", "dev:r") not in case.grants()


# ---- the journal ----

def audit():
    with Case() as case:
        case.tell(0, "add", "p2", "dev:r", "pol:1")
        head = case.host.succeed("audit", "head", "M").strip()
        told = case.tell(0, "add", "p3", "dev:r")
        assert told["audit_head"] == case.host.succeed("audit", "head", "M").strip() != head
        case.host.succeed("audit", "verify", "M", "--head", head)
        with sqlite3.connect(case.host.folder / "data" / "idc.db") as db:
            last = db.execute("SELECT max(action) FROM actions").fetchone()[0]
            db.execute("DELETE FROM actions WHERE action=?", (last,))
        db.close()
        done = case.host.run("audit", "verify", "M")
        assert done.returncode == 1 and f"Row {last} is missing at the end" in done.stdout, done
        assert case.host.run("audit", "head", "M").returncode == 1
        told = case.tell(1, "add", "p4", "dev:r")
        assert told["errors"][0]["code"] == "journal_broken" and ("p4", "dev:r") not in case.grants(), told


def changed_keys():
    """What the app's file says is in the journal before what is done with it, whoever edited it."""
    def edit(**changes):
        path = case.host.folder / "data" / "apps" / "M.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    def rows():
        return [(row["phase"], row["verb"], json.loads(row["detail"] or "{}")) for row in
                map(json.loads, case.host.succeed("audit", "export", "M").splitlines()) if row["phase"] in ("keys", "intent")]

    with Case() as case:
        (phase, verb, detail), = rows()
        assert (phase, verb) == ("keys", "first_seen") and detail["keys"]["trust"] == "read-write" and detail["seen_by"], detail
        case.host.succeed("sync", "M")
        assert len(rows()) == 1
        edit(protected=["p5@example.org"], change_guard={"at_least": 100, "percent": 10})
        case.tell(0, "add", "p2", "dev:r", "--dry-run")
        assert len(rows()) == 1
        case.tell(0, "add", "p2", "dev:r")
        assert [row[:2] for row in rows()[1:]] == [("keys", "changed"), ("intent", "add")], rows()
        assert rows()[1][2]["changed"] == {"protected": {"before": [], "after": ["p5@example.org"]}, "change_guard.at_least": {"before": 25, "after": 100}}
        edit(settings={"file": str(case.world), "account": "memory-account"})
        case.host.succeed("sync", "M")
        assert rows()[-1][2]["changed"] == {"settings.account": {"before": None, "after": "memory-account"}}, rows()[-1]
        edit(settings={"file": str(case.world)})
        case.host.succeed("sync", "M")
        assert rows()[-1][2]["changed"] == {"settings.account": {"before": "memory-account", "after": None}}, rows()[-1]
        case.good()


tap.check("add and remove: what is asked for is done, told, journalled, and in the snapshot at once", added_and_removed)
tap.check("add and remove: what is so already is told and not written", already_so)
tap.check("provision: a person is invited once, and is in the snapshot at once", invited)
tap.check("provision: a file of people with entitlements", people_file)
tap.check("--dry-run foretells what then happens, and writes nothing", dry_run)
tap.check("a mixed batch: good items are done, bad ones told, exit 3", mixed)
tap.check("a batch that is broken off: what was not attempted is told, and the same run again completes it", broken_off)
tap.check("an answer that was lost is told as unknown, exit 4, and settled by the same run again", lost)
tap.check("a connector without results is not believed", silent)
tap.check("side effects are told and in the snapshot", side_effect)
tap.check("what is only expected is not in the snapshot before it is there", expected_only)
tap.check("trust read: every write is refused before the connector is asked", read_only)
tap.check("protected: nothing is taken and no role changed", protected)
tap.check("change guard: more than at_least removals are held before the first write", guard_count)
tap.check("change guard: more than a tenth of a kind is held", guard_kind)
tap.check("the same twice, or to add and to remove the same, is refused", twice)
tap.check("an address that two have is refused, naming them", ambiguous)
for file_name, file_text, file_sentence in FILES:
    tap.check(f"a file with {file_name} is refused whole, with line and column", file_refused, file_text, file_sentence)
tap.check("an app that requires a reason and a ticket sends nothing without them", required)
tap.check("default entitlements follow whom this host invited, and a run that did not come so far is completed", defaults)
tap.check("killed at every boundary of a mixed batch of 20, the same command completes it", killed, "add", changes_file(MIXED), wanted_mixed)
tap.check("killed at every boundary of invitations, the same command completes them with one invitation each", killed, "provision", PEOPLE_FILE, wanted_people)
tap.check("after a kill another command tells what became of it and sends nothing of it", other_command_after_kill)
tap.check("a sync after a kill calls unknown what the intent could explain, and outside what it could not", sync_with_open_intent)
tap.check("a sync that runs meanwhile undoes nothing and calls nothing outside", sync_meanwhile)
tap.check("who is invited while a list runs, and listed by it, is one person", listed_after)
tap.check("what somebody else did is called outside", outside)
tap.check("one run of changes of an app at a time", one_run)
tap.check("keys of the app's file that changed are journalled ahead of what is done with them", changed_keys)
tap.check("audit: a row that is gone is named, and nothing is changed any more", audit)
tap.finish()
