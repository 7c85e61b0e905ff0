#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Changing escalation policies: every refusal word for word, every side effect as a difference of the account."""
import tap
from harbour import LAST_RULE, Watch, build, refused, untouched
from simulator import Simulator

MISSING = {"code": 2100, "message": "Not Found"}
DENIED = {"code": 2010, "message": "Access Denied"}
STRATEGY = "escalation_rule_assignment_strategy"
INCLUDE = "?include%5B%5D=escalation_rule_assignment_strategies"


def show(sim, policy, query=""):
    return sim.get(f"/escalation_policies/{policy}{query}").json["escalation_policy"]


def put(sim, policy, key=None, **fields):
    headers = None if key is None else {"Authorization": f"Token token={key}"}
    return sim.put(f"/escalation_policies/{policy}", {"escalation_policy": fields}, headers=headers)


def user(id, **more):
    return {"id": id, "type": "user_reference", **more}


def schedule(id, type="schedule_reference"):
    return {"id": id, "type": type}


def rule(*targets, delay=30, **more):
    return {"escalation_delay_in_minutes": delay, "targets": list(targets), **more}


def as_read(sim, policy):
    """The rules as a careful client sends them back: as they were read."""
    return show(sim, policy)["escalation_rules"]


def member(user, team, role):
    return ("grant", user, f"team:{team}:{role}", "")


def target(user, policy, level, via=""):
    return ("grant", user, f"policy:{policy}:{level}", via)


def levels(sim, policy):
    return [level["rule_id"] for level in sim.state()["entitlements"] if level["id"].startswith(f"policy:{policy}:")]


# --- rules --------------------------------------------------------------------------------------------------------------------------


def adds_target(sim):
    build(sim)
    before = levels(sim, "PEPFR20")
    rules = as_read(sim, "PEPFR20")
    rules[0]["targets"].append(user("PADMIN1"))
    with Watch(sim) as watch:
        answer = put(sim, "PEPFR20", type="escalation_policy", name="Free", escalation_rules=rules)
    assert answer.status == 200 and answer.json["escalation_policy"] == show(sim, "PEPFR20"), answer
    watch.only({target("PADMIN1", "PEPFR20", 1)})
    assert levels(sim, "PEPFR20") == before, "a rule that is sent with its id keeps it"


def replaces(sim):
    build(sim)
    first, second = levels(sim, "PEPHB20")
    with Watch(sim) as watch:
        assert put(sim, "PEPHB20", escalation_rules=[rule(user("PLIMIT1"), id=second, delay=5), rule(user("PUSER01"))]).status == 200
    kept, new = levels(sim, "PEPHB20")
    assert kept == second and new not in (first, second)
    watch.only({("level", "policy:PEPHB20:1", second, 5, "users", "", ""), ("level", "policy:PEPHB20:2", new, 30, "users", "", ""),
                target("PLIMIT1", "PEPHB20", 1), target("PUSER01", "PEPHB20", 2)},
               {("level", "policy:PEPHB20:1", first, 15, "schedules", "PSCHB30", ""), ("level", "policy:PEPHB20:2", second, 30, "users", "", ""),
                target("PLIMIT2", "PEPHB20", 1, "schedule:PSCHB30"), target("PLIMIT1", "PEPHB20", 2)})


def new_ids(sim):
    build(sim)
    before = levels(sim, "PEPHB20")
    other = levels(sim, "PEPFR20")[0]
    bare = [{key: value for key, value in one.items() if key != "id"} for one in as_read(sim, "PEPHB20")]
    for rules in (bare, [rule(user("PLIMIT1"), id="PNONE00"), rule(user("PLIMIT1"), id=other)], [rule(user("PLIMIT1"), id=7)]):
        assert put(sim, "PEPHB20", escalation_rules=rules).status == 200
        after = levels(sim, "PEPHB20")
        assert not set(before) & set(after) and other not in after and "PNONE00" not in after, (before, after)
        before = after
    twice = [rule(user("PLIMIT1"), id=before[0]), rule(user("PUSER01"), id=before[0])]
    assert put(sim, "PEPHB20", escalation_rules=twice).status == 200
    after = levels(sim, "PEPHB20")
    assert after[0] == before[0] and after[1] != after[0], after


