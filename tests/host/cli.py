#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""What modules, capabilities, connect and validate say and do: exit, status and sentence of each case. usage: cli.py IDC_HOST MODULES"""
import fcntl
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import termios

import programs
import tap

IDC_HOST, MODULES = map(os.path.abspath, sys.argv[1:])
WORLD = "resource\tteam:1\tteam\tOps\nentitlement\te1\tgroup\tOps\tteam:1\nprincipal\tp1\tAnn\temail=ann@example.org\ngrant\tp1\te1\n"
SECRET = "secret"


class Case:
    """A host with a file to list and one file for each secret that a case may want."""

    def __enter__(self):
        self.host = programs.Host(IDC_HOST, MODULES)
        self.folder = self.host.folder
        self.data = self.folder / "data"
        self.world = self.write("world", WORLD)
        self.good = self.write("good", SECRET + "\n")
        self.bad = self.write("bad", "wrong-hemlock\n")
        return self

    def __exit__(self, *_):
        self.host.__exit__()

    def write(self, name, text, mode=0o600):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def connect(self, *arguments):
        return self.host.run("connect", "memory", "--yes", *(self.fill(argument) for argument in arguments))

    def fill(self, text):
        for name in ("world", "good", "bad"):
            text = text.replace("{" + name + "}", str(getattr(self, name)))
        return text.replace("{folder}", str(self.folder)).replace("{data}", str(self.data))

    def apps(self):
        return sorted(path.name for path in (self.data / "apps").glob("*")) if (self.data / "apps").exists() else []

    def untouched(self):
        """Nothing of an app that was refused stays: no file, no secret, no identifier."""
        assert self.apps() == [], self.apps()
        for name in ("identifiers", "secrets.db", "key"):
            assert not (self.data / name).exists(), name


def refused(case, done, exit_status, sentence):
    assert done.returncode == exit_status, f"exit {done.returncode}, not {exit_status}\n{done.stdout}{done.stderr}"
    wanted = "Error: " + case.fill(sentence)
    assert wanted in done.stderr.splitlines(), f"{done.stderr}\nis not\n{wanted}"


