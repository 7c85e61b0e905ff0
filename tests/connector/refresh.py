#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""What a person consented to, kept alive: refresh tokens and their rotation, several processes at once, the end of a consent, REVOKE.

usage: refresh.py MODULE MANIFEST
"""
import sys
import threading

import host as abi
import person
import tap
from person import Person
from simulator import Simulator

MODULE, MANIFEST = sys.argv[1:]
TOKEN = "/oauth/token"


def an_app(sim, **options):
    return Person(MODULE, MANIFEST, sim, **options)


def connected(sim, **world):
    """An app that an admin has authorized, once; it is to be used in a with block."""
    sim.reset(**{"users": 40, **world})
    with an_app(sim) as app:
        assert app.connect(sim).status == abi.OK
    return app.store


def refreshes(sim):
    return sim.identity()["requests"]["refresh_token"]


def later(sim, store, seconds):
    """It is later for both sides."""
    sim.clock(seconds * 1000)
    store.ahead_ms += seconds * 1000


def refused(done, status, *words):
    said = done.error.message.decode()
    assert done.status == status, (done.status, said)
    assert all(word in said for word in words) and said.endswith("."), said


def clean(app):
    leaked = app.store.leaked([text for _, text in app.store.log] + app.said)
    assert not leaked, leaked


def rotated(sim):
    store = connected(sim)
    first = store.read("idc.token")
    with an_app(sim, store=store) as app:
        later(sim, store, 86400 - 30)
        assert app.list().status == abi.OK
        second = store.read("idc.token")
        assert refreshes(sim) == 1 and second["refresh_token"] != first["refresh_token"]
        later(sim, store, 86400)
        assert app.list().status == abi.OK and refreshes(sim) == 2
        later(sim, store, 20 * 86400)
        assert app.step(person.CHECK).status == abi.OK and refreshes(sim) == 3
        assert sim.identity()["granted"]["refresh_token"] == 3, "none came twice"
        clean(app)
    assert sim.summary()["violations"] == 0


def stored_before_use(sim):
    """When the tokens are stored, nothing has been asked for with them yet."""
    store = connected(sim)
    routes = []
    store.on_put = lambda name, value: routes.append(sim.journal()[-1]["route"])
    with an_app(sim, store=store) as app:
        later(sim, store, 86400)
        sim.forget_journal()
        assert app.list().status == abi.OK
        assert routes == [TOKEN] and sim.journal()[0]["route"] == TOKEN, routes


def not_stored(sim):
    """A host that cannot store: the operation fails, and the tokens that came are used for nothing."""
    store = connected(sim)
    later(sim, store, 86400)
    sim.forget_journal()
    broken = Person(MODULE, MANIFEST, sim, store=store)
    broken.services.secret_put = lambda *_: 401
    with broken as app:
        refused(app.list(), 401, "store")
        assert [entry["route"] for entry in sim.journal()] == [TOKEN], sim.journal()


def in_mid_list(sim, route, nth):
    store = connected(sim, users=250)
    with an_app(sim, store=store) as app:
        sim.mutate({"op": "expire_tokens", "which": "access"}, at={"route": route, "nth": nth, "when": "before"})
        listed = app.list()
        assert listed.status == abi.OK, listed.error.message
        assert refreshes(sim) == 1 and len(listed.of(abi.PRINCIPAL)) == 250
        clean(app)


def another_process_did(sim):
    store = connected(sim)
    with an_app(sim, store=store) as one, an_app(sim, store=store) as other:
        assert one.step(person.CHECK).status == abi.OK and other.step(person.CHECK).status == abi.OK
        later(sim, store, 86400)
        assert one.list().status == abi.OK and other.list().status == abi.OK
        assert refreshes(sim) == 1, "what the first got serves the second"
        sim.expire("access")
        assert one.list().status == abi.OK and other.list().status == abi.OK
        assert refreshes(sim) == 2, "a token that is refused is replaced by what the other got"
        assert other.step(person.REFRESH).status == abi.OK and one.step(person.REFRESH).status == abi.OK
        assert refreshes(sim) == 3, "nor is one token sent twice because both are told to refresh"


def eight_at_once(sim):
    store = connected(sim)
    later(sim, store, 86400)
    sim.faults({"match": {"route": TOKEN, "times": 0}, "action": {"delay_ms": 300}})
    results = []

    def sync():
        with an_app(sim, store=store) as app:
            results.append(app.list().status)

    threads = [threading.Thread(target=sync) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [abi.OK] * 8, results
    assert refreshes(sim) == 1, refreshes(sim)


def the_end(sim, end, message):
    """Nothing renews it: a person has to authorize again. That is asked of PagerDuty once, whatever runs afterwards."""
    store = connected(sim)
    end(sim, store)
    before = refreshes(sim)
    for _ in range(3):
        with an_app(sim, store=store) as app:
            refused(app.list(), person.EXPIRED, message)
            refused(app.step(person.CHECK), person.EXPIRED)
            refused(app.step(person.REFRESH), person.EXPIRED)
            clean(app)
    assert refreshes(sim) <= before + 1, refreshes(sim)
    with an_app(sim, store=store) as app:
        assert app.connect(sim).status == abi.OK and app.list().status == abi.OK, "and then all is well"


def withdrawn(sim, _store):
    sim.revoke_tokens()


def run_out(sim, store):
    later(sim, store, 31 * 86400)


def year_over(sim, store):
    sim.expire("refresh")
    later(sim, store, 86400)


def reused_elsewhere(sim, store):
    """Somebody restored a copy of what the host keeps, and used it."""
    token = store.read("idc.token")["refresh_token"]
    assert sim.redeem("refresh_token", refresh_token=token).status == 200
    sim.expire("access")


def reuse(sim):
    """One refresh token of two copies: PagerDuty ends the whole consent, and that is not taken for trouble that passes."""
    store = connected(sim, switches={"refresh_reuse": "withdraw"})
    reused_elsewhere(sim, store)
    with an_app(sim, store=store) as app:
        refused(app.list(), person.EXPIRED, "another copy")
        assert store.read("idc.token")["ended"] and "refresh_token" not in store.read("idc.token")
        refused(app.list(), person.EXPIRED)
    assert refreshes(sim) == 2


def unreadable_end(sim):
    """A refusal that does not say in PagerDuty's words that the token is dead does not make it so."""
    for switches in ({"token_errors": "empty"}, {"token_errors": "html"}):
        store = connected(sim)
        later(sim, store, 86400)
        sim.set(**switches)
        sim.faults({"match": {"route": TOKEN}, "action": {"status": 400, "body": "" if switches["token_errors"] == "empty" else "<html>"}})
        with an_app(sim, store=store) as app:
            refused(app.list(), person.EXPIRED)
            assert app.list().status == abi.OK, "the next one works"


