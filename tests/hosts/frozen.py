#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""A connector of the ABI's first day in the host of today. usage: frozen.py IDC_HOST MODULES"""
import csv
import io
import sys

import programs
import tap

IDC_HOST, MODULES = sys.argv[1:]


def main():
    with programs.Host(IDC_HOST, MODULES) as host:
        def verifies():
            said = host.succeed("modules", "frozen")
            assert "frozen" in said.lower() and "verified" in said.lower(), said

        def lists():
            host.succeed("connect", "frozen", "--yes")
            host.succeed("sync", "Frozen")
            rows = list(csv.DictReader(io.StringIO(host.succeed("show", "Frozen", "grants", "--csv"))))
            held = [(row["user_id"], row["email"], row["entitlement_id"], row["entitlement_name"]) for row in rows]
            assert held == [("one", "ilse.marrow@example.com", "role:first", "First")], rows

        tap.check("the host verifies a module of 1.0", verifies)
        tap.check("the host connects, syncs and shows a module of 1.0", lists)
    tap.finish()


if __name__ == "__main__":
    main()
