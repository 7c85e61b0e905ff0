#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""What terminate takes from people who leave, in which order, and what it leaves to a person. usage: leavers.py IDC_HOST MODULES"""
import csv
import io
import json
import sys

import account
import changing
import harbour
import tap
from changing import AFTER, BEFORE
from simulator import Simulator

IDC_HOST, MODULES = sys.argv[1:]
URL = "https://northwind.pagerduty.com"
DELETE = ("--app", "delete_on_termination=true")


class Leaving(changing.Changing):
    """Use it in a with block."""

    def tell(self, exits, *arguments):
        """The envelope of a terminate that ends so."""
        done = self.run("terminate", "PagerDuty", *arguments, "--json")
        assert done.returncode == exits, f"exit {done.returncode}, not {exits}: {arguments}\n{done.stdout}{done.stderr}"
        return json.loads(done.stdout)

    def tasks(self):
        return list(csv.DictReader(io.StringIO(self.succeed("show", "PagerDuty", "tasks", "--csv"))))

    def open_tasks(self):
        return [(task["user_id"], task["what"], task["url"]) for task in self.tasks() if not task["closed"]]


def begun(simulator, *options, changes=()):
    harbour.build(simulator, *changes)
    host = Leaving(IDC_HOST, MODULES, simulator)
    host.may_write(*options)
    simulator.forget_journal()
    return host


def items(told):
    return [(item["action"], item["user_id"], item["entitlement_id"], item["status"]) for item in told["items"]]


def manual(told):
    return [(task["about"], task["user_id"], task["entitlement_id"]) for task in told["manual"]]


def left(simulator, user):
    return {entitlement for who, entitlement in changing.held(simulator) if who == user}


def wrote(host):
    return [(entry["method"], entry["path"]) for entry in host.writes()]


def another_on_schedule(simulator):
    simulator.mutate({"op": "add_schedule_user", "schedule": "PSCHB30", "user": "PRESTR1"},
                     {"op": "remove_schedule_user", "schedule": "PSCHB30", "user": "PLIMIT2"})


# ---- what is taken ----

def all_in_order(simulator):
    with begun(simulator, *DELETE) as host:
        told = host.tell(0, "PUSER01@northwind.example", "--successor", "pfree01@northwind.example", "--reason", "left", "--ticket", "T-9")
        assert items(told) == [
            ("add", "PFREE01", "policy:PEPDK20:1", "OK"), ("remove", "PUSER01", "policy:PEPDK20:1", "OK"), ("remove", "PUSER01", "policy:PEPFR20:1", "OK"),
            ("remove", "PUSER01", "team:PHARB10:observer", "OK"), ("remove", "PUSER01", "role:user", "OK")], items(told)
        assert [path for _, path in wrote(host)] == [
            "/teams/PDOCK10/users/PFREE01", "/escalation_policies/PEPDK20", "/escalation_policies/PEPDK20", "/escalation_policies/PEPFR20",
            "/teams/PHARB10/users/PUSER01", "/users/PUSER01"], wrote(host)
        assert left(simulator, "PUSER01") == {"role:limited_user"}, left(simulator, "PUSER01")
        assert ("PFREE01", "policy:PEPDK20:1") in changing.held(simulator)
        assert manual(told) == [("delete", "PUSER01", None)], told["manual"]
        assert told["manual"][0]["what"] == "Delete Puser01 (puser01@northwind.example) in PagerDuty; this connector cannot.", told["manual"]
        assert told["manual"][0]["url"] == f"{URL}/users/PUSER01" and told["manual"][0]["task"] == 1 and told["manual"][0]["new"], told["manual"]
        rows = [json.loads(line) for line in host.succeed("audit", "export", "PagerDuty").splitlines()]
        asked = [row for row in rows if row["phase"] in ("intent", "task")]
        assert len(asked) == 6 and asked[-1]["phase"] == "task" and asked[-1]["verb"] == "delete" and asked[-1]["user_id"] == "PUSER01", asked
        for row in asked:
            detail = json.loads(row["detail"])
            assert (detail["reason"], detail["ticket"]) == ("left", "T-9") and detail["by"], detail
        assert told["audit_head"] == host.succeed("audit", "head", "PagerDuty").strip()
        host.good()


