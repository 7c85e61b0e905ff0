#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Tokens that end, limits, and whoever does not want to wait any longer. usage: waiting.py IDC_HOST MODULES"""
import collections
import signal
import subprocess
import sys
import time

import account
import tap
from simulator import Simulator

IDC_HOST, MODULES = sys.argv[1:]
WORLD = {"users": 350, "teams": 12, "policies": 120, "schedules": 110, "stubs": 0}
TOKEN = "/oauth/token"
GRACE = 2.0  # seconds that a cancelled operation may take, the program around it apart


def an_account(simulator):
    return account.Account(IDC_HOST, MODULES, simulator)


def ready(simulator, **world):
    """An account that is connected, with a journal that begins after that."""
    simulator.reset(**{**WORLD, **world})
    host = an_account(simulator)
    host.connected()
    simulator.forget_journal()
    return host


def asked(simulator):
    """The requests of the API, method apart, with how often each was made; and how many tokens were asked for."""
    entries = simulator.journal()
    tokens = sum(entry["route"] == TOKEN for entry in entries)
    return collections.Counter(f"{entry['path']}?{entry['query']}" for entry in entries if entry["route"] != TOKEN), tokens


def whole(simulator, host):
    host.sync().expect(0)
    account.same(host.grants(), account.grants_of(simulator))


def limit(reset_s):
    """A 429 as it is documented."""
    return {"status": 429, "body": "", "headers": {"ratelimit-limit": "960", "ratelimit-remaining": "0", "ratelimit-reset": str(reset_s)}}


# ---- tokens ----

def token_refused_once(simulator, route, nth):
    with ready(simulator) as host:
        simulator.faults({"match": {"route": route, "nth": nth}, "action": {"status": 401, "body": ""}})
        whole(simulator, host)
        assert simulator.fault_counts()[0]["fired"] == 1
        counts, tokens = asked(simulator)
        again = {what: count for what, count in counts.items() if count > 1}
        assert tokens == 2 and list(again.values()) == [2], (tokens, again)


def token_revoked(simulator):
    """Whatever was under way is refused, and one request for a token serves all of it."""
    with ready(simulator) as host:
        simulator.faults({"match": {"times": 0}, "action": {"delay_ms": 20}})
        simulator.mutate({"op": "revoke_tokens"}, at={"route": "/teams/{id}/members", "nth": 3, "when": "before"})
        whole(simulator, host)
        counts, tokens = asked(simulator)
        refused = simulator.summary()["by_status"]["401"]
        assert tokens == 2 and 1 <= refused <= 8 and sum(counts.values()) - len(counts) == refused, (tokens, refused, counts.most_common(9))


def token_ends_early(simulator):
    """A token that is about to end is replaced before it is refused."""
    with ready(simulator, switches={"token_lifetime_s": 6}) as host:
        simulator.faults({"match": {"times": 0}, "action": {"delay_ms": 500}})
        begin = time.monotonic()
        whole(simulator, host)
        assert "401" not in simulator.summary()["by_status"], simulator.summary()
        # one each half life
        assert 2 <= asked(simulator)[1] <= 2 + (time.monotonic() - begin) / 3, asked(simulator)[1]


def token_never_taken(simulator):
    with ready(simulator) as host:
        before = host.snapshot()
        simulator.faults({"match": {"route": "/users", "times": 0}, "action": {"status": 401, "body": ""}})
        host.sync().expect(6)
        assert asked(simulator)[1] == 2 and host.snapshot() == before, asked(simulator)


def token_endpoint(simulator, action, times, exit_status, sentence):
    with ready(simulator) as host:
        simulator.faults({"match": {"route": TOKEN, "times": times}, "action": action})
        outcome = host.sync().expect(exit_status)
        if exit_status == 0:
            account.same(host.grants(), account.grants_of(simulator))
            assert asked(simulator)[1] == times + 1, asked(simulator)[1]
        else:
            assert outcome.error[1] == sentence, outcome.error


# ---- limits ----

def limited_with_headers(simulator):
    with ready(simulator) as host:
        simulator.faults({"match": {"route": "/users", "nth": 2}, "action": limit(2)})
        begin = time.monotonic()
        done = host.sync().expect(0).told
        again = {what: count for what, count in asked(simulator)[0].items() if count > 1}
        assert list(again.values()) == [2] and next(iter(again)).startswith("/users?"), again
        # while others are under way, waiting for the limit is not counted as such
        assert time.monotonic() - begin > 2 and done["waited_ms"] > 0 and done["retries"] == 1, done


