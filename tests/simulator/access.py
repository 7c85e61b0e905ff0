#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Who may ask what: tokens, scopes, abilities, plans, regions, rate limits, keys."""
import http.client
import urllib.parse

import tap
from simulator import Simulator

SCOPES = {"/users": "users.read", "/users/{user}": "users.read", "/users/{user}/license": "licenses.read", "/teams": "teams.read",
          "/teams/{team}": "teams.read", "/teams/{team}/members": "teams.read", "/escalation_policies": "escalation_policies.read",
          "/escalation_policies/{policy}": "escalation_policies.read", "/schedules": "schedules.read", "/schedules/{schedule}": "schedules.read",
          "/v3/schedules": "schedules.read", "/abilities": "abilities.read", "/abilities/teams": "abilities.read", "/licenses": "licenses.read",
          "/license_allocations": "licenses.read", "/oncalls": "oncalls.read", "/audit/records": "audit_records.read",
          "/users/{user}/audit/records": "audit_records.read", "/teams/{team}/audit/records": "audit_records.read",
          "/escalation_policies/{policy}/audit/records": "audit_records.read", "/schedules/{schedule}/audit/records": "audit_records.read"}


def token(sim):
    answer = sim.token("users.read", "teams.read")
    assert answer.status == 200 and set(answer.json) == {"access_token", "scope", "token_type", "expires_in"}, answer
    assert answer.json["scope"] == "as_account-us.northwind users.read teams.read"
    assert answer.json["token_type"] == "bearer" and answer.json["expires_in"] == 86400
    assert "+" in answer.json["access_token"].split("_")[-1], "a plus that an unencoded form loses"
    assert sim.token().json["access_token"] != sim.token().json["access_token"]
    assert sim.get("/users", token=answer.json["access_token"]).status == 200, "earlier tokens stay good"


def bad_client(sim):
    for fields in ({"client_secret": "wrong"}, {"client_id": "nobody"}, {"client_secret": sim.secrets["client_secret"].replace("+", " ")}):
        answer = sim.token("users.read", **fields)
        assert (answer.status, answer.json) == (401, {"error": "invalid_client"}), (fields, answer)


def narrowed(sim):
    sim.reset(users=3, scopes=["users.read"])
    answer = sim.token("users.read", "teams.read", "nonsense.read")
    assert answer.json["scope"] == "as_account-us.northwind users.read", "what is not registered is left out without a word"
    for scope in ("users.read", "as_account-us.elsewhere users.read", "as_account-eu.northwind users.read", ""):
        answer = sim.token(scope=scope)
        assert (answer.status, answer.json["scope"]) == (200, "openid"), (scope, answer)
    assert sim.get("/users", token=answer.json["access_token"]).status == 403


def scope_error(sim):
    sim.reset(users=3, scopes=["users.read"], switches={"invalid_scope": "error"})
    for scope in ("users.read", "as_account-us.elsewhere users.read", "as_account-us.northwind teams.read"):
        answer = sim.token(scope=scope)
        assert (answer.status, answer.json) == (400, {"error": "invalid_request", "error_description": "Invalid scope"}), (scope, answer)
    assert sim.token("users.read").status == 200


def expiry(sim):
    sim.reset(users=3, switches={"token_lifetime_s": 60})
    granted = sim.token("users.read").json
    assert granted["expires_in"] == 60
    sim.clock(59_000)
    assert sim.get("/users", token=granted["access_token"]).status == 200
    sim.clock(1_000)
    assert sim.get("/users", token=granted["access_token"]).status == 401
    assert sim.get("/users").status == 200


def revocation(sim):
    sim.reset(users=3)
    granted = sim.token("users.read").json["access_token"]
    sim.revoke_tokens()
    assert sim.get("/users", token=granted).status == 401
    granted = sim.token("users.read").json["access_token"]
    sim.reset(users=3)
    assert sim.get("/users", token=granted).status == 401, "a new world has new tokens"
    sim.mutate({"op": "rotate_secret", "client_secret": "other"})
    assert sim.token("users.read").status == 401


def scopes(sim):
    sim.reset(users=30, policies=3, schedules=2)
    ids = {kind: sim.get("/" + path).json[path][0]["id"] for kind, path in
           (("user", "users"), ("team", "teams"), ("policy", "escalation_policies"), ("schedule", "schedules"))}
    every = sorted(set(SCOPES.values()))
    for path, scope in SCOPES.items():
        path = path.format(**ids)
        has = sim.token(scope).json["access_token"]
        assert sim.get(path, token=has).status in (200, 204), path
        lacks = sim.token(*[one for one in every if one != scope]).json
        answer = sim.get(path, token=lacks["access_token"])
        assert answer.status == 403, (path, answer)
        assert answer.json == {"error": {"message": "Token missing required scopes", "required_scopes": scope, "token_scopes": lacks["scope"]}}, answer


