#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Client secret, code, verifier, access and refresh token, wherever a command can leave them. usage: canaries.py IDC_HOST MODULES

Every command says all that it can, while the service fails and repeats to it what it was told. A proxy knows what the secrets were."""
import base64
import itertools
import json
import pathlib
import shlex
import shutil
import sys
import threading
import time
import urllib.parse

import signed
import tap
from canary import FIVE, forms
from proxy import Proxy
from signed import fetch, link
from simulator import Simulator

IDC_HOST, MODULES = sys.argv[1:]
WORLD = {"users": 12, "teams": 2, "policies": 2, "schedules": 1, "stubs": 0}
TOKEN = "/oauth/token"
TURNS = itertools.count()


class Watch(threading.Thread):
    """Keeps arguments and environment of every process that belongs to a folder."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self._folder = str(folder).encode()
        self._over = threading.Event()
        self.seen = set()

    def run(self):
        while not self._over.wait(0.01):
            for path in pathlib.Path("/proc").iterdir():
                if path.name.isdigit():
                    self._look(path)

    def _look(self, path):
        try:
            arguments = (path / "cmdline").read_bytes()
            if self._folder in arguments:
                self.seen |= {arguments, (path / "environ").read_bytes()}
        except OSError:  # it is gone, or is not ours to see
            pass

    def end(self):
        self._over.set()
        self.join()
        return self.seen


class Case(signed.Person):
    def __init__(self, simulator):
        super().__init__(IDC_HOST, MODULES, simulator, **WORLD)
        self.said = []  # whatever a command printed, and what alerts got
        self.exits = {}
        self.secrets = {name: set() for name in FIVE}
        self.environment = {"G_MESSAGES_DEBUG": "all", "CURL_VERBOSE": "1", "IDC_DEBUG": "1"}
        tool = self.folder / "alert"
        tool.write_text(f"#!/bin/sh\n{{ cat; env; tr '\\0' '\\n' < /proc/$PPID/environ; tr '\\0' '\\n' < /proc/$PPID/cmdline; }} >> {shlex.quote(str(self.folder))}/alerts\n")
        tool.chmod(0o755)
        self.alert = ["--on-alert", shlex.quote(str(tool))]

    def begin(self, *arguments):
        return super().begin("--verbose", *arguments)

    def learn(self, proxy):
        """What went over the wire since the last time."""
        exchanges, proxy.exchanges[:] = list(proxy.exchanges), []
        for exchange in exchanges:
            if TOKEN not in exchange.url:
                continue
            told = dict(urllib.parse.parse_qsl(exchange.body.decode()))
            try:
                told.update(json.loads(exchange.answer))
            except ValueError:
                pass
            for name in FIVE & told.keys():
                self.secrets[name].add(told[name])

    def does(self, *arguments):
        done = self.run("--verbose", *arguments)
        assert 0 <= done.returncode <= 7, (arguments, done.returncode, done.stderr)
        self.said.append(done.stdout + done.stderr)
        self.exits.setdefault(arguments[0], []).append(done.returncode)
        return done

    def elsewhere(self, name):
        """What says to use another folder, which has this one's key."""
        data = self.folder / name
        data.mkdir(mode=0o700, exist_ok=True)
        shutil.copy2(self.folder / "data/key", data / "key")
        return ["--data", str(data)]

    def person(self, arguments, **consent):
        process = self.begin(*arguments)
        try:
            back = self.simulator.consent(link(process), **consent)
            self.said.append(fetch(back)[1])
            self.said.append(process.communicate(timeout=120)[0])
        finally:
            process.kill()
            process.communicate()
        self.exits.setdefault(arguments[0], []).append(process.returncode)


