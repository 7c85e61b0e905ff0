#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""The identity host: pages, consent, codes, PKCE, refresh tokens, revocation, id_token."""
import base64
import hashlib
import html
import json
import re
import urllib.parse

import tap
from simulator import Simulator

REDIRECT = "http://localhost:8765/application/oauthProcessCode/PagerDuty"
VERIFIER = "Zm9yLXRoZS1zaW11bGF0b3Itb25seS0wMTIzNDU2Nzg5"
SCOPE = "as_account-us.northwind openid users.read teams.read"


def s256(verifier):
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def query(**changes):
    """The query of a good request, but for changes; None leaves out."""
    fields = {"client_id": "northwind-app-7", "redirect_uri": REDIRECT, "response_type": "code", "scope": SCOPE, "state": "st&te +1",
              "code_challenge": s256(VERIFIER), "code_challenge_method": "S256", **changes}
    return urllib.parse.urlencode({name: value for name, value in fields.items() if value is not None})


def address(**changes):
    return "/identity/oauth/authorize?" + query(**changes)


def back(location):
    """The pairs that a redirect brings."""
    to, _, pairs = location.partition("?")
    assert to == REDIRECT, location
    return dict(urllib.parse.parse_qsl(pairs, strict_parsing=True))


def code_of(sim, who="admin", scopes=None, **changes):
    return back(sim.consent(address(**changes), who, scopes=scopes))["code"]