def unauthorized(sim):
    sim.reset(users=3)
    good = sim.token("users.read").json["access_token"]
    for header in (None, "Bearer nonsense", f"bearer {good}", good, f"Token token={good}", "Token token=nonsense", "Bearer ", f"Bearer {good}x"):
        answer = sim.get("/users", headers={"Authorization": header})
        assert (answer.status, answer.json) == (401, {"error": {"message": "Authentication failed", "code": 2006}}), (header, answer)
    sim.set(auth_401="empty")
    answer = sim.get("/users", token="nonsense")
    assert (answer.status, answer.body, "content-type" in answer.headers) == (401, b"", False), answer
    sim.set(auth_401="html")
    answer = sim.get("/users", token="nonsense")
    assert answer.status == 401 and answer.headers["content-type"] == "text/html"


def regions(sim):
    sim.reset(users=3, switches={"region_check": "rest"})
    home = sim.token("users.read").json["access_token"]
    assert sim.get("/_region/us/users", token=home).status == 200
    assert sim.get("/_region/eu/users", token=home).status == 401, "good there, not here"
    away = sim.token(scope="as_account-eu.northwind users.read").json
    assert away["scope"] == "as_account-eu.northwind users.read"
    assert sim.get("/users", token=away["access_token"]).status == 401
    sim.reset(users=3, region="eu")
    answer = sim.token(scope="as_account-eu.northwind users.read").json
    user = sim.get("/users?limit=1", token=answer["access_token"]).json["users"][0]
    assert user["self"].startswith("https://api.eu.pagerduty.com/") and user["html_url"].startswith("https://northwind.eu.pagerduty.com/")


def abilities(sim):
    sim.reset(users=30, abilities=["urgencies", "offboarding"])
    assert sim.get("/abilities").json == {"abilities": ["offboarding", "urgencies"]}
    missing = {"error": {"message": "Missing Account Ability", "code": 2014}}
    for path in ("/teams", "/teams/PX", "/teams/PX/members", "/users?team_ids%5B%5D=PX", "/schedules?team_ids%5B%5D=PX",
                 "/escalation_policies?team_ids%5B%5D=PX", "/abilities/teams"):
        answer = sim.get(path)
        assert (answer.status, answer.json) == (402, missing), (path, answer)
    assert sim.get("/abilities/urgencies").status == 204 and sim.get("/abilities/flying").status == 404
    assert all(user["teams"] == [] for user in sim.everything("/users", "users"))
    assert all(policy["teams"] == [] for policy in sim.everything("/escalation_policies", "escalation_policies"))


def plan(sim):
    sim.reset(users=30, policies=5)
    path = "/escalation_policies?include%5B%5D=escalation_rule_assignment_strategies"
    rule = sim.get(path).json["escalation_policies"][0]["escalation_rules"][0]
    assert rule["escalation_rule_assignment_strategy"]["type"] in ("round_robin", "assign_to_everyone")
    assert "escalation_rule_assignment_strategy" not in sim.get("/escalation_policies").json["escalation_policies"][0]["escalation_rules"][0]
    sim.set(strategy_form="string")
    assert isinstance(sim.get(path).json["escalation_policies"][0]["escalation_rules"][0]["escalation_rule_assignment_strategy"], str)
    sim.set(round_robin=False)
    answer = sim.get(path)
    assert answer.status == 403 and answer.json is None and answer.body != b"", answer
    assert sim.get("/escalation_policies").status == 200
    assert sim.get("/audit/records").status == 200
    sim.set(audit=False)
    assert sim.get("/audit/records").status == 402


def rate(sim):
    sim.reset(users=3, switches={"rate_limit": 5})
    left = [sim.get("/users").headers for _ in range(5)]
    assert [int(headers["ratelimit-remaining"]) for headers in left] == [4, 3, 2, 1, 0]
    assert all(headers["ratelimit-limit"] == "5" and 0 < int(headers["ratelimit-reset"]) <= 60 for headers in left)
    answer = sim.get("/users")
    assert (answer.status, answer.json) == (429, {"error": {"message": "Rate Limit Exceeded", "code": 2020}}), answer
    assert answer.headers["ratelimit-remaining"] == "0" and "retry-after" not in answer.headers
    other = sim.get("/users", headers={"Authorization": "Token token=account-key"})
    assert other.status == 200 and other.headers["ratelimit-remaining"] == "4", "each owner has a window"
    sim.clock(int(answer.headers["ratelimit-reset"]) * 1000)
    assert sim.get("/users").headers["ratelimit-remaining"] == "4"


