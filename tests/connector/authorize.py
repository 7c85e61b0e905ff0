#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""A person authorizes the app: from BEGIN over the service's page to COMPLETE, and all that can go wrong on the way.

usage: authorize.py MODULE MANIFEST
"""
import base64
import hashlib
import sys
import urllib.parse

import host as abi
import person
import tap
from person import REDIRECT, Person, callback, changed
from simulator import Simulator

MODULE, MANIFEST = sys.argv[1:]
READING = "users.read teams.read escalation_policies.read abilities.read schedules.read licenses.read audit_records.read"


def an_app(sim, **options):
    return Person(MODULE, MANIFEST, sim, **options)


def token_requests(sim):
    return sum(sim.identity()["requests"].values())


def refused(done, status, *words):
    assert done.status == status, (done.status, done.message)
    assert all(word in done.message for word in words) and done.message.endswith("."), done.message
    assert done.session is None


def clean(app):
    """No secret in the log or in a message."""
    leaked = app.store.leaked([text for _, text in app.store.log] + app.said)
    assert not leaked, leaked


def whole_flow(sim):
    sim.reset(users=60)
    with an_app(sim) as app:
        begun = app.begin()
        assert begun.status == person.PENDING and begun.challenge["expires_in_s"] == 600, begun.message
        done = app.complete(callback(sim.consent(begun.url)))
        assert done.status == abi.OK, done.message
        admin = [user for user in sim.everything("/users", "users") if user["role"] == "admin"][0]
        assert done.session["subject"] == admin["email"] and done.session["account"] == "us.northwind", done.session
        assert done.session["scope"] == "as_account-us.northwind " + READING and 86300 < done.session["expires_in_s"] <= 86400
        listed = app.list()
        assert listed.status == abi.OK, listed.error.message
        assert len(listed.of(abi.PRINCIPAL)) == 60
        assert sim.identity()["requests"]["authorization_code"] == 1 and sim.identity()["requests"]["refresh_token"] == 0
        assert app.store.read("idc.logins") is None
        assert not app.store.warnings(), app.store.warnings()
        clean(app)
    assert sim.summary()["violations"] == 0, sim.journal()
    with an_app(sim, store=app.store) as again:
        before = token_requests(sim)
        assert again.step(person.CHECK).status == abi.OK and again.list().status == abi.OK
        assert token_requests(sim) == before, "another process needs no new one"


def the_address(sim):
    sim.reset(users=3)
    with an_app(sim) as app:
        begun = app.begin()
        to, _, query = begun.url.partition("?")
        fields = dict(urllib.parse.parse_qsl(query, strict_parsing=True))
        kept = app.store.read("idc.logins")["open"][0]
        made = base64.urlsafe_b64encode(hashlib.sha256(kept["verifier"].encode()).digest()).rstrip(b"=").decode()
        assert to == sim.settings["identity_url"] + "/oauth/authorize"
        assert fields == {"response_type": "code", "client_id": "northwind-app-7", "redirect_uri": REDIRECT,
                          "scope": "as_account-us.northwind " + READING, "state": begun.challenge["state"], "code_challenge": made,
                          "code_challenge_method": "S256"}, fields
        assert len(kept["verifier"]) == 43 and len(fields["state"]) == 43
        assert not app.store.leaked([begun.url]), "the verifier and the client's secret stay here"
        other = app.begin(scope="users.read").challenge
        assert other["state"] != begun.challenge["state"] and "users.read" in other["url"] and "teams.read" not in other["url"]
        assert app.complete(callback(sim.consent(begun.url))).status == abi.OK, "several may be open"
        for uri in (None, "", "ftp://x/", "http://localhost:8765/#x", "http://a b/", "http://x/" + "y" * 2048):
            refused(app.begin(redirect_uri=uri), person.INVALID, "redirect URI")
        for _ in range(20):
            app.begin()
        assert len(app.store.read("idc.logins")["open"]) == 8, "they do not pile up"


def wrong_callbacks(sim):
    sim.reset(users=3)
    with an_app(sim) as app:
        begun = app.begin()
        good = callback(sim.consent(begun.url))
        state = begun.challenge["state"]
        for params, word in ((changed(good, state="x" * 43), "state"), (changed(good, state=state[:-1] + "A" if state[-1] != "A" else "B"), "state"),
                             (changed(good, state=None), "state"), (changed(good, state=[state, state]), "state twice"),
                             (changed(good, code=["a" * 9, "b" * 9]), "code twice"), (changed(good, code=None), "callback"),
                             (changed(good, error="access_denied"), "callback"), ([], "callback"), (good + [("x", "y")] * 40, "more")):
            refused(app.complete(params), person.INVALID, word)
        refused(app.complete(good, redirect_uri=REDIRECT + "/other"), person.INVALID, "address")
        assert token_requests(sim) == 0, "nothing of it was sent"
        assert app.complete(good + [("iss", "https://identity.pagerduty.com")]).status == abi.OK, "and the right one still works"
        refused(app.complete(good), person.INVALID, "state")
        assert token_requests(sim) == 1, "the same callback again is not sent"
        begun = app.begin()
        refused(app.complete([("state", begun.challenge["state"]), ("code", "c" * 5000)]), person.INVALID, "code")
        clean(app)


def of_another_session(sim):
    sim.reset(users=3)
    with an_app(sim) as one, an_app(sim) as other:
        begun = one.begin()
        refused(other.complete(callback(sim.consent(begun.url))), person.INVALID, "state")
    with an_app(sim, store=one.store, subdomain="elsewhere") as moved:
        refused(moved.complete(callback(sim.consent(begun.url))), person.INVALID, "state")
    assert token_requests(sim) == 0
    with an_app(sim, store=one.store) as later:
        assert later.complete(callback(sim.consent(begun.url))).status == abi.OK, "another process completes what was begun"


def no_good(sim, spoil):
    """A code that PagerDuty does not take leaves what was there as it was."""
    sim.reset(users=3)
    with an_app(sim) as app:
        assert app.connect(sim).status == abi.OK
        before = app.store.read("idc.token")
        begun = app.begin()
        good = callback(sim.consent(begun.url))
        spoil(sim, app, dict(good)["code"])
        refused(app.complete(good), person.EXPIRED, "30 seconds", "uthorize again")
        assert app.store.read("idc.token") == before
        assert app.step(person.CHECK).status == abi.OK
        assert app.connect(sim).status == abi.OK, "a new one works"
        clean(app)


def late(sim, _app, _code):
    sim.clock(31_000)


def used(sim, _app, code):
    assert sim.redeem("authorization_code", code=code, redirect_uri=REDIRECT, code_verifier="x" * 43).status == 400


def other_verifier(_sim, app, _code):
    logins = app.store.read("idc.logins")
    logins["open"][-1]["verifier"] = "y" * 43
    app.store.write("idc.logins", logins)


def other_redirect(_sim, app, _code):
    logins = app.store.read("idc.logins")
    logins["open"][-1]["redirect_uri"] = REDIRECT  # what PagerDuty got was another one
    app.store.write("idc.logins", logins)


def redirect_differs(sim):
    sim.reset(users=3, redirects=[REDIRECT, REDIRECT + "2"])
    with an_app(sim) as app:
        good = callback(sim.consent(app.begin(redirect_uri=REDIRECT + "2").url))
        other_redirect(sim, app, None)
        refused(app.complete(good), person.EXPIRED)
        assert sim.consent(app.begin(redirect_uri=REDIRECT + "3").url) is None, "PagerDuty sends nobody to an address that it does not know"


def unreadable_refusals(sim):
    for switches in ({"token_errors": "empty"}, {"token_errors": "html"}, {"token_errors": "object"}, {"token_errors": "described"},
                     {"invalid_grant_status": "401"}):
        sim.reset(users=3)
        with an_app(sim) as app:
            good = callback(sim.consent(app.begin().url))
            sim.clock(31_000)
            sim.set(**switches)
            refused(app.complete(good), person.EXPIRED, "30 seconds")


def begun_long_ago(sim):
    sim.reset(users=3)
    with an_app(sim) as app:
        good = callback(sim.consent(app.begin().url))
        app.store.ahead_ms += 600_000
        refused(app.complete(good), person.EXPIRED, "10 minutes")
        assert token_requests(sim) == 0


def denied(sim):
    sim.reset(users=3)
    with an_app(sim) as app:
        begun = app.begin()
        back = callback(sim.consent(begun.url, answer="deny"))
        refused(app.complete(back), person.CONSENT, "denied")
        refused(app.complete(back), person.INVALID, "state")
        for word, status in (("invalid_scope", person.SCOPE), ("server_error", person.UNAVAILABLE), ("temporarily_unavailable", person.UNAVAILABLE),
                             ("unauthorized_client", person.REFUSED), ("<script>", person.REFUSED)):
            done = app.complete([("error", word), ("state", app.begin().challenge["state"])])
            refused(done, status)
            assert "<" not in done.message and done.retryable == (status == person.UNAVAILABLE), done.message
        sim.set(echo_state=False)
        refused(app.complete(callback(sim.consent(app.begin().url))), person.INVALID, "state")
    assert token_requests(sim) == 0


def narrowed(sim):
    everything = ("as_account-us.northwind " + READING).split()
    sim.reset(users=3)
    with an_app(sim) as app:
        for missing in ("users.read", "teams.read", "escalation_policies.read", "abilities.read"):
            done = app.connect(sim, scopes=[scope for scope in everything if scope != missing])
            refused(done, person.SCOPE, missing + ".", "Tick")
            assert app.store.read("idc.token") is None
        refused(app.connect(sim, scopes=["openid"]), person.SCOPE, "northwind", "us")
        refused(app.connect(sim, scope=READING + " users.write teams.write", scopes=everything), person.SCOPE, "users.write, teams.write")
        assert not app.store.warnings()
        assert app.connect(sim, scopes=[scope for scope in everything if scope not in ("schedules.read", "licenses.read")]).status == abi.OK
        assert ["schedules.read" in text or "licenses.read" in text for text in app.store.warnings()] == [True, True], app.store.warnings()
        refused(app.step(person.CHECK, scope=READING + " users.write"), person.SCOPE, "users.write")
        assert app.step(person.CHECK, scope="users.read").status == abi.OK
        clean(app)


def other_region(sim):
    for switches, settings, words in (({"id_token": "always", "id_token_region": "eu"}, {}, ('"us"', '"eu"', "region")),
                                      ({"oauth_app": "classic"}, {"oauth": "classic", "region": "eu"}, ('"us"', '"eu"', "region")),
                                      ({"oauth_app": "classic"}, {"oauth": "classic", "subdomain": "southwind"}, ('"southwind"', '"northwind"'))):
        sim.reset(users=3, switches=switches)
        with an_app(sim, **settings) as app:
            refused(app.connect(sim), person.INVALID, *words)
            assert app.store.read("idc.token") is None
            clean(app)
    for region in ("odd", "absent", "us"):
        sim.reset(users=3, switches={"id_token": "always", "id_token_region": region})
        with an_app(sim) as app:
            assert app.connect(sim).status == abi.OK, region
    sim.reset(users=3, switches={"oauth_app": "classic", "id_token": "never"})
    with an_app(sim, oauth="classic", subdomain="southwind") as app:
        refused(app.connect(sim), person.INVALID, '"southwind"', '"northwind"')


def bad_id_tokens(sim):
    for text in ("x", "a.b", "a.b.c.d", "..", "a.e30=x.b", "a." + base64.urlsafe_b64encode(b"[1]").decode() + ".b", "a.%%%.b"):
        sim.reset(users=3)
        with an_app(sim) as app:
            good = callback(sim.consent(app.begin().url))
            sim.faults({"match": {"route": "/oauth/token"}, "action": {"edit": [['"token_type"', f'"id_token":"{text}","token_type"']]}})
            refused(app.complete(good), person.PROTOCOL, "id_token")
            assert app.store.read("idc.token") is None


def classic(sim):
    sim.reset(users=40, switches={"oauth_app": "classic"})
    with an_app(sim, oauth="classic") as app:
        assert "scope=openid%20read&" in app.begin().url
        assert "scope=openid%20write&" in app.begin(scope=READING + " users.write").url
        done = app.connect(sim)
        assert done.status == abi.OK and done.session["scope"] == "openid read " + READING, done.message
        assert app.list().status == abi.OK
        refused(app.step(person.CHECK, scope=READING + " users.write"), person.SCOPE, "users.write")
        assert app.connect(sim, scope=READING + " users.write").session["scope"].endswith("users.write")
        refused(app.connect(sim, scopes=["openid"]), person.SCOPE, "users.read")
        clean(app)


def endpoint_trouble(sim):
    """What may pass is no refusal of anything, and what works once is not sent twice where it may have worked."""
    for action, times, requests, statuses in (
            ({"status": 503, "body": ""}, 1, 2, (abi.OK,)), ({"status": 429, "body": "", "headers": {"ratelimit-reset": "1"}}, 1, 2, (abi.OK,)),
            ({"status": 500, "html": True}, 0, 4, (person.UNAVAILABLE,)), ({"status": 429, "body": "", "headers": {"ratelimit-reset": "20"}}, 0, 1,
                                                                          (person.RATE_LIMITED,)),
            ({"cut": "after"}, 1, 1, (person.UNAVAILABLE, person.PROTOCOL)), ({"delay_ms": 3000}, 1, 1, (person.TIMEOUT,)),
            ({"status": 200, "body": "<html>"}, 1, 1, (person.PROTOCOL,)), ({"status": 302, "redirect": "https://login.example/"}, 1, 1, (person.PROTOCOL,))):
        sim.reset(users=3)
        with an_app(sim, timeout_s=1) as app:
            good = callback(sim.consent(app.begin().url))
            sim.faults({"match": {"route": "/oauth/token", "times": times}, "action": action})
            done = app.complete(good)
            assert done.status in statuses, (action, done.status, done.message)
            sent = [entry for entry in sim.journal() if entry["route"] == "/oauth/token"]
            assert len(sent) == requests, (action, len(sent))
            assert done.status == abi.OK or app.store.read("idc.token") is None
            clean(app)


def echoed(sim):
    """A server that shows in its refusal what it was sent."""
    sim.reset(users=3)
    with an_app(sim) as app:
        for word in ("code", "verifier", "client_secret"):
            for form in ({"error": "access_denied", "error_description": "I do not like {}"}, {"error": "x" * 148 + "{}"}, {"error": "{}"}):
                good = callback(sim.consent(app.begin().url))
                secret = {"code": dict(good)["code"], "verifier": app.store.read("idc.logins")["open"][-1]["verifier"],
                          "client_secret": sim.secrets["client_secret"]}[word]
                body = {key: text.replace("{}", secret) for key, text in form.items()}
                sim.clear_faults()
                sim.faults({"match": {"route": "/oauth/token"}, "action": {"status": 403, "body": body}})
                done = app.complete(good)
                assert done.status == person.FORBIDDEN
                shown = [done.message, done.error.code.decode()] + [text for _, text in app.store.log]
                assert not [text for text in shown if secret[:8] in text], shown
        clean(app)


def steps_of_the_grant(sim):
    sim.reset(users=3)
    with an_app(sim) as app:
        for step in (person.CLIENT, 0, 7, 99):
            refused(app.step(step), person.UNSUPPORTED)
        for step in (person.CHECK, person.REFRESH):
            refused(app.step(step), person.UNAUTHENTICATED, "authorize")
    with an_app(sim, grant="client_credentials") as app:
        for step in (person.BEGIN, person.COMPLETE, person.REFRESH):
            refused(app.step(step, redirect_uri=REDIRECT), person.UNSUPPORTED, "client_credentials")
    assert sim.summary()["total"] == 0
    try:
        with an_app(sim, grant="client_credentials", oauth="classic"):
            raise RuntimeError("it was taken")
    except AssertionError as why:
        assert b"authorization_code" in why.args[0], why
    with an_app(sim, grant="client_credentials") as app:
        assert app.step(person.CLIENT, scope=READING).session["subject"] == "the app northwind-app-7"
    with an_app(sim, store=app.store) as other:
        refused(other.step(person.CHECK), person.UNAUTHENTICATED, "settings")  # a token of another grant is none


def hidden(sim):
    sim.reset(users=120, teams=20, private_teams=6, memberships=200)
    restricted = [user["id"] for user in sim.everything("/users", "users") if user["role"] == "limited_user"][0]
    sim.mutate({"op": "set_role", "user": restricted, "role": "restricted_access"})
    for who, partial in (("admin", ()), ("owner", ()), ("user", ("resources", "entitlements", "grants")),
                         ("observer", ("resources", "entitlements", "grants")),
                         ("restricted_access", ("users", "resources", "entitlements", "grants"))):
        with an_app(sim) as app:
            done = app.connect(sim, who=who)
            assert done.status == abi.OK, done.message
            listed = app.list()
            seals = listed.last_seals()
            assert {name for name, seal in seals.items() if seal["state"] == 4} == set(partial), (who, seals)
            assert (listed.status == abi.PARTIAL) == bool(partial)
            for name in partial:
                assert seals[name]["status"] == person.FORBIDDEN and "Global Admin" in seals[name]["reason"], seals[name]
                assert done.session["subject"] in seals[name]["reason"]
            assert bool(partial) == any("Global Admin" in text for text in app.store.warnings()), app.store.warnings()
            assert ("account" in listed.whole()) == (len(partial) == 3), (who, "base roles are whole where everybody is seen")
            clean(app)


def main():
    with Simulator(switches={"rate_limit": "0"}) as sim:
        for name, behaviour, *arguments in (
                ("a person authorizes, and everything is listed; another process goes on with it", whole_flow),
                ("the address has PKCE and a state, and no secret; several may be open", the_address),
                ("a callback that is none, or with another state, is refused without a request, and the right one still works", wrong_callbacks),
                ("a callback of another session or other settings is refused, one of another process of this app is not", of_another_session),
                ("a code that comes after 31 seconds is told as such", no_good, late),
                ("a code that was used is told as such", no_good, used),
                ("another verifier is told as such", no_good, other_verifier),
                ("another redirect URI is told as such, or stops at PagerDuty", redirect_differs),
                ("refusals of a code that cannot be read mean the same", unreadable_refusals),
                ("what was begun more than ten minutes ago is not sent", begun_long_ago),
                ("a denied consent, and every other error of the callback, has its status", denied),
                ("a required scope that is missing is named and nothing is stored, an optional one is told", narrowed),
                ("another region or subdomain fails, naming both", other_region),
                ("an id_token that is none fails", bad_id_tokens),
                ("a classic app reads and writes, and is told in the manifest's scopes", classic),
                ("trouble at the token endpoint is no refusal, and a code is not sent twice where it may have worked", endpoint_trouble),
                ("what a server shows of what it was sent is shown to nobody", echoed),
                ("a step that is not of the app's grant is unsupported, without a request", steps_of_the_grant),
                ("whoever is no Global Admin may not see everything: those kinds are PARTIAL and say why", hidden)):
            tap.check(name, behaviour, sim, *arguments)
    tap.finish()


if __name__ == "__main__":
    main()
