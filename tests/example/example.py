#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""The example connector by the host's command line, against its own service. usage: example.py IDC_HOST MODULES SERVICE"""
import csv
import io
import json
import os
import sys

import programs
import tap

IDC_HOST, MODULES, SERVICE = map(os.path.abspath, sys.argv[1:])


class Case:
    """A service with a connected app."""

    def __init__(self, **world):
        self.service = programs.Service(SERVICE, *(f"{key}={value}" for key, value in world.items()))
        self.host = programs.Host(IDC_HOST, MODULES)

    def __enter__(self):
        self.service.start()
        self.host.connect(self.service, "example", "--trust", "read-write")
        return self

    def __exit__(self, *_):
        self.host.__exit__()
        self.service.stop()

    def ask(self, path, body=None):
        return json.loads(self.service.ask(path, body))

    def grants(self):
        return {(row["user_id"], row["entitlement_id"]) for row in self.ask("state")["grants"]}

    def rows(self, what):
        return list(csv.DictReader(io.StringIO(self.host.succeed("show", "Example", what, "--csv"))))

    def shown(self):
        return {(row["user_id"], row["entitlement_id"]) for row in self.rows("grants")}

    def requests(self):
        return [f"{seen['method']} {seen['path']}" for seen in self.ask("journal")["requests"]]

    def writes(self):
        return [seen for seen in self.requests() if not seen.startswith("GET")]

    def fault(self, action, **match):
        self.ask("faults", {"faults": [{"match": match, "action": action}]})

    def calm(self):
        """No more faults."""
        self.service.ask("faults", method="DELETE")

    def fired(self):
        return [fault["fired"] for fault in self.ask("faults")["faults"]]

    def tell(self, exit_status, *arguments):
        done = self.host.run(*arguments, "--json")
        assert done.returncode == exit_status, f"exit {done.returncode}, not {exit_status}: {arguments}\n{done.stdout}{done.stderr}"
        return json.loads(done.stdout)

    def one(self, exit_status, *arguments):
        """The only item of a change."""
        (item,) = self.tell(exit_status, *arguments)["items"]
        return item


def same(case):
    state = case.ask("state")
    assert case.shown() == case.grants(), case.shown() ^ case.grants()
    shown = {(row["user_id"], row["name"], row["email"]) for row in case.rows("users")}
    held = {(person["id"], person["name"], person["email"] or "") for person in state["principals"]}
    assert shown == held, shown ^ held
    shown = {(row["entitlement_id"], row["name"], row["assignable"]) for row in case.rows("entitlements")}
    held = {(club["id"], club["name"], str(club["assignable"]).lower()) for club in state["entitlements"]}
    assert shown == held, shown ^ held


def shows_what_is_there():
    with Case() as case:
        same(case)
        assert not case.writes(), case.writes()
        wrong = [seen["violations"] for seen in case.ask("journal")["requests"] if seen["violations"]]
        assert not wrong, wrong


def lists_any_size():
    for people in (0, 1, 49, 50, 51, 1000):
        with Case(people=people) as case:
            same(case)


def follows_changes():
    with Case() as case:
        case.ask("mutate", {"changes": [{"op": "delete_person", "person": "p000112"}, {"op": "leave", "club": "c002", "person": "p000007"},
                                        {"op": "add_club", "club": "c100", "name": "New"}, {"op": "delete_club", "club": "c005"},
                                        {"op": "add_person", "person": "new", "name": "New"}, {"op": "join", "club": "c004", "person": "new"}]})
        case.tell(0, "sync", "Example")
        same(case)


def lists_who_comes_late():
    with Case() as case:
        late = [{"op": "add_person", "person": "a0", "name": "Late"}, {"op": "join", "club": "c001", "person": "a0"},
                {"op": "join", "club": "c007", "person": "a0"}]
        case.ask("mutate", {"at": {"path": "/clubs/c001/members"}, "changes": late})
        case.tell(0, "sync", "Example")
        same(case)


def takes_back_a_club():
    with Case() as case:
        case.ask("mutate", {"at": {"path": "/clubs/c004/members"}, "changes": [{"op": "delete_club", "club": "c004"}]})
        case.tell(0, "sync", "Example")
        same(case)


def adds_and_removes():
    change = ("Example", "p000118", "club:c002:member")
    with Case() as case:
        before = case.grants()
        assert case.one(0, "add", *change)["status"] == "OK"
        assert case.grants() - before == {("p000118", "club:c002:member")}
        assert case.one(0, "add", *change)["status"] == "ALREADY"
        assert case.one(0, "remove", *change)["status"] == "OK"
        assert case.one(0, "remove", *change)["status"] == "ALREADY"
        assert case.grants() == before
        path = "/clubs/c002/members/p000118"
        assert case.writes() == [f"PUT {path}", f"DELETE {path}"], case.writes()


