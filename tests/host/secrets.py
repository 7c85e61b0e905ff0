#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Secrets by the command line: where they may be seen, which key opens them, rekey and remove-app. usage: secrets.py IDC_HOST MODULES"""
import base64
import json
import os
import pathlib
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse

import programs
import tap

IDC_HOST, MODULES = map(os.path.abspath, sys.argv[1:])
WORLD = "resource\tteam:1\tteam\tOps\nentitlement\te1\tgroup\tOps\tteam:1\nprincipal\tp1\tAnn\temail=ann@example.org\ngrant\tp1\te1\n"
SECRET = "secret"  # what the memory connector takes
CANARY = "hemlock~canary+/7"  # what it refuses, and what it keeps where the world says so
KEYS = ["00112233445566778899aabbccddeeff" * 2 + "\n", "ffeeddccbbaa99887766554433221100" * 2 + "\n"]


class Case(programs.Host):
    def __init__(self):
        super().__init__(IDC_HOST, MODULES)
        self.data = self.folder / "data"
        self.world = self.write("world", WORLD)
        self.password = self.write("password", SECRET + "\n")

    def write(self, name, text, mode=0o600):
        path = self.folder / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if path.exists():
            path.unlink()
        path.write_text(text)
        path.chmod(mode)
        return path

    def connected(self, *arguments):
        self.succeed("connect", "memory", "--yes", "--set", f"file={self.world}", "--set", "mode=strict", *(arguments or (
            "--secret", f"password=@{self.password}")))

    def code(self, exit_status, *arguments):
        """The one error of a command that is to fail so."""
        done = self.run(*arguments, "--json")
        assert done.returncode == exit_status, f"exit {done.returncode}\n{done.stdout}{done.stderr}"
        [error] = json.loads(done.stdout)["errors"]
        return error["code"], error["message"]

    def age(self):
        """Makes every app due."""
        store = sqlite3.connect(self.data / "idc.db")
        store.execute("UPDATE syncs SET started=started-86400000, finished=finished-86400000")
        store.commit()
        store.close()

    def syncs(self):
        store = sqlite3.connect(self.data / "idc.db")
        found = [status for (status,) in store.execute("SELECT status FROM syncs ORDER BY sync")]
        store.close()
        return found

    def tamper(self, statement):
        database = sqlite3.connect(self.data / "secrets.db")
        assert database.execute(statement).rowcount > 0
        database.commit()
        database.close()


def forms(text):
    raw = text.encode()
    yield from (raw, urllib.parse.quote(text, safe="").encode(), base64.b64encode(raw).rstrip(b"=")[:-1],
                base64.urlsafe_b64encode(raw).rstrip(b"=")[:-1], raw.hex().encode())


def nowhere():
    """What was given, and refused or stored, is in no file of DATA, in no form, after connect, sync and all that may be looked at."""
    with Case() as case:
        reference = case.write("reference", CANARY)
        done = case.run("connect", "memory", "--verbose", "--set", f"file={case.world}", "--set", "mode=strict", "--secret", f"password=@{reference}")
        assert done.returncode == 6 and CANARY not in done.stdout + done.stderr, done.stderr
        case.connected("--secret-file", f"password={case.password}")
        case.connected("--secret", f"password=@{case.password}", "--identifier", "Second", "--same-account")
        case.run("connect", "memory", "--set", f"file={case.world}", "--secret", f"password=@{reference}", "--identifier", "Kept", "--same-account")
        for name in ("Memory", "Second", "Kept"):
            case.succeed("sync", name, "--verbose")
        assert json.loads((case.data / "apps" / "Kept.json").read_text())["identifier"] == "Kept"
        files = [path for path in case.data.rglob("*") if path.is_file()]
        assert case.data / "secrets.db" in files and case.data / "secrets" not in files, files
        for path in files:
            for form in forms(CANARY):
                assert form not in path.read_bytes(), (path, form)
            assert path.stat().st_mode & 0o077 == 0, path


def reference_readable():
    with Case() as case:
        case.password.chmod(0o644)
        case.connected("--secret-file", f"password={case.password}")
        warning = f"Warning: The secret's file {case.password} can be read by others than its owner. Take that away: chmod go-r {case.password}"
        for command in ("validate", "sync"):
            done = case.run(command, "Memory")
            assert done.returncode == 0 and done.stderr.splitlines().count(warning) == 1, done.stderr
        case.password.chmod(0o400)
        assert "Warning" not in case.run("validate", "Memory").stderr


