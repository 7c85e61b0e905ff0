#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""idc-host killed at every request of its changes, before and after PagerDuty did what was asked: the same command again ends right, every
person is invited once, and the journal proves itself. usage: change-kills.py IDC_HOST MODULES
"""
import sys

import changing
import harbour
import tap
from changing import AFTER, BEFORE
from simulator import Simulator

IDC_HOST, MODULES = sys.argv[1:]
NEW = [{"op": "add_user", "id": f"PNEW00{n}", "name": f"New {n}", "email": f"new{n}@northwind.example", "role": "limited_user"} for n in range(1, 8)]
MIXED = [
    ("add", "PNEW001", "team:PQUAY10:observer"), ("add", "PNEW002", "team:PQUAY10:responder"), ("add", "new3@northwind.example", "team:PHARB10:manager"),
    ("add", "PLIMIT1", "team:PHARB10:manager"), ("add", "PADMIN1", "team:PQUAY10:manager"), ("add", "PNEW004", "policy:PEPFR20:1"),
    ("add", "PNEW005", "policy:PEPFR20:1"), ("add", "PNEW001", "policy:PEPHB20:2"), ("add", "PNEW006", "policy:PEPHB20:1"),
    ("add", "PNEW007", "policy:PEPDK20:1"), ("add", "PNEW002", "role:user"), ("add", "PFREE01", "role:observer"), ("add", "PSTAKE1", "role:limited_user"),
    ("remove", "PLIMIT1", "team:PQUAY10:manager"), ("remove", "PUSER01", "team:PHARB10:observer"), ("remove", "POBSER1", "policy:PEPFR20:1"),
    ("remove", "PUSER01", "policy:PEPFR20"), ("remove", "PUSER01", "policy:PEPDK20:1"), ("remove", "PADMIN1", "role:admin"),
    ("remove", "PUSER01", "role:user"),
]
MIXED_COME = {
    ("PNEW001", "team:PQUAY10:observer"), ("PNEW002", "team:PQUAY10:responder"), ("PNEW003", "team:PHARB10:manager"), ("PLIMIT1", "team:PHARB10:manager"),
    ("PADMIN1", "team:PQUAY10:manager"), ("PNEW004", "policy:PEPFR20:1"), ("PNEW005", "policy:PEPFR20:1"), ("PNEW001", "policy:PEPHB20:2"),
    ("PNEW006", "policy:PEPHB20:1"), ("PNEW007", "policy:PEPDK20:1"), ("PNEW002", "role:user"), ("PFREE01", "role:observer"), ("PSTAKE1", "role:limited_user"),
    ("PADMIN1", "role:limited_user"), ("PUSER01", "role:limited_user"),
    # whom a policy of a team pages is put on the team first
    ("PNEW001", "team:PHARB10:observer"), ("PNEW006", "team:PHARB10:observer"), ("PNEW007", "team:PDOCK10:observer"),
}
MIXED_GO = {
    ("PLIMIT1", "team:PHARB10:responder"), ("PNEW002", "role:limited_user"), ("PFREE01", "role:limited_user"), ("PSTAKE1", "role:read_only_user"),
    ("PLIMIT1", "team:PQUAY10:manager"), ("PUSER01", "team:PHARB10:observer"), ("POBSER1", "policy:PEPFR20:1"), ("PUSER01", "policy:PEPFR20:1"),
    ("PUSER01", "policy:PEPDK20:1"), ("PADMIN1", "role:admin"), ("PUSER01", "role:user"),
}
PEOPLE = [("One@Northwind.example", "Person One", "user", "team:PQUAY10:responder;policy:PEPFR20:1"), ("two@northwind.example", "Person Two", "", ""),
          ("three@northwind.example", "Person Three", "observer", "team:PHARB10:observer")]


def begin(sim, host):
    harbour.build(sim, *NEW)
    host.go_back()
    sim.forget_journal()


def uninterrupted(sim, host, command, rows):
    """The state that is wanted, and the requests of a run that nothing disturbs."""
    begin(sim, host)
    before = changing.held(sim)
    host.change(0, command, rows)
    after = changing.held(sim)
    if command == "provision":
        assert sorted(entitlement for _, entitlement in after - before) == [
            "policy:PEPFR20:1", "role:limited_user", "role:observer", "role:user", "team:PHARB10:observer", "team:PQUAY10:responder"]
    else:
        assert (after - before, before - after) == (MIXED_COME, MIXED_GO), (after - before ^ MIXED_COME, before - after ^ MIXED_GO)
    return harbour.look(sim), [entry["method"] for entry in sim.journal()]


def without_ids(facts):
    """The state with people known by their addresses: who is invited later has another id."""
    names = {fact[1]: fact[3] for fact in facts if fact[0] == "user" and fact[2] == "email"}
    return {tuple(names.get(part, part) for part in fact) for fact in facts if fact[:1] + fact[2:3] != ("user", "id")}


def completed(sim, host, command, rows, wanted, where):
    host.change(0, command, rows)
    host.succeed("audit", "verify", "PagerDuty")
    found = without_ids(harbour.look(sim))
    assert found == wanted, f"{where}: {sorted(found ^ wanted, key=str)}"
    assert set(sim.invitations().values()) <= {1}, f"{where}: {sim.invitations()}"


def killed(sim, command, rows):
    harbour.build(sim, *NEW)
    with changing.Changing(IDC_HOST, MODULES, sim).may_write() as host:
        host.keep()
        wanted, methods = uninterrupted(sim, host, command, rows)
        wanted = without_ids(wanted)
        boundaries = [(n, BEFORE) for n in range(1, len(methods) + 1)]
        boundaries += [(n, AFTER) for n, method in enumerate(methods, 1) if method in changing.WRITES]
        for count, (nth, fault) in enumerate(boundaries):
            where = f"killed {'before' if fault is BEFORE else 'after'} request {nth} ({methods[nth - 1]}) of {len(methods)}"
            begin(sim, host)
            assert host.killed_at({"match": {"nth": nth}, "action": fault}, command, rows), f"{where}: it ended before it was killed"
            if count % 6 == 1:  # a sync before the same command comes again
                host.sync().expect(0)
            completed(sim, host, command, rows, wanted, where)
            if count % 3 == 0:
                host.good()
                sim.forget_journal()
                told = host.change(0, command, rows)
                assert set(changing.statuses(told)) == {"ALREADY"} and host.writes() == [], f"{where}: the third run wrote"
        print(f"# killed {len(boundaries)} times, at each of {len(methods)} requests")


# command, rows, the request that is met, whether it was done
SETTLED = [
    ("an invitation", "provision", [PEOPLE[1]], {"route": "/users", "method": "POST"}),
    ("a membership", "add", [MIXED[0]], {"route": "/teams/{id}/users/{user_id}"}),
    ("a policy", "add", [MIXED[5]], {"route": "/escalation_policies/{id}", "method": "PUT"}),
    ("a base role", "add", [MIXED[10]], {"route": "/users/{id}", "method": "PUT"}),
    ("a membership's end", "remove", [MIXED[13]], {"route": "/teams/{id}/users/{user_id}"}),
    ("a target's end", "remove", [MIXED[15]], {"route": "/escalation_policies/{id}", "method": "PUT"}),
    ("a base role's end", "remove", [MIXED[18]], {"route": "/users/{id}", "method": "PUT"}),
]


def settled(sim, command, rows, match):
    """Another command after a kill asks what became of it, tells it once, and sends nothing of it."""
    harbour.build(sim, *NEW)
    with changing.Changing(IDC_HOST, MODULES, sim).may_write() as host:
        host.keep()
        for fault, outcome, exits in ((BEFORE, "not_done", 4), (AFTER, "holds", 0)):
            begin(sim, host)
            before = harbour.look(sim)
            assert host.killed_at({"match": match, "action": fault}, command, rows)
            done = harbour.look(sim)
            assert (done == before) == (fault is BEFORE), "the fault did not do what it should"
            told = host.change(exits, "add", [("add", "PNEW001", "team:PHARB10:observer")])
            assert [entry["outcome"] for entry in told["open"]] == [outcome], told["open"]
            assert harbour.look(sim) - done == {("grant", "PNEW001", "team:PHARB10:observer", "")}, "it was sent again, or something else was"
            assert host.change(0, "add", [("add", "PNEW001", "team:PHARB10:observer")])["open"] == []
            host.change(0, command, rows)
            host.good()
            assert set(sim.invitations().values()) <= {1}


def main():
    with Simulator(switches={"rate_limit": "0"}) as sim:
        tap.check("killed at every request of a mixed batch of 20, before and after it is done: the same command ends it", killed, sim, "add", MIXED)
        tap.check("killed at every request of invitations, before and after they are done: one invitation a person", killed, sim, "provision", PEOPLE)
        for name, command, rows, match in SETTLED:
            tap.check(f"{name} that a kill left open is settled by the next command, and not sent by it", settled, sim, command, rows, match)
    tap.finish()


if __name__ == "__main__":
    main()