def trouble(sim, action, status, repeated):
    store = connected(sim)
    later(sim, store, 86400)
    before = store.read("idc.token")
    sim.faults({"match": {"route": TOKEN, "times": 0}, "action": action})
    with an_app(sim, store=store, timeout_s=1) as app:
        for _ in range(2):
            done = app.list()
            assert done.status == status, (done.status, done.error.message)
            assert done.status not in (person.UNAUTHENTICATED, person.EXPIRED, person.CONSENT, person.SCOPE)
        assert store.read("idc.token") == before, "nothing is forgotten"
        assert (refreshes_sent(sim) > 2) == repeated, refreshes_sent(sim)
        sim.clear_faults()
        assert app.list().status == abi.OK
        clean(app)


def refreshes_sent(sim):
    """Those that a fault answered are not counted by the endpoint."""
    return sum(entry["route"] == TOKEN for entry in sim.journal()) - sim.identity()["requests"]["authorization_code"]


def lost_answer(sim):
    """The old token may be dead the moment PagerDuty answered: it is not sent again in the same breath."""
    for reuse_is, then in (("accept", abi.OK), ("refuse", person.EXPIRED)):
        store = connected(sim, switches={"refresh_reuse": reuse_is})
        later(sim, store, 86400)
        sim.faults({"match": {"route": TOKEN}, "action": {"cut": "after"}})
        with an_app(sim, store=store) as app:
            done = app.list()
            assert done.status == person.UNAVAILABLE and done.error.flags & person.RETRYABLE, done.error.message
            assert refreshes(sim) == 1
            assert app.list().status == then
            clean(app)