def same_again(sim):
    build(sim)
    for policy in ("PEPHB20", "PEPFR20", "PEPDK20"):
        first = show(sim, policy)
        records = sim.counts()["audit_records"]
        with Watch(sim) as watch:
            answer = sim.put(f"/escalation_policies/{policy}", {"escalation_policy": {key: value for key, value in first.items() if key != "description"}})
        watch.nothing()
        assert answer.status == 200 and answer.json["escalation_policy"] == first, answer
        assert sim.counts()["audit_records"] == records


def unknown_fields(sim):
    build(sim)
    rules = as_read(sim, "PEPFR20")
    extra = {"tide": {"high": [1, 2.5, None, "ü\"/"]}, "ebb": True, "nothing": None}
    rules[0].update(extra)
    answer = put(sim, "PEPFR20", escalation_rules=rules)
    assert answer.status == 200 and answer.json["escalation_policy"]["escalation_rules"] == rules, answer
    shown = as_read(sim, "PEPFR20")
    assert shown == rules and b'"high":[1,2.5,null,' in sim.get("/escalation_policies/PEPFR20").body, "as they were sent, byte for byte"
    listed = [one for one in sim.everything("/escalation_policies", "escalation_policies") if one["id"] == "PEPFR20"]
    assert listed[0]["escalation_rules"] == rules
    assert put(sim, "PEPFR20", name="Other").json["escalation_policy"]["escalation_rules"] == rules, "rules that are not sent stay"
    del shown[0]["tide"]
    assert put(sim, "PEPFR20", escalation_rules=shown).json["escalation_policy"]["escalation_rules"] == shown, "a rule is replaced whole"


def counts(sim):
    ids = [f"PMANY0{n}" for n in range(11)]
    build(sim, *({"op": "add_user", "id": id, "name": id, "email": f"{id}@northwind.example".lower()} for id in ids))
    with Watch(sim) as watch:
        assert put(sim, "PEPFR20", escalation_rules=[rule(*map(user, ids[:10]), id=levels(sim, "PEPFR20")[0])]).status == 200
    watch.only({target(id, "PEPFR20", 1) for id in ids[:10]}, {target(id, "PEPFR20", 1) for id in ("PUSER01", "POBSER1")})
    too_many = "Escalation rules base May have at most {} escalation targets"
    untouched(sim, lambda: put(sim, "PEPFR20", escalation_rules=[rule(*map(user, ids))]), 400, errors=too_many.format(10))
    sim.set(max_targets=5)
    untouched(sim, lambda: put(sim, "PEPFR20", escalation_rules=[rule(*map(user, ids[:6]))]), 400, errors=too_many.format(5))
    none = "Escalation rules base Must have at least 1 escalation target"
    for empty in (rule(), {"escalation_delay_in_minutes": 30}, {"escalation_delay_in_minutes": 30, "targets": None}):
        untouched(sim, lambda empty=empty: put(sim, "PEPHB20", escalation_rules=[rule(user("PLIMIT1")), empty]), 400, errors=none)
    for policy in ("PEPFR20", "PEPHB20"):
        untouched(sim, lambda policy=policy: put(sim, policy, escalation_rules=[]), 400, message=LAST_RULE)


def unfit_rules(sim):
    build(sim)
    delay = "Escalation rules escalation delay in minutes must be greater than or equal to 1"
    for unfit, errors in (({"targets": [user("PLIMIT1")]}, delay), (rule(user("PLIMIT1"), delay=0), delay), (rule(user("PLIMIT1"), delay="5"), delay),
                          ("x", "Escalation rules is invalid"), (None, "Escalation rules is invalid"),
                          (rule(user("PLIMIT1"), **{STRATEGY: "dice"}), "Escalation rules assignment strategy is invalid")):
        untouched(sim, lambda unfit=unfit: put(sim, "PEPFR20", escalation_rules=[unfit]), 400, errors=errors)
    untouched(sim, lambda: put(sim, "PEPFR20", escalation_rules=None), 400, errors="Escalation rules is invalid")
    assert put(sim, "PEPFR20", escalation_rules=[rule(user("PLIMIT1"), user("PUSER01"), delay=1)]).status == 200, "one minute will do"


