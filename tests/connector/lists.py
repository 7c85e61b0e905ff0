#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""What is stored after a full sync against what the simulator holds, and what it cost. usage: lists.py IDC_HOST MODULES MANIFEST"""
import json
import math
import sys

import account
import tap
from simulator import Simulator

IDC_HOST, MODULES, MANIFEST = sys.argv[1:]
SIZES = (0, 1, 99, 100, 101, 1000, 9900)
CEILING = 10000
NO_TEAM_ROLES = ["teams", "read_only_users", "teams_hierarchy", "offboarding", "urgencies"]
NO_TEAMS = ["urgencies"]


def an_account(simulator):
    return account.Account(IDC_HOST, MODULES, simulator)


# ---- equal to the state ----

def principal(user):
    """The row of the users' table that the state's principal makes."""
    told = {**user, "user_id": user["id"], "invitation_pending": str(user["invitation_pending"]).lower()}
    return tuple(told[column] or "" for column in ("user_id", "email", "name", "role", "job_title", "time_zone", "invitation_pending"))


def attributes(user):
    """What the state's principal has as rows of the attributes' table; a licence is only listed where it is asked for."""
    told = {key: value for key, value in user.items() if key not in ("id", "name", "license_id", "license_name") and value is not None}
    return [(user["id"], key, str(value).lower() if isinstance(value, bool) else value) for key, value in told.items()]


def equal(simulator, host):
    state = simulator.state()
    account.same(host.grants(), account.grants_of(simulator), "grants")
    users = [tuple(row.values()) for row in host.rows("users")]
    account.same(users, [principal(user) for user in state["principals"]], "users")
    told = [tuple(row.values()) for row in host.rows("attributes")]
    account.same(told, [row for user in state["principals"] for row in attributes(user)], "attributes")
    wanted = [(item["id"], item["kind"], item["name"], item["resource"], str(item["assignable"]).lower()) for item in state["entitlements"]]
    entitlements = [tuple(row.values())[:5] for row in host.rows("entitlements")]
    account.same(entitlements, wanted, "entitlements")


def lists_everything(simulator, world):
    simulator.reset(**world)
    with an_account(simulator).connected() as host:
        equal(simulator, host)
    assert simulator.summary()["violations"] == 0, [entry for entry in simulator.journal() if entry["violations"]][:3]


def lists_every_script(simulator):
    simulator.reset(users=300)
    with an_account(simulator).connected() as host:
        stored = host.csv("grants")
        names = {row["name"] for row in host.rows("users")}
    for script in ("山田 太郎", "Zoe\u0308 Strauß", "Zoë Strauß", "שרה כהן", "👩\u200d🚒 Fire 🔥", "김철수", "=HYPERLINK(\"x\")", "Bell\x07 and\x01 tab\there"):
        assert script in names, f"{script!r} is not among {sorted(names)[:40]}"
    assert stored.decode().isprintable() is False and stored.endswith(b"\n")


def lists_licences(simulator):
    simulator.reset(users=201)
    with an_account(simulator).connected(include_licenses="true") as host:
        told = {row["user_id"]: row["value"] for row in host.rows("attributes") if row["attribute"] == "license"}
    assert told == {user["id"]: user["license_name"] for user in simulator.state()["principals"]}


def lists_without_schedules(simulator):
    simulator.reset(users=120)
    with an_account(simulator).connected(include_schedules="false") as host:
        wanted = [row for row in account.grants_of(simulator) if row[3] != "schedule" and row[5] == ""]
        account.same(host.grants(), wanted)
    assert "GET /schedules" not in simulator.summary()["by_route"]


def switches_change_nothing(simulator, switches):
    simulator.reset(users=250, switches=switches)
    with an_account(simulator).connected() as host:
        equal(simulator, host)


def beyond_the_ceiling(simulator):
    simulator.reset(users=12000, teams=200, memberships=2000, policies=100, schedules=60)
    with an_account(simulator) as host:
        outcome = host.attempt()
        stored = host.grants() if outcome.exit in (0, 3) else []
    wanted = account.grants_of(simulator)
    if outcome.exit == 0:
        account.same(stored, wanted)
        return
    outcome.expect(3)
    reasons = outcome.reasons
    for kind in ("users", "grants"):
        reason = reasons[kind, None]
        assert f"{CEILING}" in reason.replace(",", "") and "12000" in reason.replace(",", ""), reason
    listed = {row[0] for row in stored}
    assert len(listed) == CEILING, f"{len(listed)} people are stored"
    account.same(stored, [row for row in wanted if row[0] in listed])


