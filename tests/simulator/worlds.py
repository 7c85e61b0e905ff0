#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""The worlds that are made: the same for the same seed, of the size that was asked for, with everything awkward in them."""
import json
import unicodedata

import tap
from simulator import ControlError, Simulator


def everything(sim):
    """The whole account as a client sees it."""
    lists = {key: sim.everything("/" + key, key) for key in ("users", "teams", "escalation_policies", "schedules")}
    lists["members"] = {team["id"]: sim.everything(f"/teams/{team['id']}/members", "members") for team in lists["teams"]}
    return lists


def same_seed(sim):
    sim.reset(users=150, seed=7)
    first = json.dumps(everything(sim))
    sim.reset(users=150, seed=8)
    other = json.dumps(everything(sim))
    sim.reset(users=150, seed=7)
    assert json.dumps(everything(sim)) == first
    assert other != first


def exact_sizes(sim):
    for world in ({"users": 0, "teams": 3}, {"users": 1}, {"users": 2, "teams": 1, "memberships": 2},
                  {"users": 99, "teams": 7, "memberships": 321, "policies": 13, "levels": 40, "schedules": 5, "schedules_v3": 4},
                  {"users": 1000, "teams": 3, "memberships": 1500, "empty_teams": 0}, {"users": 12_000, "teams": 40, "memberships": 20_000}):
        counts = sim.reset(**world)["counts"]
        wrong = {key: (value, counts[key]) for key, value in world.items() if key in counts and counts[key] != value}
        assert not wrong, wrong


def people(sim):
    sim.reset(users=500, admins=9, stakeholders=20, pending=31, sso=40, future_roles=2)
    users = sim.everything("/users", "users")
    roles = [user["role"] for user in users]
    assert roles.count("owner") == 1 and roles.count("admin") == 9
    assert sum(role.startswith("read_only") for role in roles) == 20
    assert set(roles) - {"owner", "admin", "user", "limited_user", "observer", "restricted_access", "read_only_user",
                         "read_only_limited_user"} == {"harbour_master"}
    assert sum(user["invitation_sent"] for user in users) == 31 and sum(user["created_via_sso"] for user in users) == 40


def addresses(sim):
    sim.reset(users=3000)
    emails = [user["email"] for user in sim.everything("/users", "users")]
    assert len(set(emails)) == 3000
    assert all(email == email.lower() and 6 <= len(email) <= 100 and email.count("@") == 1 for email in emails)


def names(sim):
    sim.reset(users=60)
    given = [user["name"] for user in sim.everything("/users", "users")]
    assert all(1 <= len(name) <= 100 and name == " ".join(name.split(" ")) and name.strip(" ") == name and "\n" not in name for name in given)
    text = "".join(given)
    scripts = {unicodedata.name(letter, "?").split()[0] for letter in text}
    assert {"LATIN", "CYRILLIC", "HEBREW", "ARABIC", "CJK", "HANGUL", "DEVANAGARI", "THAI", "COMBINING", "WOMAN"} <= scripts, scripts
    assert any(name.startswith("=") for name in given) and any(name.startswith("+") for name in given)
    assert any(max(map(ord, name)) > 0xffff and len(name) == 100 for name in given), "the longest name"
    for piece in (",", '"', ";", "\\", "\t", "\x01", "\x7f", "\u202e", "\u200d", "%s", "<b>"):
        assert piece in text, repr(piece)
    folded = {}
    for name in given:
        folded.setdefault(unicodedata.normalize("NFC", name).casefold(), set()).add(name)
    assert sum(len(alike) > 1 for alike in folded.values()) >= 2, "names that differ by case or composition only"
    assert len(set(given)) < len(given), "two people of one name"