def again(simulator):
    with begun(simulator, *DELETE) as host:
        host.tell(0, "PUSER01", "--successor", "PFREE01")
        tasks = host.tasks()
        simulator.forget_journal()
        told = host.tell(0, "PUSER01", "--successor", "PFREE01")
        assert items(told) == [("remove", "PUSER01", "role:limited_user", "ALREADY")], items(told)
        assert wrote(host) == [] and host.tasks() == tasks and len(tasks) == 1
        assert [(task["task"], task["new"]) for task in told["manual"]] == [(1, False)], told["manual"]
        host.good()


def last_one(simulator):
    """Nobody is put there whom nobody named."""
    with begun(simulator) as host:
        told = host.tell(3, "PUSER01")
        assert items(told)[0] == ("remove", "PUSER01", "policy:PEPDK20:1", "REFUSED"), items(told)
        assert left(simulator, "PUSER01") == {"policy:PEPDK20:1", "role:limited_user"}, left(simulator, "PUSER01")
        assert host.open_tasks() == [
            ("PUSER01", "Replace Puser01 (puser01@northwind.example) at the policy Dock Primary / level 1 in PagerDuty: nobody else is there, so they"
             " could not be taken off.", f"{URL}/escalation_policies/PEPDK20")], host.open_tasks()
        # A successor does what the task asks for, and the next sync sees it.
        told = host.tell(0, "PUSER01", "--successor", "PFREE01")
        assert [item[3] for item in items(told)] == ["OK", "OK", "ALREADY"] and told["manual"] == [], told
        assert len(host.open_tasks()) == 1
        host.good()
        assert host.open_tasks() == []


def team_behind_policy(simulator):
    """The only target of a policy cannot leave its team either: told, and done once that is."""
    with begun(simulator) as host:
        told = host.tell(3, "PLIMIT1")
        assert [(item[2], item[3]) for item in items(told)] == [
            ("policy:PEPHB20:2", "REFUSED"), ("team:PHARB10:responder", "REFUSED"), ("team:PQUAY10:manager", "OK"), ("role:limited_user", "ALREADY")], items(told)
        assert manual(told) == [("access", "PLIMIT1", "policy:PEPHB20:2"), ("access", "PLIMIT1", "team:PHARB10:responder")], manual(told)
        simulator.mutate({"op": "add_target", "policy": "PEPHB20", "level": 2, "user": "PFREE01"})
        told = host.tell(0, "PLIMIT1")
        assert [item[3] for item in items(told)] == ["OK", "OK", "ALREADY"] and left(simulator, "PLIMIT1") == {"role:limited_user"}, items(told)
        assert len(host.open_tasks()) == 2
        host.sync().expect(0)
        assert host.open_tasks() == []


def several_on_one_level(simulator):
    """Both of the two who are there leave: one successor, put there once."""
    with begun(simulator) as host:
        told = host.tell(0, "PUSER01", "POBSER1", "--successor", "PFREE01")
        adds = [item for item in items(told) if item[0] == "add"]
        assert sorted(adds) == [("add", "PFREE01", "policy:PEPDK20:1", "OK"), ("add", "PFREE01", "policy:PEPFR20:1", "OK")], adds
        kinds = [item[2].split(":")[0] for item in items(told) if item[0] == "remove"]
        assert kinds == ["policy", "policy", "policy", "team", "role", "role"], kinds
        assert left(simulator, "PUSER01") == {"role:limited_user"} and left(simulator, "POBSER1") == {"role:observer"}
        assert {who for who, entitlement in changing.held(simulator) if entitlement == "policy:PEPFR20:1"} == {"PFREE01"}
        host.good()


def not_needed(simulator):
    """A successor comes in only where nobody else would be left."""
    with begun(simulator) as host:
        told = host.tell(0, "POBSER1", "--successor", "PFREE01")
        assert items(told) == [("remove", "POBSER1", "policy:PEPFR20:1", "OK"), ("remove", "POBSER1", "role:observer", "ALREADY")], items(told)
        host.good()


