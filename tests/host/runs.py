#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""What run and status say and do by the command line. usage: runs.py IDC_HOST MODULES"""
import datetime
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import ops
import tap

PROGRAMS = [os.path.abspath(argument) for argument in sys.argv[1:]]
WITHIN = 60  # seconds


def long_ago(case, identifier, minutes=61):
    """Makes the last sync of an app older than it is."""
    case.database("UPDATE syncs SET started=started-?, finished=finished-? WHERE app=(SELECT app FROM apps WHERE identifier=?)",
                  minutes * 60000, minutes * 60000, identifier)


def never_synced(case, identifier):
    """As far as the book knows."""
    for table in ("syncs", "sync_kinds"):
        case.database(f"DELETE FROM {table} WHERE app=(SELECT app FROM apps WHERE identifier=?)", identifier)


def run_once(case):
    done = case.host.run("--json", "run", "--once")
    return done.returncode, {sync["identifier"]: sync for sync in json.loads(done.stdout)["syncs"]}


def three_apps(case):
    for identifier, rhythm in (("Alpha", "hourly"), ("Beta", "daily"), ("Gamma", "manual")):
        case.connect(ops.world(20), identifier, "--sync", rhythm)


def due_only():
    with ops.Ops(*PROGRAMS) as case:
        three_apps(case)
        assert run_once(case) == (0, {})
        assert case.host.succeed("run", "--once") == "No sync is due: idc-host status tells when one is.\n"
        for identifier in ("Alpha", "Beta", "Gamma"):
            long_ago(case, identifier)
        case.write(ops.world(21), "Alpha")
        status, syncs = run_once(case)
        assert status == 0 and list(syncs) == ["Alpha"], syncs
        told = syncs["Alpha"]
        assert (told["status"], told["exit"], told["sync"], told["users"], told["added"]) == ("complete", 0, 2, 21, 2), told
        long_ago(case, "Beta", 24 * 60)
        assert list(run_once(case)[1]) == ["Beta"]


def a_bit_early():
    """An hourly timer that fires some seconds early must not make it every second hour."""
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(1), "Alpha")
        long_ago(case, "Alpha", 59)
        assert list(run_once(case)[1]) == ["Alpha"]
        assert run_once(case)[1] == {}


def crash_is_one_failure():
    with ops.Ops(*PROGRAMS) as case:
        for identifier in ("Alpha", "Beta", "Delta"):
            case.connect(ops.world(20), identifier)
            long_ago(case, identifier)
        before = case.snapshot("Alpha")
        case.write(ops.world(20) + "kill\n", "Alpha")
        case.write(ops.world(20) + "fail\t302\tToo many requests.\n", "Delta")
        status, syncs = run_once(case)
        assert status == 1, status  # a crash is worse than a service that asks to come back later
        assert {identifier: sync["status"] for identifier, sync in syncs.items()} == {"Alpha": "failed", "Beta": "complete", "Delta": "failed"}
        assert "was ended by signal 9 (Killed)" in syncs["Alpha"]["reason"], syncs["Alpha"]
        assert syncs["Delta"]["exit"] == 7 and syncs["Delta"]["reason"] == "Too many requests.", syncs["Delta"]
        assert case.snapshot("Alpha") == before
        row = case.rows("syncs", identifier="Alpha")[-1]
        assert row["status"] == "failed" and "signal 9" in row["reason"], row
        # it backs off: not at once again, but sooner than in an hour
        assert run_once(case) == (0, {})
        case.write(ops.world(20), "Alpha")
        long_ago(case, "Alpha", 6)
        status, syncs = run_once(case)
        assert status == 0 and list(syncs) == ["Alpha"] and syncs["Alpha"]["status"] == "complete", syncs


def worst_exit():
    with ops.Ops(*PROGRAMS) as case:
        for identifier in ("Alpha", "Beta", "Gamma"):
            case.connect(ops.world(20), identifier)
            long_ago(case, identifier)
        case.write(ops.world(20) + "seal\tgrant\tpartial\treason=hidden\n", "Alpha")
        case.write(ops.world(3), "Beta")
        status, syncs = run_once(case)
        assert status == 5 and [sync["exit"] for _, sync in sorted(syncs.items())] == [3, 5, 0], syncs
        assert case.host.run("run", "--once").returncode == 0
        long_ago(case, "Gamma")
        (case.data / "apps" / "Alpha.json").write_text("{")
        (case.data / "apps" / "Alpha.json").chmod(0o600)
        status, syncs = run_once(case)
        assert status == 2 and syncs["Gamma"]["exit"] == 0 and syncs["Alpha"]["exit"] == 2 and syncs["Alpha"]["reason"], syncs