# name; arguments of connect; exit; idc status; code; the sentence, whole.
CONNECTS = [
    ("a missing setting is named with label and help", [], 2, 100, "setting_missing",
     "To connect Memory, give also --set file=VALUE (File: the text file that is the service)."),
    ("everything that is missing is named at once", ["--set", "mode=strict"], 2, 100, "setting_missing",
     "To connect Memory, give also --set file=VALUE (File: the text file that is the service); "
     "--secret password=@FILE (Password: the word secret)."),
    ("an unknown setting names the nearest", ["--set", "fiel={world}"], 2, 100, "setting_unknown",
     'Memory has no setting "fiel"; did you mean file?'),
    ("a wrong value says what is allowed", ["--set", "file={world}", "--set", "mode=closed"], 2, 100, "setting_invalid",
     'The setting mode is "closed", but must be open or strict (Mode: strict wants a password).'),
    ("a setting without a value is refused", ["--set", "file"], 2, 100, "usage", "--set needs KEY=VALUE."),
    ("a permanent token is refused as a secret", ["--set", "file={world}", "--secret", "token=abc"], 2, 100, "permanent_token",
     "A permanent token is not accepted, register an OAuth app: idc-host connect memory --print-setup says how."),
    ("a permanent token is refused from a file", ["--set", "file={world}", "--secret", "API-Key=@{good}"], 2, 100, "permanent_token",
     "A permanent token is not accepted, register an OAuth app: idc-host connect memory --print-setup says how."),
    ("a permanent token is refused as a setting", ["--set", "file={world}", "--set", "api_token=abc"], 2, 100, "permanent_token",
     "A permanent token is not accepted, register an OAuth app: idc-host connect memory --print-setup says how."),
    ("a secret on the command line is refused", ["--set", "file={world}", "--secret", "password=abc"], 2, 100, "secret_on_command_line",
     "A secret is never given on the command line, where every user of this machine could read it: use --secret password=@FILE or "
     "--secret password=- (standard input). Replace the secret that was just shown."),
    ("a secret given as a setting is refused", ["--set", "file={world}", "--set", "password=abc"], 2, 100, "setting_is_secret",
     "password is a secret and not a setting: give it with --secret password=@FILE, --secret password=- or --secret-file password=PATH."),
    ("a setting given as a secret is refused", ["--secret", "file=@{world}"], 2, 100, "setting_is_no_secret",
     "file is no secret: give it with --set file=VALUE."),
    ("an unknown secret is refused", ["--set", "file={world}", "--secret", "passphrase=@{good}"], 2, 100, "setting_unknown",
     'Memory has no secret "passphrase"; its secrets are password.'),
    ("a secret's file that is not there is told", ["--set", "file={world}", "--secret", "password=@{folder}/none"], 2, 401, "secret_file",
     "The secret's file {folder}/none cannot be opened: No such file or directory."),
    ("an identifier with a blank is refused", ["--set", "file={world}", "--identifier", "My Memory"], 2, 100, "json_value",
     'The new app: identifier is "My Memory", but must be 1 to 64 letters, digits, _ and -.'),
    ("an unknown trust is refused", ["--set", "file={world}", "--trust", "write"], 2, 100, "json_value",
     'The new app: trust is "write", but must be read or read-write.'),
    ("an unknown rhythm is refused", ["--set", "file={world}", "--sync", "weekly"], 2, 100, "json_value",
     'The new app: sync is wrong: How often to sync is "weekly", but must be hourly, daily, manual, or like "every 15m" or "every 6h" '
     "(at most 672h)."),
    ("an owner who is no address is refused", ["--set", "file={world}", "--owner", "ann"], 2, 100, "json_value",
     'The new app: owners names "ann", which is no e-mail address.'),
    ("an unknown key of an app is refused", ["--set", "file={world}", "--app", "hr_sauce=true"], 2, 100, "app_key_unknown",
     'An app has no key "hr_sauce"; did you mean hr_source?'),
    ("access by anything but the API is refused with the reason", ["--set", "file={world}", "--app", "access=web"], 2, 100, "access_refused",
     'The new app: access "web" is refused: Memory is only reached by its interface for programs (api); web and mobile access need no '
     "connector."),
    ("a source of people is refused with the reason", ["--set", "file={world}", "--app", "hr_source=true"], 2, 100, "hr_source_refused",
     "The new app: hr_source is refused: Memory does not know who works here, only who has an account; take people from the system that "
     "does."),
    ("a word for a yes or no is refused", ["--set", "file={world}", "--app", "hr_source=maybe"], 2, 100, "json_value",
     "The new app: hr_source must be true or false, not string."),
    ("a wrong password is told", ["--set", "file={world}", "--set", "mode=strict", "--secret", "password=@{bad}"], 6, 200, "memory-200",
     "The service refused the password. Give the right one with --secret password=@FILE. (request id memory-request)"),
    ("a missing scope is told", ["--set", "file={world}", "--set", "grant_scope=read.less"], 6, 204, "memory-204",
     "The scope read.all was not granted. Grant it and reauthorize. (request id memory-request)"),
    ("a service that is not reached is told", ["--set", "file={folder}/none"], 7, 303, "memory-303",
     "The service cannot be reached: {folder}/none cannot be read. Try again later. (request id memory-request)"),
]


def connect_refused(arguments, exit_status, status, code, sentence):
    with Case() as case:
        done = case.connect(*arguments)
        refused(case, done, exit_status, sentence)
        assert done.stdout == "", done.stdout
        case.untouched()
        told = json.loads(case.connect("--json", *arguments).stdout)
        assert told["schema"] == "idc-host/1" and told["command"] == "connect" and told["exit"] == exit_status, told
        assert [(error["status"], error["code"]) for error in told["errors"]] == [(status, code)], told["errors"]
        assert told["errors"][0]["message"] == re.sub(r" \(request id .*\)$", "", case.fill(sentence)), told["errors"]
        case.untouched()


def identifier_taken():
    with Case() as case:
        assert case.connect("--set", "file={world}").returncode == 0
        before = (case.data / "apps" / "Memory.json").read_bytes()
        refused(case, case.connect("--set", "file={world}", "--identifier", "MEMORY"), 1,
                "The identifier MEMORY is taken: each belongs to one app for ever, removed ones and other case included. "
                "Free would be: --identifier MEMORY-2")
        (case.data / "apps" / "Memory.json").unlink()
        assert case.connect("--set", "file={world}").returncode == 1
        assert case.apps() == []
        (case.data / "apps" / "Memory.json").write_bytes(before)
        (case.data / "apps" / "Memory.json").chmod(0o600)
        case.host.succeed("validate", "memory")


