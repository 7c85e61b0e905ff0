#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""A sync that is killed at any point: the last snapshot, whole, and the next sync right. usage: killed.py IDC_HOST MODULES"""
import sys
import time

import account
import tap
from simulator import Simulator

IDC_HOST, MODULES = sys.argv[1:]
WORLD = {"users": 250, "teams": 12, "stubs": 0}


def somebody_changes_something(simulator):
    """Something of each kind comes, goes and changes, so that the next snapshot differs from the last one."""
    policy = simulator.get("/escalation_policies").json["escalation_policies"][0]["id"]
    simulator.mutate({"op": "add_user", "name": "Newcomer", "email": "newcomer@northwind.example", "role": "observer"},
                     {"op": "delete_user", "user": 7}, {"op": "rename_user", "user": 9, "name": "Somebody Else"},
                     {"op": "add_team", "name": "New Team"}, {"op": "add_member", "team": "New Team", "user": 3, "role": "responder"},
                     {"op": "rename_team", "team": 2, "name": "Renamed"},
                     {"op": "set_policy", "policy": policy, "name": "Edited", "levels": [{"users": [1, 2]}, {"users": [3]}]})


def killed_when(simulator, host, ready):
    """Starts a sync, kills it as soon as ready() says so, and tells whether it still ran."""
    process = host.start("sync", "PagerDuty")
    deadline = time.monotonic() + 30
    while process.poll() is None and not ready() and time.monotonic() < deadline:
        time.sleep(0.003)
    running = process.poll() is None
    process.kill()
    process.wait()
    process.stdout.close()
    return running


def goes_on(simulator, host):
    """No lock, no journal and no half of anything is in the way of the next one."""
    simulator.clear_faults()
    host.sync().expect(0)
    account.same(host.grants(), account.grants_of(simulator))


def killed_at_request(simulator, nth):
    simulator.reset(**WORLD)
    with account.Account(IDC_HOST, MODULES, simulator).connected() as host:
        before = host.snapshot()
        somebody_changes_something(simulator)
        simulator.forget_journal()
        simulator.faults({"match": {"nth": nth}, "action": {"delay_ms": 20000}})
        assert killed_when(simulator, host, lambda: simulator.summary()["total"] >= nth), "it ended before it was killed"
        assert host.snapshot() == before, "the snapshot is another one"
        goes_on(simulator, host)


def killed_in_the_middle_of_an_answer(simulator):
    simulator.reset(**WORLD)
    with account.Account(IDC_HOST, MODULES, simulator).connected() as host:
        before = host.snapshot()
        somebody_changes_something(simulator)
        simulator.forget_journal()
        simulator.faults({"match": {"route": "/users", "nth": 2}, "action": {"drip": {"bytes": 2000, "every_ms": 50}}})
        assert killed_when(simulator, host, lambda: simulator.fault_counts()[0]["fired"] > 0), "it ended before it was killed"
        assert host.snapshot() == before
        goes_on(simulator, host)


def main():
    with Simulator(switches={"rate_limit": "0"}) as simulator:
        for nth, where in ((1, "while it waits for a token"), (2, "at its first question"), (4, "while users are read"),
                           (9, "while members are read"), (18, "near its end")):
            tap.check(f"a sync that is killed {where} leaves the last snapshot", killed_at_request, simulator, nth)
        tap.check("a sync that is killed in the middle of an answer leaves the last snapshot", killed_in_the_middle_of_an_answer, simulator)
    tap.finish()


if __name__ == "__main__":
    main()