# --- targets ------------------------------------------------------------------------------------------------------------------------


def looked_up(sim):
    build(sim)
    for type in ("user_reference", "user", "", "squirrel"):
        assert put(sim, "PEPFR20", escalation_rules=[rule({"id": "PLIMIT1", "type": type})]).status == 200, type
    assert put(sim, "PEPFR20", escalation_rules=[rule({"id": "PLIMIT1"})]).status == 200
    for one in ({"id": "PSCHB30"}, {"id": "PSCHB30", "type": "user_reference"}, {"id": "PSCHB30", "type": "Schedule"}, {"id": "PSHIF30"},
                {"id": "PSCHB30", "type": "schedule_v3_reference"}, {"id": "PLIMIT1", "type": "schedule_reference"}, user("PNONE00"), {}, "PLIMIT1", None):
        untouched(sim, lambda one=one: put(sim, "PEPFR20", escalation_rules=[rule(one)]), 404, **MISSING)
    sim.set(unknown_target="400")
    untouched(sim, lambda: put(sim, "PEPFR20", escalation_rules=[rule(user("PNONE00"))]), 400, errors="Escalation rules targets is invalid")


def schedules(sim):
    build(sim)
    for written, read in ((schedule("PSCHB30"), "schedule_reference"), (schedule("PSCHB30", "schedule"), "schedule_reference"),
                          (schedule("PSHIF30"), "schedule_v3_reference"), (schedule("PSHIF30", "schedule_v3_reference"), "schedule_v3_reference")):
        answer = put(sim, "PEPFR20", escalation_rules=[rule(written)])
        shown = answer.json["escalation_policy"]["escalation_rules"][0]["targets"]
        assert [(one["id"], one["type"]) for one in shown] == [(written["id"], read)], answer


def unfit_targets(sim):
    build(sim)
    for id in ("PSTAKE1", "PSTAKE2"):
        untouched(sim, lambda id=id: put(sim, "PEPFR20", escalation_rules=[rule(user("PLIMIT1"), user(id))]), 400,
                  errors="Stakeholders cannot be added to escalation policies")
    for id in ("POBSER1", "PRESTR1"):
        assert put(sim, "PEPFR20", escalation_rules=[rule(user(id))]).status == 200
    sim.set(observer_targets=False)
    for id in ("POBSER1", "PRESTR1"):
        untouched(sim, lambda id=id: put(sim, "PEPFR20", escalation_rules=[rule(user(id))]), 400, errors="Observers cannot be added to escalation policies")
    assert sim.delete("/users/PFREE01").status == 204
    untouched(sim, lambda: put(sim, "PEPFR20", escalation_rules=[rule(user("PFREE01"))]), 404, **MISSING)


def doubles(sim):
    build(sim)
    twice = [rule(user("PLIMIT1"), user("PUSER01"), user("PLIMIT1"))]
    untouched(sim, lambda: put(sim, "PEPFR20", escalation_rules=twice), 400, errors="Escalation rules targets must be unique")
    for word, shown in (("drop", ["PLIMIT1", "PUSER01"]), ("keep", ["PLIMIT1", "PUSER01", "PLIMIT1"])):
        sim.set(duplicate_target=word)
        answer = put(sim, "PEPFR20", escalation_rules=twice)
        assert [one["id"] for one in answer.json["escalation_policy"]["escalation_rules"][0]["targets"]] == shown, answer
    sim.set(duplicate_target="refuse")
    assert put(sim, "PEPFR20", escalation_rules=[rule(user("PLIMIT1")), rule(user("PLIMIT1"))]).status == 200, "two levels are no double"


