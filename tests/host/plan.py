#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""What plan foretells and writes, and what apply does with it or refuses. usage: plan.py IDC_HOST MODULES"""
import hashlib
import json
import os
import pathlib
import shutil
import signal

import tap
from case import MODULES, WORLD, Case, changes_file, effects

CHANGES = [("add", "p2", "ops:m"), ("add", "p3", "dev:r"), ("remove", "p4@example.org", "team:1"), ("add", "p5", "ops:r")]


class Plans(Case):
    """A case with one plan file."""

    def path(self, name="plan.json"):
        return str(self.host.folder / name)

    def plan(self, rows, exit_status=0, name="plan.json"):
        return self.tell(exit_status, "plan", "--file", self.write("changes.csv", changes_file(rows)), "-o", self.path(name))

    def exactly(self, thing, holders, exit_status=0):
        header = "user,entitlement" if holders and isinstance(holders[0], tuple) else "user"
        rows = [",".join(row) if isinstance(row, tuple) else row for row in holders]
        return self.tell(exit_status, "plan", "--exactly", thing, "--file", self.write("holders.csv", "\n".join([header, *rows]) + "\n"), "-o", self.path())

    def apply(self, exit_status=0, *options):
        return self.tell(exit_status, "apply", self.path(), *options)

    def refused(self, code, *options, exit_status=1):
        """apply is refused for that, and nothing is written."""
        before = self.writes()
        told = self.apply(exit_status, *options)
        assert [error["code"] for error in told["errors"]] == [code], told["errors"]
        assert self.writes() == before
        return told["errors"][0]["message"]

    def read(self):
        return json.loads(pathlib.Path(self.path()).read_text())

    def asked(self):
        """What the plan is to do."""
        return sorted((item["action"], item["user_id"], item["entitlement_id"]) for item in self.read()["items"])


def told(items):
    return [(item["status"], effects(item)) for item in items]


# ---- what is foretold is done ----

def foretold_and_done():
    with Plans() as case:
        before = case.world.read_text()
        planned = case.plan(CHANGES)
        assert case.world.read_text() == before and case.writes() == [] and planned["dry_run"] and planned["audit_head"] is None, planned
        plan = case.read()
        assert plan["digest"] == planned["plan"]["digest"] and plan["sync"] == planned["plan"]["sync"] == 1 and plan["identifier"] == "M", plan
        assert plan["connector"]["id"] == "memory" and len(plan["connector"]["sha256"]) == 64, plan["connector"]
        # what is so already is no part of it
        assert case.asked() == [("add", "p2", "ops:m"), ("add", "p3", "dev:r"), ("remove", "p4", "team:1")], plan["items"]
        assert oct(os.stat(case.path()).st_mode & 0o777) == "0o600"
        done = case.apply()
        assert told(done["items"]) == told(item for item in planned["items"] if item["status"] != "ALREADY"), done
        assert case.shown() == case.grants() and ("p2", "ops:m") in case.grants() and ("p4", "ops:r") not in case.grants()
        intents = [json.loads(row["detail"]) for row in map(json.loads, case.host.succeed("audit", "export", "M").splitlines()) if row["phase"] == "intent"]
        assert [intent["plan"] for intent in intents] == [plan["digest"]] * 3, intents
        case.good()


def said():
    with Plans() as case:
        path = case.write("changes.csv", changes_file(CHANGES))
        words = case.host.succeed("plan", "M", "--file", path, "-o", case.path())
        assert f"{case.path()} has 3 changes, digest {case.read()['digest'][:16]}. To carry it out: idc-host apply M {case.path()}\n" in words, words
        assert "Nothing was changed." in words and "{" not in words, words
        words = case.host.succeed("apply", "M", case.path(), "--dry-run")
        assert "3 would be done. Nothing was changed." in words and case.writes() == [], words
        case.host.succeed("apply", "M", case.path())


