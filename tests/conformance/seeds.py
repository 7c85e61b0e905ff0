#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Whether what is left to chance changes a verdict: a connector's whole conformance with several seeds, and where their verdicts differ.
usage: seeds.py N IDC_CONFORM ARGUMENT... MANIFEST

Seeds 1 to N. Exit status: 0 where every check has one verdict and none is bad, else 1.
"""
import json
import subprocess
import sys

GOOD = {"PASS", "SKIP"}


def report(seed, command):
    """The harness's report of one seed."""
    done = subprocess.run([command[0], "--json", "--seed", str(seed), *command[1:]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          check=False, text=True)
    try:
        return json.loads(done.stdout)["checks"]
    except (KeyError, ValueError) as why:
        raise SystemExit(f"idc-conform ended with {done.returncode}: {why}") from why


def main():
    if len(sys.argv) < 4 or not sys.argv[1].isdigit() or sys.argv[1] == "0":
        raise SystemExit("\n".join(__doc__.splitlines()[:2]))
    verdicts = {}  # of each check by seed
    for seed in range(1, int(sys.argv[1]) + 1):
        checks = report(seed, sys.argv[2:])
        for check in checks:
            verdicts.setdefault(check["id"], {})[seed] = check["verdict"]
            if check["verdict"] not in GOOD:
                print(f"seed {seed}: {check['verdict']} {check['id']}: {check.get('tried')}\n  expected {check.get('expected')}\n"
                      f"  seen     {check.get('seen')}", flush=True)
        said = [check["verdict"] for check in checks]
        print(f"seed {seed}: {len(said)} checks, " + ", ".join(f"{said.count(verdict)} {verdict}" for verdict in sorted(set(said))), flush=True)
    differing = {check: by_seed for check, by_seed in verdicts.items() if len(set(by_seed.values())) > 1}
    for check, by_seed in differing.items():
        print(f"differs: {check}: " + ", ".join(f"{verdict} with seed {seed}" for seed, verdict in by_seed.items()))
    print(f"differing verdicts: {len(differing)}")
    sys.exit(0 if not differing and all(set(by_seed.values()) <= GOOD for by_seed in verdicts.values()) else 1)


if __name__ == "__main__":
    main()
