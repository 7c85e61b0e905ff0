#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Builds each broken connector and has the checks that must catch it run against it.
usage: kill.py SOURCEDIR BUILDDIR CONNECTOR [IDC_CONFORM]

A mutant is caught where every check that mutants.json names for it fails; one for which none is named is not caught. The same checks pass
on a connector that was built the same way without a patch, or they would prove nothing. Where a mutant "hangs", what catches it is that the
check has to be ended. Without IDC_CONFORM it is only looked whether each patch still applies and builds.
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

import mutant
import tap

ROOT, BUILD = map(pathlib.Path, map(os.path.abspath, sys.argv[1:3]))
CONNECTOR = sys.argv[3]
CONFORM = os.path.abspath(sys.argv[4]) if len(sys.argv) > 4 else None
TABLE = ROOT / "tests/mutants/mutants.json"
CAUGHT = {"FAIL", "CRASH"}
HANGS_S = "40"  # what waits for ever is ended after so long, and takes less where it is not broken


def verdicts(manifest, checks, *options):
    """{check: verdict} of the harness for these checks."""
    command = [CONFORM, "--json", "--patience", "3", *options, "--modules", str(manifest.parent)]
    for check in checks:
        command += ["-p", check]
    done = subprocess.run([*command, str(manifest)], stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True)
    try:
        return {check["id"]: check["verdict"] for check in json.loads(done.stdout)["checks"]}
    except (KeyError, ValueError) as why:
        raise RuntimeError(f"idc-conform ended with {done.returncode}: {why}\n{done.stdout[-2000:]}{done.stderr[-2000:]}") from why


class Case:
    """One mutant: what was built of it and what the harness said, or why not."""

    def __init__(self, workshop, told):
        self.told, self.manifest, self.verdicts, self.wrong = told, None, {}, None
        try:
            self.manifest = workshop.build(told["mutant"], TABLE.parent / CONNECTOR / f"{told['mutant']}.patch")
            if CONFORM is not None and told["caught_by"]:
                self.verdicts = verdicts(self.manifest, told["caught_by"], *(["--limit", HANGS_S] if told.get("hangs") else []))
        except (mutant.Stale, RuntimeError, OSError) as why:
            self.wrong = str(why)

    def caught(self):
        how = {"TIMEOUT"} if self.told.get("hangs") else CAUGHT
        return bool(self.verdicts) and all(self.verdicts.get(check) in how for check in self.told["caught_by"])


def there_are(mutants):
    """Each check that is named is one of the harness's."""
    if CONFORM is None:
        raise tap.Skip("idc-conform is not built")
    listed = subprocess.run([CONFORM, "--list"], capture_output=True, check=True, text=True).stdout
    known = {line.split()[0] for line in listed.splitlines() if line}
    tap.empty(f"{told['mutant']}: there is no check {check}" for told in mutants for check in told["caught_by"] if check not in known)


def is_built(case):
    assert case.wrong is None, case.wrong


def is_caught(case):
    is_built(case)
    assert case.told["caught_by"], "no check is named for it"
    assert case.caught(), f"survived: {case.verdicts}; built as {case.manifest}"


def unbroken(workshop, mutants):
    checks = sorted({check for told in mutants for check in told["caught_by"]})
    manifest = workshop.build("unbroken")
    if CONFORM is None:
        raise tap.Skip("idc-conform is not built")
    found = verdicts(manifest, checks, "--jobs", "2")
    tap.empty(f"{check}: {found.get(check, 'did not run')}" for check in checks if found.get(check) != "PASS")


def main():
    mutants = []
    tap.check("each patch is in the table, and each line of the table has its patch and sentence", lambda: mutants.extend(mutant.table(TABLE)))
    mutants = [told for told in mutants if told["connector"] == CONNECTOR]
    tap.check("each check that is named is one of the harness's", there_are, mutants)
    workshop = mutant.Workshop(ROOT, BUILD, CONNECTOR)
    tap.check("an unbroken connector that is built the same way passes the checks that are named", unbroken, workshop, mutants)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        cases = list(pool.map(lambda told: Case(workshop, told), mutants))
    for case in cases:
        if CONFORM is None:
            tap.check(f"{case.told['is']}: the patch applies, and what it breaks builds", is_built, case)
        else:
            tap.check(f"{case.told['is']}: caught by {' and '.join(case.told['caught_by']) or 'nothing'}", is_caught, case)
    killed = sum(case.caught() for case in cases)
    print(f"# total: mutants of {CONNECTOR}: {len(cases)}, killed {killed}, survived {len(cases) - killed}")
    tap.finish()


if __name__ == "__main__":
    main()