def left_out():
    with Plans() as case:
        case.faults("refuse add p3 dev:r 305 The plan has no seat left. Buy one.\n")
        planned = case.plan([("add", "p3", "dev:r"), ("add", "nobody", "dev:r"), ("add", "p4", "dev:r")], 3)
        assert [(entry["user_id"], entry["status"], entry["reason"]) for entry in case.read()["left_out"]] == [
            ("p3", "REFUSED", "The plan has no seat left. Buy one."),
            ("nobody", "NOT_FOUND", 'The last snapshot has no user with the id or e-mail "nobody". If they are new, sync first.')], planned
        assert case.asked() == [("add", "p4", "dev:r")]
        case.faults()
        assert [item["user_id"] for item in case.apply()["items"]] == ["p4"]
        case.good()


def not_foretold():
    """A service that is not there: no plan, and none carried out."""
    with Plans() as case:
        case.faults("break 0 303\n")
        assert case.plan([("add", "p3", "dev:r")], 7)["errors"][0]["status"] == 303
        assert not os.path.exists(case.path())
        case.faults()
        case.plan([("add", "p3", "dev:r"), ("add", "p4", "dev:r")])
        case.faults("break 1 303\n")
        told_now = case.apply(7)
        assert case.writes() == [] and told_now["errors"][0]["status"] == 303, told_now
        case.faults()
        case.apply()
        case.good()


def nothing():
    with Plans() as case:
        case.plan([("add", "p5", "ops:r")])
        assert case.read()["items"] == [] and case.apply()["items"] == [] and case.writes() == []


# ---- what a plan has to be ----

def edited(change):
    def altered():
        with Plans() as case:
            case.plan(CHANGES)
            plan = case.read()
            change(plan)
            pathlib.Path(case.path()).write_text(json.dumps(plan))
            case.refused("plan_altered")
    return altered


def changed_item(plan):
    plan["items"][0]["entitlement_id"] = "role:admin"


def dropped_item(plan):
    del plan["items"][1]


def other_effects(plan):
    plan["items"][0]["effects"] = []


def other_reason(plan):
    plan["left_out"] = [{"action": "add"}]


ALTERED = [("an item", changed_item), ("an item that is gone", dropped_item), ("foretold effects", other_effects), ("what was left out", other_reason)]


def resealed():
    """Whoever makes the digest anew has not the key for the seal."""
    with Plans() as case:
        case.plan(CHANGES)
        plan = case.read()
        seal = plan.pop("seal")
        plan.pop("digest")
        changed_item(plan)
        text = json.dumps(plan, separators=(",", ":"), ensure_ascii=False)
        plan["digest"] = hashlib.sha256(text.encode()).hexdigest()
        plan["seal"] = seal
        pathlib.Path(case.path()).write_text(json.dumps(plan))
        assert "was not made here" in case.refused("plan_foreign")
        # laid out in another way it says the same
        case.plan(CHANGES)
        pathlib.Path(case.path()).write_text(json.dumps(case.read()))
        case.apply()


def other_app():
    with Plans() as case:
        case.host.succeed("connect", "memory", "--yes", "--identifier", "N", "--trust", "read-write", "--set", f"file={case.world}", "--same-account")
        case.plan(CHANGES)
        done = case.host.run("apply", "N", case.path(), "--json")
        assert done.returncode == 1 and json.loads(done.stdout)["errors"][0]["code"] == "other_app", done.stdout
        assert case.writes() == []


def other_module():
    with Plans() as case:
        case.plan(CHANGES)
        copy = case.host.folder / "copy"
        shutil.copytree(MODULES, copy / "modules")
        shutil.copytree(pathlib.Path(MODULES).parent / "manifest", copy / "manifest")
        for path in [*(copy / "manifest").glob("memory.json"), *(copy / "modules").glob("memory.json")]:
            manifest = json.loads(path.read_text())
            manifest["module"]["sha256"] = "0" * 64
            path.write_text(json.dumps(manifest))
        done = case.host.run("apply", "M", case.path(), "--json", "--modules", str(copy / "modules"))
        assert done.returncode == 1 and json.loads(done.stdout)["errors"][0]["code"] == "other_module", done.stdout


