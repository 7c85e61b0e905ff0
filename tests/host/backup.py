#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""backup and restore: all but the key, of one moment, and nothing half. usage: backup.py IDC_HOST MODULES"""
import contextlib
import json
import os
import shutil
import sqlite3
import sys
import time

import programs
import signing
import tap

IDC_HOST, MODULES = map(os.path.abspath, sys.argv[1:])
SNAPSHOT = ("users", "entitlements", "grants", "attributes", "changes")
TABLES = (*SNAPSHOT, "syncs")
LARGE = "resource\tteam:1\tteam\tOps\n" + "".join(f"entitlement\te{i}\tgroup\tOps {i}\tteam:1\n" for i in range(20)) + "".join(
    f"principal\tp{i}\tAnn {i}\temail=p{i}@example.org\n" for i in range(2000)) + "".join(
        f"grant\tp{i}\te{i % 20}\n" for i in range(2000))


class Case(signing.Case):
    """A host with an app that has a secret, and a history."""

    def __init__(self, world=LARGE):
        super().__init__(programs.Host(IDC_HOST, MODULES))
        self.file = self.host.folder / "backup"
        self.world.write_text(world)
        password = self.host.folder / "password"
        password.write_text("secret")
        password.chmod(0o600)
        self.host.succeed("connect", "memory", "--yes", "--set", f"file={self.world}", "--set", "mode=strict", "--secret",
                          f"password=@{password}", "--trust", "read-write")
        self.host.succeed("add", "Memory", "p1@example.org", "e5")

    def backup(self, name="backup"):
        self.file = self.host.folder / name
        return self.host.succeed("backup", str(self.file))

    @contextlib.contextmanager
    def elsewhere(self, key=True):
        """Another host, with the key where that is wanted."""
        other = programs.Host(IDC_HOST, MODULES)
        data = other.folder / "data"
        try:
            if key:
                data.mkdir(mode=0o700)
                shutil.copy2(self.data / "key", data / "key")
            yield other
        finally:
            other.__exit__()

    def shown(self, host):
        return {table: host.run("show", "Memory", table, "--csv").stdout for table in TABLES}


def refused(done, exit_status, sentence):
    assert done.returncode == exit_status and sentence in done.stderr, f"exit {done.returncode}\n{done.stdout}{done.stderr}"


def everything_comes_back():
    with Case() as case, case.elsewhere() as other:
        said = case.backup()
        assert "holds 1 app and" in said and "The key is not in it" in said, said
        assert case.file.stat().st_mode & 0o777 == 0o600
        said = other.succeed("restore", str(case.file))
        assert "1 app is back" in said and "idc-host reauthorize Memory" in said, said
        assert case.shown(other) == case.shown(case.host)
        data = other.folder / "data"
        assert (data / "apps/Memory.json").read_text() == (case.data / "apps/Memory.json").read_text()
        assert (data / "identifiers").read_text() == "Memory\n"
        assert {path.name for path in data.iterdir()} == {"apps", "identifiers", "idc.db", "secrets.db", "key", "tmp"}, list(data.iterdir())
        other.succeed("audit", "verify", "Memory")
        other.succeed("sync", "Memory")


def no_key_in_it():
    with Case() as case:
        case.backup()
        held = case.file.read_bytes()
        key = (case.data / "key").read_text().split()[0]
        assert key.encode() not in held and bytes.fromhex(key) not in held
        with case.elsewhere(key=False) as other:
            other.succeed("restore", str(case.file))
            assert case.shown(other) == case.shown(case.host)
            refused(other.run("sync", "Memory"), 2, "key")
            shutil.copy2(case.data / "key", other.folder / "data/key")
            other.succeed("sync", "Memory")


def next_sync_is_the_baseline():
    with Case() as case:
        case.backup()
        with case.elsewhere() as other:
            other.succeed("restore", str(case.file))
            case.world.write_text(case.world.read_text() + "grant\tp7\te9\n")
            told = json.loads(other.succeed("--json", "sync", "Memory"))
            assert told["mode"] == "full" and told["added"] == 1 and told["outside_changes"] == 0, told
            last = other.succeed("show", "Memory", "changes", "--csv").splitlines()[-1]
            assert ",p7,e9," in last and ",baseline," in last, last


def tokens_are_not_brought_back():
    with Case() as case:
        names = "SELECT name FROM secrets WHERE app='Memory' ORDER BY name"
        with contextlib.closing(sqlite3.connect(case.data / "secrets.db")) as db:
            assert [row[0] for row in db.execute(names)] == ["idc.token", "password"]
        case.backup()
        with case.elsewhere() as other:
            told = json.loads(other.succeed("--json", "restore", str(case.file)))
            assert json.loads(other.run("--json", "status").stdout)["apps"][0]["authorized_until"] is None
            assert told["tokens_forgotten"] == 1 and told["apps"] == ["Memory"] and told["sealed"], told
            with contextlib.closing(sqlite3.connect(other.folder / "data/secrets.db")) as db:
                assert [row[0] for row in db.execute(names)] == ["password"]


