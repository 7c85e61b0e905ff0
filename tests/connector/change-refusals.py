#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Each refusal of PagerDuty's that a change can meet: its sentence and status, word for word; what is beside it is done, and what was done is
told. usage: change-refusals.py IDC_HOST MODULES
"""
import sys

import changing
import harbour
import tap
from simulator import Simulator

IDC_HOST, MODULES = sys.argv[1:]
USERS, TEAM, POLICY = "/users/{id}", "/teams/{id}/users/{user_id}", "/escalation_policies/{id}"
# Done whatever becomes of the rest.
GOOD = ("add", "PFREE01", "team:PQUAY10:observer")
GONE = ("remove", "PLIMIT1", "team:PQUAY10")
ANN, BEN = ("ann@northwind.example", "Ann", "", ""), ("ben@northwind.example", "Ben", "", "")
NOT_ALLOWED = "PagerDuty's rules do not allow it."
TROUBLE = "PagerDuty, or a proxy in between, has trouble; try again later."
NO_PLAN = "The account's plan does not include it."
STAKEHOLDER = "A stakeholder is neither on call nor on a team: take the user off there first, or give another base role."


def nothing(_sim):
    pass


def switch(**switches):
    return lambda sim: sim.set(**switches)


def mutate(*changes, **at):
    return lambda sim: sim.mutate(*changes, **at)


def answer(route, method, status, message=None, code=2001, errors=None, **more):
    """Every answer to such a request is that."""
    error = {key: value for key, value in (("message", message), ("code", code), ("errors", errors)) if value is not None}
    return lambda sim: sim.faults({"match": {"route": route, "method": method, "times": 0},
                                   "action": {"status": status, "body": {"error": {**error, **more}}}})


def said(call, status, words, advice, code=2001):
    return f'PagerDuty answered {call} with HTTP {status}{f", code {code}" if code else ""} ("{words}"). {advice}'


def invalid(call, words, advice=NOT_ALLOWED):
    return said(call, 400, f"Invalid Input Provided: {words}", advice)


# name, what makes it happen, command, rows, exit, for each row None (it is done) or its status and sentence
CASES = [
    ("an address that is taken by somebody who cannot be seen",
     lambda sim: sim.faults({"match": {"route": "/users", "method": "GET", "times": 0}, "action": {"empty_list": True}}),
     "provision", [("pfree01@northwind.example", "Free", "", "")], 1,
     [("CONFLICT", invalid("POST /users", "Email has already been taken",
                           "Somebody has this address whom the token does not see: look for them in PagerDuty."))]),
    ("no seat that is left", nothing, "provision", [ANN, BEN], 3,
     [None, ("PAYMENT", invalid("POST /users", "License error: License is not available", "Free a licence or buy one in PagerDuty."))]),
    ("an account that is locked for a while", switch(account_lock="2"), "provision", [ANN], 0, [None]),
    ("an account that stays locked", switch(account_lock="1000"), "provision", [ANN], 1,
     [("CONFLICT", invalid("POST /users", "License error: Unable to perform request at this time. account could not be locked",
                           "Somebody else is changing users; try again."))]),
    ("a From that is nobody's any more", mutate({"op": "set_user", "user": harbour.OWNER_EMAIL, "email": "moved@northwind.example"}), "provision", [ANN],
     1, [("INVALID", said("POST /users", 400, "Requester User Not Found",
                          "Set from_email to the e-mail address of a user of this PagerDuty account.", 1008))]),
    ("a From that is missing", answer("/users", "POST", 400, "You must specify a user's email address in the \"From\" header to perform this action", None),
     "provision", [ANN], 1,
     [("INVALID", said("POST /users", 400, "You must specify a user's email address in the \"From\" header to perform this action",
                       "Set from_email to the e-mail address of a user of this PagerDuty account.", None))]),
    ("a stakeholder where the plan has none", mutate({"op": "set_abilities", "remove": ["read_only_users"]}), "provision",
     [("ann@northwind.example", "Ann", "read_only_user", ""), BEN], 3, [("PAYMENT", said("POST /users", 402, "Missing Account Ability", NO_PLAN, 2014)), None]),
    ("a base role that the plan does not have", mutate({"op": "set_abilities", "remove": ["read_only_users"]}), "add", [("add", "PFREE01", "role:read_only_user"),
                                                                                                                        GOOD], 3,
     [("PAYMENT", said("PUT /users/PFREE01", 402, "Missing Account Ability", NO_PLAN, 2014)), None]),
    ("teams that the plan does not have", mutate({"op": "set_abilities", "remove": ["teams"]}), "remove", [GONE, ("remove", "PUSER01", "role:user")], 3,
     [("PAYMENT", said("GET /teams/PQUAY10/members", 402, "Missing Account Ability", NO_PLAN, 2014)), None]),
    ("a stakeholder-to-be who is on a schedule", switch(stakeholder_on_call="refuse"), "add", [("add", "PLIMIT2", "role:read_only_user"), GOOD], 3,
     [("REFUSED", invalid("PUT /users/PLIMIT2", "Stakeholders cannot be added to schedules", STAKEHOLDER)), None]),
    ("a stakeholder-to-be who is on a policy", switch(stakeholder_on_call="refuse"), "add", [("add", "POBSER1", "role:read_only_user"), GOOD], 3,
     [("REFUSED", invalid("PUT /users/POBSER1", "Stakeholders cannot be added to escalation policies", STAKEHOLDER)), None]),
    ("a stakeholder on a team", nothing, "add", [("add", "PSTAKE1", "team:PQUAY10:observer"), GOOD], 3,
     [("REFUSED", "Stakeholders cannot be put on teams: give another base role first."), None]),
    ("somebody who is a stakeholder by now", answer(TEAM, "PUT", 400, "Invalid Input Provided", errors=["Stakeholders cannot be added to teams"]), "add",
     [("add", "PLIMIT2", "team:PQUAY10:observer"), ("add", "PFREE01", "role:user")], 3,
     [("REFUSED", invalid("PUT /teams/PQUAY10/users/PLIMIT2", "Stakeholders cannot be added to teams", STAKEHOLDER)), None]),
    ("a stakeholder on a policy", nothing, "add", [("add", "PSTAKE1", "policy:PEPFR20:1"), ("add", "PFREE01", "policy:PEPFR20:1")], 3,
     [("REFUSED", "Stakeholders cannot be paged: give another base role first."), None]),
    ("an observer on a policy, where PagerDuty minds", switch(observer_targets="false"), "add",
     [("add", "PRESTR1", "policy:PEPHB20:2"), ("add", "PFREE01", "policy:PEPHB20:2"), GOOD], 3,
     [("REFUSED", invalid("PUT /escalation_policies/PEPHB20", "Observers cannot be added to escalation policies")), None, None]),
    ("leaving a team whose policy pages them", nothing, "remove", [("remove", "PLIMIT1", "team:PHARB10"), ("remove", "PUSER01", "team:PHARB10")], 3,
     [("REFUSED", "PagerDuty lets nobody leave a team while a policy of that team pages them (policy:PEPHB20): take them off there first."), None]),
    ("leaving a team whose policy pages them by a schedule", mutate({"op": "add_member", "team": "PHARB10", "user": "PLIMIT2", "role": "responder"}), "remove",
     [("remove", "PLIMIT2", "team:PHARB10:responder"), GONE], 3,
     [("REFUSED", "PagerDuty lets nobody leave a team while a policy of that team pages them (policy:PEPHB20 via schedule:PSCHB30): take them off there "
       "first."), None]),
    ("leaving a team whose policy has just let go", lambda sim: (switch(settle_ms="900")(sim), sim.mutate(
        {"op": "add_target", "policy": "PEPHB20", "level": 2, "user": "PUSER01"})), "remove",
     [("remove", "PLIMIT1", "team:PHARB10"), ("remove", "PLIMIT1", "policy:PEPHB20")], 0, [None, None]),
    ("more targets than PagerDuty takes", switch(max_targets="2"), "add", [("add", "PFREE01", "policy:PEPFR20:1"), GOOD], 3,
     [("REFUSED", invalid("PUT /escalation_policies/PEPFR20", "Escalation rules base May have at most 2 escalation targets",
                          "Take somebody else off that level first.")), None]),
    ("the last target of a level", nothing, "remove", [("remove", "PLIMIT1", "policy:PEPHB20:2"), GONE], 3,
     [("REFUSED", "This would leave level 2 with nobody: add somebody else to it first."), None]),
    ("the last rule of a policy", answer(POLICY, "PUT", 400, harbour.LAST_RULE), "remove", [("remove", "PUSER01", "policy:PEPFR20:1"), GONE], 3,
     [("REFUSED", said("PUT /escalation_policies/PEPFR20", 400, harbour.LAST_RULE, "Add somebody else to the policy first.")), None]),
    ("a target who has gone and still stands there", lambda sim: (switch(stub_targets="refuse")(sim), sim.mutate({"op": "delete_user", "user": "POBSER1"})),
     "add", [("add", "PFREE01", "policy:PEPFR20:1"), GOOD], 3,
     [("NOT_FOUND", said("PUT /escalation_policies/PEPFR20", 404, "Not Found", "It is gone, or this token may not see it.", 2100)), None]),
    ("a user who has gone", mutate({"op": "delete_user", "user": "PLIMIT2"}), "add", [("add", "PLIMIT2", "role:user"), GOOD], 3,
     [("NOT_FOUND", said("GET /users/PLIMIT2", 404, "Not Found", "It is gone, or this token may not see it.", 2100)), None]),
    ("a user who has gone, on a team and a policy", mutate({"op": "delete_user", "user": "PLIMIT2"}), "add",
     [("add", "PLIMIT2", "team:PQUAY10:observer"), ("add", "PLIMIT2", "policy:PEPFR20:1"), GOOD], 3,
     [("NOT_FOUND", "PagerDuty knows no user PLIMIT2: list again."), ("NOT_FOUND", "PagerDuty knows no user PLIMIT2: list again."), None]),
    ("a team that has gone", mutate({"op": "delete_team", "team": "PQUAY10"}), "add", [GOOD, ("add", "PFREE01", "role:user")], 3,
     [("NOT_FOUND", said("GET /teams/PQUAY10/members", 404, "Not Found", "It is gone, or this token may not see it.", 2100)), None]),
    ("a policy that has gone", mutate({"op": "delete_policy", "policy": "PEPFR20"}), "add", [("add", "PFREE01", "policy:PEPFR20:1"), GOOD], 3,
     [("NOT_FOUND", said("GET /escalation_policies/PEPFR20", 404, "Not Found", "It is gone, or this token may not see it.", 2100)), None]),
    ("a user whom teams do not know yet, for 500", switch(new_user_ms="900"), "provision", [(*ANN[:3], "team:PQUAY10:observer")], 0, [None, None]),
    ("a user whom teams do not know yet, for 404", switch(new_user_ms="900", new_user_status="404"), "provision", [(*ANN[:3], "team:PQUAY10:observer")], 0,
     [None, None]),
    ("the owner", nothing, "add", [("add", "PFREE01", "role:owner"), GOOD], 3,
     [("REFUSED", "Nobody can be made the account owner but in PagerDuty itself."), None]),
    ("a permission that is missing", answer(USERS, "PUT", 403, "Access Denied", 2010), "add", [("add", "PFREE01", "role:user"), GOOD], 3,
     [("FORBIDDEN", said("PUT /users/PFREE01", 403, "Access Denied", "The app or the person who registered it lacks a permission in PagerDuty.", 2010)), None]),
    ("a scope that the token lacks", answer(TEAM, "PUT", 403, "Token missing required scopes", None, required_scopes="teams.write",
                                            token_scopes="as_account-us.northwind users.read"), "add", [GOOD, ("add", "PFREE01", "role:user")], 3,
     [("SCOPE", said("PUT /teams/PQUAY10/users/PFREE01", 403, "Token missing required scopes: teams.write",
                     "Tick the missing scope in the app's registration, then authorize again.", None)), None]),
    ("data that somebody else updated", answer(USERS, "PUT", 409, "Data updated since last request", 1005), "add", [("add", "PFREE01", "role:user"), GOOD], 3,
     [("CONFLICT", said("PUT /users/PFREE01", 409, "Data updated since last request", "Somebody else changed it at the same time; try again.", 1005)), None]),
    ("a business rule that nobody knows", answer(USERS, "PUT", 400, "Invalid Input Provided", errors="Moon is full"), "add",
     [("add", "PFREE01", "role:user"), GOOD], 3, [("REFUSED", invalid("PUT /users/PFREE01", "Moon is full")), None]),
    ("trouble whenever a policy is written", answer(POLICY, "PUT", 503, "Service Unavailable", None), "add", [("add", "PFREE01", "policy:PEPFR20:1"), GOOD], 4,
     [("INDETERMINATE", said("PUT /escalation_policies/PEPFR20", 503, "Service Unavailable", TROUBLE, None)), None]),
    ("trouble whenever a role is written", answer(USERS, "PUT", 503, "Service Unavailable", None), "add", [("add", "PFREE01", "role:user"), GOOD], 4,
     [("INDETERMINATE", said("PUT /users/PFREE01", 503, "Service Unavailable", TROUBLE, None)), None]),
    ("trouble whenever a team is written", answer(TEAM, "PUT", 503, "Service Unavailable", None), "add", [GOOD, ("add", "PFREE01", "role:user")], 4,
     [("INDETERMINATE", said("PUT /teams/PQUAY10/users/PFREE01", 503, "Service Unavailable", TROUBLE, None)), None]),
    ("no assignment strategies, which is no refusal", switch(round_robin="false"), "add", [("add", "PFREE01", "policy:PEPFR20:1"), GOOD], 0, [None, None]),
    ("somebody who left the team at that moment, for 404", lambda sim: (switch(remove_non_member="404")(sim), sim.mutate(
        {"op": "remove_member", "team": "PQUAY10", "user": "PLIMIT1"}, at={"route": TEAM, "method": "DELETE", "when": "before"})), "remove",
     [GONE, ("remove", "PUSER01", "role:user")], 0, [None, None]),
]
# What ends all that is still to come.
REFUSED_TOKEN = said("PUT /teams/PQUAY10/users/PFREE01", 401, "Authentication failed",
                     "The token is not valid, was revoked, or belongs to an account in another service region: check the region and authorize again.", 2006)
TOO_MANY = said("PUT /teams/PQUAY10/users/PFREE01", 429, "Rate Limit Exceeded", "Too many requests were made with this app; try again later.", 2020)
ENDS = [
    ("a token that is refused again", answer(TEAM, "PUT", 401, "Authentication failed", 2006), 6, "UNAUTHENTICATED", REFUSED_TOKEN),
    ("a rate limit beyond all patience", lambda sim: sim.faults({"match": {"route": TEAM, "times": 0}, "action": {
        "status": 429, "headers": {"ratelimit-limit": "960", "ratelimit-remaining": "0", "ratelimit-reset": "3000"},
        "body": {"error": {"message": "Rate Limit Exceeded", "code": 2020}}}}), 7, "RATE_LIMITED", TOO_MANY),
    ("a scope that was taken from the app", lambda sim: (sim.mutate({"op": "set_scopes", "scopes": ["users.read", "teams.read", "escalation_policies.read",
                                                                                                   "abilities.read"]}), sim.revoke_tokens()), 6, "SCOPE",
     "PagerDuty did not grant the scope that is needed: users.write, teams.write, escalation_policies.write. Tick it in the app's registration, then "
     "authorize again."),
    ("a secret that was changed", lambda sim: (sim.mutate({"op": "rotate_secret", "client_secret": "another"}), sim.revoke_tokens()), 6, "UNAUTHENTICATED",
     "PagerDuty refused the client id or the client secret: check both in the app's registration, a lost secret can only be replaced by a new one."),
]
SEATS = {"no seat that is left": 9}


def refused(sim, name, happens, command, rows, exit_status, results):
    harbour.build(sim, seats=SEATS.get(name, -1))
    with changing.Changing(IDC_HOST, MODULES, sim).may_write() as host:
        happens(sim)
        before = changing.held(sim)
        told = host.change(exit_status, command, rows)
        found = [(item["status"], (item["error"] or {}).get("message")) for item in told["items"]]
        wanted = [result or ("OK", None) for result in results]
        assert found == wanted, "\n".join(f"{one}\nnot {other}" for one, other in zip(found, wanted) if one != other)
        assert (told["ok"], told["failed"]) == (results.count(None), len(results) - results.count(None)), told
        assert all(item["effects"] for item in told["items"] if item["status"] == "OK"), "done without an effect"
        changing.explained(before, changing.held(sim), told)
        host.succeed("audit", "verify", "PagerDuty")


def ended(sim, happens, exit_status, status, sentence):
    """Nothing of it is done, it is told why, and the same command does it once PagerDuty lets it."""
    harbour.build(sim)
    with changing.Changing(IDC_HOST, MODULES, sim).may_write() as host:
        happens(sim)
        before = harbour.look(sim)
        told = host.change(exit_status, "add", [GOOD, ("add", "PFREE01", "team:PHARB10:observer")])
        assert [(error["name"], error["message"]) for error in told["errors"]] == [(status, sentence)], told["errors"]
        assert {item["status"] for item in told.get("items", [])} <= {"NOT_ATTEMPTED"} and harbour.look(sim) == before, told
        harbour.build(sim)
        host.change(0, "add", [GOOD, ("add", "PFREE01", "team:PHARB10:observer")])
        host.good()


def main():
    with Simulator(switches={"rate_limit": "0"}) as sim:
        for name, *case in CASES:
            tap.check(f"{name}: told in PagerDuty's words, and the rest is done", refused, sim, name, *case)
        for name, *case in ENDS:
            tap.check(f"{name} ends a run, and the same command completes it", ended, sim, *case)
    tap.finish()


if __name__ == "__main__":
    main()