def repeats(exchange):
    """A service that says no, and repeats all that it was told, each time in another form."""
    if exchange.status < 400:
        return exchange
    secrets = [value for key, value in urllib.parse.parse_qsl(exchange.body.decode()) if key in FIVE]
    secrets += exchange.headers.get("authorization", "").split()[1:]
    turn = next(TURNS)
    said = " ".join(base64.b64encode(b"." * (turn // 3 % 3) + secret.encode()).decode() if turn % 3 == 0 else
                    secret if turn % 3 == 1 else urllib.parse.quote(secret, safe="") for secret in secrets)
    if TOKEN in exchange.url and exchange.status == 400:
        return exchange._replace(answer=json.dumps({"error": "invalid_request", "error_description": said}).encode())
    return exchange._replace(answer=json.dumps({"error": {"code": 2001, "message": said, "errors": [said]}}).encode())


def every_command(case, simulator, proxy):
    settings = {"proxy": proxy.url, "grant": "authorization_code"}
    connecting = case.connecting(simulator, "pagerduty", "--trust", "read-write", "--redirect-uri", case.redirect, **settings)
    case.person(connecting, answer="deny")
    case.person(connecting)
    case.learn(proxy)
    assert case.exits["connect"] == [6, 0], (case.exits, case.said[-1])
    user, other = [row["email"] for row in case.rows("users") if row["role"] not in ("owner", "admin")][:2]
    team = next(row["id"] for row in simulator.everything("/teams", "teams"))
    plan = str(case.folder / "plan")
    changes = case.folder / "changes.csv"
    changes.write_text(f"action,user,entitlement\nadd,{user},team:{team}:responder\n")
    case.does("configure", "PagerDuty", "--set", f"from_email={user}")
    commands = [
        ("modules",), ("connect", "pagerduty", "--print-setup"), ("capabilities", "pagerduty"), ("validate", "PagerDuty"), ("sync", "PagerDuty", *case.alert), ("status", *case.alert),
        *(("show", "PagerDuty", what) for what in ("users", "entitlements", "grants", "attributes", "changes", "syncs", "tasks", "held")),
        ("provision", "PagerDuty", "--email", "noor.vale@example.com", "--name", "Noor Vale"), ("add", "PagerDuty", other, f"team:{team}:responder"),
        ("remove", "PagerDuty", other, f"team:{team}:responder"), ("plan", "PagerDuty", "--file", str(changes), "-o", plan),
        ("apply", "PagerDuty", plan), ("terminate", "PagerDuty", user), ("run", "--once", *case.alert), ("report", "PagerDuty", "-o", str(case.folder / "page.html")), ("audit", "verify", "PagerDuty"),
        ("audit", "head", "PagerDuty"),
        ("audit", "export", "PagerDuty"), ("rekey",), ("backup", str(case.folder / "backup")),
        ("conform", "pagerduty", "--", "--only=authorize.s*"),
    ]
    for command in commands:
        case.does(*command)
    for place in map(case.elsewhere, ("restored", "removed")):
        case.does("restore", str(case.folder / "backup"), *place)
        case.does("sync", "PagerDuty", *case.alert, *place)
    case.does("remove-app", "PagerDuty", *place)
    assert case.exits["sync"] == [0, 6, 6] and case.exits["add"] == [0] and case.exits["audit"] == [0, 0, 0], case.exits
    assert case.exits["restore"] == [0, 0] and case.exits["conform"] == [0] and case.exits["remove-app"] == [0], case.exits
    simulator.expire("access")
    case.does("sync", "PagerDuty")
    case.learn(proxy)
    for route in (TOKEN, "/users"):
        for status in (400, 401, 403, 404, 500):
            if route == TOKEN:
                simulator.expire("access")
            simulator.faults({"match": {"route": route, "times": 0}, "action": {"status": status}})
            for command in (("sync", "PagerDuty", *case.alert), ("add", "PagerDuty", other, f"team:{team}:responder")):
                case.does(*command)
            simulator.clear_faults()
    case.learn(proxy)
    for status in (400, 401, 403, 500):
        simulator.faults({"match": {"route": TOKEN, "times": 1}, "action": {"status": status}})
        case.person(["reauthorize", "PagerDuty", "--wait", "2"])
        simulator.clear_faults()
    case.person(["reauthorize", "PagerDuty"])
    assert case.exits["reauthorize"][-1] == 0, case.said[-1]
    case.learn(proxy)
    simulator.revoke_tokens()
    case.does("run", "--once", *case.alert)
    case.does("status", *case.alert)
    case.learn(proxy)


def nowhere(simulator):
    with Proxy(answer=repeats) as proxy, Case(simulator) as case:
        watch = Watch(case.folder)
        watch.start()
        try:
            every_command(case, simulator, proxy)
        finally:
            processes = watch.end()
        assert all(case.secrets.values()) and sum(map(len, case.secrets.values())) > 10, case.secrets
        given = case.folder / "client_secret"  # where it came from
        places = [(f"output {n}", text.encode()) for n, text in enumerate(case.said)] + [("process", one) for one in processes]
        places += [(str(path.relative_to(case.folder)), path.read_bytes()) for path in case.folder.rglob("*") if path.is_file() and path != given]
        assert (case.folder / "alerts").stat().st_size > 0 and len(processes) > 20, len(processes)
        tap.empty(f"{name} in {place}: {text[max(0, text.index(form) - 80):][:100]!r}" for name, values in case.secrets.items()
                  for value in values for form in forms(value) for place, text in places if form in text)


def main():
    with Simulator(**WORLD) as simulator:
        tap.check("none of five secrets is in any output, file, argument or environment, whatever fails", nowhere, simulator)
    tap.finish()


if __name__ == "__main__":
    main()