def cancelled(sim):
    """The host wants to end while the tokens are on their way: they are stored all the same."""
    store = connected(sim)
    before = store.read("idc.token")
    later(sim, store, 86400)
    sim.faults({"match": {"route": TOKEN}, "action": {"delay_ms": 500}})
    store.cancelled = lambda: sim.client().summary()["by_route"].get("POST " + TOKEN, 0) > 1
    with an_app(sim, store=store) as app:
        assert app.list().status == person.CANCELLED
        assert store.read("idc.token")["refresh_token"] != before["refresh_token"]
        store.cancelled = lambda: False
        assert app.list().status == abi.OK and refreshes(sim) == 1


def other_rotations(sim):
    for rotation in ("same", "absent"):
        store = connected(sim, switches={"refresh_rotation": rotation})
        with an_app(sim, store=store) as app:
            for _ in range(3):
                later(sim, store, 86400)
                assert app.list().status == abi.OK, rotation
    store = connected(sim, switches={"refresh_rotation": "none"})
    with an_app(sim, store=store) as app:
        assert app.list().status == abi.OK
        later(sim, store, 86400)
        refused(app.list(), person.EXPIRED, "nothing to renew it with")
        assert refreshes(sim) == 0


def narrower(sim):
    """A refresh that brings less than is required: what came is kept, and each attempt names what is missing."""
    store = connected(sim)
    later(sim, store, 86400)
    sim.faults({"match": {"route": TOKEN}, "action": {"edit": [[" teams.read", ""]]}})
    with an_app(sim, store=store) as app:
        refused(app.list(), person.SCOPE, "teams.read")
        refused(app.step(person.CHECK), person.SCOPE, "teams.read")
        assert refreshes(sim) == 1
        later(sim, store, 86400)
        assert app.step(person.CHECK).status == abi.OK, "the next one brings it again"


def wrong_secret(sim):
    store = connected(sim)
    later(sim, store, 86400)
    sim.mutate({"op": "rotate_secret", "client_secret": "another"})
    with an_app(sim, store=store) as app:
        refused(app.list(), person.UNAUTHENTICATED, "client secret")
        store.secrets[b"client_secret"] = b"another"
        assert app.list().status == abi.OK, "the consent was not at fault"
        clean(app)


def steps(sim):
    store = connected(sim)
    with an_app(sim, store=store) as app:
        done = app.step(person.REFRESH)
        assert done.status == abi.OK and refreshes(sim) == 1 and "@" in done.session["subject"], done.message
        assert done.session["account"] == "us.northwind" and done.session["expires_in_s"] > 86000
        assert app.step(person.CHECK).session["subject"] == done.session["subject"]


def revoked(sim):
    store = connected(sim)
    with an_app(sim, store=store) as app:
        app.begin()
        done = app.step(person.REVOKE)
        assert done.status == abi.OK and done.session is None, done.message
        assert [one["withdrawn"] for one in sim.identity()["consents"]] == [True]
        assert sorted(store.secrets) == [b"client_secret"], store.secrets
        refused(app.list(), person.UNAUTHENTICATED, "authorize")
        assert app.step(person.REVOKE).status == abi.OK, "nothing to give back"
        clean(app)
    assert sim.summary()["violations"] == 0


