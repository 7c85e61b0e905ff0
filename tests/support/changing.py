# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""idc-host with an app that may write to the simulated account, and what its changes say, held against what they did.

    with Simulator() as sim, Changing(idc_host, modules, sim) as host:
        harbour.build(sim)
        host.may_write()
        host.change(0, "add", [("add", "PFREE01", "team:PQUAY10:observer")])
"""
import shutil
import time

import account
import harbour

WRITES = ("PUT", "POST", "DELETE")
HELD = {"bytes": 1, "every_ms": 600000}
# What a fault does to a request: nothing is done and no answer comes, or it is done and no answer comes.
BEFORE, AFTER = {"status": 503, "body": "", "drip": HELD}, {"drip": HELD}


class Changing(account.Account):
    """Use it in a with block."""

    def may_write(self, *options, **settings):
        self.connected("--trust", "read-write", *options, **{"from_email": harbour.OWNER_EMAIL, **settings})
        return self

    # ---- what is asked for ----

    def file(self, command, rows):
        """The file that a command takes; rows are (action, user, entitlement), or (email, name, role, entitlements) of people."""
        path = self.folder / "rows.csv"
        header = "email,name,role,entitlements" if command == "provision" else "action,user,entitlement"
        path.write_text("\n".join([header, *(",".join(row) for row in rows)]) + "\n")
        return str(path)

    def attempt_change(self, command, rows, *options):
        return account.Outcome(self.run("--json", command, "PagerDuty", "--file", self.file(command, rows), *options))

    def change(self, exits, command, rows, *options):
        """What a change told that ends so."""
        outcome = self.attempt_change(command, rows, *options)
        assert outcome.exit == exits, f"exit {outcome.exit}, not {exits}: {failures(outcome.told)}\n{outcome.said}"
        return outcome.told

    def killed_at(self, fault, command, rows):
        """Whether the command still ran when it was killed: as soon as its request meets the fault."""
        self.simulator.clear_faults()
        self.simulator.faults(fault)
        process = self.start("--quiet", command, "PagerDuty", "--file", self.file(command, rows))
        while process.poll() is None and self.simulator.fault_counts()[0]["fired"] == 0:
            time.sleep(0.002)
        running = process.poll() is None
        process.kill()
        process.wait()
        process.stdout.close()
        self.simulator.clear_faults()
        return running

    # ---- what became of it ----

    def writes(self):
        """The requests since the journal was last forgotten that may have changed something."""
        return [entry for entry in self.simulator.journal() if entry["host"] == "api" and entry["method"] in WRITES]

    def origins(self, *wanted):
        """The differences that the snapshot has seen, of these origins."""
        return [tuple(row[key] for key in ("what", "user_id", "entitlement_id", "origin", "actor")) for row in self.rows("changes")
                if row["origin"] in wanted]

    def good(self):
        """The journal proves itself, a sync makes the snapshot what the service holds, and nothing of ours is called somebody else's."""
        self.succeed("audit", "verify", "PagerDuty")
        self.sync("--full").expect(0)
        account.same(self.grants(), account.grants_of(self.simulator))
        assert self.origins("outside") == [], self.origins("outside")

    # ---- to begin again ----

    def keep(self):
        """Remembers DATA for go_back()."""
        shutil.copytree(self.folder / "data", self.folder / "kept")

    def go_back(self):
        shutil.rmtree(self.folder / "data")
        shutil.copytree(self.folder / "kept", self.folder / "data")


def statuses(told):
    return [item["status"] for item in told["items"]]


def failures(told):
    """The items that were not done, and why."""
    return [(item["user_id"] or item["email"], item["entitlement_id"], item["status"], (item["error"] or {}).get("message"))
            for item in told.get("items", []) if item["status"] not in ("OK", "ALREADY")] + told["errors"]


def effects(told):
    """(verb, user, entitlement) of all effects, in the order in which they are told."""
    return [(effect["verb"], effect["user_id"], effect["entitlement_id"]) for item in told["items"] for effect in item["effects"]]


def held(sim):
    """Who holds what directly."""
    return {(grant["user_id"], grant["entitlement_id"]) for grant in sim.state()["grants"] if not grant["via"]}


def explained(before, after, told):
    """Fails unless the effects, one after the other, lead from what was held to what is held now."""
    now = set(before)
    for verb, user, entitlement in effects(told):
        if entitlement is None or verb not in ("added", "removed"):
            continue
        assert ((user, entitlement) in now) == (verb == "removed"), f"told {verb} {entitlement} of {user}, which changes nothing"
        now ^= {(user, entitlement)}
    assert now == after, f"not told: {sorted(after - now)} came and {sorted(now - after)} went, or told and not so"
