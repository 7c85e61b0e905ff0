# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""What provision, add and remove do at PagerDuty, and whether they tell all of it: held against the simulator's state before and after.

usage: changes.py MODULE MANIFEST      the simulator's path is in PD_SIM
"""
import random
import sys
import time

from driver import Driver
from simulator import Simulator
from tap import check, finish

OK, PARTIAL, ALREADY = 0, 2, 3
INVALID, NOT_FOUND, CONFLICT, REFUSED = 100, 300, 301, 305
WORLD = dict(users=60, teams=6, memberships=120, policies=8, schedules=4, admins=2, stakeholders=4)
SWITCHES = {"rate_limit": "0"}
CONCURRENCY = "3"


class Account:
  """The simulator and a connector to it, with the questions that these tests ask."""

  def __init__(self, sim, connector):
    self.sim, self.connector = sim, connector

  def grants(self):
    """Direct grants as an auditor sees them."""
    return {(grant["user_id"], grant["entitlement_id"]) for grant in self.sim.state()["grants"] if not grant["via"]}

  def writes(self):
    return [entry for entry in self.sim.journal() if entry["method"] in ("PUT", "POST", "DELETE") and entry.get("host") == "api"]

  def role(self, user):
    return next(person["role"] for person in self.sim.state()["principals"] if person["id"] == user)

  def people(self, *roles):
    return [person["id"] for person in self.sim.state()["principals"] if person["role"] in roles]

  def change(self, operation, *items, **more):
    """Changes, and asserts that the effects on grants are exactly the difference of the states."""
    before = self.grants()
    outcome = self.connector.change(operation, items, **more)
    after = self.grants()
    wanted_added, wanted_removed = sorted(after - before), sorted(before - after)
    if more.get("dry_run"):
      assert before == after, "a dry run wrote"
    else:
      assert outcome.grants("added") == wanted_added, f"told {outcome.grants('added')}, happened {wanted_added}"
      assert outcome.grants("removed") == wanted_removed, f"told {outcome.grants('removed')}, happened {wanted_removed}"
    return outcome

  def all_ok(self, outcome):
    bad = {index: result for index, result in outcome.results.items() if result.status != OK}
    assert outcome.status == OK and not bad, f"{outcome.status} {outcome.message} {bad}"
    return outcome

  def repeats_without_a_write(self, operation, *items):
    writes = len(self.writes())
    outcome = self.change(operation, *items)
    assert all(result.status == ALREADY for result in outcome.results.values()), outcome.results
    assert len(self.writes()) == writes, self.writes()[writes:]


def with_account(test, **settings):
  def run():
    with Simulator(switches=SWITCHES, **WORLD) as sim:
      sender = next(person["email"] for person in sim.state()["principals"] if person["role"] == "owner")
      with Driver(sys.argv[1], sys.argv[2], sim, from_email=sender, **settings) as connector:
        connector.authorize()
        test(Account(sim, connector))
      violations = sim.summary()["violations"]
      assert violations == 0, [entry for entry in sim.journal() if entry.get("violations")]
  return run


def outsider(account, team, *roles):
  """Somebody with one of these base roles who is not on the team."""
  on = {user for user, entitlement in account.grants() if entitlement.startswith(f"team:{team}:")}
  return next(user for user in account.people(*(roles or ("limited_user", "user"))) if user not in on)


def teams(account):
  return [entry["id"].split(":")[1] for entry in account.sim.state()["resources"] if entry["type"] == "team"]


def policies(account):
  """Policies by id, as PagerDuty shows them."""
  return {policy["id"]: policy for policy in account.sim.get("/escalation_policies?limit=100").json["escalation_policies"]}


def team_membership(account):
  team = teams(account)[0]
  user = outsider(account, team)
  account.all_ok(account.change("add", (user, f"team:{team}:observer")))
  account.repeats_without_a_write("add", (user, f"team:{team}:observer"))
  outcome = account.all_ok(account.change("add", (user, f"team:{team}:responder")))
  assert [effect.flags & 1 for effect in outcome.effects if effect.verb == "removed"] == [1]
  account.all_ok(account.change("remove", (user, f"team:{team}:responder")))
  account.repeats_without_a_write("remove", (user, f"team:{team}:responder"))


def team_higher_role(account):
  team = teams(account)[0]
  user = outsider(account, team)
  account.all_ok(account.change("add", (user, f"team:{team}:manager")))
  outcome = account.change("remove", (user, f"team:{team}:observer"))
  assert outcome.status == PARTIAL and outcome.results[0].status == CONFLICT, outcome.results
  assert outcome.results[0].attr("holds_more") == [f"team:{team}:manager"]
  account.all_ok(account.change("remove", (user, f"team:{team}")))


def team_lower_role(account):
  team = teams(account)[0]
  user = outsider(account, team)
  account.all_ok(account.change("add", (user, f"team:{team}:observer")))
  outcome = account.change("remove", (user, f"team:{team}:manager"))
  assert outcome.results[0].status == ALREADY and outcome.results[0].attr("holds") == [f"team:{team}:observer"], outcome.results


def ten_times(account):
  team = teams(account)[0]
  user = outsider(account, team)
  start = account.grants()
  for _ in range(10):
    account.all_ok(account.change("add", (user, f"team:{team}:observer")))
    account.all_ok(account.change("remove", (user, f"team:{team}:observer")))
  assert account.grants() == start


def powerful_and_stakeholders(account):
  team = teams(account)[0]
  writes = len(account.writes())
  outcome = account.change("add", (account.people("admin")[0], f"team:{team}:observer"),
                           (account.people("read_only_user", "read_only_limited_user")[0], f"team:{team}:observer"))
  assert [outcome.results[index].status for index in (0, 1)] == [REFUSED, REFUSED], outcome.results
  assert len(account.writes()) == writes


def free_policy(account, on_team):
  """A policy with a user level that is (not) on a team, and the level."""
  for policy in policies(account).values():
    if bool(policy["teams"]) == on_team:
      for level, rule in enumerate(policy["escalation_rules"], 1):
        if len(rule["targets"]) < 10:
          return policy, level
  raise AssertionError("the world has no such policy")


def policy_target(account):
  policy, level = free_policy(account, on_team=False)
  user = outsider(account, teams(account)[0])
  entitlement = f"policy:{policy['id']}:{level}"
  account.all_ok(account.change("add", (user, entitlement)))
  account.repeats_without_a_write("add", (user, entitlement))
  account.all_ok(account.change("remove", (user, entitlement)))
  account.repeats_without_a_write("remove", (user, entitlement))
  assert policies(account)[policy["id"]]["escalation_rules"] == policy["escalation_rules"]


def policy_many_in_one_write(account):
  policy, level = free_policy(account, on_team=False)
  room = 10 - len(policy["escalation_rules"][level - 1]["targets"])
  targets = {target["id"] for rule in policy["escalation_rules"] for target in rule["targets"]}
  users = [user for user in account.people("limited_user", "user") if user not in targets][:min(room, 5)]
  account.all_ok(account.change("add", *((user, f"policy:{policy['id']}:{level}") for user in users)))
  assert len(account.writes()) == 1, account.writes()


def policy_of_a_team(account):
  policy, level = free_policy(account, on_team=True)
  team = policy["teams"][0]["id"]
  user = outsider(account, team)
  foretold = account.change("add", (user, f"policy:{policy['id']}:{level}"), dry_run=True)
  outcome = account.all_ok(account.change("add", (user, f"policy:{policy['id']}:{level}")))
  assert (user, f"team:{team}:observer") in outcome.grants("added"), outcome.effects
  assert foretold.grants("added") == outcome.grants("added")
  refused = account.change("remove", (user, f"team:{team}:observer"))
  assert refused.results[0].status == REFUSED, refused.results
  assert f"policy:{policy['id']}" in refused.results[0].attr("blocked_by"), refused.results
  taken = account.all_ok(account.change("remove", (user, f"policy:{policy['id']}:{level}")))
  assert taken.results[0].attr("stays") == [f"team:{team}:observer"], taken.results
  account.all_ok(account.change("remove", (user, f"team:{team}:observer")))


def policy_join_refused(account):
  policy, level = free_policy(account, on_team=True)
  user = outsider(account, policy["teams"][0]["id"])
  outcome = account.change("add", (user, f"policy:{policy['id']}:{level}"))
  assert outcome.results[0].status == REFUSED and not outcome.effects, outcome.results


def both_at_once(account):
  """Leaving the policy and its team in one batch, whatever the items' order."""
  policy, level = free_policy(account, on_team=True)
  team = policy["teams"][0]["id"]
  user = outsider(account, team)
  account.all_ok(account.change("add", (user, f"policy:{policy['id']}:{level}")))
  account.all_ok(account.change("remove", (user, f"team:{team}"), (user, f"policy:{policy['id']}")))


