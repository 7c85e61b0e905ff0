#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""What somebody else changes, and the audit trail that it leaves."""
import time
import urllib.parse

import tap
from simulator import ControlError, Simulator


def users(sim):
    sim.reset(users=30, policies=5, schedules=3)
    made = sim.mutate({"op": "add_user", "name": "New One", "email": "new@northwind.example", "role": "observer", "job_title": "Pilot",
                       "pending": True})["applied"][0]["id"]
    user = sim.get(f"/users/{made}").json["user"]
    assert (user["name"], user["email"], user["role"], user["job_title"], user["invitation_sent"], user["teams"]) == (
        "New One", "new@northwind.example", "observer", "Pilot", True, [])
    sim.mutate({"op": "set_user", "user": "new@northwind.example", "name": "Other", "email": "other@northwind.example"},
               {"op": "set_role", "user": made, "role": "admin"})
    user = sim.get(f"/users/{made}").json["user"]
    assert (user["name"], user["email"], user["role"]) == ("Other", "other@northwind.example", "admin")
    sim.mutate({"op": "delete_user", "user": made})
    assert sim.get(f"/users/{made}").status == 404
    again = sim.mutate({"op": "add_user", "name": "Other", "email": "other@northwind.example"})["applied"][0]["id"]
    assert again != made, "an id is never used again"


def stub(sim):
    sim.reset(users=30, policies=8, schedules=3)
    policy = [one for one in sim.everything("/escalation_policies", "escalation_policies")
              if any(target["type"] == "user_reference" and target["self"] for target in one["escalation_rules"][0]["targets"])][0]
    victim = [target for target in policy["escalation_rules"][0]["targets"] if target["type"] == "user_reference" and target["self"]][0]
    sim.mutate({"op": "delete_user", "user": victim["id"]})
    target = [one for one in sim.get(f"/escalation_policies/{policy['id']}").json["escalation_policy"]["escalation_rules"][0]["targets"]
              if one["id"] == victim["id"]][0]
    assert target["summary"] == victim["summary"] and target["self"] is None and "deleted_at" in target
    assert not [grant for grant in sim.state()["grants"] if grant["user_id"] == victim["id"]]


def members(sim):
    sim.reset(users=30, teams=3, memberships=30)
    team = sim.mutate({"op": "add_team", "name": "New Team", "private": True, "description": "x"})["applied"][0]["id"]
    shown = sim.get(f"/teams/{team}").json["team"]
    assert (shown["name"], shown["default_role"], shown["description"]) == ("New Team", "none", "x")
    sim.mutate({"op": "add_member", "team": team, "user": 4, "role": "observer"}, {"op": "add_member", "team": "New Team", "user": 5})
    roles = [member["role"] for member in sim.get(f"/teams/{team}/members").json["members"]]
    assert roles == ["observer", "manager"]
    user = sim.get(f"/teams/{team}/members").json["members"][0]["user"]["id"]
    assert team in [one["id"] for one in sim.get(f"/users/{user}").json["user"]["teams"]]
    sim.mutate({"op": "set_team_role", "team": team, "user": user, "role": "responder"})
    assert sim.get(f"/teams/{team}/members").json["members"][0]["role"] == "responder"
    sim.mutate({"op": "remove_member", "team": team, "user": user}, {"op": "rename_team", "team": team, "name": "Renamed"})
    assert len(sim.get(f"/teams/{team}/members").json["members"]) == 1
    sim.mutate({"op": "delete_team", "team": team})
    assert sim.get(f"/teams/{team}/members").status == 404
    assert not [one for one in sim.everything("/users", "users") if team in [ref["id"] for ref in one["teams"]]]


