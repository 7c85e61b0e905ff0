#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""The house rules that a machine can check by reading the tree. usage: house.py SOURCEDIR"""
import pathlib
import re
import subprocess
import sys

import tap

ROOT = pathlib.Path(sys.argv[1]).resolve()
TOP_LEVEL = {"meson.build", "plugin", "include", "host-stub", "tests", "manifest", "README.md", "dev", "LICENSE", "NEWS",
             ".ci", ".clang-format", ".clang-tidy", ".editorconfig", ".gitignore"}
FOLDERS = ["plugin", "include", "host-stub", "tests", "manifest"]
CODE = {".c", ".h"}
SCRIPTS = {".py", ".sh", ".build"}
LONGEST = 600
README_LONGEST = 150
# Written in two parts, so that this file does not hold what it looks for.
LEFT_OPEN = re.compile("|".join([r"\bTO" r"DO\b", r"\bFIX" r"ME\b", r"\bXX" r"X\b", "[Nn]ot " "implemented"]))
BANNED = re.compile(r"(?<![A-Za-z0-9_])(strcpy|strcat|sprintf|vsprintf|gets|system|popen|mktemp|tmpnam|tempnam|strtok|alloca)\s*\(")
GOTO = re.compile(r"\bgo" r"to\b")
STRINGS_AND_COMMENTS = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def tracked_files():
    """What git knows or would take up; outside a checkout, what lies there."""
    command = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, capture_output=True, check=False)
    if listing.returncode == 0:
        names = [name for name in listing.stdout.decode().split("\0") if name]
    else:
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()]
        names = [name for name in names if not re.match(r"build[^/]*/|\.git/|\.cache/", name)]
    return [pathlib.PurePosixPath(name) for name in sorted(set(names)) if (ROOT / name).is_file()]


FILES = tracked_files()


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def bare_code(name):
    """The code of a C file without its strings and comments, line numbers kept."""
    return STRINGS_AND_COMMENTS.sub(lambda found: "\n" * found.group(0).count("\n") or " ", text_of(name))


def of_kind(suffixes):
    return [name for name in FILES if name.suffix in suffixes]


def hits(names, pattern, reader=text_of):
    for name in names:
        for number, line in enumerate(reader(name).splitlines(), 1):
            found = pattern.search(line)
            if found is not None:
                yield f"{name}:{number}: {found.group(0).strip()}"


def top_level():
    there = {name.parts[0] for name in FILES}
    tap.empty([f"missing: {name}" for name in sorted(TOP_LEVEL - there)]
              + [f"not of this house: {name}" for name in sorted(there - TOP_LEVEL)])


def readme_in_each_folder():
    tap.empty(f"no README.md in {folder}/" for folder in FOLDERS if pathlib.PurePosixPath(folder, "README.md") not in FILES)


def readme_is_short():
    lines = len(text_of("README.md").splitlines())
    assert lines <= README_LONGEST, f"README.md has {lines} lines, {README_LONGEST} at most"


def license_header():
    def missing(name):
        head = "\n".join(text_of(name).splitlines()[:4])
        return "SPDX-License-Identifier: MIT" not in head or (name.suffix in CODE and "SPDX-FileCopyrightText:" not in head)
    tap.empty(name for name in of_kind(CODE | SCRIPTS) + [pathlib.PurePosixPath("dev"), pathlib.PurePosixPath(".ci/run")] if missing(name))


def short_files():
    tap.empty(f"{name}: {lines} lines" for name in of_kind(CODE | SCRIPTS) if (lines := len(text_of(name).splitlines())) > LONGEST)


def host_knows_no_connector():
    names = [name for name in of_kind(CODE | {".build"}) if name.parts[0] in ("host-stub", "include")]
    manifests = [name.stem for name in FILES if name.parts[0] == "manifest" and name.suffix == ".json" and name.name != "manifest.schema.json"]
    assert manifests, "no manifest found, so no name to look for"
    tap.empty(hits(names, re.compile("|".join(map(re.escape, manifests)), re.IGNORECASE)))


def tabs_in_code():
    tap.empty(hits(of_kind(CODE), re.compile(r"[ \t]+$")))


def main():
    code = of_kind(CODE)
    tap.check("the top level holds what it should and nothing else", top_level)
    tap.check("each folder of the top level has a README.md", readme_in_each_folder)
    tap.check(f"README.md has at most {README_LONGEST} lines", readme_is_short)
    tap.check("each source file begins with its licence", license_header)
    tap.check(f"no source file is longer than {LONGEST} lines", short_files)
    tap.check("the host names no connector", host_knows_no_connector)
    tap.check("there is no jump", lambda: tap.empty(hits(code, GOTO, bare_code)))
    tap.check("no banned function is called", lambda: tap.empty(hits(code, BANNED, bare_code)))
    tap.check("nothing is left open", lambda: tap.empty(hits(of_kind(CODE | SCRIPTS | {".md"}) + [pathlib.PurePosixPath("dev")], LEFT_OPEN)))
    tap.check("no line of code ends in blanks", tabs_in_code)
    tap.finish()


if __name__ == "__main__":
    main()
