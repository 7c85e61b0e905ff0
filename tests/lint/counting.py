#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Whether report.py counts what meson logs. usage: counting.py REPORT.py"""
import json
import pathlib
import subprocess
import sys
import tempfile

import tap

REPORT = sys.argv[1]


def program(result="OK", returncode=0, stdout="", stderr=""):
    return {"name": "idc:unit / program", "result": result, "returncode": returncode, "command": ["program"], "stdout": stdout, "stderr": stderr}


def closes_with(wanted, status, *programs):
    with tempfile.TemporaryDirectory() as folder:
        logs = pathlib.Path(folder, "meson-logs")
        logs.mkdir()
        if programs:
            (logs / "testlog.json").write_text("\n".join(map(json.dumps, programs)))
        done = subprocess.run([sys.executable, REPORT, f"gcc={folder}"], capture_output=True, check=False, text=True)
    last = done.stdout.splitlines()[-1] if done.stdout else done.stderr
    assert (last, done.returncode) == (wanted, status), f"{last!r} and exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def tells(text, *arguments):
    said = closes_with(*arguments)
    assert text in said, said


def main():
    two = "1..2\nok 1 /a/one\nok 2 /a/two\n"
    tap.check("each point is counted", closes_with, "2 passed, 0 failed, 0 skipped", 0, program(stdout=two))
    tap.check("points of several programs add up", closes_with, "4 passed, 0 failed, 0 skipped", 0, program(stdout=two), program(stdout=two))
    tap.check("a plan at the end serves as well", closes_with, "1 passed, 0 failed, 0 skipped", 0, program(stdout="ok 1 - a\n1..1\n"))
    tap.check("a failed point is one failure, its program none more", closes_with, "1 passed, 1 failed, 0 skipped", 1,
              program("FAIL", 1, "1..2\nok 1 a\nnot ok 2 b\n"))
    tap.check("what a failed point says about itself is told", tells, "the sky fell", "0 passed, 1 failed, 0 skipped", 1,
              program("FAIL", 1, "1..1\nnot ok 1 b\n# the sky fell\n"))
    tap.check("a skipped point is told with its reason", tells, "no sky here", "1 passed, 0 failed, 1 skipped", 0,
              program(stdout="1..2\nok 1 a\nok 2 b # SKIP no sky here\n"))
    tap.check("a program that skips itself is told with its reason", tells, "no sky", "2 passed, 0 failed, 1 skipped", 0,
              program("SKIP", 0, "1..0 # SKIP no sky\n"), program(stdout=two))
    tap.check("a crash after the last point is a failure", closes_with, "2 passed, 1 failed, 0 skipped", 1, program("FAIL", -11, two))
    tap.check("a crash amid the points is one failure", closes_with, "1 passed, 1 failed, 0 skipped", 1,
              program("ERROR", -6, "1..2\nok 1 a\nBail out! ERROR: assertion failed\n"))
    tap.check("a program that took too long is a failure", closes_with, "1 passed, 1 failed, 0 skipped", 1, program("TIMEOUT", -15, "1..2\nok 1 a\n"))
    tap.check("fewer points than planned are a failure", closes_with, "1 passed, 1 failed, 0 skipped", 1, program("ERROR", 0, "1..2\nok 1 a\n"))
    tap.check("exit 1 without a failed point is a failure", closes_with, "2 passed, 1 failed, 0 skipped", 1, program("ERROR", 1, two))
    tap.check("a program without points counts once", closes_with, "1 passed, 0 failed, 0 skipped", 0, program(stdout="all is well\n"))
    tap.check("a program without points that fails counts once", closes_with, "0 passed, 1 failed, 0 skipped", 1, program("FAIL", 3, "oh\n"))
    tap.check("no log is a failure", closes_with, "0 passed, 1 failed, 0 skipped", 1)
    tap.check("a run of nothing but skips is a failure", closes_with, "0 passed, 1 failed, 1 skipped", 1, program("SKIP", 0, "1..0 # SKIP no sky\n"))
    tap.check("what a program sums up is told", tells, "(gcc) 3 of 4 mutants", "2 passed, 0 failed, 0 skipped", 0,
              program(stdout=two + "# total: 3 of 4 mutants\n"))
    tap.check("a sentence may hold a number sign", closes_with, "1 passed, 0 failed, 0 skipped", 0, program(stdout="1..1\nok 1 the 3rd \\# SKIP sign\n"))
    tap.finish()


if __name__ == "__main__":
    main()
