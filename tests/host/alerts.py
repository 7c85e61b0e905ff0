#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""--on-alert: what reaches the command that somebody has to be told by. usage: alerts.py IDC_HOST MODULES"""
import json
import os
import shlex
import signal
import sys
import time

import programs
import tap

IDC_HOST, MODULES = map(os.path.abspath, sys.argv[1:])
PEOPLE = 40
WORLD = "resource\tteam:1\tteam\tOps\nentitlement\te1\tgroup\tOps\tteam:1\n"


def people(n):
    return "".join(f"principal\tp{i}\tAnn {i}\temail=p{i}@example.org\n" for i in range(n)) + "".join(f"grant\tp{i}\te1\n" for i in range(n))


class Case:
    """An app, and a command that keeps what it is told."""

    def __init__(self, *arguments):
        self.host = programs.Host(IDC_HOST, MODULES)
        self.world = self.host.folder / "world"
        self.log = self.host.folder / "told"
        self.hook = self.host.folder / "hook"
        self.hook.write_text(f'#!/bin/sh\n[ "$1" = "a b" ] || exit 9\ncat >> "{self.log}"\n')
        self.hook.chmod(0o755)
        self.alert = ["--on-alert", f"{shlex.quote(str(self.hook))} 'a b'"]
        self.write(people(PEOPLE))
        self.host.succeed("connect", "memory", "--yes", "--set", f"file={self.world}", "--app", "trust=read-write", *arguments)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.host.__exit__()

    def write(self, text):
        self.world.write_text(WORLD + text)

    def told(self):
        text = self.log.read_text() if self.log.exists() else ""
        self.log.unlink(missing_ok=True)
        return [json.loads(line) for line in text.splitlines()]

    def after(self, exit_status, *arguments):
        """The codes that the command was told by one run of it."""
        done = self.host.run(*arguments, *self.alert)
        assert done.returncode == exit_status, f"exit {done.returncode}, not {exit_status}\n{done.stdout}{done.stderr}"
        told = self.told()
        for one in told:
            assert one["schema"] == "idc-host/1" and one["identifier"] == "Memory" and one["time"].endswith("Z"), one
            assert all(alert["message"].endswith((".", "?")) for alert in one["alerts"]), one
        return [alert["code"] for one in told for alert in one["alerts"]]


def silence():
    with Case() as case:
        assert case.after(0, "sync", "Memory") == [] and case.after(0, "status") == [] and case.after(0, "run", "--once") == []


def each_kind():
    with Case() as case:
        case.write(people(PEOPLE) + "seal\tgrant\tpartial\treason=The grants are hidden.\n")
        assert case.after(3, "sync", "Memory") == ["partial"]
        assert case.after(3, "status") == ["partial"]
        case.write(people(PEOPLE))
        assert case.after(0, "sync", "Memory") == []
        case.write(people(5))
        assert case.after(5, "sync", "Memory") == ["held"]
        case.write(people(PEOPLE))
        case.host.succeed("sync", "Memory")
        case.world.unlink()
        assert case.after(7, "sync", "Memory") == ["sync_failed"]
        case.write("fail\t200\tThe token was withdrawn.\n")
        assert case.after(6, "sync", "Memory") == ["token_failure"]
        case.write("kill\n")
        assert case.after(-signal.SIGKILL, "sync", "Memory") == []
        assert case.after(1, "status") == ["connector_crash"]


def crash_in_a_run():
    with Case() as case:
        path = case.host.folder / "data/apps/Memory.json"
        app = json.loads(path.read_text())
        path.write_text(json.dumps({**app, "sync": "every 1m"}))
        case.write("kill\n")
        case.host.run("sync", "Memory")
        time.sleep(0.1)
        process = case.host.start("run", *case.alert, stderr=-3)
        try:
            deadline = time.monotonic() + 30
            while not case.log.exists():
                assert time.monotonic() < deadline
                time.sleep(0.1)
            time.sleep(6)  # more than one look for what is due
        finally:
            process.terminate()
            process.wait(30)
            process.stdout.close()
        told = case.told()
        assert [alert["code"] for one in told for alert in one["alerts"]] == ["connector_crash"], told


def open_intent():
    with Case() as case:
        (case.host.folder / "world.faults").write_text("kill 3\n")
        case.host.run("remove", "Memory", "p1@example.org", "e1")
        assert case.after(4, "status") == ["open_intent"]


def command_that_fails():
    with Case() as case:
        case.write("fail\t303\tNot now.\n")
        done = case.host.run("sync", "Memory", "--on-alert", "/bin/false")
        assert done.returncode == 7 and "The command of --on-alert (/bin/false) was not told of Memory: it ended with 1." in done.stderr, done.stderr
        done = case.host.run("sync", "Memory", "--on-alert", "/none/such")
        assert done.returncode == 7 and "was not told of Memory" in done.stderr, done.stderr
        done = case.host.run("sync", "Memory", "--on-alert", "a 'b")
        assert done.returncode == 2 and "is no command" in done.stderr, done.stderr


def main():
    for name, behaviour in [
        ("where all is well nobody is told", silence),
        ("each kind of alert is told with its code and a sentence", each_kind),
        ("a run tells each thing once", crash_in_a_run),
        ("a change without a result is told", open_intent),
        ("a command that fails is a warning, one that cannot be read a usage error", command_that_fails),
    ]:
        tap.check(f"alerts: {name}", behaviour)
    tap.finish()


if __name__ == "__main__":
    main()
