#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""connect as somebody types it at a terminal. usage: interview.py IDC_HOST MODULES"""
import json
import os
import re
import sys

import programs
import tap
import terminal

IDC_HOST, MODULES = map(os.path.abspath, sys.argv[1:])
WORLD = ("resource\tteam:1\tteam\tOps\nentitlement\te1\tgroup\tOps manager\tteam:1\nentitlement\te2\tgroup\tOps observer\tteam:1\n"
         "entitlement\tn1\tschedule\tNights\tteam:1\tassignable=false\nprincipal\tp1\tAnn\temail=ann@example.org\ngrant\tp1\te1\n")


class Terminal(terminal.Terminal):
    def __init__(self, host, *arguments):
        super().__init__(host._command(arguments), host._environment())


class Case:
    def __init__(self):
        self.host = programs.Host(IDC_HOST, MODULES)
        self.data = self.host.folder / "data"
        self.world = self.host.folder / "world"
        self.world.write_text(WORLD)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.host.__exit__()

    def app(self, name="Memory"):
        return json.loads((self.data / f"apps/{name}.json").read_text())

    def untouched(self):
        assert not list((self.data / "apps").glob("*"))
        for name in ("identifiers", "secrets.db", "key"):
            assert not (self.data / name).exists(), name


def all_by_enter():
    """What has a default needs no typing; what has none is asked for."""
    with Case() as case, Terminal(case.host, "connect", "memory") as terminal:
        terminal.answer("Identifier [Memory]: ", "")
        terminal.answer("Trust [read]: ", "")
        terminal.answer("Sync [hourly]: ", "")
        terminal.answer("Owner: ", "")
        said = terminal.wait("Press Enter when that is done: ")
        assert "Memory cannot do this: Delete User. What happens instead when someone leaves" in said, said
        assert "the redirect would be http://localhost:8765/application/oauthProcessCode/Memory." in said, said
        assert "2. Scopes\n   Tick these: read.all read.more" in said, said
        terminal.type("")
        terminal.wait("File: the text file that is the service.")
        terminal.answer("\nFile: ", str(case.world))
        terminal.answer("or Enter to go on: ", "")
        said = terminal.wait("[no]: ")
        assert "Memory answers to memory@example.org, account memory-account." in said, said
        terminal.type("")
        said = terminal.end(0)
        assert "Saved as Memory." in said and "e1" in case.host.succeed("show", "Memory", "grants", "--csv"), said
        assert case.app()["sync"] == "hourly" and case.app()["owners"] == [], case.app()


def manual_syncs_once():
    with Case() as case, Terminal(case.host, "connect", "memory", "--identifier", "Once", "--trust", "read", "--sync", "manual", "--owner",
                                  "ann@example.org", "--set", f"file={case.world}") as terminal:
        terminal.answer("Press Enter when that is done: ", "")
        terminal.answer("or Enter to go on: ", "")
        terminal.answer("[no]: ", "")
        terminal.end(0)
        assert "ann@example.org" in case.host.succeed("show", "Once", "users", "--csv")


def twelve_wrong_answers():
    with Case() as case:
        case.host.succeed("connect", "memory", "--yes", "--identifier", "Memory", "--set", f"file={case.world}")
        with Terminal(case.host, "connect", "memory", "--same-account") as terminal:
            def wrong(question, answer, sentence):
                terminal.answer(question, answer)
                said = terminal.wait(question)
                assert sentence in said, f"{answer!r} to {question!r}:\n{said}"
                terminal._seen -= len(question)
            wrong("Identifier: ", "", "Something has to be typed here")
            wrong("Identifier: ", "my memory", '"my memory" is no identifier: it must be 1 to 64 letters, digits, _ and -')
            wrong("Identifier: ", "MEMORY", "The identifier MEMORY is taken")
            terminal.answer("Identifier: ", "Second")
            wrong("Trust [read]: ", "write", 'trust is "write", but must be read or read-write.')
            terminal.answer("Trust [read]: ", "read-write")
            wrong("Sync [hourly]: ", "weekly", 'but must be hourly, daily, manual, or like "every 15m"')
            terminal.answer("Sync [hourly]: ", "daily")
            wrong("Owner: ", "ann", 'owners names "ann", which is no e-mail address.')
            terminal.answer("Owner: ", "ann@example.org")
            assert "Tick these: read.all read.more write.all" in terminal.wait("Press Enter when that is done: ")
            terminal.type("")
            terminal.wait("File: the text file that is the service.")
            wrong("\nFile: ", "", "Something has to be typed here")
            terminal.answer("\nFile: ", str(case.world))
            said = terminal.wait("Type ? to have them explained.")
            assert f"The settings are: file={case.world}, mode=open, " in said and "password, " in said and "WHAT IT IS" not in said, said
            change = "Another setting (KEY=VALUE), or Enter to go on: "
            wrong(change, "moed=strict", 'Memory has no setting "moed"; did you mean mode?')
            wrong(change, "mode=closed", 'The setting mode is "closed", but must be open or strict')
            wrong(change, "mode", "Type mode=VALUE, or Enter to go on.")
            wrong(change, "?", "WHAT IT IS")
            wrong(change, "token=abc", "A permanent token is not accepted")
            wrong(change, "password=secret", "password is a secret: type its name alone")
            terminal.answer(change, "mode=strict", "")
            # Because of that answer a secret is needed now.
            terminal.wait("Password (not shown): ")
            assert not terminal.shows_typing()
            terminal.type("wrong-hemlock")
            said = terminal.wait("or Enter to try again: ")
            assert "The service refused the password." in said, said
            terminal.type("password")
            terminal.wait("Password (not shown): ")
            terminal.type("secret")
            terminal.answer("or Enter to try again: ", "")
            terminal.wait("[no]: ")
            terminal.type("perhaps")
            assert '"perhaps" is neither yes nor no.' in terminal.wait("[no]: ")
            terminal.type("yes")
            entitlement = "or Enter when that is all: "
            assert "2 entitlements can be given." in terminal.wait(entitlement)
            terminal.type("nights")
            assert 'Nothing that can be given is called "nights".' in terminal.wait(entitlement)
            terminal.type("ops")
            said = terminal.wait(entitlement)
            assert "Ops manager" in said and "2 fit. Type the id of one, or more of its name." in said, said
            terminal.type("OBSERV")
            assert "New users get Ops observer (e2)." in terminal.wait(entitlement)
            terminal.type("")
            text = terminal.end(0)
        assert "hemlock" not in text, text
        app = case.app("Second")
        assert (app["trust"], app["sync"], app["owners"], app["default_entitlements"]) == (
            "read-write", "daily", ["ann@example.org"], ["e2"]), app