def mixed_level(simulator):
    """The only person beside a schedule is not the last one: the service decides that, not the snapshot."""
    changes = [{"op": "set_policy", "policy": "PEPHB20", "levels": [{"schedules": ["PSCHB30"], "users": ["PLIMIT1"]}]}]
    with begun(simulator, changes=changes) as host:
        told = host.tell(0, "PLIMIT1", "--successor", "PFREE01")
        assert [item for item in items(told) if item[0] == "add"] == [], items(told)
        assert left(simulator, "PLIMIT1") == {"role:limited_user"}


def unfit_successor(simulator):
    with begun(simulator) as host:
        told = host.tell(3, "PUSER01", "--successor", "PSTAKE1")
        assert items(told)[:2] == [("add", "PSTAKE1", "policy:PEPDK20:1", "REFUSED"), ("remove", "PUSER01", "policy:PEPDK20:1", "NOT_ATTEMPTED")], items(told)
        assert told["items"][1]["error"]["code"] == "not_succeeded", told["items"][1]
        assert manual(told) == [("access", "PUSER01", "policy:PEPDK20:1")] and told["manual"][0]["what"].startswith("Replace "), told["manual"]
        assert left(simulator, "PUSER01") == {"policy:PEPDK20:1", "role:limited_user"}
        host.good()


def wrong_successor(simulator):
    with begun(simulator) as host:
        for successor, code in (("PUSER01", "successor_leaves"), ("nobody@northwind.example", "no_such_user")):
            done = host.run("terminate", "PagerDuty", "PUSER01", "--successor", successor, "--json")
            assert done.returncode in (1, 2) and json.loads(done.stdout)["errors"][0]["code"] == code, done.stdout
        assert wrote(host) == [] and host.tasks() == []


def dry_run(simulator):
    with begun(simulator, *DELETE) as host:
        before = harbour.look(simulator)
        said = host.tell(0, "PLIMIT1", "--successor", "PFREE01", "--dry-run")
        assert harbour.look(simulator) == before and wrote(host) == [] and host.tasks() == [] and said["audit_head"] is None
        assert [item["status"] for item in said["items"]] == ["OK", "FORETOLD", "FORETOLD", "OK", "ALREADY"], items(said)
        assert [(task["task"], task["new"], task["about"]) for task in said["manual"]] == [(None, True, "delete")], said["manual"]
        done = host.tell(0, "PLIMIT1", "--successor", "PFREE01")
        assert [item[:3] for item in items(said)] == [item[:3] for item in items(done)], items(done)
        assert [item[3] for item in items(done)] == ["OK", "OK", "OK", "OK", "ALREADY"], items(done)
        assert [task["what"] for task in said["manual"]] == [task["what"] for task in done["manual"]]
        assert not [item for item in done["items"] if "stays" in (item["attributes"] or {})], "told to stay where it goes in the same run"


def dry_run_tells_what_stays(simulator):
    """Whom a schedule still pages cannot leave the team, and a dry run says so."""
    changes = [{"op": "add_schedule_user", "schedule": "PSCHB30", "user": "PLIMIT1"}]
    with begun(simulator, changes=changes) as host:
        said = host.tell(3, "PLIMIT1", "--successor", "PFREE01", "--dry-run")
        done = host.tell(3, "PLIMIT1", "--successor", "PFREE01")
        for told in (said, done):
            assert [item for item in items(told) if item[3] == "REFUSED"] == [("remove", "PLIMIT1", "team:PHARB10:responder", "REFUSED")], items(told)
        assert manual(said) == manual(done) == [
            ("access", "PLIMIT1", "schedule:PSCHB30"), ("access", "PLIMIT1", "team:PHARB10:responder")], (manual(said), manual(done))


# ---- what is left to a person ----

