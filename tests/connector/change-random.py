#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Random removals in random accounts, some of them disturbed: nobody ends with more, success means gone, nobody else is touched.

usage: change-random.py IDC_HOST MODULES
"""
import os
import random
import sys

import changing
import harbour
import tap
from simulator import Simulator

IDC_HOST, MODULES = sys.argv[1:]
ROUNDS, BATCHES = 10, 6
# From the least on; what stakeholders hold does not compare with what the others hold.
CHAINS = [["read_only_limited_user", "read_only_user"], ["restricted_access", "observer", "limited_user", "user", "admin", "owner"]]
TEAM_ROLES = ["observer", "responder", "manager"]
TEAM, USERS, POLICY = "/teams/{id}/users/{user_id}", "/users/{id}", "/escalation_policies/{id}"
DISTURBANCES = [{"cut": "after"}, {"cut": "before"}, {"cut": "after", "reset": True}, {"status": 500, "handle": True, "body": ""},
                {"status": 400, "body": {"error": {"message": "Invalid Input Provided", "code": 2001, "errors": ["Not today"]}}}]


def account(sim, rand, number):
    """A random account: roles of all kinds, teams with parents, people on several levels, directly and through schedules."""
    sim.reset(seed=number, users=14, teams=5, memberships=30, policies=7, schedules=3, admins=2, stakeholders=2,
              stubs=rand.choice([0, 2]), switches={"rate_limit": "0", "remove_non_member": rand.choice(["204", "404"]),
                                                   "admin_team_role": rand.choice(["sent", "manager"])})
    owner = next(person["id"] for person in sim.state()["principals"] if person["role"] == "owner")
    sim.mutate({"op": "set_user", "user": owner, "email": harbour.OWNER_EMAIL})
    state = sim.state()
    people = [person["id"] for person in state["principals"]]
    teams = [thing["id"].split(":")[1] for thing in state["resources"] if thing["type"] == "team"]
    policies = [thing["id"].split(":")[1] for thing in state["resources"] if thing["type"] == "policy"]
    pageable = [person["id"] for person in state["principals"] if not person["role"].startswith("read_only")]
    for team in rand.sample(teams, 3):
        sim.mutate({"op": "set_team", "team": team, "parent": rand.choice([other for other in teams if other != team])})
    for policy in rand.sample(policies, 3):
        everybody = rand.sample(pageable, 4)
        sim.mutate({"op": "set_policy", "policy": policy, "levels": [{"users": everybody[:3]}, {"users": everybody[1:]}, {"users": everybody[:1]}]})
    # Whoever was deleted goes on standing in policies, and pages nobody.
    leaver = rand.choice([one for one in pageable if one != owner])
    for policy in rand.sample(policies, 3):
        stayers = rand.sample([one for one in pageable if one != leaver], 2)
        sim.mutate({"op": "set_policy", "policy": policy, "levels": [{"users": [stayers[0], leaver]}, {"users": [leaver, *stayers]}]})
    sim.mutate({"op": "delete_user", "user": leaver})
    for person in rand.sample([one for one in people if one not in (owner, leaver)], 4):
        sim.mutate({"op": "set_role", "user": person, "role": rand.choice(CHAINS[1][:5])})
    return owner


def rights(grants, user):
    """What somebody holds, as numbers of which a removal may only make smaller ones."""
    held = {}
    for person, entitlement, via in grants:
        kind, *rest = entitlement.split(":")
        if person != user:
            continue
        if kind == "role":
            chain = next(number for number, roles in enumerate(CHAINS) if rest[0] in roles)
            held[f"role in chain {chain}"] = CHAINS[chain].index(rest[0]) + 1
        elif kind == "team":
            held[f"team {rest[0]}"] = TEAM_ROLES.index(rest[1]) + 1
        else:
            held[f"{entitlement} {via}"] = 1
    return held


def all_grants(facts):
    return {fact[1:] for fact in facts if fact[0] == "grant"}


def under(grants, user, entitlement):
    """What somebody holds directly of what is named: an entitlement, or anything of a resource."""
    return [held for person, held, via in grants if person == user and via == "" and (held == entitlement or held.startswith(entitlement + ":"))]


def gone(before, after, item):
    """What a success claims of what was to be removed."""
    user, asked, grants = item["user_id"], item["entitlement_id"], all_grants(after)
    assert under(grants, user, asked) == [], f"{asked} is said to be gone, but is held"
    kind, thing, *role = asked.split(":")
    if kind == "team" and role:
        more = [held for held in under(grants, user, f"team:{thing}") if TEAM_ROLES.index(held.split(":")[2]) >= TEAM_ROLES.index(role[0])]
        assert more == [], f"{asked} is said to be gone, but {more} is held"
    if kind == "policy" and role and item["status"] == "ALREADY":
        assert under(grants, user, f"policy:{thing}") == [], f"{asked} is said not to be held, but another level is"
    if kind == "role":
        now, held = rights(grants, user), rights(all_grants(before), user)
        assert any(key.startswith("role") and now[key] <= held.get(key, 0) for key in now)


def paged(facts):
    """The levels that page somebody or a schedule."""
    return ({fact[1] for fact in facts if fact[0] == "level" and fact[5] != ""}
            | {fact[2] for fact in facts if fact[0] == "grant" and fact[2].startswith("policy:")})


def untouched(before, after, people):
    """All but these people's grants, roles and licences is as it was."""
    def others(facts):
        kept = set()
        for fact in facts:
            if fact[0] == "seats" or fact[0] in ("user", "grant") and fact[1] in people or fact[0] == "level":
                continue
            kept.add(fact)
        return kept | {("level", *fact[1:4], fact[5:]) for fact in facts if fact[0] == "level"}
    assert others(before) == others(after), sorted(others(before) ^ others(after), key=str)