def stubs(sim):
    build(sim)
    assert sim.delete("/users/PUSER01").status == 204
    rules = as_read(sim, "PEPFR20")
    assert rules[0]["targets"][0]["deleted_at"], rules
    rules[0]["targets"].append(user("PLIMIT1"))
    with Watch(sim) as watch:
        answer = put(sim, "PEPFR20", escalation_rules=rules)
    watch.only({target("PLIMIT1", "PEPFR20", 1)})
    assert answer.json["escalation_policy"]["escalation_rules"][0]["targets"][0] == rules[0]["targets"][0], answer
    # only where it stood before
    untouched(sim, lambda: put(sim, "PEPHB20", escalation_rules=[rule(user("PUSER01"))]), 404, **MISSING)
    sim.set(stub_targets="refuse")
    untouched(sim, lambda: put(sim, "PEPFR20", escalation_rules=rules), 404, **MISSING)
    rules[0]["targets"] = rules[0]["targets"][1:]
    assert put(sim, "PEPFR20", escalation_rules=rules).status == 200


# --- joining ------------------------------------------------------------------------------------------------------------------------


def joins(sim):
    owner = build(sim)
    roles = {"PADMIN1": "manager", owner: "manager", "PLIMIT2": "responder", "POBSER1": "observer", "PRESTR1": "observer", "PUSER01": None}
    rules = as_read(sim, "PEPHB20")
    rules[1]["targets"] += [user(id) for id in roles]
    with Watch(sim) as watch:
        assert put(sim, "PEPHB20", escalation_rules=rules).status == 200
    watch.only({target(id, "PEPHB20", 2) for id in roles} | {member(id, "PHARB10", role) for id, role in roles.items() if role is not None})
    # taking them off again leaves the team as it is
    with Watch(sim) as watch:
        assert put(sim, "PEPHB20", escalation_rules=[rules[0], {**rules[1], "targets": [user("PLIMIT1")]}]).status == 200
    watch.only(set(), {target(id, "PEPHB20", 2) for id in roles})


def strange_role(sim):
    build(sim, {"op": "set_role", "user": "PFREE01", "role": "harbour_master"})
    assert put(sim, "PEPHB20", escalation_rules=[rule(user("PFREE01"))]).status == 200
    assert sim.get("/teams/PHARB10/members").json["members"][0]["role"] == "manager", "whoever has no counterpart becomes manager"


def joins_added_only(sim):
    build(sim)
    # PLIMIT2 is on the team's policy through a schedule, but on no team: only what is added joins
    rules = as_read(sim, "PEPHB20")
    rules[1]["targets"].append(user("PFREE01"))
    with Watch(sim) as watch:
        assert put(sim, "PEPHB20", escalation_rules=rules).status == 200
    watch.only({target("PFREE01", "PEPHB20", 2), member("PFREE01", "PHARB10", "responder")})
    rules[1]["targets"].append(schedule("PSHIF30"))
    with Watch(sim) as watch:
        assert put(sim, "PEPHB20", escalation_rules=rules).status == 200
    assert member("PRESTR1", "PHARB10", "observer") in watch.come and ("on", "schedule:PSHIF30", "PHARB10") in watch.come, watch.come
    assert member("PLIMIT2", "PHARB10", "responder") not in watch.come


def joins_nobody(sim):
    build(sim)
    sim.set(auto_join=False)
    rules = as_read(sim, "PEPHB20")
    rules[1]["targets"].append(user("PFREE01"))
    with Watch(sim) as watch:
        assert put(sim, "PEPHB20", escalation_rules=rules).status == 200
    watch.only({target("PFREE01", "PEPHB20", 2)})


# --- teams --------------------------------------------------------------------------------------------------------------------------


