#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""What goes wrong in a sync: exit, status and sentence, word for word, and the last snapshot as it was.

usage: refusals.py IDC_HOST MODULES
"""
import json
import pathlib
import re
import shutil
import sys
import time

import account
import tap
from simulator import Simulator

IDC_HOST, MODULES = sys.argv[1:]
WORLD = {"users": 40, "stubs": 0}
REQUIRED = ["users.read", "teams.read", "escalation_policies.read", "abilities.read"]
ALWAYS = {"times": 0}


def an_account(simulator, modules=MODULES):
    return account.Account(IDC_HOST, modules, simulator)


def fault(action, **match):
    """A breaker of answers to GET /users, each time."""
    return lambda simulator, _: simulator.faults({"match": {"route": "/users", **ALWAYS, **match}, "action": action})


def reset(**world):
    return lambda simulator, _: simulator.reset(**{**WORLD, **world})


def app_edited(change):
    """Whoever edits an app's file by hand."""
    def edit(_, host):
        path = host.folder / "data" / "apps" / "PagerDuty.json"
        app = json.loads(path.read_text())
        change(app)
        path.write_text(json.dumps(app))
    return edit


TRY = "Try again later; if it stays so, check api_url and any proxy in between."
REAUTHORIZE = "Once that is put right: idc-host reauthorize PagerDuty"
# name, what breaks it, exit, status, sentence; {folder} is the host's, {url} the service's address. Numbers that vary are #, hashes ##.
CASES = [
    ("a wrong client secret", reset(client_secret="another"), 6, "UNAUTHENTICATED",
     "PagerDuty refused the client id or the client secret: check both in the app's registration, a lost secret can only be replaced by a "
     "new one."),
    ("a required scope that is missing", reset(scopes=REQUIRED[:2] + REQUIRED[3:]), 6, "SCOPE",
     "PagerDuty did not grant the scope that is needed: escalation_policies.read. Tick it in the app's registration, then authorize again."),
    ("a region that the token endpoint does not know the account in", reset(region="eu"), 6, "SCOPE",
     'PagerDuty gave no access to the account northwind in region us (granted: "openid"): check subdomain, region and the scopes ticked in '
     "the app's registration."),
    ("a region that is refused as a scope", reset(region="eu", switches={"invalid_scope": "error"}), 6, "SCOPE",
     'PagerDuty refused the scopes ("invalid_request: Invalid scope"): check that the subdomain is "northwind", the region is "us", and the '
     "scopes are ticked in the app's registration."),
    ("a region that only the API knows to be wrong", reset(region="eu", switches={"region_check": "rest"}), 6, "UNAUTHENTICATED",
     'PagerDuty answered GET /abilities with HTTP 401, code 2006 ("Authentication failed"). The token is not valid, was revoked, or belongs '
     "to an account in another service region: check the region and authorize again."),
    ("a region that only the API knows to be wrong, without a word of it",
     reset(region="eu", switches={"region_check": "rest", "auth_401": "empty"}), 6, "UNAUTHENTICATED",
     "PagerDuty answered GET /abilities with HTTP 401. The token is not valid, was revoked, or belongs to an account in another service "
     "region: check the region and authorize again."),
    ("429 with headers that ask for more patience than there is",
     fault({"status": 429, "headers": {"ratelimit-limit": "960", "ratelimit-remaining": "0", "ratelimit-reset": "3000"}, "body": {
         "error": {"message": "Rate Limit Exceeded", "code": 2020}}}), 7, "RATE_LIMITED",
     'PagerDuty answered GET /users with HTTP 429, code 2020 ("Rate Limit Exceeded"). Too many requests were made with this app; try again '
     "later."),
    ("a rate limit that lets nothing through for long", reset(switches={"rate_limit": 3, "rate_window_s": 900}), 7, "RATE_LIMITED",
     "PagerDuty's rate limit lets nothing through for # s. Try again later."),
    ("500, however often it is asked", fault({"status": 500, "body": {"error": {"message": "Internal Server Error", "code": 2000}}}), 7,
     "UNAVAILABLE", 'PagerDuty answered GET /users with HTTP 500, code 2000 ("Internal Server Error"). PagerDuty, or a proxy in between, has trouble; '
     "try again later."),
    ("HTML where JSON should be", fault({"html": True}), 1, "PROTOCOL",
     f"The answer to GET /users is not what PagerDuty sends: unexpected character. {TRY}"),
    ("a page that ends too early", fault({"drop": 40}), 1, "PROTOCOL",
     f"The answer to GET /users is not what PagerDuty sends: the JSON ends too early. {TRY}"),
    ("a page that breaks off on the way", fault({"cut": "middle"}), 7, "UNAVAILABLE",
     "PagerDuty could not be reached for GET /users: transfer closed with # bytes remaining to read. Check network, proxy and address, then "
     "try again."),
    ("a setting that nobody knows", app_edited(lambda app: app["settings"].update(colour="red")), 2, "INVALID",
     '{folder}/data/apps/PagerDuty.json: PagerDuty has no setting "colour"; its settings are client_id, grant, oauth, subdomain, region, '
     "from_email, default_role, fallback_role, join_role, include_schedules, include_licenses, concurrency, requests_per_minute, timeout_s, "
     "proxy, ca_file, api_url and identity_url."),
]