def last_target(account):
  for policy in policies(account).values():
    for level, rule in enumerate(policy["escalation_rules"], 1):
      if [target["type"] for target in rule["targets"]] == ["user_reference"]:
        outcome = account.change("remove", (rule["targets"][0]["id"], f"policy:{policy['id']}:{level}"))
        if outcome.results[0].status != ALREADY:
          assert outcome.results[0].status == REFUSED and "nobody" in outcome.results[0].message, outcome.results
          return
  raise AssertionError("no level of this world has one user alone")


def levels_moved(account):
  for policy in policies(account).values():
    for level, rule in enumerate(policy["escalation_rules"], 1):
      for target in rule["targets"]:
        other = next((number for number, elsewhere in enumerate(policy["escalation_rules"], 1)
                      if target["id"] not in [there["id"] for there in elsewhere["targets"]]), None)
        if target["type"] == "user_reference" and other is not None:
          outcome = account.change("remove", (target["id"], f"policy:{policy['id']}:{other}"))
          if outcome.results[0].status == CONFLICT:
            assert f"policy:{policy['id']}:{level}" in outcome.results[0].attr("levels_moved"), outcome.results
            return
  raise AssertionError("no policy of this world has a user on one of two levels")


def base_role(account):
  user = account.people("user")[0]
  account.all_ok(account.change("add", (user, "role:observer")))
  assert account.role(user) == "observer"
  account.repeats_without_a_write("add", (user, "role:observer"))


