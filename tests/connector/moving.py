#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""An account that somebody changes while it is read: nothing that stayed is ever missing. usage: moving.py IDC_HOST MODULES

Each change comes just before or just after one certain page is answered. What is stored then has everything that was there both before
and after, and nothing that was there at neither time; or it is told that the list is partial. Where one person or thing comes or goes,
the list has to be whole.
"""
import sys

import account
import tap
from simulator import Simulator

IDC_HOST, MODULES = sys.argv[1:]
FIRST, LAST = "! first", "\u00ff last"  # names at either end of the alphabet
SMALL = {"users": 30, "teams": 4, "memberships": 30, "policies": 6, "schedules": 4, "stubs": 0}
# For each list a world in which it has so many pages: the path, its kind, its pages, the world.
LISTS = [
    ("/users", "user", 4, {**SMALL, "users": 320, "memberships": 200}),
    ("/teams", "team", 3, {**SMALL, "teams": 210, "memberships": 250}),
    ("/escalation_policies", "policy", 3, {**SMALL, "policies": 205}),
    ("/schedules", "schedule", 3, {**SMALL, "schedules": 204}),
]
MEMBERS = "/teams/{id}/members"


def keys(rows):
    """Who holds what, and how: a grant without the names, which may be either."""
    return {(row[0], row[2], row[5]) for row in rows}


def ids(state):
    return {user["id"] for user in state["principals"]}, {item["id"] for item in state["entitlements"]}


def is_there(change, users, entitlements):
    """Whether what the change deletes is stored."""
    kind = change["op"].removeprefix("delete_")
    name = f"{kind}:{change[kind]}"
    return change[kind] in users if kind == "user" else any(id == name or id.startswith(name + ":") for id in entitlements)


def moved(simulator, changes, at, whole, gone=None, **settings):
    """One first list with the changes at that request. whole: it must not be partial. gone: what must not be there any more, as a change names it."""
    before, state_before = keys(account.grants_of(simulator)), ids(simulator.state())
    simulator.mutate(*changes, at=at)
    with account.Account(IDC_HOST, MODULES, simulator) as host:
        outcome = host.attempt(**settings)
        stored = keys(host.grants())
        stored_ids = {row["user_id"] for row in host.rows("users")}, {row["entitlement_id"] for row in host.rows("entitlements")}
    trigger = simulator.control("GET", "mutate")["triggers"][0]
    assert trigger["fired"] == 1 and trigger["error"] is None, trigger
    after, state_after = keys(account.grants_of(simulator)), ids(simulator.state())
    outcome.expect(0, 3)
    partial = {kind for kind, _ in outcome.reasons}
    assert not (whole and partial), outcome.reasons
    missing = (before & after) - stored
    assert not missing or "grants" in partial, f"{len(missing)} grants are missing and nobody says so: {sorted(missing)[:4]}"
    invented = stored - before - after
    assert not invented, f"{len(invented)} grants were never there: {sorted(invented)[:4]}"
    assert gone is None or not is_there(gone, *stored_ids), f"{gone} was not noticed"
    for kind, got, old, new in zip(("users", "entitlements"), stored_ids, state_before, state_after):
        assert old & new <= got or kind in partial, f"{kind} are missing and nobody says so: {sorted((old & new) - got)[:4]}"
        assert got <= old | new, f"{kind} were never there: {sorted(got - old - new)[:4]}"


def begin(simulator, path, world):
    """A new world; ids in the order of that list."""
    simulator.reset(**world)
    listed = [item["id"] for item in simulator.everything(path, path[1:])]
    simulator.forget_journal()
    return listed


def request(path, page, when):
    """The one for that page: a connect asks each list for its size first."""
    return {"route": path, "nth": page + 1, "when": when}


def one_changes(simulator, path, kind, world, page, when, make):
    """Well before that page's end, and well after it; pages ahead of their turn, and one by one."""
    for position, concurrency in ((99 * page - 60, 4), (99 * page + 20, 1)):
        listed = begin(simulator, path, world)
        place = min(position, len(listed) - 1)
        # what goes before the last page is read is seen by the totals
        change = make(kind, listed[place], place < len(listed) // 2)
        gone = change if make is deleted and 99 * page < len(listed) else None
        moved(simulator, [change], request(path, page, when), True, gone, concurrency=concurrency)


def two_cancel_out(simulator, path, kind, world, page, pair):
    """Neither the total nor the number of rows tells."""
    for concurrency in (1, 4):
        listed = begin(simulator, path, world)
        moved(simulator, pair(kind, listed), request(path, page, "before"), False, concurrency=concurrency)


def deleted(kind, thing, _early):
    return {"op": f"delete_{kind}", kind: thing}


def added(kind, _thing, early):
    more = {"user": {"email": "newcomer@northwind.example"}, "team": {}, "policy": {"levels": [{"users": [3]}]}, "schedule": {"users": [3, 5]}}
    return {"op": f"add_{kind}", "name": FIRST if early else LAST, **more[kind]}


def renamed(kind, thing, early):
    """To the other end of the alphabet: what is sorted by name moves across the page."""
    return {"op": f"rename_{kind}", kind: thing, "name": LAST if early else FIRST}


def one_for_another(kind, listed):
    """One at the front goes while one comes at the end: all rows in between move."""
    return [deleted(kind, listed[5], True), added(kind, None, False)]


def change_of_places(kind, listed):
    """One from the front goes to the end, one from the end to the front: no row in between moves, and one of the two is not seen."""
    return [renamed(kind, listed[5], True), renamed(kind, listed[-5], False)]


# ---- what lists name of one another ----

def one_team(simulator):
    """A world with one large team of three pages: its id, and its members in order."""
    simulator.reset(**{**SMALL, "users": 330, "teams": 1, "memberships": 250})
    team = simulator.get("/teams").json["teams"][0]["id"]
    members = [member["user"]["id"] for member in simulator.everything(f"/teams/{team}/members", "members")]
    outsider = next(user["id"] for user in simulator.state()["principals"] if user["id"] not in members and not user["role"].startswith("read_only"))
    simulator.forget_journal()
    return team, members, outsider


def member_changes(simulator, page, change):
    for concurrency in (1, 4):
        team, members, outsider = one_team(simulator)
        moved(simulator, change(team, members, outsider), {"route": MEMBERS, "nth": page, "when": "before"}, change is not swap,
              concurrency=concurrency)


def leaves(team, members, _outsider):
    return [{"op": "remove_member", "team": team, "user": members[5]}]


def joins(team, _members, outsider):
    return [{"op": "add_member", "team": team, "user": outsider, "role": "observer"}]


def swap(team, members, outsider):
    return leaves(team, members, outsider) + joins(team, members, outsider)


def dies(_team, members, _outsider):
    return [{"op": "delete_user", "user": members[5]}]


def is_promoted(team, members, _outsider):
    return [{"op": "set_team_role", "team": team, "user": user, "role": "manager"} for user in members[90:110]]


def between(simulator, at, change, gone=False, whole=True):
    """Somebody changes something after one list was read and before another one."""
    simulator.reset(**{**SMALL, "users": 60})
    state = simulator.state()
    changes = change(state)
    simulator.forget_journal()
    moved(simulator, changes, {"nth": 1, **at}, whole, changes[0] if gone else None)


def held(state, kind):
    """An entitlement of that kind that somebody holds, as the resource's id, and one who does."""
    grant = next(grant for grant in state["grants"] if grant["kind"] == kind and not grant["via"])
    return grant["entitlement_id"].split(":")[1], grant["user_id"]


BETWEEN = [
    ("a team that is deleted between the list of teams and its members is not there", {"route": MEMBERS, "when": "before"},
     lambda state: [{"op": "delete_team", "team": held(state, "group")[0]}]),
    ("a user who is deleted between the list of users and the members is not there", {"route": MEMBERS, "when": "before"},
     lambda state: [{"op": "delete_user", "user": held(state, "group")[1]}]),
    ("a user who is invited and put on a team after the list of users is there or not", {"route": MEMBERS, "when": "before"},
     lambda state: [{"op": "add_user", "name": "New", "email": "new@northwind.example"},
                    {"op": "add_member", "team": held(state, "group")[0], "user": "new@northwind.example", "role": "observer"}]),
    ("a team that is made after the list of teams costs nothing, or it is told", {"route": "/users", "nth": 2, "when": "before"},
     lambda state: [{"op": "add_team", "name": "New"}, {"op": "add_member", "team": "New", "user": 3, "role": "observer"}]),
    ("a user who is deleted between the list of users and the policies costs nothing else",
     {"route": "/escalation_policies", "nth": 2, "when": "before"},
     lambda state: [{"op": "delete_user", "user": held(state, "policy")[1]}]),
    ("a policy that is edited before it is read costs nothing else", {"route": "/escalation_policies", "nth": 2, "when": "before"},
     lambda state: [{"op": "set_policy", "policy": held(state, "policy")[0], "levels": [{"users": [4]}]}]),
    ("a user who is taken off a schedule between schedules and policies costs nothing else",
     {"route": "/escalation_policies", "nth": 2, "when": "before"},
     lambda state: [{"op": "remove_schedule_user", "schedule": held(state, "schedule")[0], "user": held(state, "schedule")[1]}]),
    ("a user whose base role changes while the list is made costs nothing else", {"route": MEMBERS, "when": "before"},
     lambda state: [{"op": "set_role", "user": held(state, "group")[1], "role": "observer"}]),
]


def main():
    with Simulator(switches={"rate_limit": "0"}) as simulator:
        for path, kind, pages, world in LISTS:
            for verb, make in (("is deleted", deleted), ("is added", added), ("is renamed", renamed)):
                for page in range(1, pages + 1):
                    for when in ("before", "after"):
                        tap.check(f"a {kind} that {verb} just {when} page {page} costs no other {kind} and no grant", one_changes, simulator,
                                  path, kind, world, page, when, make)
            for text, pair in ((f"a {kind} that goes while another comes", one_for_another), (f"two {kind} names that change places", change_of_places)):
                for page in range(2, pages + 1):
                    tap.check(f"{text} just before page {page} costs nothing, or it is told", two_cancel_out, simulator, path, kind, world, page,
                              pair)
        for text, change in (("leaves", leaves), ("joins", joins), ("leaves while another joins", swap), ("is deleted", dies),
                             ("gets another role with nineteen others", is_promoted)):
            for page in (1, 2, 3):
                tap.check(f"a member who {text} just before page {page} costs nobody else's membership", member_changes, simulator, page, change)
        for name, at, change in BETWEEN:
            tap.check(name, between, simulator, at, change, "is not there" in name, "or it is told" not in name)
    tap.finish()


if __name__ == "__main__":
    main()
