#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""A sync that is killed at any point, and what one of a large account takes. usage: kills.py IDC_HOST MODULES"""
import os
import pathlib
import random
import re
import signal
import sys
import time

import ops
import tap

PROGRAMS = [os.path.abspath(argument) for argument in sys.argv[1:]]
KILLS = 25
PEOPLE = 400
RIGHTS = [f"e{n}" for n in range(1, 11)]
LARGEST_KIB = 64 * 1024


def large_world(first):
    """Two of these share half their people; all of their 4,000 grants differ in what they are held through."""
    rights = "".join(f"entitlement\t{right}\tgroup\t{right} of {first}\tteam:1\n" for right in RIGHTS)
    people = "".join(f"principal\tp{n}\tPerson {n} of {first}\temail=p{n}@example.org\n" for n in range(first, first + PEOPLE))
    held = "".join(f"indirect\tp{n}\t{right}\tvia=schedule:{first}\n" for n in range(first, first + PEOPLE) for right in RIGHTS)
    return f"resource\tteam:1\tteam\tTeam {first}\n" + rights + people + held


def stored(case):
    """The snapshot, read at once."""
    return case.database("SELECT u.id, u.name, e.id, e.name, r.name, g.indirect, g.via, g.stale, a.value FROM service_user_entitlements g"
                         " JOIN service_users u ON u.key=g.user JOIN entitlements e ON e.key=g.entitlement"
                         " JOIN resources r ON r.id=e.resource_id LEFT JOIN service_user_attributes a ON a.user=u.key"
                         " ORDER BY u.id, e.id")


def killed_anywhere():
    chosen = random.Random(int.from_bytes(os.urandom(4), "big"))
    killed = 0
    with ops.Ops(*PROGRAMS) as case:
        worlds = [large_world(1), large_world(PEOPLE // 2)]
        case.connect(worlds[0])
        case.app(guard={"at_least": 1000000, "percent": 100})
        snapshots = [stored(case)]
        case.write(worlds[1])
        begun = time.monotonic()
        assert case.sync()[0] == 0
        takes = time.monotonic() - begun
        snapshots.append(stored(case))
        now = 1
        for _ in range(KILLS):
            case.write(worlds[1 - now])
            process = case.host.start("--quiet", "sync", "Memory")
            # more often in the last third, where the store is written
            time.sleep(takes * (1 - chosen.random() ** 2))
            process.send_signal(signal.SIGKILL)
            status = process.wait()
            process.stdout.close()
            found = stored(case)
            assert found in snapshots, "neither the old snapshot nor the new one"
            killed += 1 if status == -signal.SIGKILL else 0
            # one that came to its end may be merged without having lived to say so; never the other way round
            assert status == -signal.SIGKILL or found == snapshots[1 - now]
            changed = 1 - now if found == snapshots[1 - now] else now
            case.write(worlds[changed])
            done, told = case.sync()
            assert done == 0 and stored(case) == snapshots[changed], told
            assert (told["added"], told["removed"], told["changed"]) == (0, 0, 0), told
            now = changed
        assert killed > KILLS // 3, f"only {killed} of {KILLS} were killed before their end"
        rows = case.rows("syncs")
        assert all(row["status"] in ("complete", "failed") for row in rows)
        assert any("ended before the list was complete" in row["reason"] for row in rows)
        assert list((case.data / "tmp").iterdir()) == []


def killed_first():
    """Before there is any snapshot: then there is none."""
    with ops.Ops(*PROGRAMS) as case:
        case.write(ops.world(3) + "kill\n")
        case.host.run("connect", "memory", "--yes", "--set", f"file={case.file()}")
        assert case.snapshot() == [[], [], [], []]
        case.write(ops.world(3))
        done, told = case.sync()
        assert done == 0 and told["users"] == 3 and told["outside_changes"] == 0, told
        assert [row["status"] for row in case.rows("syncs")] == ["failed", "complete"]


def peak_kib(case):
    """Runs a sync that has to succeed; its peak of memory. (What wait4 tells would count this process too, from before the exec.)"""
    process = case.host.start("--quiet", "sync", "Memory")
    peak = 0
    while process.poll() is None:
        text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        found = re.search(r"^Name:\tidc-host$.*^VmHWM:\s*(\d+) kB", text, re.MULTILINE | re.DOTALL)
        peak = max(peak, int(found.group(1)) if found else 0)
        time.sleep(0.01)
    process.stdout.close()
    assert process.returncode == 0 and peak > 0, process.returncode
    return peak


def memory():
    if b"__asan_init" in pathlib.Path(PROGRAMS[0]).read_bytes():
        raise tap.Skip("a sanitizer takes memory of its own")
    with ops.Ops(*PROGRAMS) as case:
        case.connect("generate\t100\t10\n")
        small = peak_kib(case)
        case.app(guard={"at_least": 10000000, "percent": 100})
        case.write("generate\t9900\t101\n")
        first = peak_kib(case)
        again = peak_kib(case)
        case.write("generate\t9900\t100\n")
        fewer = peak_kib(case)
        assert case.database("SELECT count(*) FROM service_user_entitlements") == [(990000,)]
        largest = max(first, again, fewer)
        print(f"# a sync of 100 grants {small} KiB, of 999,900 at most {largest} KiB")
        # The connector's own share is some 30 MiB.
        assert largest < LARGEST_KIB // 2, f"{largest} KiB"


def main():
    tap.check("a sync that is killed anywhere leaves the old snapshot or the new one, and the next one is right", killed_anywhere)
    tap.check("a first sync that is killed leaves nothing", killed_first)
    tap.check("a sync of 9,900 people and a million grants stays far below 64 MiB", memory)
    tap.finish()


if __name__ == "__main__":
    main()