def address_edited():
    """A hand that can write an app's file, and not the key, cannot have its secrets sent elsewhere."""
    with Case() as case:
        case.connected("--secret", f"password=@{case.password}", "--set", "address=https://one.example/a")
        path = case.data / "apps" / "Memory.json"
        before = path.read_text()
        path.write_text(before.replace("one.example/a", "ONE.example:443/b"))
        case.succeed("sync", "Memory")
        for other in ("https://two.example/a", "https://one.example:444/a", "http://one.example/a"):
            path.write_text(before.replace("https://one.example/a", other))
            code, message = case.code(6, "sync", "Memory")
            assert code == "address_changed" and message.startswith("The secret ") and " of Memory was given for another address" in message, message
        path.write_text(before.replace('"address":"https://one.example/a",', ""))
        assert "https://one.example/a" not in path.read_text()
        assert case.code(6, "validate", "Memory")[0] == "address_changed"
        path.write_text(before)
        case.succeed("sync", "Memory")


def damaged_named():
    with Case() as case:
        case.connected()
        case.connected("--secret", f"password=@{case.password}", "--identifier", "Second", "--same-account")
        case.tamper("UPDATE secrets SET sealed=(SELECT sealed FROM secrets WHERE app='Second' AND name='password') WHERE app='Memory' AND name='password'")
        code, message = case.code(1, "sync", "Memory")
        assert code == "secret_damaged" and message.startswith("The secret password of Memory in "), message
        case.succeed("sync", "Second")


def key_missing_or_wrong():
    with Case() as case:
        case.connected()
        key = case.data / "key"
        kept = key.read_text()
        key.unlink()
        assert case.code(2, "sync", "Memory")[0] == "no_key"
        assert not key.exists()
        case.write("data/key", KEYS[0])
        code, message = case.code(2, "sync", "Memory")
        assert code == "wrong_key" and str(key) in message, message
        case.write("data/key", kept, 0o640)
        assert case.code(1, "sync", "Memory")[0] == "file_readable"
        case.write("data/key", kept)
        case.succeed("sync", "Memory")


def key_given():
    with Case() as case:
        key = case.write("keys/key", KEYS[0])
        case.connected("--secret", f"password=@{case.password}", "--key-file", str(key))
        assert not (case.data / "key").exists()
        assert case.code(2, "sync", "Memory")[0] == "no_key"
        case.succeed("--key-file", str(key), "sync", "Memory")
        case.age()
        case.succeed("run", "--once", "--key-file", str(key))
        assert case.syncs() == ["complete", "failed", "complete", "complete"], case.syncs()
        key.chmod(0o644)
        assert case.code(1, "sync", "Memory", "--key-file", str(key))[0] == "key_refused"
        key.chmod(0o600)
        code, message = case.code(2, "rekey", "--key-file", str(key))
        assert code == "key_elsewhere" and "--new-key-file" in message, message
        new = case.write("keys/new", KEYS[1])
        case.succeed("rekey", "--key-file", str(key), "--new-key-file", str(new))
        assert case.code(2, "sync", "Memory", "--key-file", str(key))[0] == "wrong_key"
        case.succeed("sync", "Memory", "--key-file", str(new))


def rekeyed():
    with Case() as case:
        case.connected()
        before = (case.data / "key").read_text()
        told = json.loads(case.succeed("rekey", "--json"))
        assert told["values"] == 4, told  # password, token, the head of the journal, and what signs it
        assert (case.data / "key").read_text() != before
        case.succeed("sync", "Memory")
        case.succeed("audit", "verify", "Memory")
        case.write("data/key", before)
        assert case.code(2, "sync", "Memory")[0] == "wrong_key"


def taken_over():
    with Case() as case:
        case.connected("--secret", f"password=@{case.password}", "--set", "address=https://one.example/a")
        (case.data / "secrets.db").unlink()
        clear = case.write("data/secrets", "idc-secrets/1\nMemory\tpassword\tvalue\t" + base64.b64encode(SECRET.encode()).decode() + "\n")
        case.succeed("sync", "Memory")
        assert not clear.exists()
        case.succeed("sync", "Memory")
        path = case.data / "apps" / "Memory.json"
        path.write_text(path.read_text().replace("one.example", "two.example"))
        assert case.code(6, "sync", "Memory")[0] == "address_changed"