def schedules(simulator):
    """Nobody is taken off a schedule from here; being paged through it goes along, and is no task of its own."""
    with begun(simulator) as host:
        told = host.tell(0, "PLIMIT2")
        assert items(told) == [("remove", "PLIMIT2", "role:limited_user", "ALREADY")], items(told)
        assert manual(told) == [("access", "PLIMIT2", "schedule:PSCHB30")], told["manual"]
        assert host.open_tasks() == [("PLIMIT2", "Take Plimit2 (plimit2@northwind.example) off the schedule Weekly in PagerDuty; this connector cannot.",
                                      f"{URL}/schedules/PSCHB30")], host.open_tasks()


def promises(simulator):
    """What the app promises decides whether the user is somebody's task."""
    for options, wanted in (((), []), (("--app", "deactivate_on_termination=true"), ["deactivate"]), (DELETE, ["delete"]),
                            ((*DELETE, "--app", "deactivate_on_termination=true"), ["deactivate", "delete"])):
        with begun(simulator, *options) as host:
            told = host.tell(0, "PFREE01")
            assert [task["about"] for task in told["manual"]] == wanted, (options, told["manual"])


def closed(simulator):
    """Each task is closed by the sync that finds the thing gone, and by no other."""
    with begun(simulator, *DELETE) as host:
        host.tell(0, "PLIMIT2")
        host.sync().expect(0)
        assert len(host.open_tasks()) == 2
        status = json.loads(host.run("status", "--json").stdout)["apps"][0]
        assert status["tasks_open"] == 2, status
        assert host.succeed("status").splitlines()[1].split()[-1] == "2"
        another_on_schedule(simulator)
        host.sync().expect(0)
        assert [what.split()[0] for _, what, _ in host.open_tasks()] == ["Delete"], host.tasks()
        simulator.mutate({"op": "delete_user", "user": "PLIMIT2"})
        host.sync().expect(0)
        assert host.open_tasks() == [] and all(task["closed"] >= task["opened"] for task in host.tasks()), host.tasks()
        assert list(host.tasks()[0]) == ["task", "opened", "user_id", "what", "url", "closed"]
        rows = [json.loads(line) for line in host.succeed("show", "PagerDuty", "tasks", "--json").splitlines()][1:]
        assert [row["task"] for row in rows] == [1, 2] and all(row["closed"] for row in rows), rows
        assert json.loads(host.run("status", "--json").stdout)["apps"][0]["tasks_open"] == 0


def gone_whole(simulator):
    """Of whoever is deleted right after, nothing is kept for having been given a moment ago, and what is counted is what is there."""
    with begun(simulator, *DELETE) as host:
        host.tell(0, "PUSER01", "--successor", "PFREE01")
        simulator.mutate({"op": "delete_user", "user": "PUSER01"}, {"op": "delete_policy", "policy": "PEPFR20"})
        for removed in (True, False):
            told = host.sync("--full").expect(0).told
            shown = [row["user_id"] for row in host.rows("grants")]
            assert told["grants"] == len(shown) and "PUSER01" not in shown and (told["removed"] > 0) == removed, (told, shown)
        account.same(host.grants(), account.grants_of(simulator))


def not_known(simulator):
    """What the snapshot does not know is not taken, and nobody is told that it was: by what the service says, and where a list was not whole."""
    given = {"op": "add_member", "team": "PDOCK10", "user": "PUSER01", "role": "manager"}
    with begun(simulator) as host:
        simulator.mutate(given)
        told = host.tell(3, "PUSER01", "--successor", "PFREE01")
        assert told["beyond"] == ["puser01@northwind.example also holds team:PDOCK10:manager, which the last list does not know: idc-host sync PagerDuty, "
                                  "and then the same command again, takes it."] and told["failed"] == 0, told
        host.sync().expect(0)
        assert host.tell(0, "PUSER01")["beyond"] == [] and left(simulator, "PUSER01") == {"role:limited_user"}
    with begun(simulator) as host:
        simulator.mutate({**given, "user": "PRESTR1"})
        simulator.faults({"match": {"route": "/teams/{id}/members", "times": 0}, "action": {"status": 403, "body": "{}"}})
        host.sync().expect(3)
        simulator.clear_faults()
        told = host.tell(3, "PRESTR1")
        (beyond,) = told["beyond"]
        assert beyond.startswith("The last list was not whole, so who leaves may hold more than it knows, of which nothing was taken: PagerDuty answered "), told
        assert beyond.endswith("Put that right, run idc-host sync PagerDuty, and give the same command again."), told
        assert host.run("terminate", "PagerDuty", "PRESTR1").stderr == f"Warning: {beyond}\n"
        assert f"\nThis is what the list of {told['as_of']} knows. For what was given since: " in host.run("terminate", "PagerDuty", "PRESTR1").stdout
        host.sync().expect(0)
        assert host.tell(0, "PRESTR1")["beyond"] == [] and left(simulator, "PRESTR1") == {"role:restricted_access"}, left(simulator, "PRESTR1")


