#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Every answer to a read held against PagerDuty's own description of its API. usage: openapi.py DESCRIPTION.json

The description is not part of this tree; where it is not there, everything is skipped.
"""
import sys
import urllib.parse

import tap
from description import load
from simulator import Simulator


def valid(sim, description, path, url, status=200, **options):
    answer = sim.get(url, **options)
    assert answer.status == status, answer
    schema = description.response(path, status)
    if schema is None:
        assert answer.body == b"", answer
        return
    assert answer.headers["content-type"].startswith("application/json")
    description.validate(schema, answer.json)


def valid_me(sim, description, owner):
    valid(sim, description, "/users/me", "/users/me", headers={"Authorization": f"Token token=user-key-{owner}"})


def ids(sim):
    """An id for each placeholder, of things that have something to show."""
    found = {"/users": sim.get("/users").json["users"][0]["id"]}
    teams = sim.get("/teams").json["teams"]
    found["/teams"] = [team["id"] for team in teams if sim.get(f"/teams/{team['id']}/members").json["members"]][0]
    found["/escalation_policies"] = sim.get("/escalation_policies?limit=100").json["escalation_policies"][3]["id"]
    found["/schedules"] = sim.get("/schedules").json["schedules"][0]["id"]
    found["/v3/schedules"] = sim.get("/v3/schedules").json["schedules"][0]["id"]
    rotation = sim.get(f"/v3/schedules/{found['/v3/schedules']}/rotations").json["rotations"][0]
    found["rotation"] = rotation["id"]
    found["event"] = rotation["events"][0]["id"]
    found["/abilities"] = "teams"
    return found


def fill(path, found):
    start = path.split("/{")[0]
    return (path.replace("{rotation_id}", found["rotation"]).replace("{event_id}", found["event"])
            .replace("{id}", found.get(start, "")))


def parameters_are_known(sim, description, path, url):
    """Each parameter of the description is taken in strict mode, with each of its words."""
    tried = 0
    for parameter in description.parameters(path):
        if parameter["in"] != "query":
            continue
        schema = parameter["schema"]
        words = schema.get("enum") or schema.get("items", {}).get("enum")
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if words is None:
            samples = {"integer": ["1"], "boolean": ["true", "false"]}
            words = ["2026-01-10T00:00:00Z"] if schema.get("format") == "date-time" else ["Europe/Lisbon"] if parameter["name"] == "time_zone" else [
                sample for kind in kinds for sample in samples.get(kind, ["PX"])]
        for word in words:
            if parameter["name"] in ("cursor", "method_truncated_token", "actor_id"):
                continue
            extra = "&since=2026-01-09T00:00:00Z" if parameter["name"] == "until" else "&until=2026-01-11T00:00:00Z" if parameter["name"] == "since" else ""
            answer = sim.get(f"{url}?{urllib.parse.quote(parameter['name'])}={urllib.parse.quote(word)}{extra}")
            assert answer.status in (200, 204), (parameter["name"], word, answer)
            assert sim.journal(after=sim.summary()["total"] - 1)[0]["violations"] == []
            tried += 1
    return tried


def wholes(sim, description, found):
    """What include[] brings is valid in its own right."""
    for path, key, words in (("/users", "users", ("contact_methods", "notification_rules", "teams", "subdomains")),
                             ("/schedules", "schedules", ("schedule_layers", "overrides_subschedule", "final_schedule"))):
        query = "&".join(f"include%5B%5D={word}" for word in words)
        answer = sim.get(f"{path}?{query}&limit=100")
        assert answer.status == 200 and answer.json[key], answer
        for item in answer.json[key]:
            for team in item["teams"] if path == "/users" else []:
                description.validate({"$ref": "#/components/schemas/Team"}, team)
            if path == "/schedules":
                description.validate({"$ref": "#/components/schemas/Schedule"}, item)
    policy = sim.get(f"/escalation_policies/{found['/escalation_policies']}?include%5B%5D=targets&include%5B%5D=teams").json["escalation_policy"]
    for rule in policy["escalation_rules"]:
        for target in rule["targets"]:
            if target["type"] == "user":
                description.validate({"$ref": "#/components/schemas/User"}, target)
            if target["type"] == "schedule":
                description.validate({"$ref": "#/components/schemas/Schedule"}, target)
    for member in sim.get(f"/teams/{found['/teams']}/members?include%5B%5D=users").json["members"]:
        description.validate({"$ref": "#/components/schemas/User"}, member["user"])


def rendered(sim, description, found):
    window = "since=2026-01-10T00:00:00Z&until=2026-02-10T00:00:00Z"
    valid(sim, description, "/schedules/{id}", f"/schedules/{found['/schedules']}?{window}&time_zone=Asia%2FTokyo")
    valid(sim, description, "/v3/schedules/{id}", f"/v3/schedules/{found['/v3/schedules']}?{window}&include%5B%5D=final_schedule")
    shown = sim.get(f"/schedules/{found['/schedules']}?{window}").json["schedule"]
    entries = shown["final_schedule"]["rendered_schedule_entries"]
    assert entries and entries[0]["start"] >= "2026-01-10T00:00:00"


def has_teeth(sim, description):
    """A validator that finds nothing wrong in anything would be worth nothing."""
    answer = sim.get("/users?limit=1").json
    answer["users"][0]["role"] = "harbour_master"
    try:
        description.validate(description.response("/users", 200), answer)
    except AssertionError:
        return
    raise AssertionError("a role that is not in the description was valid")


def errors(sim, description):
    valid(sim, description, "/users", "/users?offset=9999", 400)
    valid(sim, description, "/users/{id}", "/users/PNOBODY", 404)
    valid(sim, description, "/users", "/users", 401, token="bad")
    valid(sim, description, "/users", "/users", 403, token=sim.token("teams.read").json["access_token"])


def main():
    description = load(sys.argv[1])
    with Simulator(users=120, schedules_v3=4, switches={"rate_limit": 0}) as sim:
        sim.mutate({"op": "rename_user", "user": 0, "name": "B"}, {"op": "add_member", "team": 0, "user": "B", "role": "observer"},
                   {"op": "rename_team", "team": 1, "name": "C"}, {"op": "rename_policy", "policy": 0, "name": "D"},
                   {"op": "rename_schedule", "schedule": 0, "name": "E"})
        found = ids(sim)
        for path in sorted(description.operations):
            if path == "/users/me":
                owner = [grant["user_id"] for grant in sim.state()["grants"] if grant["entitlement_id"] == "role:owner"][0]
                tap.check("GET /users/me is valid", valid_me, sim, description, owner)
                continue
            url = fill(path, found)
            status = 204 if path == "/abilities/{id}" else 200
            tap.check(f"GET {path} is valid", valid, sim, description, path, url, status)
            tap.check(f"GET {path} takes every parameter that is described", parameters_are_known, sim, description, path, url)
        for path in ("/users", "/teams", "/escalation_policies", "/schedules", "/license_allocations", "/oncalls"):
            tap.check(f"a long page of {path} is valid", valid, sim, description, path, path + "?limit=100")
        tap.check("what include[] brings is valid", wholes, sim, description, found)
        tap.check("rendered entries are valid", rendered, sim, description, found)
        tap.check("errors are valid", errors, sim, description)
        tap.check("what is not valid is found", has_teeth, sim, description)
    tap.finish()


if __name__ == "__main__":
    main()
