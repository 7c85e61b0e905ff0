#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""What somebody meets first: help, version, manual page, completion, and each command where nothing is connected. usage: first-steps.py IDC_HOST MODULES"""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import ops
import programs
import tap

PROGRAMS = [os.path.abspath(argument) for argument in sys.argv[1:]]
MADE = pathlib.Path(PROGRAMS[0]).parent / "help"
# what each command is given on an empty DATA, beside itself
NEEDS_AN_APP = {
    "configure": [], "reauthorize": [], "validate": [], "sync": [], "show": ["users"], "provision": ["--email", "a@example.org", "--name", "A"],
    "add": ["u", "e"], "remove": ["u", "e"], "plan": ["--file", "none.csv", "-o", "plan"], "apply": ["plan"], "terminate": ["u"], "report": ["-o", "page"], "remove-app": [],
    "status": [],
}


def commands(host):
    found = re.findall(r"^  ([a-z-]+) ", host.succeed("--help").split("\nCommands", 1)[1].split("\n\n", 1)[0], re.MULTILINE)
    assert len(found) > 20 and set(NEEDS_AN_APP) < set(found), found
    return found


def helps():
    with programs.Host(*PROGRAMS) as host:
        assert re.fullmatch(r"idc-host \d+\.\d+\.\d+\n", host.succeed("--version"))
        assert host.succeed("help") == host.succeed("--help") == host.succeed("-h")
        for line in host.succeed("--help").splitlines():
            assert len(line) <= 128, line
        for command in commands(host):
            told = host.succeed(command, "--help")
            assert told.startswith(f"Usage:\n  idc-host {command} ") and told == host.succeed("help", command), command
        done = host.run("help", "sinc")
        assert done.returncode == 2 and 'There is no command "sinc"; did you mean sync?' in done.stderr, done.stderr


def nothing_connected():
    with programs.Host(*PROGRAMS) as host:
        for command, arguments in NEEDS_AN_APP.items():
            done = host.run("--json", command, "Nobody", *arguments)
            (error,) = json.loads(done.stdout)["errors"]
            assert done.returncode == 2 and 'There is no app "Nobody"' in error["message"] and "idc-host modules" in error["message"], (command, error)
        for arguments, said in ((["status"], "idc-host modules shows what can be."), (["run", "--once"], "idc-host status tells when"),
                                (["modules", "zzz"], "idc-host modules lists all of them.")):
            assert said in host.succeed(*arguments), arguments
        done = host.run("rekey")
        assert done.returncode == 1 and done.stderr == "Error: There is no key yet, and nothing is sealed: connecting an app makes the first one.\n", done.stderr
        assert not (host.folder / "data/key").exists()


def wrong_usage():
    with programs.Host(*PROGRAMS) as host:
        for command in commands(host):
            done = host.run(command, "--no-such-option")
            assert done.returncode == 2 and done.stderr == f"Error: Unknown option --no-such-option. See idc-host {command} --help.\n", done.stderr


def manual_page():
    text = (MADE / "idc-host.1").read_text(encoding="utf-8")
    with programs.Host(*PROGRAMS) as host:
        for command in commands(host):
            assert f"\n.SS {command}".replace("-", "\\-") in text, command
            for option in re.findall(r"--[a-z][a-z-]+", host.succeed(command, "--help").split("Options:")[1].split("\n\n")[0]):
                assert option.replace("-", "\\-") in text, (command, option)
    if shutil.which("groff") is None:
        raise tap.Skip("groff is not installed")
    done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", MADE / "idc-host.1"], capture_output=True, check=True, text=True)
    assert done.stderr == "", done.stderr


def completes(host, *words):
    line = f"source {shlex.quote(str(MADE / 'idc-host'))}; COMP_WORDS=({' '.join(map(shlex.quote, words))}); COMP_CWORD={len(words) - 1}; _idc_host;" \
           ' printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-uc", line], capture_output=True, check=True, text=True, env={**host._environment(), "IDC_DATA": str(host.folder / "data")})
    return done.stdout.split()


def completion():
    with ops.Ops(*PROGRAMS) as case:
        case.connect(ops.world(1), "Alpha")
        case.connect(ops.world(1), "Beta")
        host = case.host
        for words, wanted in (
                (("idc-host", ""), [*commands(host), "help"]), (("idc-host", "st"), ["status"]), (("idc-host", "--ver"), ["--verbose", "--version"]),
                (("idc-host", "sync", ""), ["Alpha", "Beta"]), (("idc-host", "--json", "sync", "A"), ["Alpha"]),
                (("idc-host", "--data", "/none", "sync", ""), []), (("idc-host", "sync", "Alpha", "--fu"), ["--full"]),
                (("idc-host", "show", "Alpha", "t"), ["tasks"]), (("idc-host", "audit", ""), ["verify", "head", "export"]),
                (("idc-host", "audit", "head", "B"), ["Beta"]), (("idc-host", "reauthorize", "--no-b"), ["--no-browser"]),
                (("idc-host", "apply", "Alpha", ""), [])):
            assert completes(host, *words) == wanted, (words, completes(host, *words))


def main():
    for name, behaviour in [
        ("each command has its help, and the program its version", helps),
        ("where nothing is connected each command says so, and what to do", nothing_connected),
        ("an option that is not known is told with where the others stand", wrong_usage),
        ("the manual page has every command and option", manual_page),
        ("commands, options, apps and what is shown are completed", completion),
    ]:
        tap.check(f"first steps: {name}", behaviour)
    tap.finish()


if __name__ == "__main__":
    main()
