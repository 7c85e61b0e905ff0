#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Runs the fuzzers, two at a time, and says of each what it did.

usage: run.py BUILDDIR MINUTES [NAME]

Each begins with its inputs in the tree and with those that earlier runs kept in BUILDDIR/fuzz/NAME; what it finds new it keeps there. An
input that breaks something lies in BUILDDIR/fuzz/findings; a fuzzer ends with its first. What a fuzzer printed is BUILDDIR/fuzz/NAME.log.
Ends with 1 if there was a finding, with 2 if a fuzzer is not built, with 130 if it was interrupted.
"""
import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

CORPORA = pathlib.Path(__file__).resolve().parent / "corpus"
WORDS = pathlib.Path(__file__).resolve().parent / "words"
SPEAK_PAGERDUTY = ("answer", "operations")  # those to which the words mean something
AT_A_TIME = 2
# Whatever takes longer or more than this is a finding too.
BOUNDS = ["-max_len=16384", "-timeout=25", "-rss_limit_mb=1024", "-malloc_limit_mb=256"]
SETTINGS = {"ASAN_OPTIONS": "abort_on_error=1:strict_string_checks=1:detect_stack_use_after_return=1:allocator_may_return_null=0",
            "UBSAN_OPTIONS": "halt_on_error=1:abort_on_error=1:print_stacktrace=1"}
STATUS = re.compile(r"^#(\d+)\s+\w+\s+cov: (\d+) ft: (\d+) corp: (\d+)/", re.MULTILINE)
COUNT = re.compile(r"^stat::number_of_executed_units:\s*(\d+)", re.MULTILINE)
INTERRUPTED = 72  # what libFuzzer ends with then
FOUND = re.compile(r"Test unit written to (\S+)")
# The first that there is tells best what went wrong.
REASONS = [re.compile(pattern, re.MULTILINE) for pattern in
           (r"^ERROR:(.*)$", r"^(.*runtime error:.*)$", r"^.*(?:CRITICAL|WARNING) \*\*: (.*)$", r"^SUMMARY: (.*)$", r"^==\d+== ?ERROR: (.*)$")]


class Fuzzer:
    """One fuzzer and what its run came to."""

    def __init__(self, build, name):
        self.name = name
        self.program = build / "tests" / "fuzz" / f"fuzz-{name}"
        self.kept = build / "fuzz" / name
        self.findings = build / "fuzz" / "findings"
        self.log = build / "fuzz" / f"{name}.log"
        self.process = None
        self.code = None
        self.seconds = 0.0

    def run(self, minutes, leaks):
        self.kept.mkdir(parents=True, exist_ok=True)
        self.findings.mkdir(parents=True, exist_ok=True)
        command = [str(self.program), f"-max_total_time={minutes * 60}", *BOUNDS, f"-detect_leaks={int(leaks)}", "-print_final_stats=1",
                   f"-artifact_prefix={self.findings}/{self.name}-", str(self.kept), str(CORPORA / self.name)]
        if self.name in SPEAK_PAGERDUTY:
            command.append(f"-dict={WORDS}")
        environment = {**os.environ, **SETTINGS}
        environment["ASAN_OPTIONS"] += f":detect_leaks={int(leaks)}"
        begun = time.monotonic()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
            self.code = self.process.wait()
        self.seconds = time.monotonic() - begun
        return self

    def interrupt(self):
        if self.process is not None and self.code is None:
            self.process.send_signal(signal.SIGINT)

    def found(self):
        return self.code not in (0, INTERRUPTED)

    def told(self):
        """The lines that say how it went."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        states = STATUS.findall(text)
        count = COUNT.search(text)
        runs = int(count.group(1)) if count is not None else int(states[-1][0]) if states else 0
        coverage, features, inputs = (states[-1][1:] if states else ("0", "0", "0"))
        finding = FOUND.search(text)
        yield (f"{self.name:<12}{self.seconds / 60:6.1f} min {runs:>12,} executions   coverage {coverage:>5} edges, {features:>6} features   "
               f"{inputs:>5} inputs   {'FINDING' if self.found() else 'no finding'}")
        if self.found():
            reason = next((found.group(1) for pattern in REASONS if (found := pattern.search(text)) is not None), f"exit {self.code}")
            yield f"    what: {reason.strip()[:300]}"
            if finding is not None:
                yield f"    the input: {finding.group(1)}"
                yield f"    run just it: {self.program} {finding.group(1)}"
            yield f"    whole log: {self.log}"


def leaks_can_be_found(program):
    """Address sanitizer stops the process with ptrace to look for leaks, which some containers forbid."""
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=1"}
    return subprocess.run([str(program), "-help=1"], stdin=subprocess.DEVNULL, capture_output=True, env=environment, check=False).returncode == 0


def main(arguments):
    if len(arguments) not in (2, 3):
        sys.exit(__doc__)
    build = pathlib.Path(arguments[0]).resolve()
    minutes = int(arguments[1])
    names = arguments[2:] or sorted(folder.name for folder in CORPORA.iterdir())
    fuzzers = [Fuzzer(build, name) for name in names]
    for fuzzer in fuzzers:
        if not fuzzer.program.is_file():
            print(f"There is no {fuzzer.program}: build it first.", file=sys.stderr)
            return 2
    leaks = leaks_can_be_found(fuzzers[0].program)
    if not leaks:
        print("(leaks are not looked for: not possible on this machine)", flush=True)
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        running = [pool.submit(fuzzer.run, minutes, leaks) for fuzzer in fuzzers]
        try:
            for done in concurrent.futures.as_completed(running):
                print("\n".join(done.result().told()), flush=True)
        except KeyboardInterrupt:
            for waiting in running:
                waiting.cancel()
            for fuzzer in fuzzers:
                fuzzer.interrupt()
            print("Interrupted; what was found lies in " + str(build / "fuzz"), file=sys.stderr)
            return 130
    found = [fuzzer.name for fuzzer in fuzzers if fuzzer.found()]
    print(f"{len(fuzzers)} fuzzers, {minutes} minutes each: " + (f"findings in {', '.join(found)}." if found else "no finding."))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