def duties(sim):
    sim.reset(users=30, policies=2, schedules=2)
    done = sim.mutate({"op": "add_schedule", "name": "Plan", "users": [1, 2, 1]},
                      {"op": "add_policy", "name": "Policy", "levels": [{"delay": 5, "users": [3]}, {"schedules": ["Plan"], "users": [4]}]})
    plan, policy = [one["id"] for one in done["applied"]]
    shown = sim.get(f"/escalation_policies/{policy}").json["escalation_policy"]
    assert [rule["escalation_delay_in_minutes"] for rule in shown["escalation_rules"]] == [5, 30]
    assert [[target["type"] for target in rule["targets"]] for rule in shown["escalation_rules"]] == [
        ["user_reference"], ["user_reference", "schedule_reference"]]
    assert [ref["id"] for ref in sim.get(f"/schedules/{plan}").json["schedule"]["escalation_policies"]] == [policy]
    assert len(sim.get(f"/schedules/{plan}").json["schedule"]["users"]) == 2
    sim.mutate({"op": "add_target", "policy": policy, "level": 1, "user": 5}, {"op": "remove_target", "policy": policy, "level": 1, "user": 3},
               {"op": "add_schedule_user", "schedule": plan, "user": 6}, {"op": "remove_schedule_user", "schedule": plan, "user": 1})
    assert len(sim.get(f"/schedules/{plan}").json["schedule"]["users"]) == 2
    sim.mutate({"op": "upgrade_schedule", "schedule": plan})
    assert sim.get(f"/schedules/{plan}").status == 404 and sim.get(f"/v3/schedules/{plan}").status == 200
    kinds = [target["type"] for target in sim.get(f"/escalation_policies/{policy}").json["escalation_policy"]["escalation_rules"][1]["targets"]]
    assert kinds == ["user_reference", "schedule_v3_reference"], "the reference stays, its type flips"
    sim.mutate({"op": "set_policy", "policy": policy, "levels": [{"users": [1]}], "name": "Other"}, {"op": "delete_schedule", "schedule": plan})
    shown = sim.get(f"/escalation_policies/{policy}").json["escalation_policy"]
    assert shown["name"] == "Other" and len(shown["escalation_rules"]) == 1
    sim.mutate({"op": "delete_policy", "policy": policy})
    assert sim.get(f"/escalation_policies/{policy}").status == 404


def nothing_half(sim):
    sim.reset(users=10, policies=3, schedules=2, teams=2)
    before = sim.csv()
    records = sim.counts()["audit_records"]
    for change in ({"op": "add_policy", "name": "X", "levels": [{"users": [1]}, {"users": ["PNOBODY"]}]},
                   {"op": "set_policy", "policy": 1, "levels": []}, {"op": "set_policy", "policy": 1, "levels": [{}]},
                   {"op": "add_schedule", "name": "X", "users": []}, {"op": "add_user", "name": "X", "email": "A@X"},
                   {"op": "add_user", "name": "X", "email": "a@x.example", "job_title": 7}, {"op": "add_team", "name": "X", "parent": "PNOBODY"},
                   {"op": "add_user", "name": "X", "email": "b@x.example", "id": "bad/id"}):
        try:
            sim.mutate(change)
        except ControlError:
            continue
        raise AssertionError(f"{change} was carried out")
    assert sim.csv() == before and sim.counts()["audit_records"] == records


def account(sim):
    sim.reset(users=10)
    sim.mutate({"op": "set_abilities", "remove": ["teams"], "add": ["flying"]})
    assert sim.get("/teams").status == 402 and "flying" in sim.get("/abilities").json["abilities"]
    sim.mutate({"op": "set_switch", "name": "auth_401", "value": "empty"}, {"op": "revoke_tokens"})
    assert sim.get("/users").body == b""
    sim.mutate({"op": "set_scopes", "scopes": ["users.read"]})
    assert sim.token("users.read", "teams.read").json["scope"] == "as_account-us.northwind users.read"


def triggered(sim):
    sim.reset(users=10)
    sim.mutate({"op": "delete_user", "user": 0}, at={"route": "/users", "nth": 2, "when": "before"})
    sim.mutate({"op": "delete_user", "user": "PNOBODY"}, at={"route": "/teams", "when": "after"})
    counts = [len(sim.get("/users").json["users"]) for _ in range(3)]
    assert counts == [10, 9, 9], counts
    assert sim.get("/teams").status == 200
    first, second = sim.control("GET", "mutate")["triggers"]
    assert (first["fired"], first["seen"], first["error"]) == (1, 3, None)
    assert second["fired"] == 1 and "that exists" in second["error"]


