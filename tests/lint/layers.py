#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Who may include whom. usage: layers.py SOURCEDIR

A part (plugin, host-stub) includes itself and include/ only. Inside a part a folder has a floor; what it reaches, directly or over
files in the part's root, lies on a lower floor or in the folder itself. A folder, or a unit (a .c with its .h) of the part's root, never
reaches itself again over another one.
"""
import pathlib
import re
import sys

import tap

ROOT = pathlib.Path(sys.argv[1]).resolve()
PARTS = ("plugin", "host-stub")
# From the top down. A folder on the same floor as another one does not know it.
FLOORS = {
    "plugin": [["list", "change"], ["auth"], ["wire"]],
    "host-stub": [["cli"], ["jobs", "conform", "signin"], ["load"], ["state"], ["base"]],
}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)


def sources(part):
    return sorted(path for path in (ROOT / part).rglob("*") if path.suffix in (".c", ".h"))


def included(path):
    """The project's own files that a file includes: by its own folder, then by each part's root and include/."""
    for quote, name in INCLUDE.findall(path.read_text(encoding="utf-8")):
        places = ([path.parent] if quote == '"' else []) + [ROOT / part for part in PARTS] + [ROOT / "include", ROOT / "tests", ROOT]
        found = next((place / name for place in places if (place / name).is_file()), None)
        if found is not None:
            yield found.resolve()


def unit_of(path):
    """A .c, its .h and its -private.h are one."""
    unit = path.relative_to(ROOT).with_suffix("")
    return unit.with_name(unit.name.removesuffix("-private"))


def floor_of(unit):
    """The floor of a unit within its part; None in the part's root."""
    folder = unit.parts[1] if len(unit.parts) > 2 else None
    for number, folders in enumerate(FLOORS[unit.parts[0]]):
        if folder in folders:
            return number
    return None


def graph_of(part):
    graph = {}
    for path in sources(part):
        targets = graph.setdefault(unit_of(path), set())
        targets.update(unit_of(other) for other in included(path) if other.is_relative_to(ROOT / part))
    for unit, targets in graph.items():
        targets.discard(unit)
    return graph


def paths_from(graph, start):
    """Every unit that start reaches, with the way there."""
    ways = {start: [start]}
    waiting = [start]
    while waiting:
        unit = waiting.pop(0)
        for target in sorted(graph.get(unit, ())):
            if target not in ways:
                ways[target] = ways[unit] + [target]
                waiting.append(target)
    return ways


def told(way):
    return " → ".join(str(unit) for unit in way)


def other_part_unknown(part):
    allowed = [ROOT / part, ROOT / "include"]
    tap.empty(f"{path.relative_to(ROOT)} includes {other.relative_to(ROOT)}" for path in sources(part) for other in included(path)
              if not any(other.is_relative_to(place) for place in allowed))


def header_alone():
    header = (ROOT / "include/idc/connector.h").read_text(encoding="utf-8")
    names = sorted(name for _, name in INCLUDE.findall(header))
    assert names == ["stddef.h", "stdint.h"], f"connector.h includes {names}"


def each_folder_has_a_floor(part):
    known = {folder for folders in FLOORS[part] for folder in folders}
    there = {path.relative_to(ROOT / part).parts[0] for path in sources(part) if len(path.relative_to(ROOT / part).parts) > 1}
    tap.empty(f"{part}/{folder}/ has no floor in {pathlib.Path(__file__).name}" for folder in sorted(there - known))


def nobody_calls_upwards(part):
    graph = graph_of(part)
    findings = []
    for start in sorted(graph):
        for target, way in paths_from(graph, start).items():
            here, there = floor_of(start), floor_of(target)
            if here is None or there is None or start.parts[1] == target.parts[1]:
                continue
            if there <= here:
                findings.append(told(way))
    tap.empty(sorted(findings, key=len)[:20])


def room_of(unit):
    """The folder of a unit; in the part's root each unit is a room of its own."""
    return unit.parent if len(unit.parts) > 2 else unit


def no_circles(part):
    rooms = {}
    for unit, targets in graph_of(part).items():
        rooms.setdefault(room_of(unit), set()).update(room_of(target) for target in targets)
    circles = []
    for start in sorted(rooms):
        for target in sorted(rooms[start] - {start}):
            back = paths_from(rooms, target).get(start)
            if back is not None:
                circles.append(told([start] + back))
    tap.empty(sorted(circles, key=len)[:20])


def main():
    tap.check("connector.h needs stddef.h and stdint.h and nothing else", header_alone)
    for part in PARTS:
        if not sources(part):
            continue
        tap.check(f"{part} includes itself and the public header only", other_part_unknown, part)
        tap.check(f"{part}: each folder has its floor", each_folder_has_a_floor, part)
        tap.check(f"{part}: nobody calls upwards", nobody_calls_upwards, part)
        tap.check(f"{part}: no folder reaches itself again over another", no_circles, part)
    tap.finish()


if __name__ == "__main__":
    main()