def teams(sim):
    build(sim)
    with Watch(sim) as watch:
        assert put(sim, "PEPHB20", name="Renamed").status == 200
    watch.only({("named", "policy:PEPHB20", "Renamed")}, {("named", "policy:PEPHB20", "Harbour Primary")})
    with Watch(sim) as watch:
        answer = put(sim, "PEPHB20", teams=[])
    assert answer.json["escalation_policy"]["teams"] == []
    watch.only({("on", "policy:PEPHB20", "")}, {("on", "policy:PEPHB20", "PHARB10")})
    with Watch(sim) as watch:
        assert put(sim, "PEPHB20", teams=[{"id": "PDOCK10", "type": "team_reference"}]).status == 200
    watch.only({("on", "policy:PEPHB20", "PDOCK10"), ("on", "schedule:PSCHB30", "PDOCK10"), member("PLIMIT1", "PDOCK10", "responder"),
                member("PLIMIT2", "PDOCK10", "responder")}, {("on", "policy:PEPHB20", ""), ("on", "schedule:PSCHB30", "")})
    untouched(sim, lambda: put(sim, "PEPHB20", teams=[{"id": "PHARB10"}, {"id": "PQUAY10"}]), 400,
              errors="Escalation policies can be associated with at most one team")
    untouched(sim, lambda: put(sim, "PEPHB20", teams=[{"id": "PNONE00"}]), 404, **MISSING)
    untouched(sim, lambda: put(sim, "PEPHB20", teams=None), 400, errors="Teams is invalid")
    sim.mutate({"op": "set_abilities", "remove": ["teams"]})
    untouched(sim, lambda: put(sim, "PEPHB20", teams=[{"id": "PQUAY10"}]), 402, code=2014, message="Missing Account Ability")
    assert put(sim, "PEPHB20", name="Still").status == 200


# --- fields -------------------------------------------------------------------------------------------------------------------------


def fields(sim):
    build(sim)
    answer = put(sim, "PEPFR20", description="Cranes first", num_loops=9, on_call_handoff_notifications="always")
    shown = show(sim, "PEPFR20")
    assert answer.json["escalation_policy"] == shown
    assert (shown["description"], shown["num_loops"], shown["on_call_handoff_notifications"]) == ("Cranes first", 9, "always")
    untouched(sim, lambda: put(sim, "PEPFR20", description=None), 400, errors="Description is invalid")
    for loops in (-1, 10, "2", None, 1.5):
        untouched(sim, lambda loops=loops: put(sim, "PEPFR20", num_loops=loops), 400, errors="Num loops must be between 0 and 9")
    for name, errors in (("", "Name can't be blank"), (None, "Name is invalid"), (7, "Name is invalid")):
        untouched(sim, lambda name=name: put(sim, "PEPFR20", name=name), 400, errors=errors)
    untouched(sim, lambda: put(sim, "PEPFR20", on_call_handoff_notifications="never"), 400,
              errors="On call handoff notifications is not included in the list")
    refused(put(sim, "PNONE00", name="x"), 404, **MISSING)
    sim.forget_journal()
    with Watch(sim) as watch:
        assert put(sim, "PEPFR20", services=[{"id": "PSERV00", "type": "service_reference"}], sevices=[]).status == 200
    watch.nothing()
    assert show(sim, "PEPFR20")["services"] == []
    assert [text for entry in sim.journal() for text in entry["violations"]] == ['"sevices" of the escalation policy is nothing that can be written.']


def strategies(sim):
    build(sim)
    rules = as_read(sim, "PEPHB20")
    for form in ("round_robin", {"type": "round_robin"}, [{"type": "round_robin"}]):
        assert put(sim, "PEPHB20", escalation_rules=[{**rules[0], STRATEGY: form}, {**rules[1], STRATEGY: {"type": "assign_to_everyone"}}]).status == 200
        assert STRATEGY not in as_read(sim, "PEPHB20")[0], "not shown unless it is asked for"
        assert [one[STRATEGY] for one in show(sim, "PEPHB20", INCLUDE)["escalation_rules"]] == [{"type": "round_robin"}, {"type": "assign_to_everyone"}]
        put(sim, "PEPHB20", escalation_rules=[{**rules[0], STRATEGY: "assign_to_everyone"}, rules[1]])
    put(sim, "PEPHB20", escalation_rules=[{**rules[0], STRATEGY: "round_robin"}, rules[1]])
    put(sim, "PEPHB20", escalation_rules=rules)
    assert show(sim, "PEPHB20", INCLUDE)["escalation_rules"][0][STRATEGY] == {"type": "round_robin"}, "left out, it stays"
    sim.set(strategy_omitted="reset")
    put(sim, "PEPHB20", escalation_rules=rules)
    assert show(sim, "PEPHB20", INCLUDE)["escalation_rules"][0][STRATEGY] == {"type": "assign_to_everyone"}