# what the file is; part of the sentence
FILES = [
    ("no JSON", "action,user,entitlement\n", "is no valid JSON"),
    ("nothing", "", ""),
    ("ten thousand levels", "[" * 10000, ""),
    ("an unknown key", '{"schema":"idc-host/plan/1","more":1}', "more is not a known key"),
    ("a key that stands twice", '{"schema":"idc-host/plan/1","schema":"idc-host/plan/1"}', "schema"),
    ("another schema", '{"schema":"idc-host/plan/2"}', 'schema is "idc-host/plan/2"'),
    ("a list", "[]", "must be an object"),
    ("bytes that are no text", "\0\0", "is not UTF-8 text"),
]


def bad_file(text, sentence):
    with Plans() as case:
        pathlib.Path(case.path()).write_text(text)
        done = case.host.run("apply", "M", case.path(), "--json")
        assert done.returncode in (1, 2), done
        message = json.loads(done.stdout)["errors"][0]["message"]
        assert message.startswith(case.path()) and sentence in message, message


def cut_file():
    """Cut anywhere it is refused, and so it is with any part of it missing."""
    with Plans() as case:
        case.plan(CHANGES[:1])
        whole = pathlib.Path(case.path()).read_text()
        for length in range(0, len(whole) - 1, 97):
            pathlib.Path(case.path()).write_text(whole[:length])
            assert case.host.run("apply", "M", case.path()).returncode == 2, length
        plan = json.loads(whole)
        for key in plan:
            pathlib.Path(case.path()).write_text(json.dumps({name: value for name, value in plan.items() if name != key}))
            assert case.host.run("apply", "M", case.path()).returncode in (1, 2), key
        assert case.writes() == []


def missing_file():
    with Plans() as case:
        assert case.apply(2)["errors"][0]["message"].endswith("cannot be opened: No such file or directory.")
        assert case.tell(2, "apply", case.path(), "--file", "x")["errors"][0]["message"].startswith("Unknown option --file")
        assert "There is no plan for a whole account" in case.tell(2, "plan", "-o", case.path())["errors"][0]["message"]


# ---- whether it still fits ----

def taken_by_another(case):
    case.world.write_text(case.world.read_text().replace("grant\tp4\tops:r\n", ""))


def given_by_another(case):
    case.world.write_text(case.world.read_text() + "grant\tp3\tdev:r\n")


def does_more(case):
    case.faults("side p2 pol:1\n")


def does_less(case):
    case.world.write_text(case.world.read_text().replace("grant\tp2\tops:r\n", ""))


def is_refused(case):
    case.faults("refuse add p3 dev:r 305 No seat is left. Buy one.\n")


def is_gone(case):
    text = case.world.read_text().replace("principal\tp3\tPerson 3\temail=P3@example.org\n", "")
    case.world.write_text("".join(line for line in text.splitlines(True) if not line.startswith("grant\tp3\t")))
    case.host.succeed("sync", "M")


def is_protected(case):
    path = case.host.folder / "data" / "apps" / "M.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "protected": ["p4@example.org"]}))


# what happens meanwhile; the item that no longer fits; its sentence
MISFITS = [
    ("what it takes is gone", taken_by_another, 2, "It is so already, by somebody else's doing."),
    ("what it gives is held", given_by_another, 1, "It is so already, by somebody else's doing."),
    ("it would do more", does_more, 0, "It would do more now than was foretold: added pol:1."),
    ("it would do less", does_less, 0, "It would do less now than was foretold: not removed ops:r."),
    ("it would be refused", is_refused, 1, "It would not be done now: No seat is left. Buy one."),
    ("who it is about is gone", is_gone, 1, 'The last snapshot has no user with the id or e-mail "p3". If they are new, sync first.'),
    ("who it takes from is protected now", is_protected, 2, "P4@example.org is protected: nothing is taken from them"),
]