def revoked_where_there_is_no_way(sim):
    store = connected(sim, switches={"revocation": "absent"})
    with an_app(sim, store=store) as app:
        assert app.step(person.REVOKE).status == abi.OK
        assert sorted(store.secrets) == [b"client_secret"] and "PagerDuty" in app.store.warnings()[-1], app.store.warnings()
    store = connected(sim)
    sim.faults({"match": {"route": "/oauth/revoke", "times": 0}, "action": {"status": 503, "body": ""}})
    with an_app(sim, store=store) as app:
        refused(app.step(person.REVOKE), person.UNAVAILABLE)
        assert store.read("idc.token") is not None, "it can be tried again"
        sim.clear_faults()
        assert app.step(person.REVOKE).status == abi.OK
    sim.reset(users=3)
    with an_app(sim, grant="client_credentials") as app:
        assert app.step(person.CLIENT).status == abi.OK and app.step(person.REVOKE).status == abi.OK
        assert sorted(app.store.secrets) == [b"client_secret"] and sim.identity()["granted"]["revoke"] == 1


def main():
    with Simulator(switches={"rate_limit": "0"}) as sim:
        for name, behaviour, *arguments in (
                ("a token is renewed before it ends, and each refresh token is sent once", rotated),
                ("new tokens are stored before they are used", stored_before_use),
                ("tokens that cannot be stored are used for nothing", not_stored),
                ("a token that ends in mid-list is replaced, and the list is whole", in_mid_list, "/users", 2),
                ("a token that ends in the middle of the members is replaced, and the list is whole", in_mid_list, "/teams/{id}/members", 3),
                ("what another process got is used, and no refresh token is sent twice", another_process_did),
                ("eight at once make one token request", eight_at_once),
                ("a withdrawn consent says to authorize again, and PagerDuty is asked once", the_end, withdrawn, "uthorize again"),
                ("a refresh token that has run out says to authorize again", the_end, run_out, "uthorize again"),
                ("a consent that has run out says to authorize again", the_end, year_over, "uthorize again"),
                ("a refresh token that another copy used says to authorize again", the_end, reused_elsewhere, "uthorize again"),
                ("a consent that PagerDuty ends because of that is not tried again", reuse),
                ("a refusal that cannot be read is not the end of a consent", unreadable_end),
                ("HTTP 500 at the token endpoint is no dead credential", trouble, {"status": 500, "body": ""}, person.UNAVAILABLE, True),
                ("an HTML page with HTTP 503 there is none", trouble, {"status": 503, "html": True}, person.UNAVAILABLE, True),
                ("a rate limit there is none", trouble, {"status": 429, "body": "", "headers": {"ratelimit-reset": "3000"}}, person.RATE_LIMITED, False),
                ("no answer in time is none", trouble, {"status": 500, "body": "", "delay_ms": 2500}, person.TIMEOUT, False),
                ("a connection that is cut is none", trouble, {"cut": "before"}, person.UNAVAILABLE, False),
                ("an HTML page with HTTP 200 is none", trouble, {"status": 200, "html": True}, person.PROTOCOL, False),
                ("a lost answer is not asked for twice in the same breath", lost_answer),
                ("tokens that are on their way when the host ends are stored", cancelled),
                ("a server that does not rotate is understood, one that gives nothing to renew with ends", other_rotations),
                ("a refresh that brings less than is required names what is missing", narrower),
                ("a wrong client secret is told as such, and the consent survives it", wrong_secret),
                ("REFRESH and CHECK tell as whom", steps),
                ("REVOKE gives everything back and forgets it", revoked),
                ("where PagerDuty takes nothing back it is forgotten and said, where it has trouble it is kept", revoked_where_there_is_no_way)):
            tap.check(name, behaviour, sim, *arguments)
    tap.finish()


if __name__ == "__main__":
    main()