def plan(sim):
    build(sim)
    sim.set(round_robin=False)
    rules = as_read(sim, "PEPFR20")
    for form in ("round_robin", {"type": "assign_to_everyone"}, None):
        with Watch(sim) as watch:
            answer = put(sim, "PEPFR20", name="Other", escalation_rules=[{**rules[0], STRATEGY: form}])
        watch.nothing()
        assert (answer.status, answer.json) == (403, None) and answer.body, answer
    assert put(sim, "PEPFR20", name="Other", escalation_rules=rules).status == 200


def last_wins(sim):
    build(sim)
    # two writers read the same, each adds one: the one that writes last has never heard of the other
    first, second = as_read(sim, "PEPFR20"), as_read(sim, "PEPFR20")
    first[0]["targets"].append(user("PLIMIT1"))
    second[0]["targets"].append(user("PLIMIT2"))
    assert put(sim, "PEPFR20", escalation_rules=first).status == put(sim, "PEPFR20", escalation_rules=second, key="account-key").status == 200
    assert [one["id"] for one in as_read(sim, "PEPFR20")[0]["targets"]] == ["PUSER01", "POBSER1", "PLIMIT2"]
    # and neither header nor field could have prevented it
    assert not {"etag", "last-modified"} & set(sim.get("/escalation_policies/PEPFR20").headers)


def keys(sim):
    build(sim)
    for key in ("user-key-PLIMIT2", "user-key-POBSER1", "read-only-key"):
        untouched(sim, lambda key=key: put(sim, "PEPHB20", key, name="Mine"), 403, **DENIED)
    sim.mutate({"op": "set_team_role", "team": "PHARB10", "user": "PLIMIT1", "role": "manager"})
    for key in ("user-key-PUSER01", "user-key-PADMIN1", "user-key-PLIMIT1", "account-key"):
        assert put(sim, "PEPHB20", key, name=f"By {key}").status == 200, key
    untouched(sim, lambda: put(sim, "PEPFR20", "user-key-PLIMIT1", name="Mine"), 403, **DENIED)


def main():
    with Simulator(switches={"rate_limit": 0}) as sim:
        for name, behaviour in (("a target is added to the rules as they were read", adds_target),
                                ("rules are replaced whole, and keep the ids that are sent", replaces),
                                ("rules that are sent without an id of theirs get new ones", new_ids),
                                ("what was read and is sent back changes nothing", same_again),
                                ("unknown fields of rules are kept as they were sent", unknown_fields),
                                ("a level has 1 to 10 targets, and a policy a level", counts),
                                ("unfit rules are refused with the sentence for it", unfit_rules),
                                ("a target without a fitting type is looked up as a user", looked_up),
                                ("schedules of both kinds are written either way", schedules),
                                ("stakeholders, deleted users and, by a switch, observers are no targets", unfit_targets),
                                ("a target that is there twice is refused, dropped or kept", doubles),
                                ("a stub may be sent back where it stood, or not", stubs),
                                ("who is added to a team's policy joins the team by the base role, and stays", joins),
                                ("an unknown base role joins as manager", strange_role),
                                ("only what is added joins, a schedule with its people", joins_added_only),
                                ("without auto_join nobody joins", joins_nobody),
                                ("teams: left out they stay, empty they go, one is the most", teams),
                                ("fields change one by one, and description null is refused", fields),
                                ("strategies are taken in three forms and stay when they are left out, or not", strategies),
                                ("without the plan a strategy is a 403 that is no JSON", plan),
                                ("of two writers the last wins", last_wins),
                                ("a user's key changes what its user may", keys)):
            tap.check(name, behaviour, sim)
    tap.finish()


if __name__ == "__main__":
    main()
