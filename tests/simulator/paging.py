#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Classic paging as the service does it: defaults, clamps, totals, the ceiling, and pages that move."""
import tap
from simulator import Simulator

CEILING = ("Offset+limit exceeds maximum allowed value of 10000. Please try to refine your search to reduce the returned set of "
           "records below this number, like adding a date range.")


def page(sim, path, count, limit, offset, more, total=None):
    answer = sim.get(path)
    assert answer.status == 200, answer
    key = next(iter(answer.json))
    got = (len(answer.json[key]), answer.json["limit"], answer.json["offset"], answer.json["more"], answer.json["total"])
    assert got == (count, limit, offset, more, total), got
    return [item.get("id") for item in answer.json[key]]


def sizes(sim, users):
    sim.reset(users=users)
    ids = [user["id"] for user in sim.everything("/users", "users")]
    assert len(ids) == users and len(set(ids)) == users, (len(ids), len(set(ids)))
    requests = sim.summary()["by_route"]["GET /users"]
    assert requests == max(1, -(-users // 100)), requests


def defaults(sim):
    sim.reset(users=60)
    page(sim, "/users", 25, 25, 0, True)
    page(sim, "/users?offset=25", 25, 25, 25, True)
    page(sim, "/users?offset=50", 10, 25, 50, False)


def more_is_exact(sim):
    sim.reset(users=100)
    page(sim, "/users?limit=100", 100, 100, 0, False)
    page(sim, "/users?limit=99", 99, 99, 0, True)
    page(sim, "/users?limit=50&offset=50", 50, 50, 50, False)
    page(sim, "/users?limit=100&offset=99", 1, 100, 99, False)
    page(sim, "/users?limit=100&offset=100", 0, 100, 100, False)
    page(sim, "/users?limit=100&offset=5000", 0, 100, 5000, False)


def totals(sim):
    sim.reset(users=60, teams=4, memberships=100, empty_teams=0)
    page(sim, "/users?limit=1&total=true", 1, 1, 0, True, 60)
    page(sim, "/users?limit=1&total=false", 1, 1, 0, True, None)
    page(sim, "/teams?total=1", 4, 25, 0, False, 4)
    team = sim.get("/teams").json["teams"][0]["id"]
    members = sim.get(f"/teams/{team}/members?total=true&limit=1").json
    assert members["total"] is None, members["total"]
    assert sim.get("/license_allocations?limit=1").json["total"] == 60
    assert "total" not in sim.get("/v3/schedules?total=true").json


def clamped(sim):
    sim.reset(users=300, switches={"strict": False})
    page(sim, "/users?limit=101", 100, 100, 0, True)
    sim.set(over_limit="refuse")
    assert sim.get("/users?limit=101").status == 400
    sim.set(max_limit=50)
    page(sim, "/users?limit=50", 50, 50, 0, True)
    sim.set(over_limit="clamp")
    page(sim, "/users?limit=100", 50, 50, 0, True)


def bad_numbers(sim):
    sim.reset(users=3, switches={"strict": False})
    for query in ("limit=0", "limit=-1", "limit=x", "offset=-1", "offset=1.5", "limit="):
        answer = sim.get("/users?" + query)
        assert (answer.status, answer.json["error"]["code"]) == (400, 2002), (query, answer)


def ceiling(sim):
    sim.reset(users=10_050, teams=0)
    page(sim, "/users?limit=100&offset=9900", 100, 100, 9900, True)
    answer = sim.get("/users?limit=100&offset=9901")
    assert answer.status == 400, answer
    assert answer.json == {"error": {"message": "Arguments Caused Error", "code": 2002, "errors": [CEILING]}}, answer
    assert sim.get("/users?limit=25&offset=9975").status == 200
    assert sim.get("/license_allocations?limit=100&offset=9950").status == 400


def lower_ceiling(sim):
    sim.reset(users=60, switches={"ceiling": 50})
    assert sim.get("/users?limit=25&offset=25").status == 200
    answer = sim.get("/users?limit=25&offset=26")
    assert answer.status == 400 and "value of 50." in answer.json["error"]["errors"][0], answer


def deletion_shifts(sim):
    sim.reset(users=60)
    everyone = [user["id"] for user in sim.everything("/users", "users")]
    sim.mutate({"op": "delete_user", "user": 3}, at={"route": "/users", "nth": 2, "when": "before"})
    first = page(sim, "/users?limit=20", 20, 20, 0, True)
    second = page(sim, "/users?limit=20&offset=20", 20, 20, 20, True)
    assert first == everyone[:20] and second == everyone[21:41], "one row is skipped, and nothing says so"


def insertion_shifts(sim):
    sim.reset(users=60)
    everyone = [user["id"] for user in sim.everything("/users", "users")]
    sim.mutate({"op": "add_user", "name": "\x01 first", "email": "first@northwind.example"}, at={"route": "/users", "nth": 1, "when": "after"})
    first = page(sim, "/users?limit=20", 20, 20, 0, True)
    second = page(sim, "/users?limit=20&offset=20", 20, 20, 20, True)
    assert first == everyone[:20] and second == everyone[19:39], "one row is repeated"


def rename_moves(sim):
    sim.reset(users=60)
    everyone = [user["id"] for user in sim.everything("/users", "users")]
    sim.mutate({"op": "rename_user", "user": 59, "name": "\x01 first"})
    now = [user["id"] for user in sim.everything("/users", "users")]
    assert now == [everyone[59], *everyone[:59]]


def orders(sim):
    lists = []
    for order in ("name", "id", "created", "mixed"):
        sim.reset(users=120, switches={"list_order": order})
        users = sim.everything("/users", "users", 50)
        lists.append([user["id"] for user in users])
        if order == "name":
            assert [user["name"].encode() for user in users] == sorted(user["name"].encode() for user in users)
        if order == "id":
            assert lists[-1] == sorted(lists[-1])
    assert all(set(one) == set(lists[0]) for one in lists) and len({tuple(one) for one in lists}) == 4


def policies_by_name(sim):
    sim.reset(users=60, policies=40, switches={"list_order": "mixed"})
    names = [policy["name"] for policy in sim.everything("/escalation_policies", "escalation_policies", 30)]
    assert [name.encode() for name in names] == sorted(name.encode() for name in names)
    back = [policy["name"] for policy in sim.everything("/escalation_policies?sort_by=name%3Adesc", "escalation_policies", 30)]
    assert back == names[::-1]


def member_pages(sim):
    sim.reset(users=400, teams=12, memberships=1000, empty_teams=2)
    lengths = []
    for team in sim.everything("/teams", "teams"):
        members = [member["user"]["id"] for member in sim.everything(f"/teams/{team['id']}/members", "members")]
        assert len(members) == len(set(members))
        lengths.append(len(members))
    assert sum(lengths) == 1000 and {0, 1, 99, 100, 101} <= set(lengths), sorted(lengths)


def queries(sim):
    sim.reset(users=300)
    users = sim.everything("/users", "users")
    found = sim.everything("/users?query=ILSE", "users")
    assert [user["id"] for user in found] == [user["id"] for user in users
                                              if "ilse" in user["name"].casefold() or "ilse" in user["email"]]
    assert len(found) > 2
    by_end = [user["id"] for end in "abcdefghijklmnopqrstuvwxyz0123456789_-+'" for user in sim.everything(f"/users?query=%{ord(end):02x}%40", "users")]
    assert sorted(by_end) == sorted(user["id"] for user in users), "each address has one character before its @"
    sim.set(query_at=False)
    assert sim.everything("/users?query=a%40", "users") == []
    sim.set(query_fields="name")
    assert all("ilse" in user["name"].casefold() for user in sim.everything("/users?query=ilse", "users"))


def teams_filter(sim):
    sim.reset(users=200, teams=8, memberships=400)
    teams = [team["id"] for team in sim.everything("/teams", "teams")]
    wanted = {user["id"] for user in sim.everything("/users", "users") if {team["id"] for team in user["teams"]} & set(teams[:2])}
    found = [user["id"] for user in sim.everything(f"/users?team_ids%5B%5D={teams[0]}&team_ids%5B%5D={teams[1]}", "users")]
    assert set(found) == wanted and len(found) == len(wanted)
    assert sim.everything("/users?team_ids%5B%5D=PNOBODY", "users") == []
    policies = sim.everything("/escalation_policies", "escalation_policies")
    found = sim.everything(f"/escalation_policies?team_ids%5B%5D={teams[0]}", "escalation_policies")
    assert [policy["id"] for policy in found] == [policy["id"] for policy in policies if [team["id"] for team in policy["teams"]] == [teams[0]]]


def main():
    with Simulator(switches={"rate_limit": 0}) as sim:
        for users in (0, 1, 99, 100, 101, 1000):
            tap.check(f"{users} users are listed, each once", sizes, sim, users)
        tap.check("a page has 25 rows where nothing is asked for", defaults, sim)
        tap.check("more is true exactly while a row is left", more_is_exact, sim)
        tap.check("total is null unless asked for; of members always, of licence allocations never", totals, sim)
        tap.check("a limit above 100 is clamped and echoed, or refused", clamped, sim)
        tap.check("a limit or offset that is no such number is 400", bad_numbers, sim)
        tap.check("beyond 10,000 rows every page is the literal 400", ceiling, sim)
        tap.check("the ceiling can be lowered", lower_ceiling, sim)
        tap.check("a deletion between two pages makes one row be skipped", deletion_shifts, sim)
        tap.check("an insertion between two pages makes one row be repeated", insertion_shifts, sim)
        tap.check("a rename re-sorts the list", rename_moves, sim)
        tap.check("the order of lists can be changed, their content not", orders, sim)
        tap.check("policies are ordered by name whatever the others are", policies_by_name, sim)
        tap.check("member lists have every size around a page, nobody twice", member_pages, sim)
        tap.check("query finds names and addresses without case, and an @", queries, sim)
        tap.check("team_ids joins teams", teams_filter, sim)
    tap.finish()


if __name__ == "__main__":
    main()
