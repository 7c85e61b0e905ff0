#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""The largest account that can be read whole, with a million memberships. usage: size.py IDC_HOST MODULES [SANITIZER]"""
import resource
import sys

import account
import bench
import tap
from simulator import Simulator

IDC_HOST, MODULES, *SANITIZER = sys.argv[1:]
LARGEST_KIB = 64 * 1024


class Measured:
    """What the one run showed, for the points that look at it."""

    peak = 0
    told = None


def memory(simulator, host):
    """The first snapshot is a small one, so that nothing is held; then everybody comes."""
    if SANITIZER:
        raise tap.Skip("a sanitizer takes memory of its own")
    simulator.reset(users=1, teams=1)
    host.connected()
    simulator.reset(users=9900, teams=2500, memberships=1000000)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert own < LARGEST_KIB, f"this test itself takes {own} KiB, which its child is counted with"
    seconds, Measured.peak, Measured.told = bench.measured(host, "--json", "sync", "PagerDuty")
    print(f"# {Measured.told['grants']} grants in {seconds:.0f} s and {Measured.peak} KiB")
    assert Measured.peak <= LARGEST_KIB, f"{Measured.peak} KiB"


def grants(simulator, host):
    if Measured.told is None:
        raise tap.Skip("there was no sync to look at")
    assert simulator.counts()["memberships"] == 1000000 and Measured.told["complete"] is True, Measured.told
    account.same(host.grants(), account.grants_of(simulator))


def main():
    with Simulator(switches={"rate_limit": "0"}) as simulator, account.Account(IDC_HOST, MODULES, simulator) as host:
        tap.check("a sync of 9,900 users and 1,000,000 memberships takes at most 64 MB", memory, simulator, host)
        tap.check("of 9,900 users and 1,000,000 memberships every grant is stored exactly as it is", grants, simulator, host)
    tap.finish()


if __name__ == "__main__":
    main()