def removes_by_resource():
    with Case() as case:
        effects = case.one(0, "remove", "Example", "p000020", "club:c001")["effects"]
        assert [effect["entitlement_id"] for effect in effects] == ["club:c001:member"], effects
        assert ("p000020", "club:c001:member") not in case.grants()


def foretells():
    with Case() as case:
        foretold = case.one(0, "add", "Example", "p000118", "club:c002:member", "--dry-run")
        assert not case.writes(), case.writes()
        (effect,) = foretold["effects"]
        assert (effect["user_id"], effect["entitlement_id"]) == ("p000118", "club:c002:member"), effect


def refuses_what_service_refuses():
    with Case() as case:
        for change in (("remove", "Example", "p000001", "club:c004:member"), ("add", "Example", "p000060", "club:c006:member")):
            item = case.one(1, *change)
            assert item["status"] == "REFUSED", item
        assert not case.writes(), case.writes()


def provisions_nobody():
    with Case() as case:
        before = len(case.requests())
        done = case.host.run("provision", "Example", "--email", "new@example.com", "--name", "New")
        assert done.returncode == 1 and "join the service by themselves" in done.stderr, done
        assert len(case.requests()) == before, case.requests()[before:]


def writes_once():
    with Case() as case:
        case.fault({"cut": "after"}, method="PUT")
        assert case.one(0, "add", "Example", "p000118", "club:c002:member")["status"] == "OK"
        assert case.fired() == [1] and len(case.writes()) == 1, (case.fired(), case.writes())


def repeats_what_was_lost():
    with Case() as case:
        case.fault({"cut": "before"}, method="PUT")
        assert case.one(0, "add", "Example", "p000118", "club:c002:member")["status"] == "OK"
        assert case.fired() == [1] and len(case.writes()) == 2, (case.fired(), case.writes())


def owns_up():
    with Case() as case:
        case.fault({"cut": "after"}, method="PUT", times=0)
        case.fault({"status": 500, "body": {"error": "broken"}}, method="GET", route="/clubs/{id}/members/{person}", nth=2, times=0)
        item = case.one(4, "add", "Example", "p000118", "club:c002:member")
        assert item["status"] == "INDETERMINATE", item


def keeps_what_was():
    with Case() as case:
        before = case.shown()
        for nth in (1, 2, 3):
            case.fault({"status": 500, "body": {"error": "broken"}}, route="/people", nth=nth, times=0)
            case.tell(7, "sync", "Example")
            assert case.shown() == before
            case.calm()


def tells_a_gap():
    with Case() as case:
        case.fault({"status": 403, "body": {"error": "secret_club"}}, path="/clubs/c002/members", times=0)
        case.ask("mutate", {"changes": [{"op": "leave", "club": "c001", "person": "p000105"}]})
        told = case.tell(3, "sync", "Example")
        assert [gap["kind"] for gap in told["partial"]] == ["grants"], told["partial"]
        assert case.shown() == case.grants()


def wants_the_right_key():
    with programs.Service(SERVICE) as service, programs.Host(IDC_HOST, MODULES) as host:
        done = host.run(*host.connecting(service, "example", secrets={"api_key": "another"}))
        assert done.returncode == 6 and "another" not in done.stdout + done.stderr, done


def main():
    tap.check("a list shows exactly what the service holds, and asks for nothing that is not documented", shows_what_is_there)
    tap.check("a list of nobody, of one, and of any number of pages is whole", lists_any_size)
    tap.check("the next list shows what changed", follows_changes)
    tap.check("somebody who comes while the list is made is listed before what he holds", lists_who_comes_late)
    tap.check("a club that is deleted while the list is made is taken back", takes_back_a_club)
    tap.check("what was given is there, what was taken is gone, and twice is already so without a write", adds_and_removes)
    tap.check("a club's id takes the membership in it", removes_by_resource)
    tap.check("a dry run foretells the effect and writes nothing", foretells)
    tap.check("what the service refuses is refused before it is sent", refuses_what_service_refuses)
    tap.check("nobody is provisioned, and no request is made for it", provisions_nobody)
    tap.check("a write whose answer is lost is looked for, and not made twice", writes_once)
    tap.check("a write that was lost on its way is made after all", repeats_what_was_lost)
    tap.check("a write that nobody can settle is told as unknown", owns_up)
    tap.check("a list that breaks off at any page changes nothing", keeps_what_was)
    tap.check("a club that may not be read is a gap, and the others are whole", tells_a_gap)
    tap.check("a wrong key is told as such, and not shown", wants_the_right_key)
    tap.finish()


if __name__ == "__main__":
    main()