def paced(simulator):
    """Two seconds a window, sixty requests each: the headers are heeded before the first 429."""
    simulator.reset(users=350, teams=120, memberships=700, stubs=0, switches={"rate_limit": 60, "rate_window_s": 2})
    with an_account(simulator) as host:
        begin = time.monotonic()
        host.attempt().expect(0)
        took = time.monotonic() - begin
        account.same(host.grants(), account.grants_of(simulator))
    statuses = simulator.summary()["by_status"]
    assert set(statuses) == {"200"} and statuses["200"] > 120 and took > 2 * (statuses["200"] // 60 - 2), (took, statuses)


def own_bound(simulator):
    simulator.reset(users=120)
    with an_account(simulator) as host:
        host.connected(requests_per_minute=300)
        simulator.forget_journal()
        host.sync().expect(0)
        times = [entry["at_ms"] for entry in simulator.journal() if entry["route"] != TOKEN]
        # one each 200 ms; that is when they leave, and the first may arrive late
        assert len(times) > 10 and times[-1] - times[0] >= 100 * (len(times) - 1), times


def at_a_time(simulator, concurrency):
    """Each answer takes so long that others can be under way meanwhile, on a busy machine too."""
    simulator.reset(**WORLD, memberships=1400)
    with an_account(simulator) as host:
        host.connected(concurrency=concurrency)
        simulator.forget_journal()
        simulator.faults({"match": {"times": 0}, "action": {"delay_ms": 20 if concurrency == 1 else 300}})
        host.sync().expect(0)
        most = simulator.summary()["most_in_flight"]
        assert min(concurrency, 6) <= most <= concurrency, f"{most} at a time"


# ---- cancelled ----

def cancelled(simulator, stalls, when=lambda simulator: True, number=signal.SIGTERM, **settings):
    """stalls makes the next sync wait for ever; then it is told to end."""
    simulator.reset(**WORLD)
    with an_account(simulator) as host:
        host.connected(**settings)
        begin = time.monotonic()
        before = host.snapshot()
        # a whole command each: what this machine takes for one now, starting and ending
        slowness = (time.monotonic() - begin) / account.COMMANDS_A_SNAPSHOT
        simulator.forget_journal()
        stalls(simulator)
        process = host.start("sync", "PagerDuty", stderr=subprocess.PIPE)
        deadline = time.monotonic() + 30
        while not (simulator.summary()["total"] > 0 and when(simulator)) and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.3)
        assert process.poll() is None, "it did not wait"
        begin = time.monotonic()
        process.send_signal(number)
        process.wait(30)
        took = time.monotonic() - begin
        said = process.communicate()[1]
        assert took < GRACE + 4 * slowness, f"it took {took:.1f} s, where a command takes {slowness:.1f} s"
        seen = simulator.summary()["total"]
        assert process.returncode == 1 and "Nothing was changed; run it again." in said, (process.returncode, said)
        assert host.snapshot() == before
        assert simulator.summary()["total"] == seen, "a request was made afterwards"
        simulator.clear_faults()
        whole(simulator, host)


def fault(action, route="/users"):
    return lambda simulator: simulator.faults({"match": {"route": route, "times": 0}, "action": action})


def limited_for_long(simulator):
    return any(entry["status"] == 429 for entry in simulator.journal())


def main():
    with Simulator(switches={"rate_limit": "0"}) as simulator:
        for route, nth in (("/users", 1), ("/users", 3), ("/teams/{id}/members", 5), ("/schedules", 2), ("/escalation_policies", 2)):
            tap.check(f"a token that is refused at request {nth} of {route} is replaced once, and the same page is asked again",
                      token_refused_once, simulator, route, nth)
        tap.check("a token that is revoked in mid-list is replaced once for all requests under way", token_revoked, simulator)
        tap.check("a token that is about to end is replaced before it is refused", token_ends_early, simulator)
        tap.check("a new token that is refused as well ends the list", token_never_taken, simulator)
        for status in (500, 503):
            tap.check(f"HTTP {status} at the token endpoint passes", token_endpoint, simulator, {"status": status, "body": ""}, 2, 0, None)
        tap.check("HTTP 429 at the token endpoint passes", token_endpoint, simulator, limit(1), 2, 0, None)
        tap.check("HTTP 503 at the token endpoint for good says to try later", token_endpoint, simulator, {"status": 503, "body": ""}, 0, 7,
                  "PagerDuty answered POST /oauth/token with HTTP 503. PagerDuty, or a proxy in between, has trouble; try again later.")
        tap.check("HTTP 429 at the token endpoint for good says to try later", token_endpoint, simulator, limit(3000), 0, 7,
                  "PagerDuty answered POST /oauth/token with HTTP 429. Too many requests were made with this app; try again later.")
        tap.check("after a 429 the same page is asked for when the header says", limited_with_headers, simulator)
        tap.check("a list is paced by the headers, so that no 429 comes", paced, simulator)
        tap.check("a list keeps to a bound of the administrator's own", own_bound, simulator)
        for concurrency in (1, 4, 16):
            tap.check(f"with a concurrency of {concurrency} never more requests are under way", at_a_time, simulator, concurrency)
        tap.check("a sync that waits for an answer ends within 2 s when it is told to", cancelled, simulator, fault({"delay_ms": 60000}))
        tap.check("a sync that waits for a token ends within 2 s when it is told to", cancelled, simulator, fault({"delay_ms": 60000}, TOKEN))
        tap.check("a sync that waits for a limit ends within 2 s when it is told to", cancelled, simulator,
                  fault(limit(80)),
                  limited_for_long)
        tap.check("a sync that is answered by drops ends within 2 s when it is interrupted", cancelled, simulator,
                  fault({"drip": {"bytes": 1, "every_ms": 100}}), lambda _: True, signal.SIGINT)
    tap.finish()


if __name__ == "__main__":
    main()
