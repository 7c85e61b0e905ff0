#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""What the connector emits beyond what a host shows: attributes of entitlements, order, seals. usage: records.py MODULE MANIFEST"""
import json
import sys

import account
import host as abi
import tap
from module import KINDS, SCOPE_RESOURCE, SEAL_PARTIAL, Connector
from simulator import Simulator

MODULE, MANIFEST = sys.argv[1:]
COMPLETE = abi.SEAL_COMPLETE
RATE_LIMITED, RETRYABLE = 302, 1


def listed(simulator, **settings):
    with Connector(MODULE, MANIFEST, simulator, **settings) as connector:
        return connector.authorize().list()


def entitlement_attributes(simulator):
    simulator.reset(users=300, stubs=0)
    with open(MANIFEST, encoding="utf-8") as file:
        ranks = {item["id"]: str(item["rank"]) for kind in json.load(file)["kinds"] for item in kind.get("ranks", [])}
    teams = {f"policy:{policy['id']}": policy["teams"] for policy in simulator.everything("/escalation_policies", "escalation_policies")}
    wanted = []
    for item in simulator.state()["entitlements"]:
        told = {"kind": item["kind"], "assignable": str(item["assignable"]).lower()}
        told.update({key: item[key] for key in ("url", "description", "rule_id", "targets") if item.get(key) is not None})
        if item["kind"] == "policy":
            told["delay_minutes"] = str(item["delay_minutes"])
            told.update({"parent_team": f"team:{team['id']}" for team in teams[item["resource"]]})
        if item["kind"] in ("group", "role"):
            told["exclusive_group"] = item["resource"] if item["kind"] == "group" else "role"
        if item.get("parent_team") is not None:
            told["parent_team"] = "team:" + item["parent_team"].removeprefix("team:")
        if item["id"] in ranks:
            told["rank"] = ranks[item["id"]]
        schedules = sorted("schedule:" + schedule for schedule in item.get("schedules", []))
        wanted.append((item["id"], tuple(sorted(told.items())), tuple(schedules)))
    got = []
    for record in listed(simulator).of(abi.ENTITLEMENT):
        told = tuple(sorted(pair for pair in record["attrs"] if pair[0] != "schedules"))
        got.append((record["id"], told, tuple(value for key, value in record["attrs"] if key == "schedules")))
    account.same(got, wanted, "entitlements")


def things_come_before_their_grants(simulator):
    simulator.reset(users=250, stubs=3)
    done = listed(simulator)
    known, faults = set(), []
    for record in done.records:
        if record["record"] == abi.GRANT:
            key = (record["principal_id"], record["entitlement_id"], record["flags"])
            faults += [f"{key} names {other}, which was not listed" for other in key[:2] if other not in known]
        else:
            key = (record["record"], record["id"])
            known.add(record["id"] if record["record"] != abi.RESOURCE else None)
        faults += [f"{key} twice"] if key in known else []
        known.add(key)
    tap.empty(faults)
    assert done.status == abi.OK and set(done.last_seals()) == set(KINDS.values()), done.seals


def seals_count(simulator):
    simulator.reset(users=150)
    done = listed(simulator)
    for kind, name in KINDS.items():
        seal = done.last_seals()[name]
        assert (seal["state"], seal["emitted"], seal["removed"]) == (COMPLETE, len(done.of(kind)), 0), (name, seal)


def whole_resources_beyond_the_ceiling(simulator):
    """Of 12,000 users 10,000 can be read. Whatever concerns only those is sealed, and nothing else is."""
    simulator.reset(users=12000, teams=300, memberships=2500, policies=150, schedules=60, stubs=0)
    state = simulator.state()
    done = listed(simulator)
    assert done.status == abi.PARTIAL, done.status
    people = {record["id"] for record in done.of(abi.PRINCIPAL)}
    assert len(people) == 10000, len(people)
    for kind, partial in (("users", True), ("grants", True), ("resources", False), ("entitlements", True)):
        seal = done.last_seals()[kind]
        assert (seal["state"] == SEAL_PARTIAL) is partial, (kind, seal)
        assert not partial or ("10000" in seal["reason"].replace(",", "") and "12000" in seal["reason"].replace(",", "")), seal
    resource_of = {item["id"]: item["resource"] for item in state["entitlements"]}
    broken = {resource_of[grant["entitlement_id"]] for grant in state["grants"] if grant["user_id"] not in people}
    whole = {resource["id"] for resource in state["resources"]} - broken
    account.same(done.whole(), whole, "seals")
    assert sum(resource.startswith("team:") for resource in whole) > 30, "the world has too few teams that are fully known"


def forbidden_kind(simulator):
    """Without the optional scope for schedules, whatever hangs on none is sealed one by one."""
    scopes = ["users.read", "teams.read", "escalation_policies.read", "abilities.read"]
    simulator.reset(users=120, scopes=scopes)
    done = listed(simulator)
    state = simulator.state()
    through = {item["resource"] for item in state["entitlements"] if item.get("schedules")}
    whole = {resource["id"] for resource in state["resources"] if resource["type"] != "schedule"} - through
    assert done.status == abi.PARTIAL and through, done.status
    account.same(done.whole(), whole, "seals")
    parts = [seal for seal in done.seals if seal["scope"] == SCOPE_RESOURCE and seal["record"] == abi.ENTITLEMENT]
    assert {seal["scope_id"] for seal in parts} == {resource["id"] for resource in state["resources"] if resource["type"] != "schedule"}
    assert done.last_seals()["users"]["state"] == COMPLETE