def summary():
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(2), "Alpha")
        long_ago(case, "Alpha")
        case.write(ops.world(3), "Alpha")
        assert case.host.succeed("run", "--once") == ("APP   STATUS   USERS GRANTS ADDED REMOVED REASON\n"
                                                      "Alpha complete     3      3     2       0\n")


class Service:
    """idc-host run with a socket for its notices."""

    def __init__(self, case):
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.path = str(case.folder / "notify")
        self.notices.bind(self.path)
        self.notices.settimeout(WITHIN)
        command = [PROGRAMS[0], "--data", str(case.data), "--modules", PROGRAMS[1], "run"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, "NOTIFY_SOCKET": self.path})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()
        self.notices.close()

    def notice(self):
        return self.notices.recv(100).decode()


def service():
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(20), "Alpha")
        long_ago(case, "Alpha", 600)
        # what became due while nothing ran waits for its place; a new app does not
        case.connect(ops.world(20), "Beta", "--sync", "every 1m")
        never_synced(case, "Beta")
        with Service(case) as running:
            assert running.notice() == "READY=1"
            line = running.process.stdout.readline()
            assert re.fullmatch(r"sync app=Beta status=complete exit=0 sync=\d+ mode=full users=20 entitlements=2 grants=20 added=\d+ "
                                r"removed=0 changed=0 outside=0 requests=2 waited_ms=0 duration_ms=\d+\n", line), line
            assert len(case.rows("syncs", identifier="Alpha")) == 1
            running.process.send_signal(signal.SIGTERM)
            assert running.notice() == "STOPPING=1"
            assert running.process.wait(WITHIN) == 0
            assert running.process.stdout.read() == "" and running.process.stderr.read() == ""


def service_ends_cleanly():
    """A sync that runs when SIGTERM comes ends by itself, and nothing of it is stored."""
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(20), "Alpha", "--sync", "every 1m")
        never_synced(case, "Alpha")
        before = case.snapshot("Alpha")
        case.write(ops.world(20, first=2) + "sleep\t60000\n", "Alpha")
        with Service(case) as running:
            assert running.notice() == "READY=1"
            until = time.monotonic() + WITHIN
            while not case.database("SELECT 1 FROM syncs WHERE status='running'") and time.monotonic() < until:
                time.sleep(0.05)
            running.process.send_signal(signal.SIGTERM)
            assert running.process.wait(WITHIN) == 0
            assert "status=failed exit=1" in running.process.stdout.read()
        assert case.snapshot("Alpha") == before
        assert case.rows("syncs", identifier="Alpha")[-1]["reason"].startswith("The sync was ended by signal 15"), case.rows("syncs", identifier="Alpha")


# ---- status ----

def nothing_yet():
    with ops.Ops(*PROGRAMS) as case:
        done = case.host.run("status")
        assert done.returncode == 0 and done.stdout.startswith("No app is connected yet in "), done.stdout
        assert case.host.run().stdout == done.stdout


def status_states():
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(20), "Alpha")
        status, apps = case.status()
        assert status == 0, apps
        told = apps["Alpha"]
        assert told["state"] == "complete" and told["complete"] and told["alerts"] == [] and told["users"] == 20 and told["grants"] == 20, told
        assert 0 <= told["age_s"] < WITHIN and told["next_due"] > told["last_good"], told
        case.write(ops.world(20) + "seal\tgrant\tpartial\treason=hidden\n", "Alpha")
        case.sync(identifier="Alpha")
        status, apps = case.status("alpha")
        assert status == 3 and apps["Alpha"]["state"] == "partial" and not apps["Alpha"]["complete"], apps
        assert apps["Alpha"]["partial"] == [{"kind": "grants", "resource": None, "reason": "hidden", "since_sync": 2, "known": False}], apps
        case.app("Alpha", known_partial=["hidden"])
        assert case.status()[0] == 0
        case.write("fail\t200\tThe secret is wrong.\n", "Alpha")
        case.sync(identifier="Alpha")
        status, apps = case.status()
        assert status == 6 and apps["Alpha"]["alerts"] == ["The last sync failed: The secret is wrong. Once that is put right: idc-host reauthorize Alpha."], apps
        assert apps["Alpha"]["state"] == "failed" and apps["Alpha"]["failures"] == 1 and apps["Alpha"]["users"] == 20, apps


