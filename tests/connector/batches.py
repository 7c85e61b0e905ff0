# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""What a whole batch comes to: items that meet each other, what is foretold of them, and what is told when it breaks off half-way.

usage: batches.py MODULE MANIFEST      the simulator's path is in PD_SIM
"""
import sys

import harbour
import host
from changes import Account
from driver import Driver
from simulator import Simulator
from tap import check, finish

OK, PARTIAL, ALREADY = 0, 2, 3
INVALID, UNAUTHENTICATED, FORBIDDEN, CONFLICT, PROTOCOL, REFUSED, INDETERMINATE = 100, 200, 202, 301, 304, 305, 306
SIDE, EXPECTED = 1, 2
DENIED = {"status": 403, "body": {"error": {"message": "Access Denied", "code": 2010}}}
REJECTED = {"status": 401, "body": {"error": {"message": "Authentication failed", "code": 2006}}}
ALWAYS = 0  # for a fault's "times"


class RealClock(host.Services):
    """Whoever sleeps sleeps: the simulator has a clock, too."""

    def __init__(self, secrets):
        super().__init__(secrets)
        self.log = lambda *_: None


def harbour_account(test, *changes, switches=None, abilities=None, **settings):
    """test(account) on the small account of tests/support/harbour.py."""
    def run():
        with Simulator(switches={"rate_limit": "0", **(switches or {})}) as sim:
            harbour.build(sim, *changes, **({"abilities": abilities} if abilities else {}))
            with Driver(sys.argv[1], sys.argv[2], sim, from_email=harbour.OWNER_EMAIL, **settings) as connector:
                connector.authorize()
                sim.forget_journal()
                test(Account(sim, connector))
            assert sim.summary()["violations"] == 0, [entry for entry in sim.journal() if entry.get("violations")]
    return run


def statuses(outcome):
    return [outcome.results[index].status if index in outcome.results else None for index in range(max(outcome.results) + 1)]


def both_ways(account, operation, *items):
    """The statuses of a dry run and of the run after it, which have to be the same, effects too; and the outcome of the run."""
    foretold = account.change(operation, *items, dry_run=True)
    done = account.change(operation, *items)
    assert statuses(foretold) == statuses(done), (foretold.results, done.results)
    told = [[(effect.index, effect.verb, effect.entitlement) for effect in outcome.effects] for outcome in (foretold, done)]
    assert sorted(told[0], key=str) == sorted(told[1], key=str), told
    return done


def twice(account):
    for operation, item in (("add", ("PFREE01", "team:PQUAY10:observer")), ("add", ("PFREE01", "policy:PEPFR20:1")),
                            ("add", ("PFREE01", "role:observer")), ("remove", ("PFREE01", "policy:PEPFR20:1")),
                            ("remove", ("PFREE01", "team:PQUAY10:observer")), ("remove", ("PUSER01", "role:user"))):
        writes = len(account.writes())
        done = both_ways(account, operation, item, item, item)
        assert statuses(done) == [OK, ALREADY, ALREADY], (item, done.results)
        assert len(account.writes()) == writes + 1, account.writes()[writes:]


def twice_failing(account):
    done = both_ways(account, "add", ("PSTAKE1", "team:PQUAY10:observer"), ("PSTAKE1", "team:PQUAY10:observer"))
    assert statuses(done) == [REFUSED, REFUSED] and done.status == PARTIAL, done.results


def invited_twice(account):
    person = {"email": "once.only@northwind.example", "name": "Once Only"}
    shouted = {**person, "email": "ONCE.only@northwind.example"}
    done = both_ways(account, "provision", person, shouted, {**person, "name": "Another"})
    assert statuses(done) == [OK, ALREADY, INVALID], done.results
    assert done.results[1].remote_id == done.results[0].remote_id is not None
    assert len(account.writes()) == 1 and account.sim.invitations() == {person["email"]: 1}


def contradictions(account):
    done = both_ways(account, "add", ("PFREE01", "team:PQUAY10:observer"), ("PFREE01", "team:PQUAY10:manager"),
                     ("PFREE01", "role:observer"), ("PFREE01", "role:user"))
    assert statuses(done) == [OK, INVALID, OK, INVALID], done.results
    assert "keep one" in done.results[1].message


def one_membership(account):
    for order in (1, -1):
        account.change("add", ("PFREE01", "team:PQUAY10:manager"))
        writes = len(account.writes())
        done = both_ways(account, "remove", *[("PFREE01", "team:PQUAY10"), ("PFREE01", "team:PQUAY10:manager")][::order])
        assert statuses(done) == [OK, ALREADY] and len(account.writes()) == writes + 1, done.results


def level_and_policy(account):
    for order in (1, -1):
        account.change("add", ("PFREE01", "policy:PEPFR20:1"))
        done = both_ways(account, "remove", *[("PFREE01", "policy:PEPFR20"), ("PFREE01", "policy:PEPFR20:1")][::order])
        assert statuses(done) == [OK, ALREADY], done.results


def member_of_an_account_with_roles(account):
    done = both_ways(account, "add", ("PFREE01", "team:PQUAY10:member"), ("PFREE01", "team:PDOCK10:emperor"))
    assert statuses(done) == [CONFLICT, INVALID] and account.writes() == [], done.results


def account_without_team_roles(account):
    plain = ("PFREE01", "team:PQUAY10:member")
    assert statuses(both_ways(account, "add", plain, ("PFREE01", "team:PDOCK10:manager"))) == [OK, CONFLICT]
    account.repeats_without_a_write("add", plain)
    joined = both_ways(account, "add", ("PFREE01", "policy:PEPHB20:2"))
    assert ("PFREE01", "team:PHARB10:member") in joined.grants("added"), joined.effects
    assert statuses(both_ways(account, "remove", plain)) == [OK]
    account.repeats_without_a_write("remove", plain)


def foretold_additions(account):
    """The role first, then the team that it allows, then the policy of that team."""
    done = both_ways(account, "add", ("PSTAKE1", "policy:PEPHB20:2"), ("PSTAKE1", "team:PHARB10:responder"),
                     ("PSTAKE1", "role:limited_user"), ("PSTAKE1", "policy:PEPHB20:1"))
    assert statuses(done) == [OK, OK, OK, OK], done.results
    assert [effect.entitlement for effect in done.effects if effect.entitlement and "team" in effect.entitlement] == \
        ["team:PHARB10:responder"], done.effects
    assert [effect for effect in done.effects if effect.entitlement is None and effect.attr("what")], "the licence was not told"


def foretold_removals(account):
    account.change("add", ("PFREE01", "policy:PEPHB20:2"))
    done = both_ways(account, "remove", ("PFREE01", "team:PHARB10"), ("PFREE01", "policy:PEPHB20"))
    assert statuses(done) == [OK, OK], done.results


def two_levels_join_once(account):
    done = both_ways(account, "add", ("PFREE01", "policy:PEPHB20:1"), ("PFREE01", "policy:PEPHB20:2"))
    assert statuses(done) == [OK, OK], done.results
    assert len([entry for entry in account.writes() if "/teams/" in entry["path"]]) == 1, account.writes()


def everybody_is_paged_always(account):
    done = both_ways(account, "add", ("PLIMIT1", "policy:PEPHB20:1"), ("PUSER01", "policy:PEPHB20:1"))
    assert sorted(effect.principal for effect in done.effects if effect.verb == "changed") == ["PLIMIT1", "PUSER01"], done.effects


def rules_without_targets(account):
    for edit in ([['"targets"', '"tarxets"']], [['"PHARB10"', '"../users"']]):
        account.sim.faults({"match": {"method": "GET", "route": "/escalation_policies/{id}"}, "action": {"edit": edit}})
        done = account.change("add", ("PLIMIT1", "policy:PEPHB20:1"))
        assert statuses(done) == [PROTOCOL], done.results
        assert not [entry for entry in account.sim.journal() if ".." in entry["path"]], account.sim.journal()


def one_unreadable_person(account):
    account.sim.faults({"match": {"method": "GET", "path": "/users/PLIMIT2", "times": ALWAYS}, "action": DENIED})
    done = account.change("add", ("PLIMIT2", "team:PQUAY10:observer"), ("PFREE01", "team:PQUAY10:observer"),
                          ("PLIMIT2", "policy:PEPFR20:1"), ("PFREE01", "policy:PEPFR20:1"))
    assert done.status == PARTIAL and statuses(done) == [FORBIDDEN, OK, FORBIDDEN, OK], done.results


def done_but_not_seen(account):
    """PagerDuty acknowledged the write; then nothing can be read any more."""
    for action, status in ((DENIED, OK), (REJECTED, UNAUTHENTICATED)):
        account.sim.faults({"match": {"method": "GET", "route": "/escalation_policies/{id}", "nth": 2, "times": ALWAYS}, "action": action})
        done = account.change("add", ("PFREE01", "policy:PEPFR20:1"))
        assert done.status == status and statuses(done) == [OK], (done.status, done.results)
        assert done.effects and all(effect.flags & EXPECTED for effect in done.effects), done.effects
        account.sim.clear_faults()
        account.change("remove", ("PFREE01", "policy:PEPFR20:1"))


def done_before_the_records_fail(account):
    account.sim.faults({"match": {"route": "/escalation_policies/{id}/audit/records", "times": ALWAYS}, "action": REJECTED})
    done = account.change("add", ("PFREE01", "policy:PEPFR20:1"))
    assert done.status == UNAUTHENTICATED and statuses(done) == [OK], (done.status, done.results)


def joined_before_the_policy_fails(account):
    """The team is joined and the policy refused: the membership is told, and the item has a result."""
    account.sim.faults({"match": {"method": "PUT", "route": "/escalation_policies/{id}", "times": ALWAYS}, "action": REJECTED})
    done = account.change("add", ("PFREE01", "policy:PEPHB20:2"))
    assert done.status == UNAUTHENTICATED and statuses(done) == [UNAUTHENTICATED], (done.status, done.results)
    assert done.grants("added") == [("PFREE01", "team:PHARB10:observer")], done.effects


def still_seen_by_pagerduty(account):
    account.change("add", ("PFREE01", "policy:PEPHB20:2"))
    done = account.change("remove", ("PFREE01", "team:PHARB10"), ("PFREE01", "policy:PEPHB20"))
    assert statuses(done) == [OK, OK], done.results


def role_of_somebody_else(account):
    """Our write is lost, and meanwhile somebody else gave less than our fallback: it stays."""
    account.sim.mutate({"op": "set_role", "user": "PUSER01", "role": "restricted_access"},
                       at={"route": "/users/{id}", "method": "PUT", "when": "before"})
    account.sim.faults({"match": {"method": "PUT", "route": "/users/{id}"}, "action": {"cut": "before"}})
    done = account.connector.change("remove", [("PUSER01", "role:user")])
    assert statuses(done) == [INDETERMINATE] and not done.effects, (done.results, done.effects)
    assert account.role("PUSER01") == "restricted_access"


def role_that_was_ignored(account):
    account.sim.faults({"match": {"method": "PUT", "route": "/users/{id}"},
                        "action": {"status": 200, "body": {"user": {"id": "PUSER01", "type": "user", "role": "user"}}}})
    done = account.change("remove", ("PUSER01", "role:user"))
    assert statuses(done) == [REFUSED] and not done.effects, (done.results, done.effects)


def invited_or_not(account):
    """The answer is lost, the list lags for long, and the address is taken when the invitation is repeated: by whom, nobody knows."""
    account.sim.faults({"match": {"method": "POST", "route": "/users"}, "action": {"cut": "after"}})
    done = account.connector.change("provision", [{"email": "lag.lag@northwind.example", "name": "Lag Lag"}])
    assert statuses(done) == [INDETERMINATE], done.results
    assert account.sim.invitations() == {"lag.lag@northwind.example": 1}


def host_refuses(account):
    """The host takes no more in the middle of a batch: nothing further is told, and no request is made."""
    told = []

    def take(kind):
        told.append(kind)
        return 0 if len(told) < 2 else REFUSED
    done = account.connector.change("add", [(user, "team:PQUAY10:observer") for user in ("PFREE01", "PLIMIT2", "PUSER01", "POBSER1")],
                                    take=take)
    assert done.status == REFUSED and len(told) == 2, (done.status, told)


def main():
    check("an item that stands twice is one write, and already so the second time", harbour_account(twice))
    check("an item that stands twice and fails, fails twice", harbour_account(twice_failing))
    check("an address that stands twice is one invitation, with other attributes it is refused", harbour_account(invited_twice))
    check("items that contradict each other are refused but the first", harbour_account(contradictions))
    check("a membership by its role and by its team is one removal", harbour_account(one_membership))
    check("a policy and its level are one removal", harbour_account(level_and_policy))
    check("a membership without a role is not given where there are roles, nor is an unknown role",
          harbour_account(member_of_an_account_with_roles))
    check("an account without team roles has members, and policies join as such",
          harbour_account(account_without_team_roles, abilities=["teams", "read_only_users"]))
    check("a dry run judges each addition by those before it", harbour_account(foretold_additions))
    check("a dry run judges each removal by those before it", harbour_account(foretold_removals))
    check("who is put on two levels of a team's policy joins the team once", harbour_account(two_levels_join_once))
    check("whoever comes to a level of schedules is told to be paged always", harbour_account(everybody_is_paged_always))
    check("a policy without targets, or of a team whose id is none, is refused", harbour_account(rules_without_targets))
    check("one person who cannot be read keeps nobody else from anything", harbour_account(one_unreadable_person))
    check("what was acknowledged and cannot be looked at is told as done and not seen", harbour_account(done_but_not_seen))
    check("what was done is told even where the records end the batch", harbour_account(done_before_the_records_fail))
    check("a team that was joined is told where the policy then ends the batch", harbour_account(joined_before_the_policy_fails))
    check("a team that PagerDuty still sees a policy on is left a little later",
          harbour_account(still_seen_by_pagerduty, switches={"settle_ms": 900}, services=RealClock))
    check("a lost change of role is not put over somebody else's", harbour_account(role_of_somebody_else))
    check("a role that PagerDuty took and did not give is a failure", harbour_account(role_that_was_ignored))
    check("an invitation that may be ours or somebody else's is unknown", harbour_account(invited_or_not, switches={"read_lag_ms": 600000}))
    check("a host that takes no more is told no more", harbour_account(host_refuses))
    finish()


if __name__ == "__main__":
    main()