def a_person_is_asked_again():
    with signing.Case(programs.Host(IDC_HOST, MODULES)) as case:
        with case.running(*case.connecting()) as process:
            assert signing.come_back(signing.link(process), code="read")[0] == 200
            signing.ended(process, 0)
        case.host.succeed("backup", str(case.host.folder / "backup"))
        kept = case.data.with_name("kept")
        case.data.rename(kept)
        case.data.mkdir(mode=0o700)
        shutil.copy2(kept / "key", case.data / "key")
        case.host.succeed("restore", str(case.host.folder / "backup"))
        refused(case.host.run("sync", "Memory"), 6, "idc-host reauthorize Memory")
        with case.running("reauthorize", "Memory") as process:
            assert signing.come_back(signing.link(process), code="read")[0] == 200
            signing.ended(process, 0)
        case.host.succeed("sync", "Memory")


def while_syncs_run():
    """What is backed up meanwhile is one moment: what was shown before, or what is shown after."""
    with Case() as case:
        before = case.shown(case.host)
        path = case.data / "apps/Memory.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "guard": {"at_least": 100000, "percent": 100}}))
        case.world.write_text(LARGE.replace("\te3\n", "\te4\n") + "grant\tp2\te19\nsleep\t500\n")
        with case.running("sync", "Memory", "--full") as process:
            files = []
            meanwhile = 0
            while process.poll() is None or len(files) < 2:
                case.backup(f"backup{len(files)}")
                files.append(case.file)
                meanwhile += process.poll() is None
            assert process.wait() == 0, process.communicate()
        # the last of the loop may have been made before the sync's own end
        case.backup(f"backup{len(files)}")
        files.append(case.file)
        assert meanwhile > 0
        after = case.shown(case.host)
        states = [[state[table] for table in SNAPSHOT] for state in (before, after)]
        found = []
        for file in files:
            with case.elsewhere() as other:
                other.succeed("restore", str(file))
                got = case.shown(other)
                found.append(states.index([got[table] for table in SNAPSHOT]))
                other.succeed("audit", "verify", "Memory")
                if file in (files[0], files[-1]):
                    told = json.loads(other.succeed("--json", "sync", "Memory"))
                    assert told["outside_changes"] == 0 and (told["added"] > 0) == (found[-1] == 0), told
                    assert other.run("show", "Memory", "grants", "--csv").stdout.count("\n") == after["grants"].count("\n")
        assert found == sorted(found) and found[-1] == 1, found


def nothing_is_written_over():
    with Case() as case:
        case.backup()
        before = case.file.read_bytes()
        refused(case.host.run("backup", str(case.file)), 2, "is there already")
        refused(case.host.run("restore", str(case.file)), 2, "a restore writes over nothing")
        assert case.file.read_bytes() == before
        refused(case.host.run("backup", str(case.host.folder / "none/such")), 1, "cannot be made")
        assert sorted(path.name for path in case.host.folder.glob("backup*")) == ["backup"]


def damage(path, kind):
    content = bytearray(path.read_bytes())
    if kind == "cut":
        content = content[:len(content) // 2]
    elif kind == "text":
        content = b"no database at all\n" * 100
    elif kind == "empty":
        content = b""
    elif kind == "store":
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute("DROP TABLE backup_files")
            db.commit()
        return
    elif kind == "altered":
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute("UPDATE backup_files SET content=CAST(replace(content, 'strict', 'open') AS BLOB) WHERE name LIKE 'apps/%'")
            db.commit()
        return
    elif kind == "leads out":
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute("UPDATE backup_files SET name='apps/../../evil.json' WHERE name LIKE 'apps/%'")
            db.commit()
        return
    elif kind == "newer":
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA user_version=99")
            db.commit()
        return
    path.write_bytes(content)


def damaged_ones():
    with Case() as case:
        case.backup()
        whole = case.file.read_bytes()
        for kind in ("cut", "text", "empty", "store", "altered", "leads out", "newer"):
            case.file.write_bytes(whole)
            damage(case.file, kind)
            with case.elsewhere() as other:
                done = other.run("restore", str(case.file))
                assert done.returncode in (1, 2) and done.stderr.startswith("Error: "), (kind, done)
                assert not list((other.folder / "data/apps").glob("*")), kind
                assert not list(other.folder.rglob("evil*")), kind


def killed_at_any_moment():
    with Case() as case, case.elsewhere() as other:
        data = other.folder / "data"
        case.backup()
        shown = case.shown(case.host)
        again = 0
        for n in range(10):
            process = other.start("restore", str(case.file))
            time.sleep(0.004 * n)
            process.kill()
            process.communicate()
            done = other.run("restore", str(case.file))
            assert done.returncode == 0 or "a restore writes over nothing" in done.stderr, done.stderr
            again += done.returncode == 0
            assert case.shown(other) == shown
            assert not (data / "restoring").exists()
            for path in data.iterdir():
                if path.name != "key":
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
        assert again > 0


def main():
    for name, behaviour in [
        ("all that was read and done comes back elsewhere", everything_comes_back),
        ("the key is not in it, and without one nothing is sent", no_key_in_it),
        ("the sync after a restore is full, and what differs then is its baseline", next_sync_is_the_baseline),
        ("tokens are not brought back, other secrets are", tokens_are_not_brought_back),
        ("where a person allowed the access they are asked again", a_person_is_asked_again),
        ("made while a sync runs it is of one moment", while_syncs_run),
        ("nothing is written over", nothing_is_written_over),
        ("a damaged, altered or newer one is refused, and no app is there", damaged_ones),
        ("killed at any moment a restore can be done again", killed_at_any_moment),
    ]:
        tap.check(f"backup: {name}", behaviour)
    tap.finish()


if __name__ == "__main__":
    main()
