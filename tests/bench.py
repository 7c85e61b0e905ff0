#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""How a full sync grows with the account, against the simulator. usage: bench.py IDC_HOST MODULES SIMULATOR

Times on one machine say little about another, so each size is set beside the smallest of the same run.
"""
import json
import sys

import programs

SIZES = (100, 1000, 9900)


def measured(host, *arguments):
    """Seconds, peak memory in KiB and the JSON answer of one command."""
    done, answer, seconds, memory = host.measured(*arguments)
    assert done == 0, f"exit {done}: {answer}"
    return seconds, memory, json.loads(answer)


def main(idc_host, modules, simulator_program):
    print(f"{'users':>8} {'grants':>9} {'requests':>9} {'seconds':>8} {'peak MiB':>9} {'µs/grant':>9} {'memory ×':>9}")
    first = None
    for users in SIZES:
        world = ("--users", str(users), "--set", "rate_limit=0")
        with programs.Service(simulator_program, *world) as simulator, programs.Host(idc_host, modules) as host:
            host.connect(simulator)
            seconds, memory, answer = measured(host, "--json", "sync", "PagerDuty", "--full")
        first = first or memory
        print(f"{users:>8} {answer['grants']:>9} {answer['requests']:>9} {seconds:>8.2f} {memory / 1024:>9.1f} "
              f"{seconds * 1e6 / max(answer['grants'], 1):>9.1f} {memory / first:>9.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