def misfit(happens, index, sentence):
    with Plans() as case:
        case.plan(CHANGES)
        happens(case)
        before = case.writes()
        for options in ((), ("--dry-run",)):
            told_now = case.apply(1, *options)
            statuses = [item["status"] for item in told_now["items"]]
            assert statuses.count("NOT_ATTEMPTED") == 2 and statuses[index] not in ("OK", "NOT_ATTEMPTED"), statuses
            assert told_now["items"][index]["error"]["message"].startswith(sentence), told_now["items"][index]
            assert "1 item of its plan no longer fits." in told_now["items"][index - 1]["error"]["message"], told_now["items"][index - 1]
            assert case.writes() == before
        case.host.succeed("audit", "verify", "M")


def two_misfits():
    with Plans() as case:
        case.plan(CHANGES)
        given_by_another(case)
        taken_by_another(case)
        told_now = case.apply(1)
        assert [item["status"] for item in told_now["items"]] == ["NOT_ATTEMPTED", "CONFLICT", "CONFLICT"] and case.writes() == [], told_now
        # made anew it has what is left
        case.plan(CHANGES)
        assert case.asked() == [("add", "p2", "ops:m")]
        case.apply()


def interrupted():
    """Killed at any boundary, the same command completes it; carried out it is not carried out again."""
    rows = [("add", "p2", "ops:m"), ("add", "p3", "dev:r"), ("remove", "p4", "ops:r"), ("remove", "p5", "team:1")]
    with Plans() as case:
        case.plan(rows)
        kept = case.host.folder / "kept"
        shutil.copytree(case.host.folder / "data", kept)
        wanted = (case.grants() | {("p2", "ops:m"), ("p3", "dev:r")}) - {("p2", "ops:r"), ("p4", "ops:r"), ("p5", "ops:r")}
        for boundary in range(1, 100):
            case.world.write_text(WORLD)
            pathlib.Path(f"{case.world}.writes").unlink(missing_ok=True)
            shutil.rmtree(case.host.folder / "data")
            shutil.copytree(kept, case.host.folder / "data")
            case.faults(f"kill {boundary}\n")
            done = case.host.run("apply", "M", case.path())
            case.faults()
            if done.returncode == 0:
                assert boundary > 12, f"only {boundary} boundaries"
                break
            assert done.returncode == -signal.SIGKILL, done
            case.apply()
            assert case.grants() == wanted, f"boundary {boundary}: {case.grants() ^ wanted}"
            writes = case.writes()
            assert len(writes) == len(set(writes)) == 5, f"boundary {boundary}: {writes}"
            case.good()
        else:
            raise AssertionError("it never came to its end")


# ---- the guard, the snapshot, the app ----

def guarded():
    with Plans(WORLD, "read-write", "--app", "change_guard.percent=100") as case:
        planned = case.plan([("remove", f"p{n}", "ops:r") for n in range(3, 29)])
        digest = planned["plan"]["digest"]
        assert planned["warnings"][0]["code"] == "would_be_held" and digest[:16] in planned["warnings"][0]["message"], planned["warnings"]
        held = case.apply(5)
        assert held["held"] and held["digest"] == digest[:16] and case.writes() == [], held
        assert case.refused("other_held", "--accept", "0123456789abcdef").startswith(f"This plan has the digest {digest[:16]}")
        assert len(case.apply(0, "--accept", digest[:16])["items"]) == 26
        case.good()


def stale_kind():
    with Plans(WORLD + "seal\tgrant\tpartial\tresource=team:2\tstatus=202\treason=Team 2 may not be read\n"
               "seal\tgrant\tcomplete\tresource=team:1\texpected=30\nseal\tgrant\tpartial\tstatus=202\treason=Not all may be read\n", "read-write",
               "--app", "known_partial=Team 2 may not be read", "--app", "known_partial=Not all may be read") as case:
        case.plan([("add", "p2", "ops:m")])
        for rows in ([("add", "p3", "dev:r")], [("remove", "p3", "team:2")]):
            told_now = case.plan(rows, 1)
            assert told_now["errors"][0]["code"] == "stale" and "Team 2 may not be read." in told_now["errors"][0]["message"], told_now["errors"]
        assert case.exactly("dev:r", ["p2"], 1)["errors"][0]["code"] == "stale"
        # what was planned while all was read is not carried out on what is not
        case.plan([("add", "p2", "ops:m")])
        case.world.write_text(case.world.read_text().replace("seal\tgrant\tcomplete\tresource=team:1\texpected=30\n", "").replace("grant\tp9\tops:r\n", ""))
        assert case.host.run("sync", "M").returncode == 0
        assert "ops:m is not whole" in case.refused("stale")