def redeem(sim, code, **changes):
    return sim.redeem("authorization_code", **{"code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER, **changes})


def connected(sim, **changes):
    answer = redeem(sim, code_of(sim, **changes))
    assert answer.status == 200, answer
    return answer.json


def refused(answer, status=400, error="invalid_grant"):
    assert (answer.status, answer.json) == (status, {"error": error}), answer


def person(sim, role):
    return [user for user in sim.everything("/users", "users") if user["role"] == role][0]


def through_pages(sim):
    sim.reset(users=30)
    page = sim.page(address())
    assert page.status == 200 and page.headers["content-type"].startswith("text/html") and b"<script" not in page.body, page
    hidden = html.unescape(re.search(rb'name="request" value="([^"]+)"', page.body)[1].decode())
    action = re.search(rb'action="([^"]+)"', page.body)[1].decode()
    admin = person(sim, "admin")
    page = sim.form(action, {"request": hidden, "email": admin["email"], "password": "wrong"})
    assert page.status == 401 and b"wrong" in page.body
    assert b"Log in" in sim.form(action, {"request": hidden, "answer": "allow"}).body, "nobody logged in yet"
    page = sim.form(action, {"request": hidden, "email": admin["email"].upper(), "password": "harbour"})
    assert page.status == 200 and html.escape(admin["email"]).encode() in page.body and b"<li>teams.read</li>" in page.body, page.body
    page = sim.form(action, {"request": hidden, "answer": "allow"})
    assert page.status == 302, page
    pairs = back(page.headers["location"])
    assert pairs["state"] == "st&te +1" and set(pairs) == {"code", "state"}, pairs
    assert redeem(sim, pairs["code"]).json["scope"] == SCOPE
    assert sim.form(action, {"request": "nonsense", "answer": "allow"}).status == 400


def denied(sim):
    sim.reset(users=3)
    location = sim.consent(address(), answer="deny")
    assert "error_description=The+resource+owner+or+authorization+server+denied+the+request.&" in location, location
    assert back(location)["error"] == "access_denied" and back(location)["state"] == "st&te +1"
    assert sim.identity()["consents"] == []


def wrong_requests(sim):
    sim.reset(users=3)
    for changes in ({"client_id": "another"}, {"redirect_uri": REDIRECT + "/"}, {"redirect_uri": "http://localhost:8766/x"}, {"redirect_uri": None}):
        assert sim.consent(address(**changes)) is None and sim.page(address(**changes)).status == 400, changes
    for changes, error in (({"response_type": "token"}, "unsupported_response_type"), ({"scope": None}, "invalid_scope"),
                           ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
                           ({"code_challenge_method": "plain"}, "invalid_request"), ({"code_challenge_method": None}, "invalid_request"),
                           ({"code_challenge": s256(VERIFIER) + "="}, "invalid_request")):
        assert back(sim.consent(address(**changes)))["error"] == error, changes
    assert sim.page(address() + "&nonce=1").status == 400, "what is not documented is not sent"
    sim.set(echo_state=False)
    assert set(back(sim.consent(address()))) == {"code"}


def codes(sim):
    sim.reset(users=3)
    assert set(connected(sim)) == {"access_token", "refresh_token", "id_token", "scope", "token_type", "expires_in"}
    code = code_of(sim)
    sim.clock(29_000)
    assert redeem(sim, code).status == 200
    refused(redeem(sim, code))
    code = code_of(sim)
    sim.clock(30_000)
    refused(redeem(sim, code))
    refused(redeem(sim, "nonsense"))


def code_checks(sim):
    sim.reset(users=3, redirects=[REDIRECT, "https://other.example/x"])
    for changes in ({"code_verifier": VERIFIER[:-1] + "0"}, {"code_verifier": "short"}, {"redirect_uri": "https://other.example/x"}):
        code = code_of(sim)
        refused(redeem(sim, code, **changes))
        refused(redeem(sim, code))
    refused(redeem(sim, code_of(sim), client_secret="wrong"), 401, "invalid_client")
    for missing in ("code_verifier", "client_secret", "redirect_uri", "code"):
        fields = {"code": code_of(sim), "redirect_uri": REDIRECT, "code_verifier": VERIFIER, missing: None}
        assert sim.redeem("authorization_code", **fields).status == 400, f"without {missing}"
    sim.set(strict=False)
    for missing, status, error in (("client_secret", 401, "invalid_client"), ("code_verifier", 400, "invalid_grant")):
        fields = {"code": code_of(sim), "redirect_uri": REDIRECT, "code_verifier": VERIFIER, missing: None}
        refused(sim.redeem("authorization_code", **fields), status, error)


def code_again_ends_all(sim):
    sim.reset(users=3, switches={"code_reuse": "withdraw"})
    code = code_of(sim)
    token = redeem(sim, code).json
    assert sim.get("/users", token=token["access_token"]).status == 200
    refused(redeem(sim, code))
    assert sim.get("/users", token=token["access_token"]).status == 401
    refused(sim.redeem("refresh_token", refresh_token=token["refresh_token"]))


def narrowed(sim):
    sim.reset(users=3, scopes=["users.read"])
    assert connected(sim)["scope"] == "as_account-us.northwind openid users.read"
    assert connected(sim, scope="users.read")["scope"] == "openid"
    assert connected(sim, scope="as_account-us.elsewhere users.read")["scope"] == "openid"
    token = redeem(sim, code_of(sim, scopes=["as_account-us.northwind"])).json
    assert token["scope"] == "as_account-us.northwind" and "id_token" not in token, token
    assert sim.get("/users", token=token["access_token"]).status == 403
    sim.set(invalid_scope="error")
    assert back(sim.consent(address()))["error"] == "invalid_scope"


def as_the_person(sim):
    sim.reset(users=120, teams=20, private_teams=10, memberships=200)
    everything = {team["id"] for team in sim.everything("/teams", "teams")}
    for role, sees in (("admin", True), ("limited_user", False)):
        token = connected(sim, who=role)["access_token"]
        assert sim.get("/users/me", token=token).json["user"]["role"] == role
        seen = {team["id"] for team in sim.get("/teams?limit=100", token=token).json["teams"]}
        assert (seen == everything) == sees, role
    member = sim.get("/users/me", token=token).json["user"]["id"]
    sim.mutate({"op": "delete_user", "user": member})
    assert sim.get("/users", token=token).status == 401, "it ends with the person"
    token = connected(sim, scope=SCOPE + " users.write audit_records.read")["access_token"]
    record = sim.put("/users/" + person(sim, "user")["id"], {"user": {"job_title": "Rigger"}}, token=token)
    assert record.status == 200, record
    record = sim.get("/audit/records?limit=1", token=token).json["records"][0]
    assert record["method"]["type"] == "oauth" and record["actors"][0]["type"] == "user_reference", record


def rotation(sim):
    sim.reset(users=3)
    first = connected(sim)
    second = sim.redeem("refresh_token", refresh_token=first["refresh_token"])
    assert second.status == 200 and second.json["refresh_token"] != first["refresh_token"] and second.json["scope"] == SCOPE
    assert sim.get("/users", token=second.json["access_token"]).status == 200
    refused(sim.redeem("refresh_token", refresh_token=first["refresh_token"]))
    assert sim.redeem("refresh_token", refresh_token=second.json["refresh_token"]).status == 200
    refused(sim.redeem("refresh_token", refresh_token=first["refresh_token"].replace("+", " ")))
    assert sim.identity()["requests"] == {"authorization_code": 1, "refresh_token": 4, "client_credentials": 0, "revoke": 0, "other": 0}
    assert sim.identity()["granted"]["refresh_token"] == 2


def rotation_otherwise(sim):
    for switches, expected in (({"refresh_reuse": "accept"}, True), ({"refresh_rotation": "same"}, True), ({"refresh_rotation": "absent"}, True),
                               ({"refresh_reuse": "withdraw"}, False)):
        sim.reset(users=3, switches=switches)
        first = connected(sim)
        second = sim.redeem("refresh_token", refresh_token=first["refresh_token"]).json
        assert second.get("refresh_token") != first["refresh_token"] or switches == {"refresh_rotation": "same"}
        assert ("refresh_token" in second) == (switches != {"refresh_rotation": "absent"}), second
        again = sim.redeem("refresh_token", refresh_token=first["refresh_token"])
        assert (again.status == 200) == expected, (switches, again)
        if not expected:
            assert sim.get("/users", token=second["access_token"]).status == 401, "the whole consent is gone"
            refused(sim.redeem("refresh_token", refresh_token=second["refresh_token"]))
    sim.reset(users=3, switches={"refresh_rotation": "none"})
    assert "refresh_token" not in connected(sim)


def lives(sim):
    sim.reset(users=3, switches={"token_lifetime_s": 60})
    token = connected(sim)
    assert token["expires_in"] == 60
    sim.clock(60_000)
    assert sim.get("/users", token=token["access_token"]).status == 401
    sim.clock(29 * 86400_000)
    token = sim.redeem("refresh_token", refresh_token=token["refresh_token"]).json
    sim.clock(29 * 86400_000)
    token = sim.redeem("refresh_token", refresh_token=token["refresh_token"]).json
    sim.clock(30 * 86400_000)
    refused(sim.redeem("refresh_token", refresh_token=token["refresh_token"]))
    sim.set(refresh_lifetime_s=100_000_000)
    token = connected(sim)
    sim.clock(364 * 86400_000)
    token = sim.redeem("refresh_token", refresh_token=token["refresh_token"]).json
    sim.clock(86400_000)
    refused(sim.redeem("refresh_token", refresh_token=token["refresh_token"]))
    for which, access, refresh in (("access", 401, 200), ("refresh", 200, 400), ("all", 401, 400)):
        token = connected(sim)
        sim.expire(which)
        assert sim.get("/users", token=token["access_token"]).status == access, which
        assert sim.redeem("refresh_token", refresh_token=token["refresh_token"]).status == refresh, which


def revocation(sim):
    sim.reset(users=3)
    token = connected(sim)
    sim.revoke_tokens()
    assert sim.get("/users", token=token["access_token"]).status == 401
    refused(sim.redeem("refresh_token", refresh_token=token["refresh_token"]))
    assert [consent["withdrawn"] for consent in sim.identity()["consents"]] == [True]
    client = {"client_id": sim.settings["client_id"], "client_secret": sim.secrets["client_secret"]}
    token, other = connected(sim), connected(sim)
    assert sim.form("/identity/oauth/revoke", {**client, "token": token["refresh_token"], "token_type_hint": "refresh_token"}).status == 200
    assert sim.get("/users", token=token["access_token"]).status == 401
    assert sim.get("/users", token=other["access_token"]).status == 200, "another consent"
    assert sim.form("/identity/oauth/revoke", {**client, "token": other["access_token"], "token_type_hint": "access_token"}).status == 200
    assert sim.get("/users", token=other["access_token"]).status == 401
    assert sim.redeem("refresh_token", refresh_token=other["refresh_token"]).status == 200
    refused(sim.form("/identity/oauth/revoke", {**client, "client_secret": "x", "token": "x", "token_type_hint": "access_token"}), 401,
            "invalid_client")
    sim.set(revocation="absent")
    assert sim.form("/identity/oauth/revoke", {**client, "token": "x", "token_type_hint": "access_token"}).status == 404


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def id_token(sim):
    sim.reset(users=3)
    token = connected(sim)["id_token"]
    head, claims, signature = token.split(".")
    key = sim.page("/identity/global/oauth/anonymous/jwks").json["keys"][0]
    assert json.loads(decoded(head))["kid"] == key["kid"]
    number = int.from_bytes(decoded(key["n"]), "big")
    opened = pow(int.from_bytes(decoded(signature), "big"), int.from_bytes(decoded(key["e"]), "big"), number)
    assert opened.to_bytes(256, "big").endswith(hashlib.sha256(f"{head}.{claims}".encode()).digest()), "signed with that key"
    claims = json.loads(decoded(claims))
    assert (claims["subdomain"], claims["region"], claims["aud"]) == ("northwind", "UnitedStates", "https://api.pagerduty.com"), claims
    assert claims["sub"] == claims["user_id"] == person(sim, "admin")["id"]
    for switch, aud in (("eu", "https://api.eu.pagerduty.com"), ("odd", ["https://api.example"]), ("absent", None)):
        sim.set(id_token_region=switch)
        assert json.loads(decoded(connected(sim)["id_token"].split(".")[1])).get("aud") == aud
    sim.set(id_token="never")
    assert "id_token" not in connected(sim)
    sim.set(id_token="always")
    assert "id_token" in connected(sim, scope="as_account-us.northwind users.read")


def classic(sim):
    sim.reset(users=30, switches={"oauth_app": "classic"})
    token = connected(sim, scope="openid write")
    assert (token["client_info"], token["scope"], token["expires_in"]) == ("prefix_legacy_app", "openid write", 864000), token
    assert sim.get("/users", token=token["access_token"]).status == 200 and sim.get("/teams", token=token["access_token"]).status == 200
    read = connected(sim, scope="read users.read", who="admin")
    assert read["scope"] == "read", read
    someone = person_with(sim, token["access_token"], "user")
    body = {"user": {"job_title": "Rigger"}}
    assert sim.get("/users", token=read["access_token"]).status == 200
    assert sim.put("/users/" + someone, body, token=read["access_token"]).status == 403
    assert sim.put("/users/" + someone, body, token=token["access_token"]).status == 200
    refused(sim.token("users.read"), 400, "unauthorized_client")
    code = back(sim.consent(address(scope="read", code_challenge=None, code_challenge_method=None)))["code"]
    assert redeem(sim, code, code_verifier=None).status == 200, "a confidential client may do without PKCE"
    assert redeem(sim, code_of(sim, scope="read"), client_secret=None).status == 200, "a public one has the verifier alone"
    refused(redeem(sim, code_of(sim, scope="read"), code_verifier=None))


def person_with(sim, token, role):
    return [user for user in sim.get("/users?limit=100", token=token).json["users"] if user["role"] == role][0]["id"]


def error_shapes(sim):
    for shape, body in (("described", {"error": "invalid_grant", "error_description": "The request cannot be fulfilled."}),
                        ("object", {"error": {"message": "invalid_grant"}}), ("empty", None), ("html", None)):
        sim.reset(users=3, switches={"token_errors": shape, "invalid_grant_status": "401"})
        answer = redeem(sim, "nonsense")
        assert (answer.status, answer.json) == (401, body), (shape, answer)


def control_errors(sim):
    sim.reset(users=3)
    for method, path, body in (("POST", "consent", {"url": address(), "as": "nobody"}), ("POST", "consent", {"url": "/other"}),
                               ("POST", "consent", None), ("POST", "consent", {"url": address(), "answer": "maybe"}),
                               ("POST", "expire", {"which": "some"}), ("POST", "mutate", {"changes": [{"op": "expire_tokens", "which": "x"}]})):
        answer = sim._exchange(("control",), method, "/_control/" + path, {}, None if body is None else json.dumps(body).encode())
        assert answer.status == 400 and answer.json["error"].endswith("."), (path, answer)
    token = connected(sim)
    sim.mutate({"op": "expire_tokens", "which": "access"}, at={"route": "/teams", "when": "before"})
    assert sim.get("/users", token=token["access_token"]).status == 200
    assert sim.get("/teams", token=token["access_token"]).status == 401
    sim.mutate({"op": "set_redirects", "redirects": ["https://app.example/x"]})
    assert sim.consent(address()) is None
    assert sim.summary()["violations"] == 0, sim.summary()


def main():
    with Simulator(switches={"rate_limit": 0}) as sim:
        for name, behaviour in (("a browser is led from log-in over consent back to the app with code and state", through_pages),
                                ("a denied consent goes back with the literal words and the state", denied),
                                ("a wrong client or redirect URL gets a page, all else that is wrong goes back to the app", wrong_requests),
                                ("a code lives 30 seconds and works once", codes),
                                ("a code is good with its verifier, its redirect URL and the client's secret only, and is spent by a wrong try", code_checks),
                                ("a switch makes a code that comes again end what came of it", code_again_ends_all),
                                ("what the app or the person does not give is left out of the scopes", narrowed),
                                ("a token sees and does what its person may, and ends with them", as_the_person),
                                ("a refresh gives a new refresh token, and the old one is dead", rotation),
                                ("switches make refresh tokens behave otherwise", rotation_otherwise),
                                ("tokens, refresh tokens and consents end when they should, or at once", lives),
                                ("tokens and consents can be revoked, by the administrator and by the app", revocation),
                                ("the id_token is signed and says whose, which account and which region", id_token),
                                ("a classic app has read and write, and PKCE as it likes", classic),
                                ("the refusals of the token endpoint come in other shapes", error_shapes),
                                ("the control API says what is wrong, and tokens can end in mid-list", control_errors)):
            tap.check(name, behaviour, sim)
    tap.finish()


if __name__ == "__main__":
    main()
