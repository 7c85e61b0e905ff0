#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Somebody who knows nothing but the README, from an empty DATA to the first sync. usage: newcomer.py IDC_HOST MODULES README [slowly]

What is read is counted at 200 words a minute, what is typed at 200 letters a minute, and each question costs a while to think. With slowly
all of that is waited for; without, it is only added up.
"""
import csv
import io
import os
import pathlib
import re
import sys
import time

import programs
import tap
import terminal

IDC_HOST, MODULES, README = sys.argv[1:4]
SLOWLY = "slowly" in sys.argv[4:]
WITHIN = 600  # seconds
WORDS, LETTERS = 200 / 60, 200 / 60  # a second
THINK, PASTE = 5, 10  # seconds


class Newcomer:
    def __init__(self):
        self.begun = time.monotonic()
        self.spent = {"reading": 0.0, "typing": 0.0, "thinking": 0.0}

    def takes(self, what, seconds):
        self.spent[what] += seconds
        if SLOWLY:
            time.sleep(seconds)

    def reads(self, text):
        self.takes("reading", len(text.split()) / WORDS)
        return text

    def types(self, screen, text):
        self.takes("thinking", THINK)
        self.takes("typing", len(text) / LETTERS)
        screen.type(text)

    def seconds(self):
        machine = time.monotonic() - self.begun - (sum(self.spent.values()) if SLOWLY else 0)
        print(f"# {sum(self.spent.values()) + machine:.0f} s: " + ", ".join(f"{what} {seconds:.0f} s" for what, seconds in self.spent.items()) +
              f", the machine {machine:.0f} s")
        return sum(self.spent.values()) + machine


def first_sync():
    newcomer = Newcomer()
    newcomer.reads(pathlib.Path(README).read_text(encoding="utf-8").split("\n## Looking\n")[0])
    service = [os.environ["PD_SIM"], "--users", "200", "--teams", "8", "--policies", "10", "--schedules", "5", "--exit-with-parent"]
    with programs.Host(IDC_HOST, MODULES) as host, terminal.Terminal(service, host._environment()) as other:
        newcomer.takes("thinking", THINK)
        newcomer.takes("typing", len("./dev sim") / LETTERS)
        told = newcomer.reads(other.wait("elsewhere Enter."))
        (command,) = re.findall(r"^  \./dev host (connect .*)$", told, re.MULTILINE)
        told = " ".join(told.split("When it asks: ")[1].split())
        answers = {f"{label}: ": re.search(rf"{label} (\S+?)[,;]", told).group(1) for label in ("Client ID", "Subdomain")}
        answers["Client secret (not shown): "] = re.search(r"Client secret (\S+),", told).group(1)
        newcomer.takes("thinking", PASTE)
        with terminal.Terminal(host._command(command.split()), host._environment()) as screen:
            questions = re.compile(r"^((?:[A-Z][A-Za-z ]*(?: \[\w+\]| \(not shown\))?|.* or Enter to go on|Press Enter when that is done): |.*\[no\]: )\Z", re.MULTILINE)
            asked = []
            while screen.until(questions):
                question = screen.last_line()
                newcomer.reads(screen.new())
                asked.append(question)
                newcomer.types(screen, answers.get(question, ""))
                assert len(asked) < 20, asked
            newcomer.reads(screen.new())
            said = screen.end(0)
        assert set(answers) < set(asked), (asked, answers)
        assert "Saved as PagerDuty." in said and "This is the first snapshot" in said, said
        assert len(list(csv.reader(io.StringIO(host.succeed("--quiet", "show", "PagerDuty", "users", "--csv"))))) == 201
        assert newcomer.seconds() < WITHIN


def main():
    tap.check("whoever follows the README gets from nothing to the first sync in less than ten minutes", first_sync)
    tap.finish()


if __name__ == "__main__":
    main()