def records(sim, query=""):
    return sim.get("/audit/records" + query).json["records"]


def trail(sim):
    sim.reset(users=10, teams=2, policies=2, schedules=2)
    assert records(sim) == []
    sim.mutate({"op": "add_user", "name": "New", "email": "new@northwind.example"})
    sim.mutate({"op": "set_role", "user": "new@northwind.example", "role": "observer"})
    sim.mutate({"op": "add_member", "team": 0, "user": "new@northwind.example", "role": "responder"})
    sim.mutate({"op": "delete_user", "user": "new@northwind.example"})
    found = records(sim)
    assert [(record["root_resource"]["type"], record["action"]) for record in found] == [
        ("user_reference", "delete"), ("team_reference", "update"), ("team_reference", "update"), ("team_reference", "update"),
        ("user_reference", "update"), ("user_reference", "create")], "newest first"
    role = found[4]["details"]["fields"][0]
    assert (role["name"], role["before_value"], role["value"]) == ("role", "user", "observer")
    team_role = found[2]["details"]
    assert (team_role["fields"][0]["name"], team_role["resource"]["type"], team_role["fields"][0]["value"]) == ("team_role", "user_reference", "responder")
    assert found[3]["details"]["references"][0]["added"][0]["summary"] == "New"
    assert found[3]["execution_context"]["request_id"] != found[4]["execution_context"]["request_id"]
    assert found[0]["execution_context"]["request_id"] == found[1]["execution_context"]["request_id"], "one deed, two records"
    assert found[0]["method"]["type"] == "browser" and found[0]["actors"][0]["type"] == "user_reference"
    assert len({record["id"] for record in found}) == len(found)


def every_change_is_told(sim):
    sim.reset(users=10, teams=2, policies=3, schedules=2)
    for change in ({"op": "add_user", "name": "N", "email": "n@northwind.example"}, {"op": "rename_user", "user": 1, "name": "Z"},
                   {"op": "add_team", "name": "T"}, {"op": "rename_team", "team": "T", "name": "TT"}, {"op": "add_member", "team": "TT", "user": 1},
                   {"op": "set_team_role", "team": "TT", "user": 1, "role": "observer"}, {"op": "remove_member", "team": "TT", "user": 1},
                   {"op": "delete_team", "team": "TT"}, {"op": "add_policy", "name": "P", "levels": [{"users": [1]}]},
                   {"op": "add_target", "policy": "P", "user": 2}, {"op": "remove_target", "policy": "P", "user": 2},
                   {"op": "rename_policy", "policy": "P", "name": "PP"}, {"op": "delete_policy", "policy": "PP"},
                   {"op": "add_schedule", "name": "S", "users": [1, 2]}, {"op": "add_schedule_user", "schedule": "S", "user": 3},
                   {"op": "remove_schedule_user", "schedule": "S", "user": 3}, {"op": "rename_schedule", "schedule": "S", "name": "SS"},
                   {"op": "upgrade_schedule", "schedule": "SS"}, {"op": "delete_schedule", "schedule": "SS"}, {"op": "delete_user", "user": 2}):
        before = sim.counts()["audit_records"]
        sim.mutate(change)
        assert sim.counts()["audit_records"] > before, change
    assert len(records(sim)) == sim.counts()["audit_records"]