def same_account():
    with Case() as case:
        assert case.connect("--set", "file={world}").returncode == 0
        refused(case, case.connect("--set", "file={world}", "--identifier", "Second"), 1,
                "The app Memory is connected to the same account (memory-account) already. Use that one; if two apps are really wanted, "
                "say so with --same-account.")
        assert case.apps() == ["Memory.json"]
        assert case.connect("--set", "file={world}", "--set", "account=other", "--identifier", "Third").returncode == 0
        assert case.connect("--set", "file={world}", "--identifier", "Second", "--same-account").returncode == 0
        assert case.apps() == ["Memory.json", "Second.json", "Third.json"]


def saved_whole():
    with Case() as case:
        done = case.connect("--set", "file={world}", "--set", "mode=strict", "--secret", "password=@{good}", "--identifier", "Ops", "--name",
                            "The ops file", "--trust", "read-write", "--sync", "every 15m", "--owner", "a@example.org", "--owner",
                            "b@example.org", "--default-entitlement", "e1", "--app", "guard.percent=50", "--app", "protected=c@example.org",
                            "--set", "grant_scope=read.all write.all")
        assert done.returncode == 0, done.stderr
        path = case.data / "apps" / "Ops.json"
        app = json.loads(path.read_text())
        assert app == {
            "connector": "memory", "name": "The ops file", "identifier": "Ops", "access": "api", "trust": "read-write", "sync": "every 15m",
            "provisioning": "oauth", "owners": ["a@example.org", "b@example.org"], "default_entitlements": ["e1"],
            "deactivate_on_termination": False, "delete_on_termination": False, "hr_source": False, "protected": ["c@example.org"],
            "guard": {"at_least": 5, "percent": 50}, "change_guard": {"at_least": 25, "percent": 10}, "require": [], "known_partial": [],
            "account": "memory-account", "connected_as": "memory@example.org",
            "settings": {"file": str(case.world), "grant_scope": "read.all write.all", "mode": "strict"},
        }, app
        for name in ("apps/Ops.json", "secrets.db", "key", "identifiers"):
            assert (case.data / name).stat().st_mode & 0o7777 == 0o600, name
        assert case.data.stat().st_mode & 0o7777 == 0o700


def first_sync_runs():
    with Case() as case:
        done = case.connect("--set", "file={world}", "--sync", "manual", "--json")
        told = json.loads(done.stdout)
        assert done.returncode == 0, done.stderr
        assert (told["mode"], told["complete"], told["users"], told["entitlements"], told["grants"]) == ("full", True, 1, 1, 1), told
        assert told["subject"] == "memory@example.org" and told["full_sync"]["exact"] is False, told


def first_sync_fails():
    """The app stays when it was found good and only the list failed: what is to be repeated is a sync, not the whole connection."""
    with Case() as case:
        case.write("world", WORLD + "fail\t302\tToo many requests, try again later.\n")
        done = case.connect("--set", "file={world}")
        refused(case, done, 7, "Too many requests, try again later. (request id memory-request)")
        assert done.stderr.endswith("The app is saved. When what was said is put right: idc-host sync Memory\n"), done.stderr
        assert case.apps() == ["Memory.json"]
        case.write("world", WORLD)
        case.host.succeed("sync", "Memory")


def first_sync_partial():
    with Case() as case:
        case.write("world", WORLD + "seal\tgrant\tpartial\tstatus=202\treason=The grants may not be read.\n")
        done = case.connect("--set", "file={world}", "--json")
        told = json.loads(done.stdout)
        assert done.returncode == 3 and told["exit"] == 3 and not told["complete"], told
        assert case.apps() == ["Memory.json"]


def secret_refused_unseen():
    with Case() as case:
        done = case.connect("--json", "--set", "file={world}", "--secret", "password=hemlock")
        assert "hemlock" not in done.stdout + done.stderr
        done = case.connect("--json", "--set", "file={world}", "--secret", "hemlock")
        assert "hemlock" not in done.stdout + done.stderr


