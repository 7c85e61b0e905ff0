#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Each kind of change, alone and in batches: foretold by a dry run, told exactly, in the snapshot at once, and not written again.

usage: change-effects.py IDC_HOST MODULES
"""
import sys

import account
import changing
import harbour
import tap
from simulator import Simulator

IDC_HOST, MODULES = sys.argv[1:]
PEOPLE = [("Ann.Lee@Northwind.example", "Ann Lee", "observer", ""), ("ben@northwind.example", "Ben", "", "team:PQUAY10:responder;policy:PEPFR20:1")]
ADDITIONS = [
    ("a membership", [("add", "PFREE01", "team:PQUAY10:observer")]),
    ("a membership in a private team", [("add", "PFREE01", "team:PDOCK10:responder")]),
    ("another team role", [("add", "PLIMIT1", "team:PHARB10:manager")]),
    ("a lower team role", [("add", "PLIMIT1", "team:PQUAY10:observer")]),
    ("a team role of an admin", [("add", "PADMIN1", "team:PHARB10:manager")]),
    ("a target", [("add", "PFREE01", "policy:PEPFR20:1")]),
    ("a target of a policy with a team", [("add", "PFREE01", "policy:PEPHB20:2")]),
    ("a target of a policy with a team, an admin", [("add", "PADMIN1", "policy:PEPHB20:2")]),
    ("a target beside schedules", [("add", "PUSER01", "policy:PEPHB20:1")]),
    ("a target who is paged through a schedule", [("add", "PLIMIT2", "policy:PEPHB20:1")]),
    ("a target on two levels", [("add", "PFREE01", "policy:PEPHB20:1"), ("add", "PFREE01", "policy:PEPHB20:2")]),
    ("a higher base role", [("add", "PFREE01", "role:user")]),
    ("a lower base role", [("add", "PUSER01", "role:restricted_access")]),
    ("a base role of stakeholders", [("add", "PFREE01", "role:read_only_user")]),
    ("a base role of those who work", [("add", "PSTAKE1", "role:observer")]),
    ("a base role of admins", [("add", "PUSER01", "role:admin")]),
]
REMOVALS = [
    ("a membership", [("remove", "PUSER01", "team:PHARB10:observer")]),
    ("a membership whatever the role", [("remove", "PLIMIT1", "team:PQUAY10")]),
    ("a target", [("remove", "PUSER01", "policy:PEPFR20:1")]),
    ("a target on whatever level", [("remove", "POBSER1", "policy:PEPFR20")]),
    ("a base role", [("remove", "PADMIN1", "role:admin")]),
    ("a base role of those who work", [("remove", "PUSER01", "role:user")]),
]
BATCHES = [
    ("many kinds of additions", [("add", "PFREE01", "team:PQUAY10:observer"), ("add", "PLIMIT1", "team:PHARB10:manager"), ("add", "PFREE01", "policy:PEPFR20:1"),
                                 ("add", "PLIMIT2", "policy:PEPFR20:1"), ("add", "PFREE01", "policy:PEPHB20:1"), ("add", "PUSER01", "role:admin"),
                                 ("add", "PSTAKE2", "role:limited_user")]),
    ("many kinds of removals", [("remove", "PUSER01", "team:PHARB10"), ("remove", "PLIMIT1", "team:PQUAY10:manager"), ("remove", "PUSER01", "policy:PEPFR20:1"),
                                ("remove", "PADMIN1", "role:admin"), ("remove", "PUSER01", "role:user")]),
    ("additions and removals", [("remove", "PUSER01", "policy:PEPFR20"), ("add", "PLIMIT2", "policy:PEPFR20:1"), ("remove", "PADMIN1", "role:admin"),
                                ("add", "PFREE01", "team:PHARB10:responder"), ("remove", "PLIMIT1", "team:PQUAY10"), ("add", "POBSER1", "role:user")]),
    ("a person on a team and on its policy", [("add", "PFREE01", "team:PHARB10:responder"), ("add", "PFREE01", "policy:PEPHB20:2")]),
    ("a stakeholder who is to work and to be paged", [("add", "PSTAKE1", "role:limited_user"), ("add", "PSTAKE1", "team:PQUAY10:observer"),
                                                      ("add", "PSTAKE1", "policy:PEPHB20:2")]),
]
# Removals that only the additions before them allow: a dry run asks for each of the two by itself.
SWAPS = [
    ("another only target of a level", [("add", "PFREE01", "policy:PEPDK20:1"), ("remove", "PUSER01", "policy:PEPDK20:1")]),
    ("all targets of a level", [("remove", "PUSER01", "policy:PEPFR20"), ("remove", "POBSER1", "policy:PEPFR20:1"), ("add", "PLIMIT2", "policy:PEPFR20:1")]),
]


def role_changed(told):
    return {user for verb, user, entitlement in changing.effects(told) if verb == "added" and entitlement.startswith("role:")}


def told_of(told, verb):
    return [effect for item in told["items"] for effect in item["effects"] if effect["verb"] == verb]


def unexplained(come, gone, told):
    """The facts that no effect tells of, those of grants apart."""
    made = {effect["user_id"] for effect in told_of(told, "created")}
    mailed = {("invited", effect["attributes"]["email"], 1) for effect in told_of(told, "invited")}
    changed = {effect["entitlement_id"] for effect in told_of(told, "changed")}
    for fact in come | gone:
        kind, who, *more = fact
        if kind == "grant" and more[1] == "" or kind == "user" and who in made and fact in come or fact in mailed and fact in come:
            continue
        # What follows from a base role: the role as an attribute, the licence, its seat.
        if kind == "user" and more[0] in ("role", "license_id", "license_name") and who in role_changed(told):
            continue
        if kind == "seats" and role_changed(told) or kind == "level" and who in changed:
            continue
        yield fact


def exact(before, after, told):
    """What is told is what happened: nothing more, nothing less."""
    grants = [{(user, entitlement) for kind, user, entitlement, via, *_ in ((*fact, None) for fact in facts if fact[0] == "grant") if via == ""}
              for facts in (before, after)]
    changing.explained(*grants, told)
    come, gone = after - before, before - after
    tap.empty(unexplained(come, gone, told))
    for effect in told_of(told, "created") + told_of(told, "invited"):
        assert ("user", effect["user_id"], "email", effect["attributes"]["email"]) in come, effect
    assert len(told_of(told, "invited")) == len([fact for fact in come if fact[0] == "invited"])
    for effect in told_of(told, "changed"):
        if effect["entitlement_id"] is not None:  # else a licence that goes with the role
            assert any(fact[:2] == ("level", effect["entitlement_id"]) for fact in come), effect


def essence(told):
    """What a dry run has to foretell; it does not know the ids of those whom it does not invite, nor gives them anything."""
    invited = {item["email"] for item in told["items"] if item["action"] == "provision"}
    return [(item["action"], item["email"], item["entitlement_id"], item["status"], item["attributes"],
             [(effect["verb"], None if item["email"] in invited else effect["user_id"], effect["entitlement_id"], effect["side"], effect["attributes"])
              for effect in item["effects"]]) for item in told["items"] if item["action"] == "provision" or item["email"] not in invited]


def foretold(sim, host, command, rows):
    before = harbour.look(sim)
    sim.forget_journal()
    told = host.change(0, command, rows, "--dry-run")
    assert host.writes() == [] and harbour.look(sim) == before, "a dry run wrote"
    assert all(effect["expected"] for item in told["items"] for effect in item["effects"])
    return essence(told)


def counted(grants):
    """Grants without how they count: that follows with the next sync."""
    return [grant[:-1] for grant in grants]


def one(sim, command, rows, foretells=True):
    harbour.build(sim)
    with changing.Changing(IDC_HOST, MODULES, sim).may_write() as host:
        before = harbour.look(sim)
        expected = foretold(sim, host, command, rows) if foretells else None
        told = host.change(0, command, rows)
        after = harbour.look(sim)
        assert set(changing.statuses(told)) == {"OK"} and host.writes() != []
        exact(before, after, told)
        assert expected in (None, essence(told)), "\n".join(f"foretold {one}\ndone {other}" for one, other in zip(expected, essence(told)) if one != other)
        assert all(effect["request_id"] and not effect["expected"] for item in told["items"] for effect in item["effects"]
                   if effect["entitlement_id"] is not None), told
        account.same(counted(host.grants()), counted(account.grants_of(sim)), "grants in the snapshot right after")
        sim.forget_journal()
        again = host.change(0, command, rows)
        assert set(changing.statuses(again)) == {"ALREADY"} and host.writes() == [] and changing.effects(again) == [], changing.statuses(again)
        assert harbour.look(sim) == after
        host.good()


def ten_times(sim):
    """Role, team and policies of one person, the policy's team included, given and taken ten times."""
    given = ["role:user", "team:PQUAY10:responder", "policy:PEPFR20:1", "team:PHARB10:observer", "policy:PEPHB20:1", "policy:PEPHB20:2"]
    taken = ["role:user", "team:PQUAY10", "policy:PEPFR20", "team:PHARB10:observer", "policy:PEPHB20"]
    harbour.build(sim)
    with changing.Changing(IDC_HOST, MODULES, sim).may_write() as host:
        start, policies = harbour.look(sim), sim.get("/escalation_policies?limit=100").json
        for _ in range(10):
            host.change(0, "add", [("add", "PFREE01", what) for what in given])
            assert {("PFREE01", what) for what in given} <= changing.held(sim)
            host.change(0, "remove", [("remove", "PFREE01", what) for what in taken])
        assert harbour.look(sim) == start, harbour.look(sim) ^ start
        assert sim.get("/escalation_policies?limit=100").json == policies
        host.good()


def main():
    with Simulator(switches={"rate_limit": "0"}) as sim:
        tap.check("invitations are foretold, told exactly, and sent once", one, sim, "provision", PEOPLE)
        for name, rows in ADDITIONS:
            tap.check(f"adding {name} is foretold, told exactly, and written once", one, sim, "add", rows)
        for name, rows in REMOVALS:
            tap.check(f"removing {name} is foretold, told exactly, and written once", one, sim, "remove", rows)
        for name, rows in BATCHES:
            tap.check(f"a batch of {name} is foretold, told exactly, and written once", one, sim, "add", rows)
        for name, rows in SWAPS:
            tap.check(f"a batch that puts somebody in the place of {name} is told exactly, and written once", one, sim, "add", rows, False)
        tap.check("adding and removing ten times ends where it began", ten_times, sim)
    tap.finish()


if __name__ == "__main__":
    main()