def cursors(sim):
    sim.reset(users=60, switches={"token_lifetime_s": 10_000_000})
    for number in range(25):
        sim.mutate({"op": "rename_user", "user": 1, "name": f"A{number}"})
    whole = [record["id"] for record in records(sim)]
    assert len(whole) == 25
    seen = []
    path = "/audit/records?limit=10"
    pages = 0
    cursor = None
    while pages == 0 or cursor is not None:
        answer = sim.get(path + ("" if cursor is None else "&cursor=" + urllib.parse.quote(cursor, safe=""))).json
        assert answer["limit"] == 10 and len(answer["records"]) <= 10
        seen += [record["id"] for record in answer["records"]]
        cursor = answer["next_cursor"]
        pages += 1
        sim.mutate({"op": "rename_user", "user": 1, "name": f"B{pages}"})
        # "the last 24 hours" are those before the first page, however long the client takes
        sim.clock(20 * 3600 * 1000)
    assert seen == whole and pages == 3, "what is written meanwhile does not shift the pages"
    sim.mutate({"op": "rename_user", "user": 1, "name": "C"})
    cursor = urllib.parse.quote(sim.get("/audit/records?limit=1").json["next_cursor"], safe="")
    assert sim.get(f"/audit/records?limit=2&cursor={cursor}").status == 400, "the other parameters must stay"
    assert sim.get("/audit/records?cursor=nonsense").status == 400


def windows(sim):
    sim.reset(users=10)
    sim.mutate({"op": "rename_user", "user": 1, "name": "A"})
    sim.clock(25 * 3600 * 1000)
    sim.mutate({"op": "rename_user", "user": 1, "name": "B"})
    assert len(records(sim)) == 1, "the last 24 hours, where nothing is said"
    now = sim.clock(0)["now_ms"]

    def moment(days):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now / 1000 - days * 86400))

    assert len(records(sim, f"?since={moment(3)}")) == 2
    assert len(records(sim, f"?since={moment(3)}&until={moment(0.5)}")) == 1
    assert sim.get(f"/audit/records?since={moment(32)}").status == 400, "31 days at most"
    assert sim.get(f"/audit/records?since={moment(1)}&until={moment(2)}").status == 400
    sim.set(audit_lag_ms=60_000)
    assert records(sim) == [], "younger than the lag"
    sim.clock(61_000)
    assert len(records(sim)) == 1


def filters(sim):
    sim.reset(users=10, teams=2, policies=3, schedules=2)
    ids = {path: sim.get("/" + path).json[path][0]["id"] for path in ("users", "teams", "escalation_policies", "schedules")}
    sim.mutate({"op": "rename_user", "user": ids["users"], "name": "A"}, {"op": "rename_team", "team": ids["teams"], "name": "B"},
               {"op": "rename_policy", "policy": ids["escalation_policies"], "name": "C"},
               {"op": "rename_schedule", "schedule": ids["schedules"], "name": "D"}, {"op": "add_team", "name": "E"})
    assert len(records(sim, "?root_resource_types%5B%5D=teams")) == 2
    assert len(records(sim, "?root_resource_types%5B%5D=teams&root_resource_types%5B%5D=users")) == 3
    assert len(records(sim, "?actions%5B%5D=create")) == 1
    assert len(records(sim, "?method_type=browser")) == 5 and records(sim, "?method_type=oauth") == []
    for path, one in ids.items():
        found = sim.get(f"/{path}/{one}/audit/records").json["records"]
        assert [record["root_resource"]["id"] for record in found] == [one], path
    assert sim.get("/audit/records?actor_id=PX").status == 400, "actor_id needs actor_type"


def main():
    with Simulator(switches={"rate_limit": 0}) as sim:
        for name, behaviour in (("users come, change and go, and no id comes back", users),
                                ("whoever is deleted stays behind as a stub that holds nothing", stub),
                                ("teams, members and team roles change", members),
                                ("policies and schedules change, and schedules are upgraded", duties),
                                ("a change that is refused changes nothing", nothing_half),
                                ("abilities, switches, scopes and tokens change", account),
                                ("a change waits for the n-th request, before or after it", triggered),
                                ("each change leaves records, newest first", trail),
                                ("every kind of change is in the trail", every_change_is_told),
                                ("cursors page through the trail undisturbed", cursors),
                                ("the trail is asked for in windows, and may lag", windows),
                                ("the trail is filtered, and each thing has its own", filters)):
            tap.check(name, behaviour, sim)
    tap.finish()


if __name__ == "__main__":
    main()