def base_role_removed(account):
  user = account.people("user")[0]
  account.all_ok(account.change("remove", (user, "role:user")))
  assert account.role(user) == "limited_user"
  floor = account.change("remove", (user, "role:limited_user"))
  assert floor.results[0].status == REFUSED and "floor" in floor.results[0].message, floor.results
  low = account.people("observer", "restricted_access")[0]
  held = account.role(low)
  raised = account.change("remove", (low, f"role:{held}"))
  assert raised.results[0].status == REFUSED, raised.results
  stakeholder = account.people("read_only_user", "read_only_limited_user")[0]
  across = account.change("remove", (stakeholder, f"role:{account.role(stakeholder)}"))
  assert across.results[0].status == REFUSED, across.results


def owner(account):
  requests = len(account.sim.journal())
  outcome = account.change("add", (account.people("user")[0], "role:owner"))
  assert outcome.results[0].status == REFUSED, outcome.results
  assert len([entry for entry in account.sim.journal()[requests:] if entry.get("host") == "api"]) == 0
  owned = account.people("owner")[0]
  for operation, entitlement in (("add", "role:user"), ("remove", "role:owner")):
    assert account.change(operation, (owned, entitlement)).results[0].status == REFUSED
  assert account.writes() == []


def invite(account):
  person = {"email": "New.Person@northwind.example", "name": "New Person", "job_title": "Pilot"}
  outcome = account.all_ok(account.change("provision", person))
  made = outcome.results[0].remote_id
  assert [effect.verb for effect in outcome.effects] == ["created", "invited", "added"], outcome.effects
  assert (made, "role:limited_user") in account.grants()
  for again in (person, {**person, "email": "new.person@NORTHWIND.example"}):
    repeated = account.change("provision", again)
    assert repeated.results[0].status == ALREADY and repeated.results[0].remote_id == made, repeated.results
  differs = account.change("provision", {**person, "name": "Another Name"})
  assert differs.results[0].attr("differs") == ["name"], differs.results
  assert len(account.writes()) == 1