def broken_off():
    """Ctrl-D and Ctrl-C at any question leave nothing, and a terminal that shows what is typed."""
    for stop in (b"\x04", b"\x03"):
        for n in range(3):
            with Case() as case, Terminal(case.host, "connect", "memory", "--trust", "read", "--sync", "daily", "--owner", "a@example.org",
                                          "--set", f"file={case.world}", "--set", "mode=strict") as terminal:
                questions = ["Identifier [Memory]: ", "Press Enter when that is done: ", "Password (not shown): "]
                if n == 2 and stop == b"\x04":
                    continue  # nothing was typed: it is asked for again
                for question in questions[:n]:
                    terminal.answer(question, "")
                terminal.wait(questions[n])
                os.write(terminal.fd, stop)
                said = terminal.end(1)
                assert "nothing was saved" in said, said
                case.untouched()


def with_browser():
    """The browser is opened with the link, and comes back while the terminal waits."""
    with Case() as case:
        tool = case.host.folder / "xdg-open"
        tool.write_text("#!/usr/bin/python3\nimport sys, time, urllib.parse, urllib.request\n"
                        "query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(sys.argv[1]).query))\n"
                        "time.sleep(0.3)\n"
                        "urllib.request.urlopen(query['redirect_uri'] + '?code=read&state=' + query['state']).read()\n")
        tool.chmod(0o755)
        case.host.environment = {"PATH": f"{case.host.folder}:{os.environ['PATH']}", "DISPLAY": ":0"}
        arguments = ["connect", "memory", "--trust", "read", "--sync", "daily", "--owner", "a@example.org", "--identifier", "Seen", "--set",
                     f"file={case.world}", "--set", "sign_in=person", "--redirect-uri", "http://localhost:{port}/back"]
        port = 20000 + os.getpid() % 20000
        with Terminal(case.host, *(argument.format(port=port) for argument in arguments)) as terminal:
            said = terminal.wait("Press Enter when that is done: ")
            assert f"the redirect would be http://localhost:{port}/back." in said, said
            terminal.type("")
            terminal.answer("or Enter to go on: ", "")
            said = terminal.wait("[no]: ")
            assert "lives for seconds only" in said and "A browser was opened." in said, said
            assert said.index("lives for seconds only") < said.index("http://127.0.0.1:1/authorize"), said
            terminal.type("")
            assert "Saved as Seen." in terminal.end(0)


def json_asks_nothing():
    with Case() as case, Terminal(case.host, "--json", "connect", "memory") as terminal:
        said = terminal.end(2)
        told = json.loads(re.search(r"^\{.*\}$", said, re.MULTILINE | re.DOTALL).group(0))
        assert told["errors"][0]["code"] == "setting_missing", told


def main():
    for name, behaviour in [
        ("what has a default takes one key each", all_by_enter),
        ("the first sync runs also where syncs are manual, and nothing that was given is asked", manual_syncs_once),
        ("each of twelve wrong answers and more is explained and asked again", twelve_wrong_answers),
        ("broken off at a question it leaves nothing", broken_off),
        ("the browser is opened, and what it brings back is taken", with_browser),
        ("with --json nothing is asked", json_asks_nothing),
    ]:
        tap.check(f"interview: {name}", behaviour)
    tap.finish()


if __name__ == "__main__":
    main()
