#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Reads what `meson test` has logged and says what passed, failed and was skipped, counted by test point.

usage: report.py LABEL=BUILDDIR...

Prints the names of what failed with the diagnostics and the whole log's path, each reason for a skip once, what a program sums up in a
line `# total: …`, and last the line
`N passed, N failed, N skipped`. Ends with 1 if anything failed or if nothing was run.
"""
import json
import pathlib
import re
import sys

POINT = re.compile(r"^(not )?ok\b\s*(\d+)?\s*(?:-\s+)?(.*?)\s*(?:(?<!\\)#\s*(skip|todo)\S*\s*(.*))?$", re.IGNORECASE)
PLAN = re.compile(r"^1\.\.(\d+)\s*(?:#\s*(skip)\S*\s*(.*))?$", re.IGNORECASE)
BAD = {"FAIL": "failed", "ERROR": "broke off", "TIMEOUT": "took too long", "INTERRUPT": "was interrupted",
       "UNEXPECTEDPASS": "passed where it was to fail"}


class Program:
    """One test program of a log: its points, and whether the program itself ended as it should."""

    def __init__(self, entry):
        self.name = entry["name"]
        self.entry = entry
        self.passed = []
        self.failed = []  # (name, diagnostics)
        self.skipped = []  # (name, reason)
        self.broken = []  # why the program as a whole failed, whatever its points say
        self._read_points(entry_text(entry, "stdout").splitlines())
        self._judge_program(entry.get("result", "ERROR"), entry.get("returncode", 0))
        if self.broken:
            self.failed.append((self.name, self.broken + entry_text(entry, "stderr").splitlines()[-10:]))

    def _read_points(self, lines):
        if not any(PLAN.match(line) or line.startswith("Bail out!") for line in lines):
            return  # not TAP: the exit status says it all
        planned = None
        run = 0
        for number, line in enumerate(lines):
            plan = PLAN.match(line)
            point = POINT.match(line)
            if plan is not None:
                planned = int(plan.group(1))
                if planned == 0:
                    self.skipped.append((self.name, plan.group(3) or "no reason given"))
            elif point is not None:
                run += 1
                self._take_point(point, lines[number + 1:])
            elif line.startswith("Bail out!"):
                self.broken.append(line)
        if planned != run:
            self.broken.append(f"{'no plan' if planned is None else f'{planned} points planned'}, {run} came")

    def _take_point(self, point, following):
        bad, _, name, directive, reason = point.groups()
        if directive is not None:
            self.skipped.append((name, reason or "no reason given"))
        elif bad is None:
            self.passed.append(name)
        else:
            self.failed.append((name, diagnostics(following)))

    def _judge_program(self, result, code):
        if result in BAD:
            killed = code < 0 or code >= 128
            if killed:
                self.broken.append(f"the program {BAD[result]} by signal {-code if code < 0 else code - 128}")
            elif not self.failed or result in ("TIMEOUT", "INTERRUPT"):
                self.broken.append(f"the program {BAD[result]}, exit {code}")
        elif self.passed or self.failed or self.skipped or self.broken:
            pass
        elif result == "SKIP":
            self.skipped.append((self.name, last_line(self.entry) or "no reason given"))
        elif result in ("OK", "EXPECTEDFAIL"):
            self.passed.append(self.name)
        else:
            self.broken.append(f"unknown outcome {result}")


def entry_text(entry, stream):
    return entry.get(stream) or ""


def diagnostics(following):
    """What a point says about itself: the comment lines right after it, or GLib's message right before the next point."""
    told = []
    for line in following:
        if not line.startswith("#") or len(told) == 12:
            break
        told.append(line.removeprefix("#").removeprefix(" "))
    return told


def last_line(entry):
    lines = (entry_text(entry, "stdout") + entry_text(entry, "stderr")).strip().splitlines()
    return lines[-1] if lines else ""


def programs_read(builddir):
    path = builddir / "meson-logs" / "testlog.json"
    if not path.is_file():
        return []
    return [Program(json.loads(line)) for line in path.read_text(errors="replace").splitlines() if line.strip()]


def log_written(builddir, program):
    """The whole output of a program that failed, as a file of its own."""
    folder = builddir / "logs"
    folder.mkdir(exist_ok=True)
    path = folder / (re.sub(r"[^A-Za-z0-9.-]+", "-", program.name).strip("-") + ".log")
    text = "$ " + " ".join(program.entry.get("command", [])) + "\n"
    path.write_text(text + entry_text(program.entry, "stdout") + "\n" + entry_text(program.entry, "stderr"))
    return path


def failures_printed(label, builddir, programs):
    for program in programs:
        for name, told in program.failed:
            where = program.name if name == program.name else f"{program.name}: {name}"
            print(f"FAILED ({label}) {where}")
            for line in told:
                print(f"    {line}")
        if program.failed:
            print(f"    whole log: {log_written(builddir, program)}")


def skips_printed(label, programs):
    reasons = {}
    for program in programs:
        for name, reason in program.skipped:
            reasons.setdefault(reason, []).append(name)
    for reason, names in reasons.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        print(f"skipped ({label}) {names[0]}{more}: {reason}")


def totals_printed(label, programs):
    for program in programs:
        for line in entry_text(program.entry, "stdout").splitlines():
            if line.startswith("# total: "):
                print(f"({label}) {line.removeprefix('# total: ')}")


def main(arguments):
    if not arguments or any("=" not in argument for argument in arguments):
        sys.exit(__doc__)
    passed = failed = skipped = 0
    for argument in arguments:
        label, builddir = argument.split("=", 1)
        programs = programs_read(pathlib.Path(builddir))
        failures_printed(label, pathlib.Path(builddir), programs)
        skips_printed(label, programs)
        totals_printed(label, programs)
        executed = sum(len(program.passed) + len(program.failed) for program in programs)
        if executed == 0:
            print(f"FAILED ({label}) no test was run: see {builddir}/meson-logs/testlog.txt")
            failed += 1
        passed += sum(len(program.passed) for program in programs)
        failed += sum(len(program.failed) for program in programs)
        skipped += sum(len(program.skipped) for program in programs)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed > 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
