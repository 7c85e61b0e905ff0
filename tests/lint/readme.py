#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""What README.md says must be so. usage: readme.py SOURCEDIR"""
import json
import pathlib
import re
import subprocess
import sys

import tap

ROOT = pathlib.Path(sys.argv[1]).resolve()
README = (ROOT / "README.md").read_text(encoding="utf-8")
MANIFEST = json.loads((ROOT / "manifest/pagerduty.json").read_text(encoding="utf-8"))


def capabilities_equal_the_manifest():
    def word(entry):
        return ("Yes" if entry["supported"] else "No") + (f", {entry['note']}" if "note" in entry else "")
    promised = [(entry["label"], word(entry)) for entry in MANIFEST["capabilities"]]
    table = re.search(r"^\| Method \| Supported \|\n\|[-| ]+\|\n((?:\|.*\|\n)+)", README, re.MULTILINE)
    assert table is not None, "README.md has no table | Method | Supported |"
    said = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table.group(1).splitlines()]
    assert said == promised, f"README.md: {said}\nmanifest:  {promised}"


def scopes_equal_the_manifest():
    wanted = {entry["scope"] for entry in MANIFEST["oauth"]["scopes"]}
    said = set(re.findall(r"`([a-z_]+\.(?:read|write))`", README))
    assert said == wanted, f"only in README.md: {sorted(said - wanted)}; only in the manifest: {sorted(wanted - said)}"


def redirect_equals_the_manifest():
    path = MANIFEST["oauth"]["redirect_path"].replace("{identifier}", MANIFEST["default_identifier"])
    assert path in README, f"README.md does not name {path}"


def commands_exist():
    help_text = subprocess.run([str(ROOT / "dev"), "help"], capture_output=True, check=True, text=True).stdout
    known = set(re.findall(r"\./dev (\w+)", help_text))
    assert known, "./dev help names no command"
    tap.empty(f"./dev {word}" for word in sorted(set(re.findall(r"\./dev (\w+)", README)) - known))


def named_files_exist():
    names = set(re.findall(r"`((?:plugin|include|host-stub|tests|manifest)/[^` *]*)`", README)) | set(re.findall(r"\]\(([^):]+)\)", README))
    tap.empty(name for name in sorted(names) if not (ROOT / name.split("#")[0]).exists())


def main():
    tap.check("the capability table of README.md equals the manifest's", capabilities_equal_the_manifest)
    tap.check("README.md names the scopes of the manifest and no others", scopes_equal_the_manifest)
    tap.check("README.md names the manifest's redirect path", redirect_equals_the_manifest)
    tap.check("every ./dev command in README.md exists", commands_exist)
    tap.check("every file that README.md names exists", named_files_exist)
    tap.finish()


if __name__ == "__main__":
    main()