def invite_hostile(account):
  bad = [{"email": "no-at.example", "name": "x"}, {"email": "a@b\r\nFrom: x@y.example", "name": "x"}, {"email": "ok.one@x.example", "name": "  "},
         {"email": "ok.two@x.example", "name": "a\nb"}, {"email": "ok.three@x.example", "name": "y" * 101},
         {"email": "ok.four@x.example", "name": "x", "role": "owner"}, {"email": "ok.five@x.example", "name": "x", "role": "sudo"}, {"name": "x"}]
  requests = len(account.sim.journal())
  outcome = account.change("provision", *bad)
  assert [outcome.results[index].status for index in range(len(bad))] == [INVALID] * len(bad), outcome.results
  assert len(account.sim.journal()) == requests


def invite_answer_lost(account):
  account.sim.faults({"match": {"route": "/users", "method": "POST"}, "action": {"cut": "after"}})
  person = {"email": "lost.answer@northwind.example", "name": "Lost Answer"}
  outcome = account.all_ok(account.change("provision", person))
  assert outcome.results[0].remote_id is not None
  assert len([entry for entry in account.writes() if entry["method"] == "POST"]) == 1, account.writes()


def invite_cut_before(account):
  account.sim.faults({"match": {"route": "/users", "method": "POST"}, "action": {"cut": "before"}})
  account.all_ok(account.change("provision", {"email": "cut.before@northwind.example", "name": "Cut Before"}))
  assert sum(person["email"] == "cut.before@northwind.example" for person in account.sim.state()["principals"]) == 1


def membership_answer_lost(account):
  team = teams(account)[0]
  user = outsider(account, team)
  account.sim.faults({"match": {"route": "/teams/{id}/users/{user_id}"}, "action": {"cut": "after"}})
  account.all_ok(account.change("add", (user, f"team:{team}:observer")))
  assert len(account.writes()) == 1, account.writes()


def policy_answer_lost(account):
  policy, level = free_policy(account, on_team=False)
  user = outsider(account, teams(account)[0])
  account.sim.faults({"match": {"route": "/escalation_policies/{id}", "method": "PUT"}, "action": {"cut": "after"}})
  account.all_ok(account.change("add", (user, f"policy:{policy['id']}:{level}")))
  assert len(account.writes()) == 1, account.writes()


def mixed_batch(account):
  team = teams(account)[0]
  user = outsider(account, team)
  outcome = account.change("add", (user, f"team:{team}:observer"), ("PNOBODY", f"team:{team}:observer"), (user, "team:PNOTEAM:observer"),
                           (user, "nonsense"), (user, "schedule:PX"))
  assert outcome.status == PARTIAL
  assert [outcome.results[index].status for index in range(5)] == [OK, NOT_FOUND, NOT_FOUND, INVALID, REFUSED], outcome.results
  assert all(outcome.results[index].message for index in range(1, 5))


def empty_and_too_many(account):
  requests = len(account.sim.journal())
  assert account.change("add").status == OK
  assert account.change("add", *[("PX", "role:user")] * 1001).status == 104
  assert len(account.sim.journal()) == requests


def held_rights(account, user):
  """What somebody holds, as numbers that only a removal may lower."""
  ranks = {"owner": 80, "admin": 70, "user": 60, "limited_user": 50, "observer": 40, "restricted_access": 30, "read_only_user": 20,
           "read_only_limited_user": 10, "manager": 3, "responder": 2, "member": 1}
  held = {}
  for person, entitlement in account.grants():
    if person == user:
      kind, *rest = entitlement.split(":")
      if kind == "role":
        held["role"] = ranks[rest[0]]
      elif kind == "team":
        held[f"team:{rest[0]}"] = 1 if rest[1] == "observer" else ranks[rest[1]]
      else:
        held[entitlement] = 1
  return held