def not_closed(simulator):
    """A list that could not be read whole closes nothing."""
    with begun(simulator, *DELETE) as host:
        host.tell(0, "PLIMIT2")
        another_on_schedule(simulator)
        simulator.faults({"match": {"route": "/schedules", "times": 0}, "action": {"status": 403, "body": "{}"}})
        host.sync().expect(3)
        assert len(host.open_tasks()) == 2, host.tasks()
        simulator.clear_faults()
        host.sync().expect(0)
        assert len(host.open_tasks()) == 1, host.tasks()


# ---- what is refused ----

def protected(simulator):
    with begun(simulator, *DELETE, "--app", "protected=pfree01@northwind.example") as host:
        told = host.tell(1, harbour.OWNER_EMAIL, "PFREE01")
        assert [item["error"]["code"] for item in told["items"]] == ["protected", "protected"] and told["manual"] == [], told
        assert wrote(host) == [] and host.tasks() == []
        path = host.folder / "leavers.csv"
        path.write_text("user\nPFREE01\nnobody@northwind.example\nPADMIN1\npadmin1@northwind.example\n")
        told = host.tell(3, "--file", str(path))
        said = {item["error"]["code"] for item in told["items"] if item["error"]}
        assert said == {"protected", "no_such_user", "twice"}, told["items"]
        assert manual(told) == [("delete", "PADMIN1", None)] and left(simulator, "PADMIN1") == {"role:limited_user"}, told
        host.good()


def guarded(simulator):
    with begun(simulator, *DELETE, "--app", "change_guard.at_least=2", "--app", "change_guard.percent=100") as host:
        told = host.tell(5, "PUSER01", "--successor", "PFREE01")
        assert told["held"] and told["removals"] == 4 and told["manual"] == [] and wrote(host) == [] and host.tasks() == [], told
        told = host.tell(0, "PUSER01", "--successor", "PFREE01", "--accept", told["digest"])
        assert left(simulator, "PUSER01") == {"role:limited_user"} and len(host.tasks()) == 1


def trusted_for_reading(simulator):
    harbour.build(simulator)
    with Leaving(IDC_HOST, MODULES, simulator).connected("--trust", "read") as host:
        simulator.forget_journal()
        told = host.tell(1, "PUSER01")
        assert told["errors"][0]["code"] == "trust_read" and simulator.journal() == [] and host.tasks() == [], told


def usage(simulator):
    with begun(simulator) as host:
        path = host.folder / "leavers.csv"
        path.write_text("user,entitlement\nPUSER01,role:user\n")
        for arguments in ((), ("PUSER01", "--file", str(path)), ("--file", str(path))):
            done = host.run("terminate", "PagerDuty", *arguments)
            assert done.returncode == 2 and done.stderr.startswith("Error: "), (arguments, done)
        assert wrote(host) == []


def stakeholders(simulator):
    """Theirs is a chain of its own: the lowest of it is as low as it gets, of the other one a person has to decide."""
    with begun(simulator) as host:
        told = host.tell(0, "PSTAKE2")
        assert items(told) == [("remove", "PSTAKE2", "role:read_only_limited_user", "ALREADY")] and told["manual"] == [], told
        told = host.tell(1, "PSTAKE1")
        assert items(told) == [("remove", "PSTAKE1", "role:read_only_user", "REFUSED")], items(told)
        assert manual(told) == [("access", "PSTAKE1", "role:read_only_user")] and "set fallback_role" in told["manual"][0]["what"], told["manual"]