def secret_from_input():
    with Case() as case:
        command = [IDC_HOST, "--data", str(case.data), "--modules", MODULES, "connect", "memory", "--set", f"file={case.world}", "--set",
                   "mode=strict", "--secret", "password=-"]
        done = subprocess.run(command, input=SECRET + "\n", capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        done = subprocess.run([*command, "--identifier", "Other"], input="", capture_output=True, text=True, check=False)
        refused(case, done, 2, "Standard input holds no value for password.")


def secret_by_reference():
    with Case() as case:
        assert case.connect("--set", "file={world}", "--set", "mode=strict", "--secret-file", "password={good}").returncode == 0
        case.host.succeed("validate", "Memory")
        case.write("good", "rotated")
        assert case.host.run("validate", "Memory").returncode == 6
        case.write("good", SECRET)
        case.host.succeed("validate", "Memory")
        case.good.unlink()
        done = case.host.run("validate", "Memory")
        assert done.returncode != 0 and f"The secret's file {case.good} cannot be opened" in done.stderr, done.stderr


def path_made_absolute():
    with Case() as case:
        done = subprocess.run([IDC_HOST, "--data", str(case.data), "--modules", MODULES, "connect", "memory", "--set", "file=world"],
                              capture_output=True, text=True, check=False, cwd=case.folder)
        assert done.returncode == 0, done.stderr
        assert json.loads((case.data / "apps" / "Memory.json").read_text())["settings"]["file"] == str(case.world)


def termination_told():
    with Case() as case:
        done = case.connect("--set", "file={world}", "--app", "deactivate_on_termination=true", "--app", "delete_on_termination=true")
        assert done.returncode == 0, done.stderr
        for verb in ("deactivate", "delete"):
            sentence = (f"Warning: {verb}_on_termination: this connector cannot {verb} a user of Memory. What happens instead when someone "
                        "leaves: access is removed, and a manual task is listed.")
            assert sentence in done.stderr.splitlines(), done.stderr


def setup_printed():
    with Case() as case:
        said = case.host.succeed("connect", "memory", "--print-setup", "--identifier", "Ops")
        assert "http://localhost:8765/application/oauthProcessCode/Ops." in said and "Tick these: read.all read.more\n" in said, said
        assert not case.data.exists()
        said = case.host.succeed("connect", "memory", "--print-setup", "--trust", "read-write")
        assert "Tick these: read.all read.more write.all\n" in said, said


def setup_prints_json():
    with Case() as case:
        told = json.loads(case.host.succeed("connect", "memory", "--print-setup", "--json"))
        assert told["redirect_url"] == "http://localhost:8765/application/oauthProcessCode/Memory", told
        assert [step["title"] for step in told["setup"]] == ["Write a file", "Scopes"], told


def data_refused():
    with Case() as case:
        case.data.mkdir(mode=0o777)
        case.data.chmod(0o777)
        done = case.connect("--set", "file={world}")
        refused(case, done, 1, "The data folder is refused: others than its owner may write to {data} (mode 0777). Take that away: chmod go-w "
                "{data}")


def validates():
    with Case() as case:
        case.write("world", WORLD + "survey-problem\n")
        assert case.connect("--set", "file={world}").returncode == 0
        done = case.host.run("validate", "MEMORY", "--json")
        assert done.returncode == 3, done.stderr
        told = json.loads(done.stdout)
        assert list(told)[:9] == ["schema", "command", "identifier", "exit", "connector", "started", "finished", "errors", "warnings"], told
        assert told["identifier"] == "Memory" and told["exit"] == 3 and told["connector"]["id"] == "memory", told
        assert re.fullmatch(r"[0-9a-f]{64}", told["connector"]["sha256"]), told
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["started"]), told
        assert (told["subject"], told["account"]) == ("memory@example.org", "memory-account"), told
        assert told["scopes"] == [
            {"scope": "read.all", "granted": True, "required": True, "without": "nothing can be listed"},
            {"scope": "read.more", "granted": False, "required": False, "without": "some things are not seen"}], told["scopes"]
        assert told["survey"] == [
            {"kind": "principal", "readable": True, "count": 1, "problem": None},
            {"kind": "team", "readable": False, "count": None, "problem": "The teams may not be read: ask for the scope."}], told["survey"]
        assert told["full_sync"] == {"requests": 3, "exact": True, "guessed": None, "minutes": 0.05}, told["full_sync"]