def told(sentence, host, simulator):
    """The sentence as it should be, as a pattern for the numbers in it."""
    text = sentence.format(folder=host.folder.resolve(), url=simulator.settings["api_url"])
    return re.escape(text).replace(r"\#\#", "[0-9a-f]{64}").replace(r"\#", r"\d+")


def expect_error(outcome, host, simulator, exit_status, status, sentence, advice=None):
    outcome.expect(exit_status)
    assert outcome.error is not None, outcome.told
    name, message = outcome.error
    assert name == status and re.fullmatch(told(sentence, host, simulator), message), f"{name}: {message}"
    said = outcome.said.rstrip("\n").split("\n")
    assert advice is None or said.pop() == advice, outcome.said
    assert said[-1].startswith(f"Error: {message}"), outcome.said


def recovers(simulator, host):
    """With what was broken put right, the next sync is whole."""
    simulator.reset(**WORLD)
    host.sync().expect(0)
    account.same(host.grants(), account.grants_of(simulator))


def snapshot_stays(simulator, breaks, exit_status, status, sentence):
    simulator.reset(**WORLD)
    with an_account(simulator).connected() as host:
        app = (host.folder / "data" / "apps" / "PagerDuty.json").read_bytes()
        before = host.snapshot()
        breaks(simulator, host)
        expect_error(host.sync(), host, simulator, exit_status, status, sentence, REAUTHORIZE if exit_status == 6 else None)
        assert host.snapshot() == before, "the snapshot is another one"
        (host.folder / "data" / "apps" / "PagerDuty.json").write_bytes(app)
        recovers(simulator, host)


def optional_scope(simulator):
    """A list that is partial: what could not be read stays as last seen, marked, and nothing else changes."""
    simulator.reset(**WORLD)
    with an_account(simulator).connected() as host:
        before = host.rows("grants")
        simulator.reset(**WORLD, scopes=REQUIRED)
        outcome = host.sync().expect(3)
        reason = ("Schedules are not listed, because the token lacks the scope schedules.read: tick it in the app's registration, or set "
                  "include_schedules to false.")
        assert outcome.reasons == {(kind, None): reason for kind in ("resources", "entitlements", "grants")}, outcome.reasons
        after = host.rows("grants")
        account.same([tuple({**row, "stale": ""}.values()) for row in after], [tuple({**row, "stale": ""}.values()) for row in before])
        for row in after:
            assert (row["stale"] == "true") == (row["kind"] == "schedule" or row["via"] != ""), row
        assert {row["stale"] for row in after} == {"true", "false"}, "nothing is stale, or everything"
        for line in outcome.said.splitlines():
            assert not line.startswith("Warning: ") or reason.rstrip(".") in line and ".." not in line, line
        recovers(simulator, host)


def no_network():
    with Simulator(users=10) as simulator, an_account(simulator) as host:
        host.connected()
        before = host.snapshot()
        port = simulator.port
        simulator.stop()
        expect_error(host.sync(), host, simulator, 7, "UNAVAILABLE",
                     f"PagerDuty could not be reached for POST /oauth/token: Failed to connect to 127.0.0.1 port {port} after # ms: Couldn't "
                     "connect to server. Check network, proxy and address, then try again.")
        assert host.snapshot() == before


def limited_without_a_word(simulator):
    """One 429 without headers and body costs seconds, not the list."""
    simulator.reset(**WORLD)
    with an_account(simulator).connected() as host:
        simulator.faults({"match": {"route": "/users"}, "action": {"status": 429, "body": "", "content_type": ""}})
        begin = time.monotonic()
        done = host.sync().expect(0).told
        assert time.monotonic() - begin > 5 and done["waited_ms"] > 0, done
        assert (done["retries"], done["added"] + done["removed"] + done["changed"]) == (1, 0), done


def sender(simulator):
    """validate says whether anybody can be invited in the name of from_email: a user, in whatever case, or nobody."""
    simulator.reset(**WORLD)
    known = simulator.state()["principals"][1]["email"]
    for address, exit_status, kinds in ((known.upper(), 0, []), ("nobody@northwind.example", 3, ["from_email"])):
        with an_account(simulator) as host:
            host.attempt(from_email=address)
            done = host.run("--json", "validate", "PagerDuty")
            surveyed = json.loads(done.stdout)["survey"]
            assert (done.returncode, [entry["kind"] for entry in surveyed if not entry["readable"]]) == (exit_status, kinds), done
            problems = [entry["problem"] for entry in surveyed if entry["problem"]]
            assert problems == ["Nobody in this PagerDuty account has the address in from_email, so invitations will be refused: set it to the "
                                "address of a user."][:len(kinds)], problems