# ---- cost ----

def pages(rows, limits):
    return max(1, math.ceil((rows - 1) / (limits["page"] - limits["overlap"])))


def applies(part, settings):
    def holds(condition):
        return settings[condition["setting"]] == condition["is"]
    return ("only_if" not in part or holds(part["only_if"])) and ("unless" not in part or not holds(part["unless"]))


def budget(state, settings):
    """What the manifest allows for a full list of that state."""
    with open(MANIFEST, encoding="utf-8") as file:
        manifest = json.load(file)
    limits = manifest["limits"]
    settings = {**{item["key"]: item.get("default") for item in manifest["settings"]}, **settings}
    sizes = {"principal": len(state["principals"])}
    for resource in state["resources"]:
        sizes[resource["type"]] = sizes.get(resource["type"], 0) + 1
    under = {}
    for grant in state["grants"]:
        resource = grant["entitlement_id"].rpartition(":")[0]
        under[resource] = under.get(resource, 0) + 1
    total = 0
    for part in manifest["budget"]["list_entitlements"]:
        if not applies(part, settings):
            continue
        if "pages_of" in part:
            total += pages(sizes.get(part["pages_of"], 0), limits)
        elif "pages_of_grants_in_each" in part:
            prefix = part["pages_of_grants_in_each"] + ":"
            total += sum(pages(count, limits) for resource, count in under.items() if resource.startswith(prefix))
        else:
            total += part["requests"]
    return total


def costs_no_more(simulator, world, settings):
    """The token apart, and one request for each thing that is named but no longer there."""
    simulator.reset(**world, stubs=0)
    state = simulator.state()
    with an_account(simulator).connected(**settings) as host:
        simulator.forget_journal()
        told = host.sync("--full").expect(0).told
    counted = simulator.summary()
    lists = counted["total"] - counted["by_route"]["POST /identity/oauth/token" if "POST /identity/oauth/token" in counted["by_route"]
                                                   else "POST /oauth/token"]
    allowed = budget(state, settings)
    assert 0 < lists <= allowed, f"{lists} requests, {allowed} allowed: {counted['by_route']}"
    assert told["requests"] == counted["total"], f"the sync says {told['requests']} requests, {counted['total']} were seen"
    assert counted["violations"] == 0 and set(counted["by_status"]) == {"200"}, counted


def asks_for_stubs_once(simulator):
    simulator.reset(users=60, stubs=5)
    with an_account(simulator).connected():
        seen = [entry["path"] for entry in simulator.journal() if entry["route"] == "/users/{id}"]
    assert 1 <= len(seen) <= 5 and len(set(seen)) == len(seen), seen


def main():
    with Simulator(switches={"rate_limit": "0"}) as simulator:
        for users in SIZES:
            tap.check(f"with team roles, {users} users are stored exactly as they are", lists_everything, simulator, {"users": users})
        for users in SIZES:
            tap.check(f"without team roles, {users} users are stored exactly as they are", lists_everything, simulator,
                      {"users": users, "abilities": NO_TEAM_ROLES})
        tap.check("without teams, everything else is stored exactly as it is", lists_everything, simulator,
                  {"users": 150, "abilities": NO_TEAMS})
        tap.check("names of every script are stored byte for byte", lists_every_script, simulator)
        tap.check("licences are listed where they are asked for", lists_licences, simulator)
        tap.check("without schedules, everything else is stored exactly as it is", lists_without_schedules, simulator)
        for name, switches in [
            ("the order of PagerDuty's lists", {"list_order": "mixed"}),
            ("a smaller page than the one asked for", {"max_limit": 37}),
            ("compression", {"gzip": True}),
            ("a flag that is told as a string", {"sso_as_string": True}),
        ]:
            tap.check(f"{name} changes nothing in what is stored", switches_change_nothing, simulator, switches)
        tap.check("of 12,000 users all are stored, or it is told how many of how many", beyond_the_ceiling, simulator)
        for users in (101, 1000, 5000):
            tap.check(f"a full sync of {users} users costs no more requests than the manifest allows", costs_no_more, simulator,
                      {"users": users}, {})
        tap.check("a full sync with licences costs no more requests than the manifest allows", costs_no_more, simulator, {"users": 500},
                  {"include_licenses": "true"})
        tap.check("a full sync without schedules costs no more requests than the manifest allows", costs_no_more, simulator,
                  {"users": 500}, {"include_schedules": "false"})
        tap.check("a person who is named but gone is asked for once", asks_for_stubs_once, simulator)
    tap.finish()


if __name__ == "__main__":
    main()
