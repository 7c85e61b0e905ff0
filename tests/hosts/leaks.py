#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""A sync under valgrind. usage: leaks.py IDC_HOST MODULES SIMULATOR"""
import re
import shutil
import sys

import programs
import tap

IDC_HOST, MODULES, SIMULATOR = sys.argv[1:]
FAILED = 99
VALGRIND = ("valgrind", "--quiet", "--leak-check=full", "--show-leak-kinds=definite,indirect", "--errors-for-leak-kinds=definite,indirect",
            "--child-silent-after-fork=yes", f"--error-exitcode={FAILED}")


def sync_leaks_nothing(*arguments):
    if shutil.which("valgrind") is None:
        raise tap.Skip("valgrind is not installed")
    with programs.Service(SIMULATOR, "--users", "120") as simulator, programs.Host(IDC_HOST, MODULES) as host:
        host.connect(simulator)
        done = host.run(*arguments, under=VALGRIND, timeout=600)
    found = re.findall(r"^==\d+==.*", done.stderr, re.MULTILINE)
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stderr[-6000:]}"
    tap.empty(found)


def main():
    tap.check("valgrind finds no leak and no bad access in a sync", sync_leaks_nothing, "sync", "PagerDuty", "--full")
    tap.check("valgrind finds no leak and no bad access in showing grants", sync_leaks_nothing, "show", "PagerDuty", "grants", "--csv")
    tap.finish()


if __name__ == "__main__":
    main()
