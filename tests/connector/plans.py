#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Plans against the simulated PagerDuty: what is foretold is what happens, side effects too, and what somebody else changed since is seen.

usage: plans.py IDC_HOST MODULES
"""
import csv
import json
import sys

import account
import changing
import harbour
import tap
from simulator import Simulator

IDC_HOST, MODULES = sys.argv[1:]


class Plans(changing.Changing):
    """The small account, and one plan on it."""

    def plan(self, *arguments, rows, header):
        path = self.folder / "rows.csv"
        with open(path, "w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *rows])
        return account.Outcome(self.run("--json", "plan", "PagerDuty", *arguments, "--file", str(path), "-o", str(self.folder / "plan.json")))

    def changes(self, *rows):
        return self.plan(rows=rows, header=("action", "user", "entitlement"))

    def exactly(self, thing, *rows):
        return self.plan("--exactly", thing, rows=rows, header=("user", "entitlement")[:len(rows[0])])

    def read(self):
        return json.loads((self.folder / "plan.json").read_text())

    def apply(self):
        return account.Outcome(self.run("--json", "apply", "PagerDuty", str(self.folder / "plan.json")))


def effects(items):
    """Of a run or of a plan: verb, user, entitlement and whether by the side, item by item."""
    return [[(effect["verb"], effect["user_id"], effect["entitlement_id"], effect["side"]) for effect in item["effects"]] for item in items]


def with_plans(behaviour):
    def run():
        with Simulator() as simulator:
            harbour.build(simulator)
            with Plans(IDC_HOST, MODULES, simulator) as case:
                case.may_write()
                behaviour(case, simulator)
    return run


def side_effects(case, simulator):
    """PFREE01 gets on a policy of a team where they are not yet: they are put on the team as well."""
    case.changes(("add", "PFREE01", "policy:PEPHB20:2"), ("remove", "PLIMIT1", "team:PQUAY10:manager"), ("add", "POBSER1", "role:limited_user")).expect(0)
    plan = case.read()
    assert ("added", "PFREE01", "team:PHARB10:observer", True) in effects(plan["items"])[0], plan["items"][0]
    with harbour.Watch(simulator) as watch:
        told = case.apply().expect(0).told
    assert effects(told["items"]) == effects(plan["items"]), told["items"]
    watch.only({("grant", "PFREE01", "policy:PEPHB20:2", ""), ("grant", "PFREE01", "team:PHARB10:observer", ""), ("grant", "POBSER1", "role:limited_user", ""),
                ("user", "POBSER1", "role", "limited_user")},
               {("grant", "PLIMIT1", "team:PQUAY10:manager", ""), ("grant", "POBSER1", "role:observer", ""), ("user", "POBSER1", "role", "observer")})


def another_rule(case, simulator):
    """Somebody put a level before: what was level 2 is level 3, and the plan meant its rule."""
    rule = {level["id"]: level["rule_id"] for level in simulator.state()["entitlements"] if level["kind"] == "policy"}["policy:PEPHB20:2"]
    case.changes(("add", "PUSER01", "policy:PEPHB20:2")).expect(0)
    assert case.read()["items"][0]["expect_rule_id"] == rule, case.read()
    simulator.mutate({"op": "set_policy", "policy": "PEPHB20", "levels": [
        {"delay": 15, "schedules": ["PSCHB30"]}, {"delay": 5, "users": ["PFREE01"]}, {"delay": 30, "users": ["PLIMIT1"]}]})
    with harbour.Watch(simulator) as watch:
        item = case.apply().expect(1).told["items"][0]
    watch.nothing()
    assert item["status"] == "CONFLICT" and item["error"]["message"] == "It would not be done now: Level 2 is another rule by now: list again.", item


def only_target(case, simulator):
    """The only target of a level is replaced: its removal cannot be foretold before the addition is made, is told so, and follows it."""
    planned = case.exactly("policy:PEPHB20:2", ("PUSER01",)).expect(0).told
    assert [(item["action"], item["status"]) for item in planned["items"]] == [("remove", "FORETOLD"), ("add", "OK")], planned["items"]
    assert [warning["code"] for warning in planned["warnings"]] == ["uncertain"], planned["warnings"]
    with harbour.Watch(simulator) as watch:
        told = case.apply().expect(0).told
    assert effects(told["items"]) == effects(case.read()["items"]), told["items"]
    watch.only({("grant", "PUSER01", "policy:PEPHB20:2", "")}, {("grant", "PLIMIT1", "policy:PEPHB20:2", "")})
    case.good()


def blocked(case, simulator):
    """A refusal that names what is in the way is none that an addition could lift: it is left out."""
    planned = case.exactly("team:PHARB10", ("PUSER01", "team:PHARB10:observer"), ("PFREE01", "team:PHARB10:responder")).expect(3).told
    assert [item["action"] for item in case.read()["items"]] == ["add"], planned["items"]
    assert [entry["user_id"] for entry in case.read()["left_out"]] == ["PLIMIT1"], case.read()["left_out"]
    case.apply().expect(0)


def as_exported(case, _simulator):
    """Who holds a policy now, through a schedule or not, shall hold it: nothing is to be done."""
    holders = sorted({(row["user_id"], row["entitlement_id"]) for row in case.rows("grants") if row["entitlement_id"].startswith("policy:PEPHB20:")})
    assert len(holders) == 2, holders
    case.exactly("policy:PEPHB20", *holders).expect(0)
    assert case.read()["items"] == case.read()["left_out"] == [], case.read()
    case.exactly("policy:PEPHB20", ("PLIMIT1", "policy:PEPHB20:2")).expect(1)
    assert "through schedule:PSCHB30" in case.read()["left_out"][0]["reason"], case.read()["left_out"]


def whole_account(case, _simulator):
    told = case.exactly("account", ("PFREE01", "role:limited_user")).expect(2).told
    assert told["errors"][0]["code"] == "whole_account", told["errors"]
    told = case.exactly("schedule:PSCHB30", ("PFREE01",)).expect(2).told
    assert told["errors"][0]["code"] == "not_assignable", told["errors"]
    case.exactly("role:user", ("PFREE01",)).expect(0)
    assert [(item["action"], item["user_id"], item["entitlement_id"]) for item in case.read()["items"]] == [
        ("remove", "PUSER01", "role:user"), ("add", "PFREE01", "role:user")], case.read()["items"]


def words(case, _simulator):
    """People read words: what stays is told as such, not as JSON."""
    case.succeed("add", "PagerDuty", "PFREE01", "policy:PEPHB20:2")
    told = case.succeed("remove", "PagerDuty", "PFREE01", "policy:PEPHB20:2")
    assert "stays in team:PHARB10:observer" in " ".join(told.split()) and "{" not in told, told


def through(case, simulator):
    """Nobody is told that somebody is off a level who is still paged there: directly too, or through a schedule alone, dry or done."""
    simulator.mutate({"op": "set_policy", "policy": "PEPHB20", "levels": [{"users": ["PLIMIT2", "PUSER01"], "schedules": ["PSCHB30"]}, {"users": ["PLIMIT1"]}]})
    case.sync().expect(0)
    for what, dry, status in (("policy:PEPHB20:1", ["--dry-run"], "OK"), ("policy:PEPHB20:1", [], "OK"), ("policy:PEPHB20:1", [], "ALREADY"), ("policy:PEPHB20", [], "ALREADY"),
                              ("team:PHARB10", [], "ALREADY")):
        (item,) = json.loads(case.succeed("--json", "remove", "PagerDuty", "PLIMIT2", what, *dry))["items"]
        assert item["status"] == status and item["through"] == ("schedule:PSCHB30" if "policy" in what else None), item
    assert "still held through schedule:PSCHB30" in " ".join(case.succeed("remove", "PagerDuty", "PLIMIT2", "policy:PEPHB20:1").split())


tap.check("a plan foretells side effects, and apply does exactly that", with_plans(side_effects))
tap.check("a plan means the rule that a level had, and is refused where it is another by now", with_plans(another_rule))
tap.check("the only target of a level can be replaced by a plan", with_plans(only_target))
tap.check("a removal that something else is in the way of is left out of a plan", with_plans(blocked))
tap.check("whoever holds it now, through a schedule too, shall hold it: an empty plan", with_plans(as_exported))
tap.check("there is no plan for everybody's base role, nor for who is on a schedule", with_plans(whole_account))
tap.check("add and remove say what stays in words", with_plans(words))
tap.check("a removal says what is still held through something else", with_plans(through))
tap.finish()
