#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Client secret, code, verifier, access and refresh token in the memory of a process, once the connector's instance is destroyed.

usage: memory.py KEEPING_HOST WIPING_HOST MODULE MANIFEST

The hosts have none of them in their own memory. In one nothing that was freed is used again, so that each copy is found that the connector
freed without wiping it; only what libcurl frees is wiped there. The other one wipes whatever is freed, as idc-host does. What is looked at
is a core, taken by gcore, or the memory as it is seen in /proc where there is no gcore."""
import json
import pathlib
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

import tap
from canary import FIVE, forms
from person import PENDING, REDIRECT, callback
from simulator import Simulator

KEEPING_HOST, WIPING_HOST, MODULE, MANIFEST = sys.argv[1:]
ENVIRONMENT = {KEEPING_HOST: {"G_SLICE": "always-malloc"}, WIPING_HOST: {}}  # GLib keeps small blocks, and uses them again
WORLD = {"users": 130, "teams": 4, "policies": 4, "schedules": 2, "stubs": 0}
TOKEN = "/oauth/token"
LONG = "x" * 40000  # an answer that does not come at once
OVERWRITTEN = 16  # bytes at the beginning of what is freed, by which the allocator knows it: the rest of a secret tells as much


def scope():
    with open(MANIFEST, encoding="utf-8") as file:
        return " ".join(entry["scope"] for entry in json.load(file)["oauth"]["scopes"])


class Process:
    """The host, with the secrets that it met."""

    def __init__(self, program, simulator):
        self.simulator = simulator
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="idc-memory-", dir=pathlib.Path(program).parent))
        self.seen = {name: set() for name in FIVE}
        self.keep("secret.client_secret", simulator.secrets["client_secret"])
        self.seen["client_secret"].add(simulator.secrets["client_secret"])
        settings = {**simulator.settings, "grant": "authorization_code", "from_email": simulator.state()["principals"][0]["email"]}
        self.process = subprocess.Popen([program, MODULE, str(self.folder), *(f"{key}={value}" for key, value in settings.items())],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={"LC_ALL": "C", **ENVIRONMENT[program]})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
        shutil.rmtree(self.folder)

    def keep(self, name, text):
        (self.folder / name).write_text(text)

    def does(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        status, said = self.process.stdout.readline().rstrip("\n").split(" ", 1)
        for name in ("idc.token", "idc.logins"):
            self.learn(self.folder / f"secret.{name}")
        return int(status), said

    def learn(self, path):
        kept = json.loads(path.read_text()) if path.exists() else {}
        self.seen["code_verifier"] |= {one["verifier"] for one in kept.get("open", [])}
        for name in ("access_token", "refresh_token"):
            self.seen[name] |= {kept[name]} if name in kept else set()

    def now(self, name):
        return json.loads((self.folder / "secret.idc.token").read_text())[name]

    def core(self):
        """The memory of the process as it is now."""
        path = self.folder / "core"
        pid = self.process.pid
        taken = subprocess.run(["gcore", "-o", str(path), str(pid)], capture_output=True, check=False, text=True) if shutil.which("gcore") else None
        file = path.with_suffix(f".{pid}")
        if taken is not None and file.exists():
            memory = file.read_bytes()
            file.unlink()
            return memory
        try:
            return b"\n".join(mapped(pid))
        except OSError as why:
            raise tap.Skip(f"no core can be taken: {taken.stderr if taken else 'gcore is not installed (package gdb)'}, and /proc: {why}") from why


def mapped(pid):
    """Every mapping that can be written, read from outside."""
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for begin, end in re.findall(r"^([0-9a-f]+)-([0-9a-f]+) rw", maps.read(), re.MULTILINE):
            memory.seek(int(begin, 16))
            yield memory.read(int(end, 16) - int(begin, 16))


def found(memory, name, value):
    for form in forms(value[OVERWRITTEN:]):
        for at in re.finditer(re.escape(form), memory):
            around = memory[max(0, at.start() - 100):at.end() + 40]
            yield f"{name} as {form!r} at {at.start():#x}: {around!r}"


def authorized(process):
    status, url = process.does(f"begin {REDIRECT} {scope()}")
    assert status == PENDING, url
    pairs = callback(process.simulator.consent(url))
    process.seen["code"] |= {value for key, value in pairs if key == "code"}
    process.keep("callback", "".join(f"{key}={value}\n" for key, value in pairs))
    assert process.does(f"complete {REDIRECT}") == (0, "")


def refused(process, route, status, command, *shown):
    """A refusal that repeats what was sent, and goes on."""
    said = " ".join([*shown, *(urllib.parse.quote(one, safe="") for one in shown), LONG])
    body = {"error": "invalid_request", "error_description": said} if route == TOKEN else {"error": {"code": 2010, "message": said, "errors": [said]}}
    process.simulator.faults({"match": {"route": route}, "action": {"status": status, "body": body}})
    return process.does(command)[0]


def everything(process):
    """Good and bad: what a connector does in its life."""
    simulator = process.simulator
    authorized(process)
    assert process.does("list") == (0, "")
    assert process.does("refresh") == (0, "")
    user = next(one for one in simulator.everything("/users", "users") if one["role"] == "user")
    team = next(one["id"] for one in simulator.everything("/teams", "teams"))
    assert process.does(f"add {user['id']} team:{team}:responder")[0] == 0
    for status in (401, 403, 400, 500):
        refused(process, "/users", status, "list", process.now("access_token"))
        refused(process, TOKEN, status, "refresh", process.now("refresh_token"), simulator.secrets["client_secret"])
    simulator.faults({"match": {"route": TOKEN}, "action": {"edit": [['"token_type"', f'"more":"{LONG}","token_type"']]}})
    for command in ("refresh", "list", "refresh"):
        ended = process.does(command)
        assert ended == (0, ""), ended
    assert all(process.seen.values()), process.seen
    tap.empty(fault for fault in simulator.fault_counts() if fault["fired"] == 0)


def leaves_nothing(program, tls):
    with Simulator(**WORLD, client_secret="pd+secret/1=&%41" + secrets.token_urlsafe(32), tls=tls) as simulator, Process(program, simulator) as process:
        everything(process)
        memory = process.core()
        for name in ("access_token", "refresh_token"):
            assert list(found(memory, name, process.now(name))), f"the {name} that is in use is not found in a core"
        process.does("destroy")
        memory = process.core()
        process.keep("kept", "\n".join(form.decode() for values in process.seen.values() for value in values for form in forms(value)))
        process.does("keep")
        control = process.core()
        for name, values in process.seen.items():
            assert all(list(found(control, name, value)) for value in values), f"{name} is not found where it is"
        tap.empty(line for name, values in process.seen.items() for value in values for line in found(memory, name, value))


def main():
    tap.check("the connector frees no copy of five secrets without wiping it: a core after destroy has none", leaves_nothing, KEEPING_HOST, False)
    tap.check("in a host that wipes what is freed a core after destroy has none of five secrets", leaves_nothing, WIPING_HOST, False)
    tap.check("in a host that wipes what is freed a core after destroy has none of five secrets that went encrypted", leaves_nothing, WIPING_HOST, True)
    tap.finish()


if __name__ == "__main__":
    main()