def removed():
    """Secrets and file go; history and identifier stay; another app is not touched; and a key that is lost does not stand in the way."""
    with Case() as case:
        case.connected()
        case.connected("--secret", f"password=@{case.password}", "--identifier", "Second", "--same-account")
        (case.data / "identifiers").write_text("Second\n")
        key = (case.data / "key").read_text()
        (case.data / "key").unlink()
        case.succeed("remove-app", "MEMORY")
        case.write("data/key", key)
        assert sorted(path.name for path in (case.data / "apps").iterdir()) == ["Second.json"]
        database = sqlite3.connect(case.data / "secrets.db")
        # the head of its journal is history
        assert database.execute("SELECT DISTINCT app FROM secrets ORDER BY app").fetchall() == [("Second",), ("audit/memory",), ("audit/second",)]
        database.close()
        store = sqlite3.connect(case.data / "idc.db")
        assert store.execute("SELECT count(*) FROM apps JOIN syncs USING(app) WHERE identifier='Memory'").fetchone() == (1,)
        store.close()
        assert case.code(2, "sync", "Memory")[0] == "no_such_app"
        assert case.code(2, "remove-app", "Memory")[0] == "no_such_app"
        assert case.code(1, "connect", "memory", "--set", f"file={case.world}", "--identifier", "memory")[0] == "identifier_taken"
        case.succeed("sync", "Second")


def removed_though_broken():
    """An app whose file or connector is no good any more can still be removed."""
    with Case() as case:
        case.connected()
        (case.data / "apps" / "Memory.json").write_text("{")
        case.succeed("remove-app", "Memory", "--modules", str(case.folder / "none"))
        assert list((case.data / "apps").iterdir()) == []


def waiting(folder, program=IDC_HOST, modules=MODULES, **options):
    """The process of a command that waits for its secret, and its folder of /proc."""
    command = [program, "--data", f"{folder}/data", "--modules", modules, "connect", "memory", "--set", "file=none", "--secret", "password=-"]
    process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    return process, pathlib.Path("/proc", str(process.pid))


def becomes(condition):
    deadline = time.monotonic() + programs.STARTS_WITHIN
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def no_core():
    """Whatever limit it was started with."""
    def unlimited():
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    with Case() as case:
        process, proc = waiting(case.folder, preexec_fn=unlimited)
        with process:
            try:
                becomes(lambda: re.search(r"^Max core file size +0 +0 ", (proc / "limits").read_text(), re.MULTILINE))
            finally:
                process.kill()


def not_dumpable():
    """What shows it is that the kernel gives the files of the process, which is not root's, to root. Copies are run, as only root may be
    able to reach the tree."""
    folder = tempfile.mkdtemp(prefix="idc-test-")
    program, modules = shutil.copy(IDC_HOST, folder), f"{folder}/modules"
    os.mkdir(modules)
    for file in pathlib.Path(MODULES).iterdir():
        if file.is_file():
            shutil.copy(file, modules)
    user = {"user": 65534, "group": 65534} if os.geteuid() == 0 else {}
    if user:
        os.chown(folder, 65534, 65534)
    try:
        process, proc = waiting(folder, program, modules, **user)
        with process:
            try:
                becomes(lambda: (proc / "io").stat().st_uid == 0)
            finally:
                process.kill()
    finally:
        shutil.rmtree(folder)


def main():
    for name, behaviour in [
        ("nothing of a secret is in any file of the data, in any form", nowhere),
        ("a secret's file that others may read is told at each use", reference_readable),
        ("an edited address gets no secret, another path does", address_edited),
        ("a damaged secret is named and other apps go on", damaged_named),
        ("a missing, wrong or open key is told plainly", key_missing_or_wrong),
        ("a key that is kept elsewhere is never made and is replaced from there", key_given),
        ("rekey: a new key opens all, the old one nothing, and the journal stays good", rekeyed),
        ("secrets that lay in the clear are taken over once", taken_over),
        ("remove-app: secrets and file go, history and identifier stay", removed),
        ("remove-app: a broken app can be removed", removed_though_broken),
        ("no core file is written of the process", no_core),
        ("nobody of the same user may look into the process", not_dumpable),
    ]:
        tap.check(name, behaviour)
    tap.finish()


if __name__ == "__main__":
    main()