def ids(sim):
    sim.reset(users=400, teams=60, policies=40, schedules=30)
    state = everything(sim)
    kinds = {key: {item["id"] for item in state[key]} for key in ("users", "teams", "escalation_policies", "schedules")}
    assert all(len(kinds[key]) == len(state[key]) for key in kinds)
    assert kinds["users"] & kinds["teams"] and kinds["teams"] & kinds["escalation_policies"] & kinds["schedules"], "ids are unique in their kind only"
    assert any(len(one) > 7 and one.startswith("Q") for one in kinds["users"])


def owner_and_default(sim):
    sim.reset(users=30)
    policies = sim.everything("/escalation_policies", "escalation_policies")
    default = [policy for policy in policies if policy["name"] == "Default"]
    assert len(default) == 1
    targets = [target["id"] for rule in default[0]["escalation_rules"] for target in rule["targets"]]
    assert [sim.get("/users/" + one).json["user"]["role"] for one in targets] == ["owner"] and default[0]["teams"] == []


def policies(sim):
    sim.reset(users=200, policies=60, schedules=20, schedules_v3=6, stubs=5)
    found = sim.everything("/escalation_policies", "escalation_policies")
    assert all(len(policy["teams"]) <= 1 and policy["escalation_rules"] for policy in found)
    levels = [len(policy["escalation_rules"]) for policy in found]
    assert max(levels) == 10 and min(levels) == 1, levels
    rules = [rule for policy in found for rule in policy["escalation_rules"]]
    assert all(1 <= len(rule["targets"]) <= 10 for rule in rules) and max(len(rule["targets"]) for rule in rules) > 5
    types = {target["type"] for rule in rules for target in rule["targets"]}
    assert types == {"user_reference", "schedule_reference", "schedule_v3_reference"}, types
    stubs = [target for rule in rules for target in rule["targets"] if target["self"] is None]
    assert len(stubs) >= 5 and any("deleted_at" in stub for stub in stubs) and any("deleted_at" not in stub for stub in stubs)
    kinds = {"user_reference": "users", "schedule_reference": "schedules"}
    assert all(sim.get(f"/{kinds[stub['type']]}/{stub['id']}").status == 404 for stub in stubs)
    twice = [rule for rule in rules if len([target for target in rule["targets"] if target["type"] == "schedule_reference"]) > 1]
    assert twice, "a level with two schedules"


def schedules(sim):
    sim.reset(users=200, schedules=40, schedules_v3=5)
    plans = sim.everything("/schedules", "schedules")
    old = {plan["id"] for plan in plans}
    new = {plan["id"] for plan in sim.get("/v3/schedules").json["schedules"]}
    assert len(old) == 40 and len(new) == 5 and not old & new
    counts = {}
    for plan in plans:
        for user in plan["users"]:
            counts[user["id"]] = counts.get(user["id"], 0) + 1
    assert max(counts.values()) > 1, "somebody is on several schedules"
    shown = sim.get(f"/schedules/{plans[0]['id']}").json["schedule"]
    on_layers = {user["user"]["id"] for layer in shown["schedule_layers"] for user in layer["users"]}
    assert on_layers == {user["id"] for user in shown["users"]} == {user["id"] for user in plans[0]["users"]}
    assert sim.get(f"/v3/schedules/{plans[0]['id']}").status == 400 and sim.get(f"/schedules/{min(new)}").status == 404


def teams(sim):
    sim.reset(users=200, teams=40, private_teams=5, empty_teams=4)
    found = sim.everything("/teams", "teams")
    assert [team["default_role"] for team in found].count("none") == 5
    assert any(team["parent"] is not None for team in found) and any(team["parent"] is None for team in found)
    empty = [team for team in found if not sim.get(f"/teams/{team['id']}/members").json["members"]]
    assert len(empty) == 4
    assert any(not user["teams"] for user in sim.everything("/users", "users")), "somebody is on no team"