def empty_where_there_were_users(simulator, empties):
    simulator.reset(**WORLD)
    with an_account(simulator).connected() as host:
        before = host.snapshot()
        empties(simulator, host)
        outcome = host.sync().expect(5)
        assert re.fullmatch(r"[0-9a-f]{8,64}", outcome.told["digest"]) and outcome.told["complete"] is False, outcome.told
        held = re.search(r"Warning: The guard holds this list: (\d+) of 40 users would be removed; up to 5 are taken without asking\.\n", outcome.said)
        assert held and int(held[1]) > 5, outcome.said
        said = host.run("sync", "PagerDuty").stdout
        assert "Nothing was replaced. What would be removed:" in said and f"idc-host sync PagerDuty --accept {outcome.told['digest']}" in said, said
        assert host.snapshot() == before
        recovers(simulator, host)


def modules_of_its_own(host):
    """A copy of the built modules that a case may spoil."""
    folder = host.folder / "modules"
    folder.mkdir(mode=0o700)
    for path in (pathlib.Path(MODULES) / "pagerduty.so", pathlib.Path(MODULES).parent / "manifest" / "pagerduty.json"):
        shutil.copy(path, folder)
    return folder


def module_spoiled(simulator, spoils, mends, status, sentence):
    simulator.reset(**WORLD)
    with an_account(simulator) as host:
        modules = modules_of_its_own(host)
        host.use_modules(modules)
        host.connected()
        before = host.snapshot()
        simulator.forget_journal()
        spoils(modules / "pagerduty.so")
        expect_error(host.sync(), host, simulator, 1, status, sentence)
        assert simulator.summary()["total"] == 0, "a module that was refused made requests"
        assert host.snapshot() == before
        mends(modules / "pagerduty.so")
        host.sync().expect(0)


def flipped(path):
    text = bytearray(path.read_bytes())
    text[len(text) // 2] ^= 1
    path.write_bytes(text)


def connect_refused(simulator, arguments, exit_status, status, sentence):
    """A second connect that is refused leaves the first one as it was."""
    simulator.reset(**WORLD)
    with an_account(simulator).connected() as host:
        before = host.snapshot()
        simulator.forget_journal()
        outcome = host.attempt(*arguments)
        expect_error(outcome, host, simulator, exit_status, status, sentence)
        assert simulator.summary()["total"] == 0, "it was asked for all the same"
        assert host.snapshot() == before
        host.sync().expect(0)


CONNECTS = [
    ("a setting that nobody knows", ["--set", "colour=red"], 2, "INVALID",
     'PagerDuty has no setting "colour"; its settings are client_id, grant, oauth, subdomain, region, from_email, default_role, '
     "fallback_role, join_role, include_schedules, include_licenses, concurrency, requests_per_minute, timeout_s, proxy, ca_file, api_url "
     "and identity_url."),
    ("a permanent token", ["--secret", "token=@/dev/null"], 2, "INVALID",
     "A permanent token is not accepted, register an OAuth app: idc-host connect pagerduty --print-setup says how."),
    ("a permanent token as a setting", ["--set", "api_key=u+abc"], 2, "INVALID",
     "A permanent token is not accepted, register an OAuth app: idc-host connect pagerduty --print-setup says how."),
    ("an identifier that is taken", [], 1, "CONFLICT",
     "The identifier PagerDuty is taken: each belongs to one app for ever, removed ones and other case included. Free would be: --identifier "
     "PagerDuty-2"),
    ("an identifier that is taken in other letters", ["--identifier", "PAGERduty"], 1, "CONFLICT",
     "The identifier PAGERduty is taken: each belongs to one app for ever, removed ones and other case included. Free would be: --identifier "
     "PAGERduty-2"),
]


def main():
    with Simulator(**WORLD) as simulator:
        for name, *case in CASES:
            tap.check(f"{name} is told, and the snapshot stays", snapshot_stays, simulator, *case)
        tap.check("an optional scope that is missing makes a partial list, and what it hides stays as last seen", optional_scope, simulator)
        tap.check("no network is told, and the snapshot stays", no_network)
        tap.check("validate says that from_email is nobody's address", sender, simulator)
        tap.check("429 without headers is waited out", limited_without_a_word, simulator)
        tap.check("an account without anybody is held by the guard", empty_where_there_were_users, simulator, reset(users=0))
        tap.check("a list of users that is empty of a sudden is held by the guard", empty_where_there_were_users, simulator,
                  fault({"empty_list": True, "total": 0}))
        tap.check("a module that was changed by one byte is refused, and the snapshot stays", module_spoiled, simulator, flipped, flipped,
                  "REFUSED", "The module {folder}/modules/pagerduty.so is not the one that its manifest {folder}/modules/pagerduty.json names: its "
                  "SHA-256 is ##, it should be ##. It was changed or belongs to another version; install both again from where they come from.")
        tap.check("a module that others can write to is refused, and the snapshot stays", module_spoiled, simulator,
                  lambda path: path.chmod(0o666), lambda path: path.chmod(0o644), "REFUSED",
                  "The module is refused: others than its owner may write to {folder}/modules/pagerduty.so (mode 0666). Take that away: chmod "
                  "go-w {folder}/modules/pagerduty.so")
        for name, *case in CONNECTS:
            tap.check(f"connecting again with {name} is told, and the snapshot stays", connect_refused, simulator, *case)
    tap.finish()


if __name__ == "__main__":
    main()