# ---- what goes wrong ----

def later(simulator, exits, status, method, action):
    """What may work later is no task for a person, and the same command does it."""
    with begun(simulator, *DELETE) as host:
        simulator.faults({"match": {"route": "/escalation_policies/{id}", "method": method, "times": 0}, "action": {"body": "{}", **action}})
        told = host.tell(exits, "POBSER1")
        assert items(told)[0] == ("remove", "POBSER1", "policy:PEPFR20:1", status) and manual(told) == [("delete", "POBSER1", None)], told
        simulator.clear_faults()
        host.tell(0, "POBSER1")
        assert left(simulator, "POBSER1") == {"role:observer"} and len(host.tasks()) == 1
        host.good()


def killed(simulator):
    """At every request, before and after it is done: the same command ends right, with one task for each thing."""
    with begun(simulator, *DELETE) as host:
        host.keep()
        host.tell(0, "PUSER01", "--successor", "PFREE01")
        wanted = harbour.look(simulator)
        requests = len(simulator.journal())
        for nth in range(1, requests + 1):
            for what in (BEFORE, AFTER):
                harbour.build(simulator)
                host.go_back()
                simulator.faults({"match": {"nth": nth}, "action": what})
                process = host.start("--quiet", "terminate", "PagerDuty", "PUSER01", "--successor", "PFREE01")
                while process.poll() is None and simulator.fault_counts()[0]["fired"] == 0:
                    pass
                process.kill()
                process.wait()
                process.stdout.close()
                simulator.clear_faults()
                host.tell(0, "PUSER01", "--successor", "PFREE01")
                assert harbour.look(simulator) == wanted, f"request {nth}: {sorted(harbour.look(simulator) ^ wanted, key=str)}"
                assert len(host.tasks()) == 1, host.tasks()
                host.good()


def main():
    with Simulator() as simulator:
        for name, behaviour in (
                ("all goes in an order that works, journalled with its reason, and the user's page is a task", all_in_order),
                ("the same command again is already so, and opens no second task", again),
                ("the only one there stays without a successor, and is a task until somebody takes the place", last_one),
                ("who cannot leave a policy cannot leave its team: both are tasks, and the same command goes on later", team_behind_policy),
                ("of several who leave one level together one is succeeded, once", several_on_one_level),
                ("a successor is put nowhere that others are", not_needed),
                ("a successor is put nowhere that a schedule pages somebody", mixed_level),
                ("where the successor cannot be put, nothing is taken and a person is asked", unfit_successor),
                ("a successor who is not known or leaves too is refused before anything is done", wrong_successor),
                ("a dry run foretells items and tasks, and does nothing", dry_run),
                ("a dry run says what a schedule will keep", dry_run_tells_what_stays),
                ("schedules are left to a person, and being paged through them goes along", schedules),
                ("a base role that cannot go lower is as it should be", stakeholders),
                ("deactivating and deleting are tasks as the app says", promises),
                ("a task is closed by the sync that finds the thing gone; show and status tell", closed),
                ("who is deleted a moment later is gone with all that was held", gone_whole),
                ("what the last list does not know is not said to be taken", not_known),
                ("a list that is not whole closes no task", not_closed),
                ("who is protected, not known or named twice is refused, and the others are done", protected),
                ("the change guard holds it before the first write and before the first task", guarded),
                ("an app that is trusted for reading takes nothing from anybody", trusted_for_reading),
                ("what is asked for wrongly is refused", usage),
                ("killed at any request, the same command ends right with one task", killed)):
            tap.check(name, behaviour, simulator)
        for name, *how in (("an outage", 3, "UNAVAILABLE", "GET", {"status": 503}), ("a write that does not come through", 4, "INDETERMINATE", "PUT", {"status": 503}),
                           ("a rate limit", 7, "NOT_ATTEMPTED", "GET", {"status": 429, "headers": {"ratelimit-reset": "900"}})):
            tap.check(f"{name} is no task, and the same command does it later", later, simulator, *how)
    tap.finish()


if __name__ == "__main__":
    main()
