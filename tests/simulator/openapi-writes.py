#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Writes and their answers held against PagerDuty's own description of its API. usage: openapi-writes.py DESCRIPTION.json

The description is not part of this tree; where it is not there, everything is skipped. A flaw that shows with writes only: some refusals are
not described.
"""
import sys

import tap
from description import load
from harbour import OWNER_EMAIL, build
from simulator import Simulator

USER = {"type": "user", "name": "Tomas Quill", "email": "tomas.quill@northwind.example"}
LEVEL = {"escalation_delay_in_minutes": 5, "targets": [{"id": "PLIMIT1", "type": "user_reference"}, {"id": "PSCHB30", "type": "schedule_reference"},
                                                       {"id": "PSHIF30", "type": "schedule_v3_reference"}]}
POLICY = {"type": "escalation_policy", "name": "Free", "escalation_rules": [LEVEL], "num_loops": 2, "on_call_handoff_notifications": "always",
          "description": "Cranes first", "teams": [{"id": "PQUAY10", "type": "team_reference"}]}
# method, template, ids, body, status; a body is whole, so that it can be valid
CALLS = (("post", "/users", (), {"user": {**USER, "role": "limited_user", "job_title": "Pilot", "time_zone": "Asia/Tokyo", "color": "teal",
                                          "description": "x"}}, 201),
         ("post", "/users", (), {"user": {**USER, "name": ""}}, 400),
         ("put", "/users/{id}", ("PFREE01",), {"user": {**USER, "role": "observer"}}, 200),
         ("put", "/users/{id}", ("PFREE01",), {"user": {**USER, "email": OWNER_EMAIL}}, 400),
         ("put", "/users/{id}", ("PNONE00",), {"user": USER}, 404),
         ("delete", "/users/{id}", ("PFREE01",), None, 204),
         ("delete", "/users/{id}", ("PNONE00",), None, 404),
         ("put", "/teams/{id}/users/{user_id}", ("PQUAY10", "PFREE01"), {"role": "observer"}, 204),
         ("put", "/teams/{id}/users/{user_id}", ("PQUAY10", "PFREE01"), None, 204),
         ("put", "/teams/{id}/users/{user_id}", ("PQUAY10", "PSTAKE1"), {"role": "observer"}, 400),
         ("put", "/teams/{id}/users/{user_id}", ("PQUAY10", "PNONE00"), {"role": "observer"}, 404),
         ("delete", "/teams/{id}/users/{user_id}", ("PQUAY10", "PLIMIT1"), None, 204),
         ("delete", "/teams/{id}/users/{user_id}", ("PHARB10", "PLIMIT1"), None, 400),
         ("put", "/teams/{id}/escalation_policies/{escalation_policy_id}", ("PQUAY10", "PEPFR20"), None, 204),
         ("put", "/teams/{id}/escalation_policies/{escalation_policy_id}", ("PQUAY10", "PEPHB20"), None, 400),
         ("delete", "/teams/{id}/escalation_policies/{escalation_policy_id}", ("PHARB10", "PEPHB20"), None, 204),
         ("put", "/escalation_policies/{id}", ("PEPFR20",), {"escalation_policy": POLICY}, 200),
         ("put", "/escalation_policies/{id}", ("PNONE00",), {"escalation_policy": POLICY}, 404))
NOT_SIMULATED = "/schedules"


def address(template, ids):
    for id in ids:
        start = template.index("{")
        template = template[:start] + id + template[template.index("}") + 1:]
    return template


def request(sim, method, template, ids, body, **options):
    headers = {**({"From": OWNER_EMAIL} if (method, template) == ("post", "/users") else {}), **options.pop("headers", {})}
    return sim.request(method.upper(), address(template, ids), body=body, headers=headers, **options)


def answered(description, answer, method, template, status):
    assert answer.status == status, answer
    described = description.whole["paths"][template][method]["responses"]
    if str(status) not in described:
        # a refusal like any other
        template, method, status = "/users", "post", 400
    schema = description.response(template, status, method)
    if schema is None:
        assert answer.body == b"", answer
    else:
        description.validate(schema, answer.json)


def valid(sim, description, method, template, ids, body, status):
    build(sim)
    operation = description.whole["paths"][template][method]
    if body is not None:
        description.validate(operation["requestBody"]["content"]["application/json"]["schema"], body)
    sim.forget_journal()
    answered(description, request(sim, method, template, ids, body), method, template, status)
    entry = sim.journal()[-1]
    assert (entry["route"], entry["scope"], entry["violations"]) == (template, operation["x-pd-requires-scope"], []), entry


def refusals(sim, description):
    for method, template, ids, body, status in CALLS:
        if status >= 300:
            continue
        build(sim, switches={"rate_limit": 3})
        for wanted, options in ((401, {"token": "bad"}), (403, {"token": sim.token("abilities.read").json["access_token"]}),
                                (403, {"headers": {"Authorization": "Token token=read-only-key"}})):
            answered(description, request(sim, method, template, ids, body, **options), method, template, wanted)
        for _ in range(3):
            request(sim, method, template, ids, body)
        answered(description, request(sim, method, template, ids, body), method, template, 429)
        if "teams" in template:
            build(sim, abilities=["read_only_users", "advanced_permissions"])
            answered(description, request(sim, method, template, ids, body), method, template, 402)


def complete(sim, description):
    build(sim)
    described = {(method, path) for path, item in description.whole["paths"].items() for method in ("post", "put", "delete")
                 if method in item and NOT_SIMULATED not in path}
    assert described == {(call[0], call[1]) for call in CALLS}, described
    for method, path in described:
        ids = ["PNONE00"] * path.count("{")
        body = {"user": {}} if path.startswith("/users") and method != "delete" else None
        assert request(sim, method, path, ids, body).status in (400, 404)
        assert sim.journal()[-1]["route"] == path


def round_trip(sim, description):
    """What was read is a valid body, with strategies and an unknown field."""
    build(sim)
    include = "?include%5B%5D=escalation_rule_assignment_strategies"
    read = sim.get("/escalation_policies/PEPHB20" + include).json["escalation_policy"]
    read["escalation_rules"][0]["tide"] = "high"
    body = {"escalation_policy": {key: read[key] for key in ("type", "name", "escalation_rules")}}
    operation = description.whole["paths"]["/escalation_policies/{id}"]["put"]
    description.validate(operation["requestBody"]["content"]["application/json"]["schema"], body)
    answered(description, sim.put("/escalation_policies/PEPHB20", body), "put", "/escalation_policies/{id}", 200)
    again = sim.get("/escalation_policies/PEPHB20" + include).json["escalation_policy"]
    assert again["escalation_rules"] == read["escalation_rules"], again


def audit(sim, description):
    """What writes leave in the trail is valid, too."""
    build(sim)
    for method, template, ids, body, status in CALLS:
        assert request(sim, method, template, ids, body).status in (status, 400, 404)
    trail = sim.get("/audit/records?limit=100")
    made = [record for record in trail.json["records"] if record["method"]["type"] == "oauth"]
    assert len(made) > 8, made
    description.validate(description.response("/audit/records", 200), trail.json)


def main():
    description = load(sys.argv[1])
    with Simulator(switches={"rate_limit": 0}) as sim:
        for call in CALLS:
            tap.check(f"{call[0].upper()} {call[1]} with {call[4]}{'' if call[3] else ', without a body,'} is valid", valid, sim, description, *call)
        for name, behaviour in (("every write of the description is there, schedules apart", complete),
                                ("401, 402, 403 and 429 of writes are valid", refusals),
                                ("a policy that was read is a valid body", round_trip),
                                ("audit records of writes are valid", audit)):
            tap.check(name, behaviour, sim, description)
    tap.finish()


if __name__ == "__main__":
    main()
