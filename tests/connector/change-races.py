#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Changes while others change the same, while answers are lost, and while a sync runs. usage: change-races.py IDC_HOST MODULES"""
import sys
import time

import account
import changing
import harbour
import tap
from simulator import Simulator

IDC_HOST, MODULES = sys.argv[1:]
TEAM, USERS, POLICY = "/teams/{id}/users/{user_id}", "/users/{id}", "/escalation_policies/{id}"
READS = ["users.read", "teams.read", "escalation_policies.read", "abilities.read", "schedules.read"]
WRITES = ["users.write", "teams.write", "escalation_policies.write"]


def writing(sim, **settings):
    return changing.Changing(IDC_HOST, MODULES, sim).may_write(**settings)


# ---- somebody else edits the same policy ----

THEIRS = {"op": "add_target", "policy": "PEPFR20", "level": 1, "user": "PLIMIT2"}
OTHER_LEVEL = {"op": "set_policy", "policy": "PEPFR20", "levels": [{"users": ["PUSER01", "POBSER1"]}, {"users": ["PLIMIT2"]}]}
AT = {"before our read": None,
      "between our read and our write": {"route": POLICY, "method": "GET", "when": "after"},
      "after our write": {"route": POLICY, "method": "PUT", "when": "after"}}
OURS = {"add": [("add", "PFREE01", "policy:PEPFR20:1"), ("add", "PLIMIT1", "policy:PEPFR20:1")], "remove": [("remove", "PUSER01", "policy:PEPFR20:1")]}


def edited(sim, when, command, theirs, scopes, conflict):
    """What is ours is done and told; what is theirs is kept, or said to be lost and whose it was."""
    harbour.build(sim, scopes=[*READS, *WRITES, *scopes])
    with writing(sim) as host:
        sim.mutate(theirs, at=AT[when])
        time.sleep(0 if AT[when] else 1)  # what comes at the very moment of the read cannot be told from what comes after it
        rows = OURS[command]
        told = host.change(1 if conflict else 0, command, rows)
        held = {user for user, entitlement in changing.held(sim) if entitlement.startswith("policy:PEPFR20:")}
        assert ("PFREE01" in held) == (command == "add") and ("PUSER01" in held) == (command == "add"), held
        assert [effect[1:] for effect in changing.effects(told)] == [(user, entitlement) for _, user, entitlement in rows], told
        if not conflict:
            assert changing.statuses(told) == ["OK"] * len(rows)
            assert ("PLIMIT2" in held) == (when != "between our read and our write"), f"theirs is lost: {held}"
        for item in told["items"] if conflict else []:
            assert item["status"] == "CONFLICT" and item["attributes"]["actor"] and item["attributes"]["conflicting_request"], item
            assert item["error"]["message"] == (f"It was done, but {item['attributes']['actor']} changed the same policy at the same moment, and that "
                                                "change may be lost: look at the policy."), item
        assert len(host.writes()) == 1, host.writes()
        assert (sim.summary()["by_route"].get("GET /escalation_policies/{id}/audit/records", 0) > 0) == ("audit_records.read" in scopes)
        # Only theirs is called somebody else's.
        sim.clear_faults()
        host.sync("--full").expect(0)
        assert {row[1] for row in host.origins("outside") if row[2].startswith("policy:PEPFR20:")} <= {"PLIMIT2"}, host.origins("outside")
        account.same(host.grants(), account.grants_of(sim))


def keeps_changing(sim):
    """Somebody takes ours off again each time: bounded, and said."""
    harbour.build(sim)
    with writing(sim) as host:
        sim.mutate({"op": "remove_target", "policy": "PEPFR20", "level": 1, "user": "PFREE01"}, at={**AT["after our write"], "times": 0})
        told = host.change(1, "add", [OURS["add"][0]])
        assert told["items"][0]["status"] == "CONFLICT" and told["items"][0]["error"]["message"] == (
            "Somebody else keeps changing the same policy: try again later."), told
        assert 1 < len(host.writes()) < 6 and ("PFREE01", "policy:PEPFR20:1") not in changing.held(sim)
        changing.explained(changing.held(sim), changing.held(sim), told)


def one_after_another(sim):
    """Our own writes of a moment ago are nobody else's."""
    harbour.build(sim)
    with writing(sim) as host:
        for _ in range(2):
            host.change(0, "add", OURS["add"])
            time.sleep(0.3)  # on a busy machine an answer may be looked at that late
            host.change(0, "remove", [("remove", user, entitlement) for _, user, entitlement in OURS["add"]])
            time.sleep(0.3)


# ---- an answer that is lost ----

LOST = {"dropped": {"cut": "after"}, "dropped by a reset": {"cut": "after", "reset": True}, "cut in its headers": {"cut": "headers"},
        "an error after all": {"status": 500, "handle": True, "body": {"error": {"message": "Internal Server Error", "code": 2000}}},
        "HTML of a proxy": {"status": 502, "handle": True, "html": True}, "never to come": {"drip": changing.HELD}}
# what, command, rows, the write
ASKED = [
    ("an invitation", "provision", [("ann@northwind.example", "Ann", "observer", "")], ("/users", "POST")),
    ("a membership", "add", [("add", "PFREE01", "team:PQUAY10:observer")], (TEAM, "PUT")),
    ("a membership's end", "remove", [("remove", "PLIMIT1", "team:PQUAY10")], (TEAM, "DELETE")),
    ("a policy", "add", [("add", "PFREE01", "policy:PEPFR20:1")], (POLICY, "PUT")),
    ("a policy's end", "remove", [("remove", "PUSER01", "policy:PEPFR20")], (POLICY, "PUT")),
    ("a base role", "add", [("add", "PFREE01", "role:observer")], (USERS, "PUT")),
    ("a base role's end", "remove", [("remove", "PUSER01", "role:user")], (USERS, "PUT")),
]


