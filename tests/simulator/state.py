#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""The auditor's view: equal, line for line, to what a brute walk over the REST answers comes to."""
import csv
import io

import tap
from simulator import Simulator

ROLES = {"owner": "Account Owner", "admin": "Global Admin", "user": "Manager", "limited_user": "Responder", "observer": "Observer",
         "restricted_access": "Restricted Access", "read_only_user": "Full Stakeholder", "read_only_limited_user": "Limited Stakeholder"}


class Walk:
    """The grants of an account by its REST answers alone."""

    def __init__(self, sim):
        self.sim = sim
        self.abilities = sim.get("/abilities").json["abilities"]
        self.users = {user["id"]: user for user in sim.everything("/users", "users")}
        self.rows = []
        self.plans = {}

    def grant(self, user_id, entitlement, kind, name, via="", effective=""):
        self.rows.append([user_id, self.users[user_id]["email"], entitlement, kind, name, via, effective])

    def teams(self):
        roles = "advanced_permissions" in self.abilities
        for team in self.sim.everything("/teams", "teams"):
            for member in self.sim.everything(f"/teams/{team['id']}/members", "members"):
                user = self.users[member["user"]["id"]]
                role = member["role"] if roles else "member"
                self.grant(user["id"], f"team:{team['id']}:{role}", "group", f"{team['name']} / {role}", "",
                           "manager" if user["role"] in ("owner", "admin") else "")

    def alive(self, refs):
        return [ref["id"] for ref in refs if ref["id"] in self.users and ref["self"] is not None]

    def schedules(self, v3):
        for plan in self.sim.everything("/schedules", "schedules"):
            self.plans[plan["id"]] = (plan["name"], self.alive(plan["users"]))
        for ref in self.sim.get("/v3/schedules?limit=1000").json["schedules"] if v3 else []:
            plan = self.sim.get(f"/v3/schedules/{ref['id']}").json["schedule"]
            members = {member["user_id"] for rotation in plan["rotations"] for event in rotation["events"]
                       for member in event["assignment_strategy"]["members"] if member["type"] == "user_member"}
            assert members == set(self.alive(plan["users"]))
            self.plans[plan["id"]] = (plan["name"], sorted(members))
        for plan_id, (name, users) in self.plans.items():
            for user_id in users:
                self.grant(user_id, f"schedule:{plan_id}", "schedule", name)

    def policies(self):
        for policy in self.sim.everything("/escalation_policies", "escalation_policies"):
            for level, rule in enumerate(policy["escalation_rules"], 1):
                entitlement = f"policy:{policy['id']}:{level}"
                name = f"{policy['name']} / level {level}"
                for user_id in self.alive([target for target in rule["targets"] if target["type"] == "user_reference"]):
                    self.grant(user_id, entitlement, "policy", name)
                indirect = {}
                for target in rule["targets"]:
                    if target["type"].startswith("schedule") and target["self"] is not None and target["id"] in self.plans:
                        for user_id in self.plans[target["id"]][1]:
                            indirect.setdefault(user_id, []).append(f"schedule:{target['id']}")
                for user_id, plans in indirect.items():
                    self.grant(user_id, entitlement, "policy", name, ";".join(sorted(plans)))

    def csv(self, v3=False):
        for user in self.users.values():
            self.grant(user["id"], f"role:{user['role']}", "role", ROLES.get(user["role"], user["role"]))
        if "teams" in self.abilities:
            self.teams()
        self.schedules(v3)
        self.policies()
        lines = []
        for row in self.rows:
            out = io.StringIO()
            csv.writer(out, lineterminator="\n").writerow(row)
            lines.append(out.getvalue().encode())
        return b"".join(sorted(lines)).decode()


def equal(sim, world):
    sim.reset(**world)
    walked = Walk(sim).csv()
    told = sim.csv(header=0)
    if told != walked:
        missing = sorted(set(walked.splitlines()) - set(told.splitlines()))
        extra = sorted(set(told.splitlines()) - set(walked.splitlines()))
        raise AssertionError(f"missing: {missing[:5]}\nextra: {extra[:5]}")
    assert told.count("\n") == sim.counts()["grants"]


def with_shifts(sim):
    sim.reset(users=80, schedules=5, schedules_v3=6, policies=30)
    assert sim.csv(header=0, v3=1) == Walk(sim).csv(v3=True)
    assert sim.csv(header=0) == Walk(sim).csv()
    assert sim.csv(header=0) != sim.csv(header=0, v3=1)