def status_overdue():
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(1), "Alpha")
        long_ago(case, "Alpha", 70)
        assert case.status()[0] == 0
        long_ago(case, "Alpha", 30)
        status, apps = case.status()
        assert status == 1 and "is idc-host run, or a timer for run --once, at work?" in apps["Alpha"]["alerts"][0], apps
        case.app("Alpha", sync="manual")
        status, apps = case.status()
        assert status == 0 and apps["Alpha"]["next_due"] is None, apps


def status_table():
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(20), "Alpha", "--sync", "manual")
        case.connect(ops.world(20), "Beta", "--sync", "manual")
        case.write(ops.world(2), "Beta")
        case.sync(identifier="Beta")
        done = case.host.run("status")
        assert done.returncode == 5, done.stderr
        lines = done.stdout.splitlines()
        assert lines[0].split() == ["APP", "CONNECTOR", "STATE", "LAST", "GOOD", "NEXT", "DUE", "AUTHORIZED", "USERS", "GRANTS", "TASKS"], lines
        assert re.fullmatch(r"Alpha +memory +complete +\d+ s ago +by hand +for \d+ min +20 +20 +0", lines[1]), lines
        assert re.fullmatch(r"Beta +memory +held +\d+ s ago +by hand +for \d+ min +20 +20 +0", lines[2]), lines
        assert re.fullmatch(r"Beta: Removals are held: look at idc-host show Beta held, then idc-host sync Beta --accept [0-9a-f]{16}\.",
                            lines[4]), lines


def authorized_until():
    """As the connector tells it at each sign-in; over when the service says so, and known again after the next sign-in."""
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(1), "Alpha", "--sync", "manual")

        def told():
            return case.status()[1]["Alpha"]["authorized_until"], case.host.run("status").stdout.splitlines()[1]

        def left():
            return datetime.datetime.fromisoformat(told()[0].replace("Z", "+00:00")).timestamp() - time.time()

        assert 3500 < left() <= 3600 and " for 59 min " in told()[1], told()
        case.database("UPDATE apps SET authorized_until=1000")
        assert told()[0] == "1970-01-01T00:00:01Z" and " to renew " in told()[1], told()
        case.write("fail\t303\tNot now.\n", "Alpha")
        assert case.sync(identifier="Alpha")[0] == 7
        assert 3500 < left() <= 3600, "trouble at the service ends no authorization"
        case.write("fail\t200\tThe token was withdrawn.\n", "Alpha")
        assert case.sync(identifier="Alpha")[0] == 6
        assert told()[0] is None and " no longer " in told()[1], told()
        case.host.succeed("configure", "Alpha", "--name", "Alpha again")
        assert 3500 < left() <= 3600 and " for 59 min " in told()[1], told()


def status_unknown():
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(1), "Alpha")
        done = case.host.run("status", "Beta")
        assert done.returncode == 2 and 'There is no app "Beta"' in done.stderr, done.stderr


def main():
    tap.check("run --once syncs what is due and nothing else", due_only)
    tap.check("a little early is due", a_bit_early)
    tap.check("a connector that crashes is one failed sync, and is tried again later", crash_is_one_failure)
    tap.check("run --once ends with the worst exit", worst_exit)
    tap.check("run --once sums up", summary)
    tap.check("run tells when it is ready, prints a line a sync and ends at SIGTERM", service)
    tap.check("SIGTERM ends running syncs cleanly", service_ends_cleanly)
    tap.check("status without an app says what to do", nothing_yet)
    tap.check("status tells complete, partial and failed, and exits so", status_states)
    tap.check("status tells what is overdue", status_overdue)
    tap.check("status is a table with what to do below", status_table)
    tap.check("status tells until when each app is authorized", authorized_until)
    tap.check("status of an unknown app is refused", status_unknown)
    tap.finish()


if __name__ == "__main__":
    main()