def stale_held():
    with Plans() as case:
        case.plan(CHANGES)
        fresh = case.world.read_text()
        case.world.write_text("".join(line for line in fresh.splitlines(True) if not line.startswith("grant\t")))
        assert case.host.run("sync", "M").returncode == 5
        case.world.write_text(fresh)
        case.refused("stale")
        assert "is held" in case.plan(CHANGES, 1)["errors"][0]["message"]
        case.host.succeed("sync", "M")
        case.apply()


def trusted_and_required():
    with Plans(WORLD, "read") as case:
        case.plan(CHANGES)
        case.refused("trust_read")
    with Plans(WORLD, "read-write", "--app", "require=reason") as case:
        case.plan(CHANGES)
        case.refused("reason_required", exit_status=2)
        case.apply(0, "--reason", "quarterly review")


# ---- exactly ----

def exactly_entitlement():
    with Plans(WORLD + "grant\tp2\tdev:r\ngrant\tp3\tdev:r\n", "read-write") as case:
        told_now = case.exactly("dev:r", ["p3@example.org", "p4"])
        assert case.asked() == [("add", "p4", "dev:r"), ("remove", "p2", "dev:r")], told_now
        assert case.read()["exactly"] == "dev:r"
        case.apply()
        assert {user for user, what in case.grants() if what == "dev:r"} == {"p3", "p4"}
        case.good()
        # as it is now it is exactly so
        case.exactly("dev:r", ["p3", "p4"])
        assert case.asked() == []


def exactly_resource():
    """Who shall hold another role of a team is moved, not taken off and put on."""
    people = [f"p{n}" for n in range(1, 27)]
    with Plans(WORLD + "grant\tp2\tpol:1\n", "read-write") as case:
        case.exactly("team:1", [("p2", "ops:m"), ("p28", "pol:1"), *((user, "ops:r") for user in people if user != "p2"), ("p28", "ops:r")])
        assert case.asked() == [("add", "p2", "ops:m"), ("add", "p28", "pol:1"), ("remove", "p2", "pol:1"), ("remove", "p27", "ops:r"),
                                ("remove", "p29", "ops:r"), ("remove", "p30", "ops:r")], case.asked()
        case.apply()
        assert {grant for grant in case.grants() if grant[1] != "role:user" and grant[1] != "role:owner"} == {
            ("p2", "ops:m"), ("p28", "pol:1"), ("p28", "ops:r"), *((user, "ops:r") for user in people if user != "p2")}
        case.good()


def exactly_protected():
    with Plans(WORLD + "grant\tp1\tdev:r\ngrant\tp5\tdev:r\ngrant\tp6\tdev:r\n", "read-write", "--app", "protected=p5@example.org") as case:
        case.exactly("dev:r", ["p7"], 3)
        assert case.asked() == [("add", "p7", "dev:r"), ("remove", "p6", "dev:r")]
        assert sorted(entry["user_id"] for entry in case.read()["left_out"]) == ["p1", "p5"], case.read()["left_out"]
        case.apply()
        assert {user for user, what in case.grants() if what == "dev:r"} == {"p1", "p5", "p7"}


def exactly_indirect():
    """Held through something else: told where it is not to be, and no addition where it is."""
    with Plans(WORLD + "grant\tp2\tpol:1\nindirect\tp3\tpol:1\tvia=schedule:1\nindirect\tp4\tpol:1\tvia=schedule:1\n", "read-write") as case:
        case.exactly("pol:1", ["p2", "p3"], 1)
        assert case.asked() == [] and [(entry["user_id"], entry["reason"]) for entry in case.read()["left_out"]] == [
            ("p4", "P4@example.org holds this through schedule:1, which cannot be taken here. Take them off that at the service.")], case.read()