def costs_from_snapshot():
    """250 people hold 3 entitlements of one team and one of them one more indirectly: 1 + pages of 250 + 1 team + 750 / 99 grants."""
    with Case() as case:
        people = "".join(f"principal\tq{n}\tPerson {n}\n" for n in range(1, 251))
        rights = "".join(f"entitlement\te{n}\tgroup\tRight {n}\tteam:1\n" for n in range(1, 4))
        grants = "".join(f"grant\tq{n}\te{right}\n" for n in range(1, 251) for right in range(1, 4))
        case.write("world", "resource\tteam:1\tteam\tOps\n" + rights + people + grants + "indirect\tq1\te1\tvia=schedule:1\n")
        told = json.loads(case.connect("--set", "file={world}", "--json").stdout)
        assert told["grants"] == 751 and told["full_sync"] == {"requests": 5, "exact": False, "guessed": "grants of each team", "minutes": 0.08}, told["full_sync"]
        told = json.loads(case.host.succeed("validate", "Memory", "--json"))
        assert told["full_sync"] == {"requests": 12, "exact": True, "guessed": None, "minutes": 0.2}, told["full_sync"]


def other_account():
    with Case() as case:
        assert case.connect("--set", "file={world}").returncode == 0
        path = case.data / "apps" / "Memory.json"
        path.write_text(path.read_text().replace("memory-account", "an-old-account"))
        refused(case, case.host.run("validate", "Memory"), 1,
                "Memory was connected to the account an-old-account, but these credentials belong to the account memory-account. Nothing was "
                "read; connect that account as an app of its own.")


def app_by_hand():
    with Case() as case:
        assert case.connect("--set", "file={world}").returncode == 0
        path = case.data / "apps" / "Memory.json"
        path.write_text(path.read_text().replace('"trust":"read"', '"trust":"red"'))
        refused(case, case.host.run("validate", "Memory"), 2, f'{path}: trust is "red", but must be read or read-write.')


def app_unknown():
    with Case() as case:
        refused(case, case.host.run("validate", "Nobody"), 2,
                'There is no app "Nobody": none was connected yet in {data}. See idc-host modules for what can be.')


def hostile_text():
    """What a service says may hold anything: terminals see it escaped, programs see it as it is."""
    with Case() as case:
        case.write("world", WORLD)
        assert case.connect("--set", "file={world}", "--set", "grant_scope=read.all").returncode == 0
        path = case.data / "apps" / "Memory.json"
        app = json.loads(path.read_text())
        app["name"] = "a\u202eb\u001b[31m"
        app["account"] = "x\u001b[2J"
        path.write_text(json.dumps(app))
        done = case.host.run("validate", "Memory")
        assert done.returncode == 1 and "\x1b" not in done.stderr and "x\\x1b[2J" in done.stderr, done.stderr
        told = json.loads(case.host.run("validate", "Memory", "--json").stdout)
        assert "x\x1b[2J" in told["errors"][0]["message"], told


# ---- modules that are not what they should be ----

def modules_copied(case):
    """The memory connector and its manifest in a folder of the case's own."""
    folder = case.folder / "modules"
    folder.mkdir(mode=0o700)
    shutil.copy(pathlib.Path(MODULES) / "memory.so", folder)
    shutil.copy(pathlib.Path(MODULES).parent / "manifest" / "memory.json", folder)
    case.host = programs.Host(IDC_HOST, str(folder))
    shutil.rmtree(case.host.folder)
    case.host.folder = case.folder
    return folder


def changed_by_one_byte():
    with Case() as case:
        module = modules_copied(case) / "memory.so"
        assert case.connect("--set", "file={world}").returncode == 0
        before = module.read_bytes()
        module.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        for command in (("validate", "Memory"), ("capabilities", "memory"), ("modules",)):
            done = case.host.run(*command, "--json")
            told = json.loads(done.stdout)
            assert done.returncode == 1 and [error["code"] for error in told["errors"]] == ["module_changed"], told
            assert f"The module {module} is not the one that its manifest" in done.stderr, done.stderr
        module.write_bytes(before)
        case.host.succeed("validate", "Memory")