def limited_without_a_word(simulator):
    """429 with neither headers nor body, for good: patience grows, and ends."""
    simulator.reset(users=30)
    with Connector(MODULE, MANIFEST, simulator) as connector:
        connector.authorize()
        simulator.faults({"match": {"route": "/users", "times": 0}, "action": {"status": 429, "body": "", "content_type": ""}})
        done = connector.list()
        waits = connector.services.waits
    said = done.error.message.decode()
    assert (done.status, said) == (RATE_LIMITED, "PagerDuty answered GET /users with HTTP 429. Too many requests were made with this app; try "
                                   "again later."), (done.status, said)
    assert done.error.flags & RETRYABLE and done.error.retry_after_ms > 0 and not done.last_seals(), done.error.retry_after_ms
    counted = simulator.summary()["by_status"]["429"]
    assert counted <= 10 and 60_000 < sum(waits) < 600_000 and waits[0] >= 5000, (counted, waits)


MEMBERS = "/teams/{id}/members"


def told_counts(simulator):
    """PagerDuty's own counts stand in the seals, where it keeps them: of people and of things, not of what they hold."""
    simulator.reset(users=150, teams=7, memberships=40, policies=9, schedules=5, stubs=0)
    state = simulator.state()
    people, things = len(state["principals"]), len(state["resources"])
    seals = listed(simulator).last_seals()
    assert seals["users"]["expected"] == seals["users"]["emitted"] == people, (seals["users"], people)
    assert seals["resources"]["expected"] == seals["resources"]["emitted"] == things, (seals["resources"], things)
    unknown = (1 << 64) - 1
    assert [seals[kind]["expected"] for kind in ("entitlements", "grants")] == [unknown, unknown], seals
    assert listed(simulator, include_schedules="false").last_seals()["resources"]["expected"] == things - 5
    simulator.faults({"match": {"route": "/escalation_policies", "times": 0}, "action": {"status": 403, "body": ""}})
    assert listed(simulator).last_seals()["resources"]["expected"] == unknown, "a list that could not be read was counted"


def a_team_made_meanwhile(simulator, route):
    """It is met where something names it, asked for, and listed whole."""
    simulator.reset(users=60, teams=4, memberships=30, policies=6, schedules=0, stubs=0)
    simulator.mutate({"op": "add_team", "id": "PNEWT01", "name": "New"}, {"op": "add_member", "team": "PNEWT01", "user": 3, "role": "observer"},
                     {"op": "set_policy", "policy": 2, "team": "PNEWT01"}, at={"route": route, "nth": 1, "when": "before"})
    done = listed(simulator)
    assert done.status == abi.OK, (done.status, [seal["reason"] for seal in done.seals])
    assert "team:PNEWT01" in [record["id"] for record in done.of(abi.RESOURCE)]
    account.same([(record["principal_id"], record["entitlement_id"]) for record in done.of(abi.GRANT) if record["entitlement_id"].startswith("team:")],
                 [(row[0], row[2]) for row in account.grants_of(simulator) if row[2].startswith("team:")], "memberships")


def teams_without_end(simulator):
    """Whoever names teams that are not to be seen is asked about some of them, and the rest is a gap."""
    simulator.reset(users=30, teams=0, memberships=0, policies=1, schedules=0, stubs=0)
    named = ",".join(f'{{"id":"PT{number}","type":"team_reference"}}' for number in range(150))
    simulator.faults({"match": {"route": "/users", "times": 0}, "action": {"edit": [['"teams":[]', f'"teams":[{named}]']]}})
    done = listed(simulator)
    asked = simulator.summary()["by_route"]["GET /teams/{id}"]
    assert done.status == abi.PARTIAL and asked == 100, (done.status, asked)


def main():
    with Simulator(switches={"rate_limit": "0"}) as simulator:
        tap.check("every entitlement carries its attributes", entitlement_attributes, simulator)
        tap.check("nothing is listed twice, and nothing after what names it", things_come_before_their_grants, simulator)
        tap.check("each kind ends with a seal that counts what was listed", seals_count, simulator)
        tap.check("beyond the ceiling every team, policy and schedule that is fully known is sealed, and no other",
                  whole_resources_beyond_the_ceiling, simulator)
        tap.check("without the scope for schedules, what hangs on none is sealed one by one", forbidden_kind, simulator)
        tap.check("the seals tell PagerDuty's own counts where it keeps them", told_counts, simulator)
        for route in ("/users", MEMBERS, "/escalation_policies"):
            tap.check(f"a team that is made before {route} is read is listed whole", a_team_made_meanwhile, simulator, route)
        tap.check("teams without end that nobody sees are asked about a hundred times", teams_without_end, simulator)
        tap.check("429 without headers for good is waited for ever longer, then told as such", limited_without_a_word, simulator)
    tap.finish()


if __name__ == "__main__":
    main()
