# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Test points in TAP for the tests written in Python: each is one behaviour, named as a sentence."""
import sys
import traceback

_points = 0
_failed = 0


class Skip(Exception):
    """Raised by a behaviour that cannot be looked at here; its text is the reason."""


def _line(text):
    return " ".join(str(text).replace("#", "\\#").split())


def _tell(text):
    for line in str(text).splitlines()[:60]:
        print("#   " + line)


def check(name, behaviour, *arguments):
    """Runs behaviour(*arguments): it passes by returning, fails by raising, and is skipped by raising Skip."""
    global _points, _failed
    _points += 1
    try:
        behaviour(*arguments)
        print(f"ok {_points} - {_line(name)}")
    except Skip as reason:
        print(f"ok {_points} - {_line(name)} # SKIP {_line(reason)}")
    except AssertionError as why:
        _failed += 1
        print(f"not ok {_points} - {_line(name)}")
        _tell(why if str(why) else traceback.format_exc())
    except Exception:  # a broken test is a failed one, and the points after it still run
        _failed += 1
        print(f"not ok {_points} - {_line(name)}")
        _tell(traceback.format_exc())
    sys.stdout.flush()


def empty(findings):
    """Fails with one line a finding, if there is any."""
    findings = list(findings)
    assert not findings, "\n".join(str(finding) for finding in findings)


def finish():
    """Prints the plan and ends the program; no point at all is a failure."""
    print(f"1..{_points}")
    sys.exit(1 if _failed > 0 or _points == 0 else 0)