def after_changes(sim):
    sim.reset(users=60, policies=10, schedules=5)
    sim.mutate({"op": "delete_user", "user": 7}, {"op": "delete_user", "user": 9, "deleted_at": False},
               {"op": "delete_user", "user": 9, "stubs": False}, {"op": "delete_schedule", "schedule": 1},
               {"op": "upgrade_schedule", "schedule": 0}, {"op": "delete_team", "team": 0}, {"op": "set_role", "user": 3, "role": "admin"},
               {"op": "rename_team", "team": 1, "name": "New, \"name\""},
               {"op": "add_policy", "name": "Both", "levels": [{"users": [5], "schedules": [0, 1]}, {"users": [5, 6]}]})
    assert sim.csv(header=0) == Walk(sim).csv()


def direct_and_indirect(sim):
    sim.reset(users=60, policies=10, schedules=5)
    rows = list(csv.DictReader(io.StringIO(sim.csv())))
    by_place = {}
    for row in rows:
        if row["kind"] == "policy":
            by_place.setdefault((row["user_id"], row["entitlement_id"]), []).append(row["via"])
    assert any("" in via and len(via) == 2 for via in by_place.values()), "a person both direct and indirect on a level"
    assert any(";" in one for via in by_place.values() for one in via), "a person on a level through two schedules"


def named_twice(sim):
    sim.reset(users=10, schedules=2)
    policy = sim.mutate({"op": "add_policy", "name": "Twice", "levels": [{"users": [1, 1]}, {"schedules": [0, 1, 0]}]})["applied"][0]["id"]
    assert sim.csv().count(f"policy:{policy}:1") == 1
    plans = {grant["user_id"]: grant["via"] for grant in sim.state()["grants"] if grant["entitlement_id"] == f"policy:{policy}:2"}
    assert plans and all(len(set(via)) == len(via) for via in plans.values())


def grants_name_what_is_listed(sim):
    sim.reset(users=120, future_roles=2, schedules_v3=2)
    state = sim.state(v3=1)
    people = {user["id"] for user in state["principals"]}
    things = {entitlement["id"]: entitlement for entitlement in state["entitlements"]}
    resources = {resource["id"] for resource in state["resources"]}
    assert len(people) == 120 and len(things) == len(state["entitlements"]) and "role:harbour_master" in things
    assert {f"role:{role}" for role in ROLES} <= set(things), "all base roles, held or not"
    assert not things["role:owner"]["assignable"] and not things["role:harbour_master"]["assignable"]
    for grant in state["grants"]:
        assert grant["user_id"] in people and things[grant["entitlement_id"]]["name"] == grant["entitlement_name"], grant
        assert things[grant["entitlement_id"]]["kind"] == grant["kind"]
    assert {entitlement["resource"] for entitlement in things.values()} <= resources
    assert len(state["grants"]) == state["counts"]["grants"]
    levels = [entitlement for entitlement in state["entitlements"] if entitlement["kind"] == "policy"]
    assert {level["targets"] for level in levels} == {"users", "schedules", "mixed"}


def header(sim):
    sim.reset(users=1)
    assert sim.csv().splitlines()[0] == "user_id,email,entitlement_id,kind,entitlement_name,via,effective"
    assert sim.csv(header=0).splitlines() == sim.csv().splitlines()[1:]


def main():
    with Simulator(switches={"rate_limit": 0}) as sim:
        for users in (0, 1, 2, 99, 101, 400):
            tap.check(f"{users} users: the auditor's lines are those of a walk over the answers", equal, sim, dict(users=users))
        tap.check("so they are with an unknown role", equal, sim, dict(users=40, future_roles=3))
        tap.check("so they are without team roles", equal, sim, dict(users=60, abilities=["teams", "read_only_users"]))
        tap.check("so they are without teams", equal, sim, dict(users=60, abilities=["advanced_permissions"]))
        tap.check("so they are in another order of lists", equal, sim, dict(users=150, switches={"list_order": "mixed"}))
        tap.check("shift-based schedules count when asked for only", with_shifts, sim)
        tap.check("so they are after others changed things", after_changes, sim)
        tap.check("a world has people that are direct and indirect on a level, and by two schedules", direct_and_indirect, sim)
        tap.check("whoever is named twice on a level holds it once", named_twice, sim)
        tap.check("every grant names a principal and an entitlement that are listed", grants_name_what_is_listed, sim)
        tap.check("the CSV has a header, which can be left out", header, sim)
    tap.finish()


if __name__ == "__main__":
    main()