def removals_never_raise(account):
  """Random removals, of what is held and of what is not: nothing rises, and success means that what was named is gone."""
  rand = random.Random(20261124)
  everything = [entry["id"] for entry in account.sim.state()["entitlements"] if not entry["id"].startswith("schedule:")]
  resources = [entry["id"] for entry in account.sim.state()["resources"] if entry["type"] in ("team", "policy")]
  for _ in range(60):
    grants = sorted(grant for grant in account.grants() if not grant[1].startswith("schedule:"))
    user, entitlement = rand.choice(grants)
    if rand.random() < 0.4:
      entitlement = rand.choice(everything + resources)
    before = held_rights(account, user)
    outcome = account.change("remove", (user, entitlement))
    after = held_rights(account, user)
    assert all(after[key] <= before.get(key, 0) for key in after), f"{user} {entitlement}: {before} to {after}"
    if outcome.results[0].status in (OK, ALREADY):
      still = [(person, held) for person, held in account.grants()
               if person == user and (held == entitlement or held.startswith(entitlement + ":"))]
      assert not still, f"success, but still held: {still}"


def policy_edited_by_others(account):
  """Somebody else adds a target before our read, between our read and our write, and after our write."""
  for moment, at in (("before", None),
                     ("between", {"route": "/escalation_policies/{id}", "method": "GET", "when": "after"}),
                     ("after", {"route": "/escalation_policies/{id}", "method": "PUT", "when": "after"})):
    policy, level = free_policy(account, on_team=False)
    people = [user for user in account.people("limited_user", "user")
              if user not in {target["id"] for rule in policy["escalation_rules"] for target in rule["targets"]}]
    mine, theirs = people[0], people[1]
    account.sim.mutate({"op": "add_target", "policy": policy["id"], "level": level, "user": theirs}, at=at)
    if at is None:
      time.sleep(0.1)
    outcome = account.connector.change("add", [(mine, f"policy:{policy['id']}:{level}")])
    held = {user for user, entitlement in account.grants() if entitlement == f"policy:{policy['id']}:{level}"}
    assert mine in held, (moment, outcome.results)
    if moment == "between":
      assert outcome.results[0].status == CONFLICT and outcome.results[0].attr("actor"), outcome.results
    else:
      assert theirs in held and outcome.results[0].status == OK, (moment, outcome.results)
    account.connector.change("remove", [(user, f"policy:{policy['id']}:{level}") for user in (mine, theirs) if user in held])


def dry_runs(account):
  """What a dry run foretells is what happens, and it writes nothing."""
  team = teams(account)[0]
  on_team, level = free_policy(account, on_team=True)
  user, other = outsider(account, team), account.people("user")[-1]
  member = next((person, entitlement) for person, entitlement in sorted(account.grants()) if entitlement.startswith("team:"))
  cases = [("add", (user, f"team:{team}:observer")), ("add", (user, f"policy:{on_team['id']}:{level}")), ("remove", (other, "role:user")),
           ("remove", member), ("add", (account.people("limited_user")[0], "role:observer")), ("remove", (user, f"policy:{on_team['id']}"))]
  for operation, item in cases:
    foretold = account.change(operation, item, dry_run=True)
    done = account.change(operation, item)
    told = [(effect.verb, effect.entitlement, effect.flags | 2) for effect in foretold.effects]
    assert told == [(effect.verb, effect.entitlement, effect.flags | 2) for effect in done.effects], (operation, item, foretold, done)
    assert all(effect.flags & 2 for effect in foretold.effects)
    assert foretold.results[0].status == done.results[0].status, (operation, item, foretold.results, done.results)
  person = {"email": "fore.told@northwind.example", "name": "Fore Told"}
  foretold, done = account.change("provision", person, dry_run=True), account.change("provision", person)
  assert [effect.verb for effect in foretold.effects] == [effect.verb for effect in done.effects]