def writable_by_others():
    with Case() as case:
        folder = modules_copied(case)
        module = folder / "memory.so"
        module.chmod(0o646)
        refused(case, case.host.run("capabilities", "memory"), 1,
                f"The module is refused: others than its owner may write to {module} (mode 0646). Take that away: chmod go-w {module}")
        module.chmod(0o644)
        (folder / "memory.json").chmod(0o664)
        manifest = folder / "memory.json"
        done = case.host.run("capabilities", "memory")
        refused(case, done, 1, f"The manifest is refused: others than its owner may write to {manifest} (mode 0664). Take that away: chmod "
                f"go-w {manifest}")


def manifest_unknown_key():
    with Case() as case:
        folder = modules_copied(case)
        manifest = json.loads((folder / "memory.json").read_text())
        manifest["colour"] = "red"
        (folder / "memory.json").write_text(json.dumps(manifest))
        done = case.host.run("modules")
        assert done.returncode == 0
        assert f"Warning: {folder}/memory.json: colour is not known to this host and was ignored." in done.stderr.splitlines(), done.stderr


def modules_found():
    with Case() as case:
        said = case.host.succeed("modules")
        assert "idc-host connect memory" in said, said
        assert "memory" not in case.host.succeed("modules", "nothing-like-it").splitlines()[0].split(), said
        told = json.loads(case.host.succeed("modules", "MEMO", "--json"))
        assert [(module["id"], module["verified"]) for module in told["modules"]] == [("memory", True)], told
        refused(case, case.host.run("--modules", str(case.folder / "none"), "modules"), 1,
                f"There are no connectors: neither {case.folder}/none nor {case.folder}/manifest can be read (Error opening directory "
                f"“{case.folder}/none”: No such file or directory). Say where they are with --modules.")


def capabilities_shown():
    with Case() as case:
        said = case.host.succeed("capabilities", "memory")
        rows = [line.rstrip() for line in said.splitlines()]
        assert "List Groups             Yes" in rows and "Delete User             No, a line is for ever" in rows, rows
        refused(case, case.host.run("capabilities", "memry"), 2, 'There is no connector "memry"; did you mean memory?')


def on_terminal(columns, *arguments):
    """The lines of a command whose output goes to a terminal that is so wide."""
    leader, follower = os.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    done = subprocess.run([IDC_HOST, "--modules", MODULES, *arguments], stdin=subprocess.DEVNULL, stdout=follower, check=True)
    os.close(follower)
    said = b""
    try:
        while chunk := os.read(leader, 65536):
            said += chunk
    except OSError:  # what a terminal says when its last writer is gone
        pass
    os.close(leader)
    assert done.returncode == 0
    return [line.rstrip() for line in said.decode().splitlines()]


def table_fits():
    lines = on_terminal(43, "capabilities", "memory")
    assert max(map(len, lines)) <= 43, lines
    assert "Delete User        No, a line is for" in lines and "                   ever" in lines, lines
    assert "Delete User             No, a line is for ever" in on_terminal(200, "capabilities", "memory")


# ---- usage ----

def usage_errors():
    with Case() as case:
        for arguments, sentence in [
            (("modles",), 'There is no command "modles"; did you mean modules? See idc-host --help.'),
            (("connect",), "Something is missing: it is idc-host connect CONNECTOR. See idc-host connect --help."),
            (("modules", "a", "b"), '"b" is one argument too many. See idc-host modules --help.'),
            (("modules", "--colour"), "Unknown option --colour. See idc-host modules --help."),
            (("--colour", "modules"), "Unknown option --colour. See idc-host --help."),
            (("validate", "--data"), "Missing argument for --data. See idc-host validate --help."),
        ]:
            refused(case, case.host.run(*arguments), 2, sentence)
            told = json.loads(case.host.run("--json", *arguments).stdout)
            assert told["exit"] == 2 and told["errors"][0]["message"] == sentence, told


def help_everywhere():
    with Case() as case:
        said = case.host.succeed("--help")
        commands = re.findall(r"^  ([a-z]+) ", said, re.MULTILINE)
        assert {"modules", "capabilities", "connect", "validate"} <= set(commands), commands
        assert case.host.succeed("help") == said == case.host.succeed("-h")
        for command in commands:
            said = case.host.succeed(command, "--help")
            assert said.startswith(f"Usage:\n  idc-host {command} "), said
            assert "--modules=DIR" in said and "--json" in said, said


def globals_anywhere():
    with Case() as case:
        before = case.host.run("--json", "modules").stdout
        after = case.host.run("modules", "--json").stdout
        strip = re.compile(r'"(started|finished)":"[^"]*"')
        assert strip.sub("", before) == strip.sub("", after)