def lost(sim, how, lag, command, rows, route, method):
    """It was carried out: found out by looking, told as done, and sent once, on a connection of its own."""
    harbour.build(sim)
    with writing(sim, timeout_s="5") as host:
        sim.set(read_lag_ms=lag)
        before = changing.held(sim)
        sim.forget_journal()
        sim.faults({"match": {"route": route, "method": method}, "action": how})
        told = host.change(0, command, rows)
        assert changing.statuses(told) == ["OK"], told
        assert sim.fault_counts()[0]["fired"] == 1
        changing.explained(before, changing.held(sim), told)
        assert len(host.writes()) == 1, [(entry["method"], entry["path"]) for entry in host.writes()]
        others = {entry["connection"] for entry in sim.journal() if entry["method"] == "GET"}
        assert host.writes()[0]["connection"] not in others, "a write went out on a connection that was kept alive"
        assert len(others) < len([entry for entry in sim.journal() if entry["method"] == "GET"]) or len(others) == 1, "no connection is kept alive at all"
        assert set(sim.invitations().values()) == ({1} if method == "POST" else set()), sim.invitations()
        host.good()


# ---- a sync meanwhile ----

# Where the list waits while changes are made: before that is read, so that the rest of it was read before them and this after.
WAITS = ["/users", "/teams", "/teams/{id}/members", "/escalation_policies", "/schedules"]
NEW_PEOPLE = [("ann@northwind.example", "Ann", "user", "team:PQUAY10:responder;policy:PEPFR20:1"), ("ben@northwind.example", "Ben", "", "")]
MEANWHILE = [("add", "PFREE01", "team:PQUAY10:observer"), ("add", "PLIMIT2", "policy:PEPHB20:2"), ("add", "PFREE01", "role:observer"),
             ("remove", "PLIMIT1", "team:PQUAY10"), ("remove", "PUSER01", "policy:PEPFR20:1"), ("remove", "PADMIN1", "role:admin"),
             ("add", "PLIMIT1", "team:PHARB10:manager")]


def meanwhile(sim, route, how_long=1200):
    """The snapshot ends right, and nothing of ours is called somebody else's."""
    harbour.build(sim)
    with writing(sim) as host:
        for delay in (how_long, 4 * how_long, 16 * how_long):
            sim.clear_faults()
            sim.faults({"match": {"route": route, "method": "GET"}, "action": {"delay_ms": delay}})
            process = host.start("--quiet", "sync", "PagerDuty", "--full")
            while sim.fault_counts()[0]["fired"] == 0 and process.poll() is None:
                time.sleep(0.005)
            host.change(0, "provision", NEW_PEOPLE)
            host.change(0, "add", MEANWHILE)
            overlapped = process.poll() is None
            assert process.wait(120) in (0, 3), "the sync failed"
            process.stdout.close()
            account.same(host.grants(), account.grants_of(sim), f"grants after the sync that waited at {route}")
            if overlapped:
                break
            harbour.build(sim)
            host.sync("--full").expect(0)
        else:
            raise AssertionError("the sync never ran beside the changes")
        told = [row[:3] for row in host.origins("platform") if row[0] != "user_changed"]
        assert len(told) == len(set(told)), f"told twice: {sorted(told)}"
        people = {row["user_id"] for row in host.rows("users")}
        assert people == {person["id"] for person in sim.state()["principals"]}, "somebody is missing, or there twice"
        host.good()
        assert host.origins("unknown") == []


def main():
    with Simulator(switches={"rate_limit": "0"}) as sim:
        audit = ["audit_records.read"]
        for command in OURS:
            for when in AT:
                conflict = when == "between our read and our write"
                tap.check(f"{command}: a policy that somebody edits {when}: {'told as a conflict with the actor' if conflict else 'kept'}", edited, sim, when,
                          command, THEIRS, audit, conflict)
        tap.check("another level that somebody adds between is told as a conflict, too", edited, sim, "between our read and our write", "add", OTHER_LEVEL,
                  audit, True)
        for when in AT:
            tap.check(f"without the audit trail a policy that somebody edits {when} makes no error of ours", edited, sim, when, "add", THEIRS, [], False)
        tap.check("somebody who undoes each write of ours is told as a conflict, after a few of them", keeps_changing, sim)
        tap.check("our own writes of a moment ago are no conflict", one_after_another, sim)
        for what, command, rows, (route, method) in ASKED:
            for how, action in LOST.items():
                if method == "POST" or how in ("dropped", "an error after all"):
                    tap.check(f"{what} whose answer is {how} is sent once", lost, sim, action, 0, command, rows, route, method)
        tap.check("an invitation whose answer is dropped, of somebody who is not to be seen at once, is sent once", lost, sim, LOST["dropped"], 1500,
                  *ASKED[0][1:3], *ASKED[0][3])
        for route in WAITS:
            tap.check(f"changes beside a sync that waits at {route} are in the snapshot, and ours", meanwhile, sim, route)
    tap.finish()


if __name__ == "__main__":
    main()