def five_hundred():
  """500 additions to 40 teams and 10 policies: memberships, at most four requests a policy, read-backs; never more at once than allowed."""
  with Simulator(switches=SWITCHES, users=1000, teams=60, memberships=600, policies=60, schedules=0) as sim:
    sender = next(person["email"] for person in sim.state()["principals"] if person["role"] == "owner")
    with Driver(sys.argv[1], sys.argv[2], sim, from_email=sender, concurrency=CONCURRENCY) as connector:
      connector.authorize()
      account = Account(sim, connector)
      users = account.people("limited_user", "user")
      chosen = [policy for policy in policies(account).values() if not policy["teams"] and len(policy["escalation_rules"][0]["targets"]) <= 5][:10]
      items = [(users[n % len(users)], f"team:{team}:responder") for n, team in enumerate(teams(account)[:40] * 12)][:460]
      items += [(users[n], f"policy:{chosen[n % len(chosen)]['id']}:1") for n in range(40)]
      sim.forget_journal()
      sim.faults({"match": {"times": 0}, "action": {"delay_ms": 3}})
      outcome = account.change("add", *items)
      sim.clear_faults()
      done = [index for index, result in outcome.results.items() if result.status == OK]
      assert len(done) > 400, {result.message for result in outcome.results.values()}
      assert sim.summary()["most_in_flight"] == int(CONCURRENCY), sim.summary()
      routes = sim.summary()["by_route"]
      memberships = routes["PUT /teams/{id}/users/{user_id}"]
      assert memberships <= 460
      assert routes["PUT /escalation_policies/{id}"] == len(chosen), routes
      of_policies = sum(count for route, count in routes.items() if "/escalation_policies/" in route)
      assert of_policies <= 4 * len(chosen) + 1, routes
      read_backs = routes["GET /teams/{id}/members"]
      assert read_backs <= 2 * 40 * 2, routes
      people = sum(count for route, count in routes.items() if route.startswith("GET /users"))
      assert people <= 2 * (1 + 11), routes


def main():
  check("a team membership is given, changed and taken, and each effect is told", with_account(team_membership))
  check("removing a team role below the one that is held is a conflict that names it", with_account(team_higher_role))
  check("removing a team role above the one that is held is already so, and says what is held", with_account(team_lower_role))
  check("adding and removing ten times ends where it began", with_account(ten_times))
  check("admins get no lesser team role and stakeholders none, without a write", with_account(powerful_and_stakeholders))
  check("a policy target is given and taken, and the rules are what they were", with_account(policy_target))
  check("many people on one policy are one write", with_account(policy_many_in_one_write))
  check("a policy's team is joined first, foretold by the dry run, and leaving it is refused with the policy named",
        with_account(policy_of_a_team))
  check("join_role refuse refuses whoever is not on the team", with_account(policy_join_refused, join_role="refuse"))
  check("policy and team are left in one batch in whatever order", with_account(both_at_once))
  check("the last target of a level stays", with_account(last_target))
  check("somebody on another level than the one named is a conflict that names it", with_account(levels_moved))
  check("a base role is given and the one replaced is told", with_account(base_role))
  check("a base role goes down to the fallback, never up, never across", with_account(base_role_removed))
  check("the owner is untouched, and making one costs no request", with_account(owner))
  check("somebody is invited once, whatever the case of the address", with_account(invite))
  check("hostile names and addresses are refused before any request", with_account(invite_hostile))
  check("an invitation whose answer is lost is found, not sent again", with_account(invite_answer_lost))
  check("an invitation that was cut before it arrived is sent again", with_account(invite_cut_before))
  check("a membership whose answer is lost is one write", with_account(membership_answer_lost))
  check("a policy whose answer is lost is one write", with_account(policy_answer_lost))
  check("a mixed batch does the good and tells the bad", with_account(mixed_batch))
  check("no item is done at once, and too many are refused, both without a request", with_account(empty_and_too_many))
  check("sixty random removals: nothing rises, success means gone", with_account(removals_never_raise))
  check("an edit by somebody else before, between and after is kept or reported with its actor", with_account(policy_edited_by_others))
  check("a dry run foretells what happens and writes nothing", with_account(dry_runs))
  check("500 additions to 40 teams and 10 policies stay within their requests", five_hundred)
  finish()


if __name__ == "__main__":
  main()