# what is asked; code; part of the sentence
UNASKED = [
    ("a user who is not known", "dev:r", ["p2", "p3@exmaple.org"], "holders_refused", "p3@exmaple.org is nobody whom the last snapshot knows"),
    ("an entitlement of another resource", "team:1", [("p2", "dev:r")], "holders_refused", "dev:r does not belong to team:1"),
    ("a resource without entitlements", "team:1", ["p2"], "holders_refused", "p2 needs an entitlement, because team:1 has several"),
    ("two roles of one team", "team:1", [("p2", "ops:m"), ("p2", "ops:r")], "holders_refused", "p2 shall hold ops:m and ops:r"),
    ("a whole account", "account", [("p2", "role:user")], "whole_account", "there is no plan for a whole account"),
    ("what cannot be taken", "role:admin", ["p2"], "not_assignable", "neither given nor taken"),
    ("what is not there", "dev:x", ["p2"], "no_such_entitlement", 'has no entitlement "dev:x"'),
]


def unasked(thing, holders, code, sentence):
    with Plans() as case:
        told_now = case.exactly(thing, holders, 2 if code not in ("no_such_entitlement",) else 1)
        assert told_now["errors"][0]["code"] == code and sentence in told_now["errors"][0]["message"], told_now["errors"]
        assert not os.path.exists(case.path())


def nobody():
    """An empty list is rather a mistake than a wish."""
    with Plans() as case:
        assert case.exactly("dev:r", [], 2)["errors"][0]["code"] == "rows_refused"


tap.check("what a plan foretells is what apply does, and each change names its plan in the journal", foretold_and_done)
tap.check("plan says how to carry it out, in words", said)
tap.check("what cannot be done is left out of the plan, with its reason", left_out)
tap.check("a service that is not there: no plan is made, and none is begun", not_foretold)
tap.check("a plan of what is so already is empty, and does nothing", nothing)
for altered_name, altered_how in ALTERED:
    tap.check(f"a plan of which {altered_name} was altered is refused", edited(altered_how))
tap.check("a plan whose digest was made anew is refused by its seal, one that was laid out anew is not", resealed)
tap.check("a plan for another app is refused", other_app)
tap.check("a plan that another build of the module foretold is refused", other_module)
for file_name, file_text, file_sentence in FILES:
    tap.check(f"a plan that is {file_name} is refused, saying where", bad_file, file_text, file_sentence)
tap.check("a plan that is cut, or has a key less, is refused", cut_file)
tap.check("a plan that is not there, and a plan of everything, are refused", missing_file)
for misfit_name, misfit_how, misfit_index, misfit_sentence in MISFITS:
    tap.check(f"a plan is refused whole where {misfit_name}", misfit, misfit_how, misfit_index, misfit_sentence)
tap.check("each item that no longer fits says so, and the plan made anew has what is left", two_misfits)
tap.check("killed at every boundary, the same apply completes its plan and writes nothing twice", interrupted)
tap.check("the change guard holds a plan, which its digest accepts", guarded)
tap.check("no plan where the snapshot is stale for what it concerns, and one where it is not", stale_kind)
tap.check("no plan while a list is held", stale_held)
tap.check("trust and required reasons hold for apply, not for plan", trusted_and_required)
tap.check("--exactly an entitlement: these people and nobody else", exactly_entitlement)
tap.check("--exactly a resource: another role replaces the one that is held", exactly_resource)
tap.check("--exactly never takes from whoever is protected", exactly_protected)
tap.check("--exactly tells who holds it through something else", exactly_indirect)
for unasked_name, *unasked_rest in UNASKED:
    tap.check(f"--exactly with {unasked_name} is refused whole", unasked, *unasked_rest)
tap.check("--exactly with an empty list is refused", nobody)
tap.finish()