def limits(sim):
    for world in ({"users": 600, "teams": 1, "memberships": 501, "empty_teams": 0}, {"users": 3, "teams": 402, "memberships": 1203, "empty_teams": 0}):
        try:
            sim.reset(**world)
        except ControlError as error:
            assert "memberships do not fit" in str(error), error
        else:
            raise AssertionError(f"{world} was made")
        assert sim.reset(**world, exceed_limits=True)["counts"]["memberships"] == world["memberships"]
    assert sim.reset(users=1000, teams=2, memberships=1000, empty_teams=0)["counts"]["memberships"] == 1000


def team_limit(sim):
    sim.reset(users=2000, teams=10, memberships=4500)
    sizes = [len(sim.everything(f"/teams/{team['id']}/members", "members")) for team in sim.everything("/teams", "teams")]
    assert sum(sizes) == 4500 and max(sizes) == 500, sizes


def without_team_roles(sim):
    sim.reset(users=100, abilities=["teams", "read_only_users"])
    roles = {user["id"]: user["role"] for user in sim.everything("/users", "users")}
    assert not set(roles.values()) & {"observer", "restricted_access"}
    counterparts = {"limited_user": "responder", "read_only_user": "observer", "read_only_limited_user": "observer"}
    for team in sim.everything("/teams", "teams"):
        for member in sim.everything(f"/teams/{team['id']}/members", "members"):
            assert member["role"] == counterparts.get(roles[member["user"]["id"]], "manager")


def refused_worlds(sim):
    for world, said in (({"user": 3}, "unknown key"), ({"users": -1}, "whole number"), ({"users": "3"}, "whole number"),
                        ({"users": 0, "policies": 1}, "without users"), ({"users": 3, "admins": 9}, "more admins"),
                        ({"switches": {"nonsense": 1}}, "no switch"), ({"switches": {"strict": "maybe"}}, "true or false"),
                        ({"region": "moon"}, "us or eu"), ({"teams": 2, "empty_teams": 3}, "more empty"),
                        ({"subdomain": ""}, "empty"), ({"abilities": "teams"}, "array")):
        before = sim.counts()
        try:
            sim.reset(**world)
        except ControlError as error:
            assert said in str(error), (world, error)
        else:
            raise AssertionError(f"{world} was made")
        assert sim.counts() == before, "the world before stays"


def command_line():
    with Simulator("--users", "9", "--teams", "2", "--memberships", "5", "--policies", "3", "--schedules", "1", "--seed", "5") as sim:
        counts = sim.counts()
        assert [counts[key] for key in ("users", "teams", "memberships", "policies", "schedules")] == [9, 2, 5, 3, 1], counts
        assert sim.stop() == 0
    with Simulator("--users", "4", subdomain="southwind", region="eu") as sim:
        assert sim.counts()["users"] == 4 and sim.settings["subdomain"] == "southwind" and sim.settings["region"] == "eu"


def main():
    with Simulator(switches={"rate_limit": 0}) as sim:
        for name, behaviour in (("the same seed makes the same world", same_seed), ("sizes are met exactly", exact_sizes),
                                ("one owner, and as many admins, stakeholders, invitations and strange roles as asked for", people),
                                ("each address is unique, lower-case and of a length that the service takes", addresses),
                                ("names come in every script and hold everything that breaks clients", names),
                                ("ids are unique in their kind only, and of both forms", ids),
                                ("a policy called Default has the owner as its only target", owner_and_default),
                                ("policies have users, schedules and stubs on one to ten levels and at most one team", policies),
                                ("schedules of both versions are kept apart", schedules),
                                ("teams have parents, some are private, some are empty", teams),
                                ("a world beyond the service's limits is made on demand only", limits),
                                ("a team has at most 500 members", team_limit),
                                ("without advanced permissions a team role is the base role's counterpart", without_team_roles),
                                ("a world that cannot be is refused, and the one before stays", refused_worlds)):
            tap.check(name, behaviour, sim)
    tap.check("the command line sets sizes, and more by a file", command_line)
    tap.finish()


if __name__ == "__main__":
    main()