def named(sim, rand):
    """Different things to remove from people: mostly what they hold, or its resource; at times what they do not hold, or what is not there."""
    grants = sorted(changing.held(sim))
    state = sim.state()
    things = [thing["id"] for thing in state["entitlements"] + state["resources"]
              if thing["id"].split(":")[0] in ("team", "policy", "role", "schedule") and thing["id"] != "role:owner"]
    rows = set()
    for _ in range(rand.randrange(1, 9)):
        user, entitlement = rand.choice(grants)
        chance = rand.random()
        if chance < 0.25 and entitlement.count(":") == 2:
            entitlement = entitlement.rsplit(":", 1)[0]
        elif chance < 0.4:
            entitlement = rand.choice(things)
        elif chance < 0.5 and entitlement.startswith("team:"):
            entitlement = f"{entitlement.rsplit(':', 1)[0]}:{rand.choice(TEAM_ROLES)}"
        rows.add(("remove", user, entitlement))
    # The same twice is refused; a thing and its resource are two wishes for one thing.
    return [row for row in sorted(rows) if not any(row[2].startswith(other[2] + ":") and row[1] == other[1] for other in rows)]


def batch(sim, host, rand, protected):
    rows = named(sim, rand)
    if rand.random() < 0.4:
        sim.faults({"match": {"route": rand.choice([TEAM, USERS, POLICY]), "method": rand.choice(["PUT", "DELETE"]), "nth": rand.randrange(1, 3)},
                    "action": rand.choice(DISTURBANCES)})
    before = harbour.look(sim)
    told = host.attempt_change("remove", rows).told
    sim.clear_faults()
    after = harbour.look(sim)
    people = {person["id"] for person in sim.state()["principals"]}
    for user in people:
        held, now = rights(all_grants(before), user), rights(all_grants(after), user)
        more = {key: (held.get(key), now[key]) for key in now if now[key] > held.get(key, 0)}
        assert more == {}, f"{user} ends with more: {more}"
    for item in told["items"]:
        if item["status"] in ("OK", "ALREADY"):
            gone(before, after, item)
    untouched(before, after, {user for _, user, _ in rows} - protected)
    emptied = paged(before) - paged(after)
    assert emptied == set(), f"nobody is left on {emptied}"
    if not any(item["status"] == "INDETERMINATE" for item in told["items"]):
        direct = [{grant[:2] for grant in all_grants(facts) if grant[2] == ""} for facts in (before, after)]
        changing.explained(*direct, told)
    for item in told["items"]:
        assert item["user_id"] not in protected or item["status"] not in ("OK",), item
        assert item["status"] in ("OK", "ALREADY") or item["error"]["message"], item
    return told


def removals(sim, number):
    rand = random.Random(number)
    owner = account(sim, rand, number)
    others = [person for person in sim.state()["principals"] if person["id"] != owner]
    chosen = rand.sample(others, 2)
    with changing.Changing(IDC_HOST, MODULES, sim).may_write(
        "--app", f"protected={chosen[0]['email']}", "--app", "change_guard.at_least=1000", "--app", "change_guard.percent=100",
        fallback_role=rand.choice(["limited_user", "limited_user", "observer", "restricted_access", "read_only_user"])) as host:
        counts = {}
        for _ in range(BATCHES):
            for item in batch(sim, host, rand, {owner, chosen[0]["id"]})["items"]:
                counts[item["status"]] = counts.get(item["status"], 0) + 1
        host.good()
    return counts


def many(sim):
    seed = int(os.environ.get("CHANGE_SEED", "20261125"))
    total = {}
    for number in range(seed, seed + ROUNDS):
        try:
            for status, count in removals(sim, number).items():
                total[status] = total.get(status, 0) + count
        except AssertionError as why:
            raise AssertionError(f"account {number}: {why}") from why
    print(f"# {sum(total.values())} removals: {total}")
    assert total.get("OK", 0) > 50 and total.get("REFUSED", 0) > 5 and total.get("CONFLICT", 0) > 5 and total.get("ALREADY", 0) > 5, total


def main():
    with Simulator() as sim:
        tap.check("random removals: nobody ends with more, success means gone, and whoever is protected or not named is untouched", many, sim)
    tap.finish()


if __name__ == "__main__":
    main()
