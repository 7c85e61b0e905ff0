#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""An app that acts for a person: signed in by the command line, kept alive, withdrawn, and mended. usage: sign-in.py IDC_HOST MODULES"""
import functools
import itertools
import json
import pathlib
import signal
import sys
import time

import account
import programs
import signed
import tap
from signed import WORLD, fetch, link
from simulator import Simulator

IDC_HOST, MODULES = sys.argv[1:]
KILLING = str(pathlib.Path(MODULES, "../tests/host/modules").resolve())
TOKEN = "/oauth/token"
Person = functools.partial(signed.Person, IDC_HOST, MODULES)


def connects(simulator):
    with Person(simulator) as host:
        (status, page), said = host.allow(host.connecting_person("--trust", "read-write"))
        assert status == 200 and "<h1>Connected</h1>" in page, page
        app = json.loads((host.folder / "data/apps/PagerDuty.json").read_text())
        admins = [user for user in host.rows("users") if user["role"] == "admin"]
        assert app["connected_as"] == min(admins, key=lambda user: user["user_id"])["email"], app["connected_as"]
        assert f"answers to {app['connected_as']}" in said, said
        account.same(host.grants(), account.grants_of(simulator))


def denied(simulator):
    with Person(simulator) as host:
        (status, page), said = host.allow(host.connecting_person(), 6, answer="deny")
        assert status == 403 and "the consent was denied" in page and "Access was denied in PagerDuty." in said, said
        assert not list((host.folder / "data/apps").glob("*"))


def narrowed(simulator):
    wanted = [scope["scope"] for scope in json.loads((open(f"{MODULES}/../manifest/pagerduty.json").read()))["oauth"]["scopes"]]
    reading = ["as_account-us.northwind", *(scope for scope in wanted if scope.endswith(".read"))]
    with Person(simulator) as host:
        (status, page), said = host.allow(host.connecting_person(), 6, scopes=[scope for scope in reading if scope != "teams.read"])
        assert status == 400 and "teams.read" in page and "teams.read" in said, said
        assert not list((host.folder / "data/apps").glob("*"))
        _, said = host.allow(host.connecting_person(), scopes=[scope for scope in reading if scope != "audit_records.read"])
        assert "audit_records.read" in said, said


def late_code(simulator):
    with Person(simulator, switches={"code_lifetime_s": "1"}) as host:
        (status, page), process = host.allow(host.connecting_person(), None, wait_s=2)
        try:
            assert status == 410 and "<h1>Too late</h1>" in page, page
            assert fetch(simulator.consent(link(process)))[0] == 200
            said = process.communicate(timeout=120)[0]
        finally:
            process.kill()
        assert process.returncode == 0, said


def one_request_for_eight(simulator, command, exits):
    """Eight processes meet a token that has ended: one of them gets the next, and the others use it."""
    with Person(simulator) as host:
        host.signed_in()
        simulator.expire("access")
        before = host.refreshes()
        processes = [host.begin(command, "PagerDuty") for _ in range(8)]
        said = [process.communicate(timeout=120)[0] for process in processes]
        codes = [process.returncode for process in processes]
        assert 0 in codes and set(codes) <= exits, (codes, said)
        assert host.refreshes() - before == 1, host.refreshes() - before
        host.sync().expect(0)
        assert host.refreshes() - before == 1


def ahead_of_the_end(simulator):
    with Person(simulator, switches={"token_lifetime_s": "12"}) as host:
        host.signed_in()
        time.sleep(7)  # half of its life is over
        before = host.refreshes()
        simulator.forget_journal()
        processes = [host.begin("validate", "PagerDuty") for _ in range(8)]
        codes = [process.wait(60) for process in processes]
        for process in processes:
            process.stdout.close()
        assert codes == [0] * 8 and host.refreshes() - before == 1, (codes, host.refreshes() - before)
        assert not [entry for entry in simulator.journal() if entry["status"] == 401]


def transient(simulator):
    with Person(simulator) as host:
        host.signed_in()
        simulator.expire("access")
        simulator.faults({"match": {"route": TOKEN, "times": 0}, "action": {"status": 503, "body": ""}})
        host.sync().expect(7)
        simulator.control("DELETE", "faults")
        host.sync().expect(0)


