#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""What an installation gives to somebody who writes a connector or packages one. usage: installed.py BUILDDIR EXAMPLEDIR"""
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import programs
import tap

BUILD, EXAMPLE = (pathlib.Path(name).resolve() for name in sys.argv[1:])
CONNECTOR = """
#include <idc/connector.h>
static const idc_connector nothing = { sizeof(idc_connector), IDC_ABI_MAJOR, IDC_ABI_MINOR };
const idc_connector *idc_connector_v1(void) { return &nothing; }
"""


class Installation:
    """The build installed under a folder of its own, stripped as a package would."""

    def __init__(self, folder):
        self.root = pathlib.Path(folder)
        command = [shutil.which("meson") or "meson", "install", "-C", str(BUILD), "--no-rebuild", "--strip", "--destdir", folder]
        done = subprocess.run(command, capture_output=True, check=False, text=True)
        self.said = done.stdout + done.stderr if done.returncode != 0 else ""

    def pkg_config(self, *arguments):
        if shutil.which("pkg-config") is None:
            raise tap.Skip("pkg-config is not installed")
        where = next(self.root.rglob("idc.pc")).parent
        environment = {**os.environ, "PKG_CONFIG_LIBDIR": str(where), "PKG_CONFIG_SYSROOT_DIR": str(self.root)}
        done = subprocess.run(["pkg-config", *arguments, "idc"], capture_output=True, check=False, text=True, env=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def under(self, installed_path):
        """A path that pkg-config tells, with or without the folder before it, as it lies there."""
        path = pathlib.Path(installed_path)
        return path if path.is_relative_to(self.root) else self.root / path.relative_to("/")


def installs(place):
    assert not place.said, place.said


def tells_version(place):
    version = place.pkg_config("--modversion")
    assert version == "1.0.0", version


def builds_a_connector(place):
    with tempfile.TemporaryDirectory() as folder:
        command = [os.environ.get("CC", "cc").split()[0], *place.pkg_config("--cflags").split(), "-shared", "-fPIC", "-x", "c", "-",
                   "-o", f"{folder}/nothing.so"]
        done = subprocess.run(command, input=CONNECTOR, capture_output=True, check=False, text=True)
        assert done.returncode == 0, done.stderr


class Elsewhere:
    """The example connector in a folder of its own, as somebody has it who has this installation and nothing else of the project."""

    def __init__(self, place):
        # Under the build: what lies in a folder that all can write to is not loaded.
        self._folder = tempfile.TemporaryDirectory(dir=BUILD)
        self.path = pathlib.Path(self._folder.name)
        for file in EXAMPLE.iterdir():
            if file.suffix in (".c", ".h", ".map", ".json", ".py", ".md"):
                shutil.copy(file, self.path)
        told = next(place.root.rglob("idc.pc")).read_text(encoding="utf-8")
        (self.path / "idc.pc").write_text(re.sub("(?m)^prefix=", f"prefix={place.root}", told), encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    def build(self):
        """By the very command of the page that leads connector authors; then its hash goes into the manifest."""
        (command,) = re.findall(r"^cc (?:.*\\\n)*.*$", (self.path / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
        environment = {**os.environ, "PKG_CONFIG_PATH": str(self.path)}
        done = subprocess.run(["sh", "-ec", f"umask 022; {command}"], cwd=self.path, capture_output=True, check=False, text=True, env=environment)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        module = self.path / "example.so"
        manifest = json.loads((self.path / "example.json").read_text(encoding="utf-8"))
        manifest["module"]["sha256"] = hashlib.sha256(module.read_bytes()).hexdigest()
        (self.path / "example.json").write_text(json.dumps(manifest), encoding="utf-8")


def runs_a_connector(place):
    place.pkg_config("--cflags")  # or skip
    (host,) = place.root.rglob("bin/idc-host")
    with Elsewhere(place) as elsewhere:
        elsewhere.build()
        with programs.Service(elsewhere.path / "service.py") as service, programs.Host(host, str(elsewhere.path)) as app:
            app.connect(service, "example")
            shown = app.succeed("show", "Example", "grants", "--csv").splitlines()
        assert len(shown) > 100, shown


def checks_a_connector(place):
    """By the commands of the same page; then the installed host shows the report."""
    place.pkg_config("--cflags")  # or skip
    (host,) = place.root.rglob("bin/idc-host")
    with Elsewhere(place) as elsewhere:
        elsewhere.build()
        (check,) = re.findall(r"^idc-conform .*--report.*$", (elsewhere.path / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
        # a part of it: all of it is the suite conformance's matter
        some = shlex.split(check.replace("idc-conform", str(host.parent / "idc-conform"), 1)) + ["-p", "load.*", "-p", "list.*", "-p", "change.*"]
        done = subprocess.run(some, cwd=elsewhere.path, stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True)
        assert done.returncode == 0, f"{check}\n{done.stdout}{done.stderr}"
        command = [str(host), "--data", str(elsewhere.path / "data"), "--modules", str(elsewhere.path)]
        done = subprocess.run([*command, "--json", "modules", "example"], capture_output=True, check=False, text=True)
        assert done.returncode == 0, done
        (shown,) = json.loads(done.stdout)["modules"]
        report = shown["conformance"]
        assert report["current"] and report["failed"] == 0 and report["passed"] > 20, report
        done = subprocess.run([*command, "conform", "example", "--", "-p", "load.exports"], stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True)
        assert done.returncode == 0 and "PASS    load.exports" in done.stdout, done


def has_manifests_and_hashes(place):
    connectors = place.under(place.pkg_config("--variable=connectordir"))
    manifests = place.under(place.pkg_config("--variable=manifestdir"))
    modules = sorted(connectors.glob("*.so"))
    assert modules, f"no connector in {connectors}"
    for module in modules:
        manifest = json.loads((manifests / f"{module.stem}.json").read_text(encoding="utf-8"))
        is_now = hashlib.sha256(module.read_bytes()).hexdigest()
        assert manifest["module"]["file"] == module.name, manifest["module"]
        assert manifest["module"]["sha256"] == is_now, f"{module.name}: {is_now}, its manifest says {manifest['module']['sha256']}"


def written_by_owner_only(place):
    connectors = place.under(place.pkg_config("--variable=connectordir"))
    tap.empty(f"{path} {oct(path.stat().st_mode)}" for path in connectors.rglob("*") if path.stat().st_mode & 0o022)


def main():
    with tempfile.TemporaryDirectory() as folder:
        place = Installation(folder)
        tap.check("the build installs into a folder of one's choice", installs, place)
        tap.check("pkg-config tells the version of the installed header", tells_version, place)
        tap.check("a connector compiles with what pkg-config tells", builds_a_connector, place)
        if any(place.root.rglob("bin/idc-host")):
            tap.check("a connector that is built elsewhere, by the command of its page, runs in the installed host", runs_a_connector, place)
            tap.check("it is checked by the installed harness, and the installed host shows its report", checks_a_connector, place)
        if any((BUILD / "plugin").glob("*.so")):
            tap.check("each installed module is the one that its manifest names, stripped", has_manifests_and_hashes, place)
            tap.check("no installed module can be written by others", written_by_owner_only, place)
    tap.finish()


if __name__ == "__main__":
    main()