def rate_forms(sim):
    for form, body, headers in (("no_body", False, True), ("no_headers", True, False), ("bare", False, False)):
        sim.reset(users=3, switches={"rate_limit": 1, "rate_429": form})
        sim.get("/users")
        answer = sim.get("/users")
        assert answer.status == 429 and (answer.body != b"") == body and ("ratelimit-reset" in answer.headers) == headers, (form, answer)
    sim.reset(users=3, switches={"rate_limit": 0})
    assert not [name for name in sim.get("/users").headers if name.startswith("ratelimit")]
    sim.reset(users=3, switches={"rate_limit": 960})
    assert sim.get("/users").headers["ratelimit-limit"] == "960"


def me(sim):
    sim.reset(users=30)
    owner = [user for user in sim.everything("/users", "users") if user["role"] == "owner"][0]
    answer = sim.get("/users/me")
    assert answer.status == 400 and isinstance(answer.json["error"], str), "a bare string on the REST host too"
    assert answer.json["error"].startswith("Because this request was made using an account-level access token, ")
    assert sim.get("/users/me", headers={"Authorization": "Token token=account-key"}).status == 400
    answer = sim.get("/users/me", headers={"Authorization": f"Token token=user-key-{owner['id']}"})
    assert (answer.status, answer.json["user"]["email"]) == (200, owner["email"])
    sim.set(me_status="404")
    assert sim.get("/users/me").status == 404


def private_teams(sim):
    sim.reset(users=120, teams=20, private_teams=10, memberships=200)
    teams = sim.everything("/teams", "teams")
    private = {team["id"] for team in teams if team["default_role"] == "none"}
    outsider = [user for user in sim.everything("/users", "users") if user["role"] == "limited_user"
                and not {team["id"] for team in user["teams"]} & private][0]
    key = {"Authorization": f"Token token=user-key-{outsider['id']}"}
    seen = {team["id"] for team in sim.get("/teams?limit=100", headers=key).json["teams"]}
    assert seen == {team["id"] for team in teams} - private, "missing without a word"
    assert sim.get(f"/teams/{min(private)}/members", headers=key).status == 404
    users = sim.get("/users?limit=100", headers=key).json["users"]
    assert not {team["id"] for user in users for team in user["teams"]} & private
    assert sim.get("/license_allocations", headers=key).json == {"error": {"message": "Cannot read license allocations"}}
    assert sim.get("/audit/records", headers=key).json == {"error": {"message": "Access Denied", "code": 2010}}


def token_form(sim):
    sim.reset(users=3)
    form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": sim.settings["client_id"],
                                   "client_secret": sim.secrets["client_secret"], "scope": "as_account-us.northwind users.read"})
    for path, headers, body, status in (("/identity/oauth/token", {"Content-Type": "application/json"}, form, 400),
                                        ("/identity/oauth/token", {"Content-Type": "application/x-www-form-urlencoded",
                                                                   "Authorization": "Basic eDp5"}, form, 400),
                                        ("/identity/oauth/token", {"Content-Type": "application/x-www-form-urlencoded"},
                                         form.replace("client_credentials", "password"), 400),
                                        ("/identity/oauth/token?x=1", {"Content-Type": "application/x-www-form-urlencoded"}, form, 400),
                                        ("/identity/oauth/token", {"Content-Type": "application/x-www-form-urlencoded"}, form, 200)):
        connection = http.client.HTTPConnection("127.0.0.1", sim.port)
        connection.request("POST", path, form if body is None else body, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        assert answer.status == status, (path, headers, text)
    assert sim.get("/identity/oauth/token").status == 400, "only POST"
    sim.set(strict=False)
    answer = sim.token("users.read", grant_type="password")
    assert (answer.status, answer.json) == (400, {"error": "unsupported_grant_type"})


def main():
    with Simulator(switches={"rate_limit": 0}) as sim:
        for name, behaviour in (("client_credentials gives a token with the scopes that it names", token),
                                ("a wrong client is 401 invalid_client", bad_client),
                                ("what cannot be granted is left out, in the end all but openid", narrowed),
                                ("a switch makes the same invalid_request", scope_error),
                                ("a token ends when it says so", expiry), ("tokens can be revoked, and a secret replaced", revocation),
                                ("every operation wants its own scope, and says which in the literal 403", scopes),
                                ("anything but a good credential in its exact form is 401, in three shapes", unauthorized),
                                ("a credential is good in its region only", regions),
                                ("a missing ability is the literal 402", abilities),
                                ("a feature that is not on the plan is a 403 without JSON, or a 402", plan),
                                ("960 requests a minute, told by three headers; then 429 until the window ends", rate),
                                ("a 429 comes with and without body and headers", rate_forms),
                                ("who-am-I is refused where no user is behind the credential", me),
                                ("private teams are hidden from user keys of strangers", private_teams),
                                ("the token endpoint takes the documented form alone", token_form)):
            tap.check(name, behaviour, sim)
    tap.finish()


if __name__ == "__main__":
    main()