def quiet():
    with Case() as case:
        done = case.host.run("--quiet", "modules")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        done = case.host.run("--quiet", "capabilities", "memry")
        assert done.returncode == 2 and done.stderr.startswith("Error: "), done.stderr


def output_lost():
    with Case() as case, open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([IDC_HOST, "--modules", MODULES, "modules"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        refused(case, done, 1, "The output could not be written in full; its reader ended early or the disk is full.")


def no_locale():
    """Names are UTF-8 in a container without any locale too."""
    with Case() as case:
        case.write("world", WORLD)
        environment = {"PATH": os.environ["PATH"], "HOME": str(case.folder)}
        environment.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})
        command = [IDC_HOST, "--data", str(case.data), "--modules", MODULES]
        done = subprocess.run([*command, "connect", "memory", "--set", f"file={case.world}", "--name", "Zoë 王芳"], capture_output=True,
                              check=False, env=environment)
        assert done.returncode == 0, done.stderr
        assert json.loads((case.data / "apps" / "Memory.json").read_bytes())["name"] == "Zoë 王芳"


def data_from_environment():
    with Case() as case:
        environment = {"PATH": os.environ["PATH"], "HOME": str(case.folder), "IDC_DATA": str(case.folder / "elsewhere"), "IDC_MODULES": MODULES}
        environment.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})
        done = subprocess.run([IDC_HOST, "connect", "memory", "--set", f"file={case.world}"], capture_output=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr
        assert (case.folder / "elsewhere" / "apps" / "Memory.json").exists()


def main():
    for name, arguments, exit_status, status, code, sentence in CONNECTS:
        tap.check(f"connect: {name}", connect_refused, arguments, exit_status, status, code, sentence)
    for name, behaviour in [
        ("connect: a taken identifier is refused with a proposal, for ever and without case", identifier_taken),
        ("connect: another app on the same account is refused unless it is wanted", same_account),
        ("connect: the app is saved whole, and nobody else can read it", saved_whole),
        ("connect: the first sync is full and runs for a manual app too", first_sync_runs),
        ("connect: a first sync that fails leaves the app and says how to go on", first_sync_fails),
        ("connect: a first sync that is partial exits 3", first_sync_partial),
        ("connect: a refused secret is not repeated", secret_refused_unseen),
        ("connect: a secret is read from standard input", secret_from_input),
        ("connect: a secret that stays in its file is read at each use", secret_by_reference),
        ("connect: a relative path is kept as the absolute one that it means", path_made_absolute),
        ("connect: what cannot happen when someone leaves is said at once", termination_told),
        ("connect: --print-setup fills in address and scopes and touches nothing", setup_printed),
        ("connect: --print-setup has a form for programs", setup_prints_json),
        ("connect: a data folder that others may write to is refused", data_refused),
        ("validate: tells as whom, scopes, kinds and costs, and exits 3 where a kind cannot be read", validates),
        ("validate: what a full sync costs follows the last snapshot", costs_from_snapshot),
        ("validate: another account than the app's is refused", other_account),
        ("validate: an app that was edited wrongly is refused with file, path and what is allowed", app_by_hand),
        ("validate: an unknown app is told", app_unknown),
        ("validate: what a service says is escaped for people and exact for programs", hostile_text),
        ("modules: one changed byte is refused by every command", changed_by_one_byte),
        ("modules: a module or manifest that others may write to is refused", writable_by_others),
        ("modules: an unknown key of a manifest is told and tolerated", manifest_unknown_key),
        ("modules: finds, filters and tells how to connect", modules_found),
        ("capabilities: shows the manifest's table", capabilities_shown),
        ("capabilities: a table fits the terminal and breaks between words", table_fits),
        ("usage: each mistake is told with where to look", usage_errors),
        ("usage: help stands everywhere", help_everywhere),
        ("usage: global options are taken before and after the command", globals_anywhere),
        ("usage: --quiet leaves errors only", quiet),
        ("usage: output that cannot be written is a failure", output_lost),
        ("usage: names are UTF-8 without a locale", no_locale),
        ("usage: folders come from the environment", data_from_environment),
    ]:
        tap.check(name, behaviour)
    tap.finish()


if __name__ == "__main__":
    main()
