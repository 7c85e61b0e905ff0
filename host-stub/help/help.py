#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""The manual page and the completion of idc-host, made of what it says itself. usage: help.py IDC_HOST VERSION MANUAL COMPLETION"""
import os
import pathlib
import re
import subprocess
import sys

COMPLETION = pathlib.Path(__file__).with_name("completion.bash").read_text(encoding="utf-8")
# Leaks are another test's matter, and cannot be looked for everywhere.
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "ASAN_OPTIONS": "detect_leaks=0"}


def say(program, *arguments):
    return subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=True, text=True, encoding="utf-8",
                          env=ENVIRONMENT).stdout


def commands(overview):
    listed = overview.split("\nCommands", 1)[1].split("\n\n", 1)[0]
    return re.findall(r"^  ([a-z-]+) ", listed, re.MULTILINE)


def parts(text):
    """Usage, summary, options as (names, what), and what comes after."""
    usage = re.search(r"^Usage:\n  (.*)\n", text, re.MULTILINE).group(1)
    summary, rest = text.split("\n\n", 2)[1:]
    listed, _, after = rest.partition("\n\n")
    options = re.findall(r"^  (-\S.*?)  +(\S.*)$", listed, re.MULTILINE)
    return usage, " ".join(summary.split()), options, after.strip()


def roff(text):
    """As it stands, whatever it begins with."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("…", "...")
    return "\n".join("\\&" + line if line.startswith((".", "\\(aq")) else line for line in text.splitlines())


def manual(version, overview, helps):
    exits = overview.split("Exit status: ", 1)[1]
    lines = [".\\\" Made of what idc-host says itself.", f'.TH IDC\\-HOST 1 "" "idc {version}" "User Commands"', ".SH NAME",
             "idc\\-host \\- loads identity connectors, keeps who holds what, and shows it", ".SH SYNOPSIS", ".B idc\\-host",
             roff(overview.split("idc-host ", 1)[1].split("\n", 1)[0]), ".SH DESCRIPTION",
             roff("A runner for identity connectors on one machine: it verifies a connector before it loads it, reads who holds what in a "
                  "service, keeps the last complete list, gives and takes access, and keeps a journal of that. Without a command it shows "
                  "where every app stands."), ".SH COMMANDS"]
    for command, text in helps.items():
        usage, summary, options, after = parts(text)
        lines += [f".SS {roff(usage.removeprefix('idc-host ').replace('[OPTION…] ', ''))}", roff(summary)]
        for names, what in options:
            if names not in GLOBAL:
                lines += [".TP", f".B {roff(names)}", roff(what + ".")]
        if after:
            lines += [".PP", roff(after)]
    lines.append(".SH OPTIONS OF EVERY COMMAND")
    for names, what in GLOBAL.items():
        lines += [".TP", f".B {roff(names)}", roff(what + ".")]
    lines += [".SH EXIT STATUS", roff(" ".join(exits.split())), ".SH ENVIRONMENT",
              ".TP", ".B IDC_DATA", roff("Where apps, snapshots and secrets lie, unless --data says so."),
              ".TP", ".B IDC_MODULES", roff("Where connectors are looked for, unless --modules says so."),
              ".TP", ".B CREDENTIALS_DIRECTORY", roff("Where systemd puts the credential idc-key, the key of the secrets."),
              ".TP", ".B NO_COLOR", roff("Nothing is coloured."),
              ".SH FILES", ".TP", ".I DATA/apps/ID.json", "One app; it may be edited by hand, and never holds a secret.",
              ".TP", ".I DATA/idc.db", "The snapshots, syncs, changes and the journal of all apps.",
              ".TP", ".I DATA/secrets.db", "Every secret, sealed.", ".TP", ".I DATA/key",
              "What opens the secrets, unless it is kept elsewhere. Keep a copy of it."]
    return "\n".join(lines) + "\n"


def completion(helps):
    cases = []
    for command, text in helps.items():
        usage, _, options, _ = parts(text)
        names = re.findall(r"--[a-z-]+", " ".join(names for names, _ in options))
        first = "audit" if command == "audit" else next((word.strip("[]") for word in usage.split()[2:] if word != "[OPTION…]"), "")
        cases.append(f"\t{command}) options='{' '.join(names)}' first={first if first in ('ID', 'audit') else 'none'} ;;\n")
    shown = re.search(r" ID (users\S+)", helps["show"]).group(1).replace("|", " ")
    names = re.findall(r"--[a-z-]+", " ".join(GLOBAL))
    return COMPLETION.replace("@COMMANDS@", " ".join([*helps, "help"])).replace("@GLOBALS@", " ".join([*names, "--version"])).replace(
        "@CASES@", "".join(cases)).replace("@SHOWN@", shown)


program, version, manual_file, completion_file = sys.argv[1:]
OVERVIEW = say(program, "--help")
HELPS = {command: say(program, command, "--help") for command in commands(OVERVIEW)}
# what stands in the help of every command
EVERY = [dict(parts(text)[2]) for text in HELPS.values()]
GLOBAL = {names: what for names, what in EVERY[0].items() if all(names in options for options in EVERY)}
pathlib.Path(manual_file).write_text(manual(version, OVERVIEW, HELPS), encoding="utf-8")
pathlib.Path(completion_file).write_text(completion(HELPS), encoding="utf-8")
