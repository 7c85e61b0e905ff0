#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""A second PagerDuty environment on one host, in the other region. usage: second.py IDC_HOST MODULES"""
import csv
import io
import json
import sys

import account
import tap
from simulator import Simulator

IDC_HOST, MODULES = sys.argv[1:]
SECOND = "PagerDuty-EU"


def shown(host, identifier):
    rows = csv.DictReader(io.StringIO(host.succeed("--quiet", "show", identifier, "grants", "--csv")))
    return [{key: value for key, value in row.items() if key != "since"} for row in rows]


def side_by_side(here, there):
    """Each has its own people, secrets and end; what becomes of one is nothing to the other."""
    with account.Account(IDC_HOST, MODULES, here).connected() as host:
        host.succeed(*host.connecting(there, "pagerduty", "--identifier", SECOND))
        first, second = shown(host, "PagerDuty"), shown(host, SECOND)
        assert len(first) > 40 and len(second) > 20 and first != second
        accounts = {identifier: json.loads((host.folder / f"data/apps/{identifier}.json").read_text())["account"] for identifier in ("PagerDuty", SECOND)}
        assert accounts == {"PagerDuty": "us.northwind", SECOND: "eu.northwind"}, accounts
        there.mutate({"op": "rotate_secret", "client_secret": "another"})
        there.expire("access")
        host.sync().expect(0)
        done = host.run("sync", SECOND)
        assert done.returncode == 6 and f"idc-host reauthorize {SECOND}" in done.stderr, (done.returncode, done.stderr)
        told = {app["identifier"]: app["exit"] for app in json.loads(host.run("--json", "status").stdout)["apps"]}
        assert told == {"PagerDuty": 0, SECOND: 6}, told
        path = host.folder / "client_secret"
        path.write_text("another")
        host.succeed("configure", SECOND, "--secret", f"client_secret=@{path}")
        host.succeed("sync", SECOND)
        host.sync().expect(0)
        host.succeed("remove-app", SECOND)
        host.sync().expect(0)
        assert shown(host, "PagerDuty") == first
        again = host.run(*host.connecting(there, "pagerduty", "--identifier", SECOND.lower(), secrets={"client_secret": "another"}))
        assert again.returncode == 1 and "is taken" in again.stderr, (again.returncode, again.stderr)
        host.succeed(*host.connecting(there, "pagerduty", "--identifier", f"{SECOND}-2", secrets={"client_secret": "another"}))
        assert shown(host, f"{SECOND}-2") == second


def main():
    with Simulator(users=40, teams=2, stubs=0) as here, Simulator(users=20, teams=3, stubs=0, region="eu", seed=2) as there:
        tap.check("two PagerDuty accounts in two regions are two apps that know nothing of each other", side_by_side, here, there)
    tap.finish()


if __name__ == "__main__":
    main()
