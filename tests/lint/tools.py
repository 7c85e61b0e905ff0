#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""The tools that look at every source. usage: tools.py SOURCEDIR BUILDDIR format|shell|tidy"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import tap

ROOT = pathlib.Path(sys.argv[1]).resolve()
BUILD = pathlib.Path(sys.argv[2]).resolve()
FOLDERS = ("include", "plugin", "host-stub", "tests")
FROZEN = ROOT / "tests/abi/connector-1.0.h"  # a copy for ever, laid out as it was


def need(tool):
    if shutil.which(tool) is None:
        raise tap.Skip(f"{tool} is not installed")


def said_by(*command):
    """What a tool says against its input: nothing where it ends with 0."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, text=True, cwd=ROOT)
    return done.stdout.strip() or f"{command[0]} ended with {done.returncode}" if done.returncode != 0 else ""


def code():
    return sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in (".c", ".h") and path != FROZEN)


def laid_out():
    need("clang-format")
    said = said_by("clang-format", "--dry-run", "-Werror", "--ferror-limit=3", *map(str, code()))
    assert not said, said


def shell_checked(script):
    need("shellcheck")
    said = said_by("shellcheck", "--external-sources", str(script))
    assert not said, said


def compiled():
    """Each of the project's sources that the build compiles, once."""
    entries = json.loads((BUILD / "compile_commands.json").read_text(encoding="utf-8"))
    paths = {(pathlib.Path(entry["directory"]) / entry["file"]).resolve() for entry in entries}
    return sorted(path for path in paths if path.is_relative_to(ROOT) and not path.is_relative_to(BUILD) and path.suffix == ".c")


def tidied(path):
    said = said_by("clang-tidy", "--quiet", "-p", str(BUILD), "--extra-arg=-Wno-unknown-warning-option", str(path))
    return re.sub(r"^\d+ warnings? .*generated\.\n?|^Suppressed .*\n?|^Use -header-filter.*\n?", "", said, flags=re.MULTILINE)


def common_state():
    """What every verdict depends on: the tool, its configuration, how things are compiled, every header."""
    state = hashlib.sha256(subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout)
    for path in [ROOT / ".clang-tidy", BUILD / "compile_commands.json", *(path for path in code() if path.suffix == ".h")]:
        state.update(path.read_bytes())
    return state


def tidied_once(path, state):
    """As tidied(), but a source that was found good is not looked at again until it or what all depend on changes."""
    state = state.copy()
    state.update(path.read_bytes())
    mark = BUILD / "tidied" / state.hexdigest()
    if mark.exists():
        return ""
    said = tidied(path)
    if not said:
        mark.parent.mkdir(exist_ok=True)
        mark.touch()
    return said


def all_tidied():
    paths = compiled()
    if shutil.which("clang-tidy") is None:
        tap.check("clang-tidy has nothing to say", need, "clang-tidy")
        return
    state = common_state()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, said in zip(paths, pool.map(lambda path: tidied_once(path, state), paths)):
            tap.check(f"clang-tidy has nothing to say on {path.relative_to(ROOT)}", tap.empty, said.splitlines())


def main():
    what = sys.argv[3]
    if what == "format":
        tap.check("every source is laid out by .clang-format", laid_out)
    elif what == "shell":
        for script in [ROOT / "dev", ROOT / ".ci/run", *sorted((ROOT / "tests").rglob("*.sh"))]:
            tap.check(f"shellcheck has nothing to say on {script.relative_to(ROOT)}", shell_checked, script)
    else:
        all_tidied()
    tap.finish()


if __name__ == "__main__":
    main()