def withdrawn(simulator):
    """What a person withdrew is told with what to do, costs a request or two at a time, and is mended by that person."""
    with Person(simulator) as host:
        host.signed_in()
        before = host.snapshot()
        simulator.revoke_tokens()
        for _ in range(2):
            asked = host.refreshes()
            failed = host.sync().expect(6)
            assert "idc-host reauthorize PagerDuty" in failed.said, failed.said
            assert host.refreshes() - asked <= 1
        assert host.snapshot() == before
        done = host.run("status")
        assert json.loads(host.run("status", "--json").stdout)["apps"][0]["authorized_until"] is None and " no longer " in done.stdout, done.stdout
        assert done.returncode == 6 and "idc-host reauthorize PagerDuty" in done.stdout + done.stderr, done.stdout + done.stderr
        (status, _), said = host.allow(["reauthorize", "PagerDuty"])
        assert status == 200 and "authorized anew" in said, said
        assert " for 23 h " in host.run("status").stdout, host.run("status").stdout
        host.sync().expect(0)


def killed_before_the_store(simulator, rotation):
    """The service has used the old refresh token up, and nobody has the new one: the next run says so, or goes on, and never loops."""
    with Person(simulator, switches={"refresh_rotation": rotation}) as host:
        host.signed_in()
        simulator.expire("access")
        simulator.faults({"match": {"route": TOKEN}, "action": {"drip": {"bytes": 1, "every_ms": 500}}})
        before = host.refreshes()
        process = host.begin("sync", "PagerDuty")
        deadline = time.monotonic() + 60
        while host.refreshes() == before:
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)
        time.sleep(0.3)
        process.kill()
        process.communicate()
        simulator.control("DELETE", "faults")
        asked = host.refreshes()
        outcome = host.sync().expect(0, 6)
        assert host.refreshes() - asked <= 2, host.refreshes() - asked
        if outcome.exit == 6:
            assert "idc-host reauthorize PagerDuty" in outcome.said, outcome.said
            host.allow(["reauthorize", "PagerDuty"])
        host.sync().expect(0)
        return outcome.exit


def killed(simulator):
    exits = {rotation: killed_before_the_store(simulator, rotation) for rotation in ("new", "same")}
    assert exits == {"new": 6, "same": 0}, exits


def killed_at_the_store(simulator):
    """Right before each thing that a sync changes on disk, so that the whole answer of the token endpoint is there and not yet kept."""
    exits = []
    for nth in itertools.count(1):
        with Person(simulator) as host:
            host.signed_in()
            simulator.expire("access")
            before = host.refreshes()
            host.environment = programs.killed_at(KILLING, nth)
            killed = host.run("sync", "PagerDuty").returncode
            host.environment = {}
            if host.refreshes() == before:
                assert killed == -signal.SIGKILL and nth < 100, (nth, killed)
                host.sync().expect(0)
                continue
            asked = host.refreshes()
            outcome = host.sync().expect(0, 6)
            exits.append((killed, outcome.exit))
            assert host.refreshes() - asked <= 1, (nth, host.refreshes() - asked)
            if outcome.exit == 0:
                break
            assert killed == -signal.SIGKILL and "idc-host reauthorize PagerDuty" in outcome.said, (killed, outcome.said)
            assert host.sync().expect(6) and host.refreshes() - asked <= 1, "it asks again and again"
            host.allow(["reauthorize", "PagerDuty"])
            host.sync().expect(0)
    # once the answer came: lost before it was kept, and kept at last
    assert len(exits) > 1 and exits[0] == (-signal.SIGKILL, 6), exits
    print(f"# killed at {nth} points, {len(exits)} of them after the answer")


def hidden(simulator):
    with Person(simulator) as host:
        (status, _), said = host.allow(host.connecting_person(), 3, who="user")
        assert status == 200 and "incomplete" in said, said
        assert said.count("[warning] This app was authorized by ") == 1, said
        done = host.run("validate", "PagerDuty")
        assert done.stderr.count("whose base role is Manager: private teams, and what hangs on them, may be hidden") == 1, done.stderr


def main():
    with Simulator(**WORLD) as simulator:
        for name, behaviour, *arguments in [
                ("what a person allows is what is read, as that person", connects),
                ("a denied consent connects nothing", denied),
                ("a required scope that was not given is named, an optional one told", narrowed),
                ("a code that came too late gets a new link at once", late_code),
                ("eight syncs at once ask for one token", one_request_for_eight, "sync", {0, 7}),
                ("eight validations at once ask for one token", one_request_for_eight, "validate", {0}),
                ("a token is renewed before it ends, once for eight processes", ahead_of_the_end),
                ("a token endpoint that fails for a while is no dead authorization", transient),
                ("a consent that was withdrawn is told, and mended by reauthorize", withdrawn),
                ("killed before the new refresh token is kept, the next run goes on or says what to do", killed),
                ("killed between the token endpoint's whole answer and the store, the next run says what to do", killed_at_the_store),
                ("what may be hidden from who signed in is told", hidden)]:
            tap.check(f"sign-in: {name}", behaviour, simulator, *arguments)
    tap.finish()


if __name__ == "__main__":
    main()
