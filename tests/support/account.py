# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""idc-host with one app on a simulated account: what a sync says, and what is stored afterwards, beside the simulator's own state."""
import collections
import csv
import io
import json
import subprocess

import programs

# What the simulator knows of a grant, in the order of its CSV and of the first columns of the host's.
GRANT = ("user_id", "email", "entitlement_id", "kind", "entitlement_name", "via", "effective")
TABLES = ("users", "entitlements", "grants", "attributes")
COMMANDS_A_SNAPSHOT = len(TABLES)  # that are run for one


class Outcome:
    """How a command of the host's ended: .exit, .told (its JSON), .said (stderr)."""

    def __init__(self, done):
        self.exit = done.returncode
        self.said = done.stderr
        assert done.stdout, f"exit {done.returncode} without an answer: {done.stderr}"
        self.told = json.loads(done.stdout)

    @property
    def error(self):
        """Name of the status and sentence of the error; None where there is none."""
        errors = self.told["errors"]
        return (errors[0]["name"], errors[0]["message"]) if errors else None

    @property
    def reasons(self):
        """Why which kinds are partial."""
        return {(partial["kind"], partial["resource"]): partial["reason"] for partial in self.told.get("partial", [])}

    def expect(self, *exits):
        assert self.exit in exits, f"exit {self.exit}, not {' or '.join(map(str, exits))}: {self.said}"
        return self


class Account(programs.Host):
    """A host on a folder of its own, for one app on one simulator. Use it in a with block."""

    def __init__(self, program, modules, simulator):
        super().__init__(program, modules)
        self.simulator = simulator

    def use_modules(self, modules):
        """Modules from another folder from now on."""
        self._modules = str(modules)

    def attempt(self, *arguments, secrets=(), **settings):
        """connect, whatever comes of it, its first full sync included; the simulator's settings, but for those given here."""
        return Outcome(self.run("--json", *self.connecting(self.simulator, "pagerduty", *arguments, secrets=secrets, **settings)))

    def connected(self, *arguments, **settings):
        self.attempt(*arguments, **settings).expect(0)
        return self

    def sync(self, *arguments, **options):
        return Outcome(self.run("--json", "sync", "PagerDuty", *arguments, **options))

    def csv(self, table):
        """What is stored, byte for byte."""
        command = self._command(["show", "PagerDuty", table, "--csv"])
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, env=self._environment(), timeout=300)
        assert done.returncode in (0, 3), f"exit {done.returncode}: {done.stderr.decode()}"
        return done.stdout

    def rows(self, table):
        return rows(self.csv(table))

    def grants(self):
        """As the simulator tells them."""
        return [tuple(row[name] for name in GRANT) for row in self.rows("grants")]

    def snapshot(self):
        return {table: self.csv(table) for table in TABLES}


def rows(text):
    """CSV in UTF-8 as dictionaries."""
    return list(csv.DictReader(io.StringIO(text.decode(), newline="")))


def grants_of(simulator):
    """The grants in the simulator's state, its lines as rows."""
    return [tuple(row[name] for name in GRANT) for row in rows(simulator.csv().encode())]


def same(got, wanted, what="rows"):
    """Fails unless both hold the same, each as often; says what differs."""
    missing = collections.Counter(wanted) - collections.Counter(got)
    extra = collections.Counter(got) - collections.Counter(wanted)
    said = [f"missing: {row}" for row in list(missing)[:5]] + [f"not there: {row}" for row in list(extra)[:5]]
    counted = f"{what}: {sum(missing.values())} missing and {sum(extra.values())} too many of {len(wanted)}"
    assert not said, "\n".join([counted, *said])
