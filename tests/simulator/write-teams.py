#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Who and what is on a team: every refusal word for word, every side effect as a difference of the account."""
import tap
from harbour import ON_TEAM, Watch, build, refused, untouched
from simulator import Simulator

MISSING = {"code": 2100, "message": "Not Found"}
DENIED = {"code": 2010, "message": "Access Denied"}
TAKEN = {"message": "Escalation Policy has already been taken"}


def put(sim, team, user, role=None, key=None):
    headers = None if key is None else {"Authorization": f"Token token={key}"}
    return sim.put(f"/teams/{team}/users/{user}", None if role is None else {"role": role}, headers=headers)


def take(sim, team, user, key=None):
    headers = None if key is None else {"Authorization": f"Token token={key}"}
    return sim.delete(f"/teams/{team}/users/{user}", headers=headers)


def attach(sim, team, policy, method="PUT", key=None):
    headers = None if key is None else {"Authorization": f"Token token={key}"}
    return sim.request(method, f"/teams/{team}/escalation_policies/{policy}", headers=headers)


def done(answer):
    assert (answer.status, answer.body) == (204, b""), answer
    assert "content-type" not in answer.headers, answer.headers


def member(user, team, role):
    return ("grant", user, f"team:{team}:{role}", "")


# --- members ------------------------------------------------------------------------------------------------------------------------


def adds(sim):
    build(sim)
    for role in ("observer", "responder", "manager"):
        with Watch(sim) as watch:
            done(put(sim, "PQUAY10", "PFREE01", role))
        former = {"observer": set(), "responder": {member("PFREE01", "PQUAY10", "observer")}, "manager": {member("PFREE01", "PQUAY10", "responder")}}
        watch.only({member("PFREE01", "PQUAY10", role)}, former[role])
    members = sim.get("/teams/PQUAY10/members").json["members"]
    assert [(one["user"]["id"], one["role"]) for one in members] == [("PFREE01", "manager"), ("PLIMIT1", "manager")], members
    assert [one["id"] for one in sim.get("/users/PFREE01").json["user"]["teams"]] == ["PQUAY10"]


def repeats(sim):
    build(sim)
    done(put(sim, "PQUAY10", "PFREE01", "observer"))
    records = sim.counts()["audit_records"]
    with Watch(sim) as watch:
        done(put(sim, "PQUAY10", "PFREE01", "observer"))
    watch.nothing()
    assert sim.counts()["audit_records"] == records


def without_role(sim):
    build(sim)
    with Watch(sim) as watch:
        done(put(sim, "PQUAY10", "PFREE01"))
        done(sim.put("/teams/PQUAY10/users/PLIMIT2", {}))
        done(sim.put("/teams/PQUAY10/users/PUSER01", {"role": None}))
    watch.only({member(user, "PQUAY10", "manager") for user in ("PFREE01", "PLIMIT2", "PUSER01")})
    with Watch(sim) as watch:
        done(put(sim, "PHARB10", "PLIMIT1"))
    watch.nothing()
    sim.set(bodiless_repeat="manager")
    with Watch(sim) as watch:
        done(put(sim, "PHARB10", "PLIMIT1"))
    watch.only({member("PLIMIT1", "PHARB10", "manager")}, {member("PLIMIT1", "PHARB10", "responder")})


def wrapped(sim):
    build(sim)
    sim.forget_journal()
    done(sim.put("/teams/PQUAY10/users/PFREE01", {"user": {"role": "observer"}}))
    assert member("PFREE01", "PQUAY10", "manager")[2] in [grant["entitlement_id"] for grant in sim.state()["grants"]], "a wrapped role is no role"
    assert sim.journal()[-1]["violations"] == ['"user" of the body is nothing that can be written.']


def refuses_to_add(sim):
    build(sim)
    for user in ("PSTAKE1", "PSTAKE2"):
        untouched(sim, lambda user=user: put(sim, "PQUAY10", user, "observer"), 400, errors="Stakeholders cannot be added to teams")
    for role in ("queen", "", 7, "Manager"):
        untouched(sim, lambda role=role: put(sim, "PQUAY10", "PFREE01", role), 400, errors="Role is not included in the list")
    untouched(sim, lambda: put(sim, "PNONE00", "PFREE01", "manager"), 404, **MISSING)
    untouched(sim, lambda: put(sim, "PQUAY10", "PNONE00", "manager"), 404, **MISSING)
    sim.delete("/users/PFREE01")
    untouched(sim, lambda: put(sim, "PQUAY10", "PFREE01", "manager"), 404, **MISSING)
    sim.mutate({"op": "set_abilities", "remove": ["teams"]})
    for answer in (lambda: put(sim, "PQUAY10", "PLIMIT2", "manager"), lambda: take(sim, "PQUAY10", "PLIMIT1"),
                   lambda: attach(sim, "PQUAY10", "PEPFR20"), lambda: attach(sim, "PQUAY10", "PEPFR20", "DELETE")):
        untouched(sim, answer, 402, code=2014, message="Missing Account Ability")


def limits(sim):
    people = [{"op": "add_user", "id": f"PMANY{n:03}", "name": f"Many {n:03}", "email": f"many{n}@northwind.example"} for n in range(500)]
    teams = [{"op": "add_team", "id": f"PTEAM{n:03}", "name": f"Team {n:03}"} for n in range(400)]
    build(sim, *people, *teams)
    for user in people:
        done(put(sim, "PDOCK10", user["id"], "observer"))
    untouched(sim, lambda: put(sim, "PDOCK10", "PFREE01", "observer"), 400, errors="Team has reached the limit of 500 users")
    done(put(sim, "PDOCK10", "PMANY000", "manager"))
    for team in teams:
        done(put(sim, team["id"], "PFREE01", "observer"))
    untouched(sim, lambda: put(sim, "PQUAY10", "PFREE01", "observer"), 400, errors="User has reached the limit of 400 teams")
    done(put(sim, "PTEAM000", "PFREE01", "manager"))


def too_new(sim):
    owner = build(sim)
    sim.set(**{"from": "off"}, new_user_ms=60000)
    user = sim.post("/users", {"user": {"type": "user", "name": "New", "email": "new@northwind.example"}}).json["user"]["id"]
    untouched(sim, lambda: put(sim, "PQUAY10", user, "observer"), 500, code=2000, message="Internal Server Error")
    sim.set(new_user_status="404")
    untouched(sim, lambda: put(sim, "PQUAY10", user, "observer"), 404, **MISSING)
    done(put(sim, "PQUAY10", owner, "observer"))
    sim.clock(60000)
    done(put(sim, "PQUAY10", user, "observer"))


def admins(sim):
    owner = build(sim)
    for user in ("PADMIN1", owner):
        done(put(sim, "PQUAY10", user, "observer"))
    sim.set(admin_team_role="manager")
    with Watch(sim) as watch:
        done(put(sim, "PHARB10", "PADMIN1", "observer"))
        done(put(sim, "PHARB10", "PFREE01", "observer"))
    watch.only({member("PADMIN1", "PHARB10", "manager"), member("PFREE01", "PHARB10", "observer")})
    roles = {one["user"]["id"]: one["role"] for one in sim.get("/teams/PQUAY10/members").json["members"]}
    assert roles == {"PADMIN1": "observer", owner: "observer", "PLIMIT1": "manager"}, roles


def removes(sim):
    build(sim)
    with Watch(sim) as watch:
        done(take(sim, "PQUAY10", "PLIMIT1"))
    watch.only(set(), {member("PLIMIT1", "PQUAY10", "manager")})
    for status in ("204", "404"):
        sim.set(remove_non_member=status)
        records = sim.counts()["audit_records"]
        with Watch(sim) as watch:
            answer = take(sim, "PQUAY10", "PLIMIT1")
        watch.nothing()
        assert answer.status == int(status) and sim.counts()["audit_records"] == records, answer
    untouched(sim, lambda: take(sim, "PNONE00", "PLIMIT1"), 404, **MISSING)
    untouched(sim, lambda: take(sim, "PQUAY10", "PNONE00"), 404, **MISSING)


def needed(sim):
    build(sim, {"op": "add_member", "team": "PHARB10", "user": "PLIMIT2", "role": "manager"}, {"op": "add_member", "team": "PHARB10", "user": "PRESTR1"})
    untouched(sim, lambda: take(sim, "PHARB10", "PLIMIT1"), 400, errors=ON_TEAM)
    untouched(sim, lambda: take(sim, "PHARB10", "PLIMIT2"), 400, errors=ON_TEAM)
    # a policy of another team, or of none, needs nobody on this one
    done(take(sim, "PHARB10", "PUSER01"))
    done(take(sim, "PQUAY10", "PLIMIT1"))
    done(take(sim, "PHARB10", "PRESTR1"))
    sim.mutate({"op": "add_member", "team": "PHARB10", "user": "PRESTR1"}, {"op": "add_target", "policy": "PEPHB20", "level": 2, "schedule": "PSHIF30"})
    untouched(sim, lambda: take(sim, "PHARB10", "PRESTR1"), 400, errors=ON_TEAM)
    # the remedy for all of them
    done(attach(sim, "PHARB10", "PEPHB20", "DELETE"))
    for user in ("PLIMIT1", "PLIMIT2", "PRESTR1"):
        done(take(sim, "PHARB10", user))


def settles(sim):
    build(sim, {"op": "add_member", "team": "PHARB10", "user": "PLIMIT2"})
    sim.set(settle_ms=5000)
    rules = sim.get("/escalation_policies/PEPHB20").json["escalation_policy"]["escalation_rules"]
    only = [{**rules[1], "targets": [{"id": "PADMIN1", "type": "user_reference"}]}]
    assert sim.put("/escalation_policies/PEPHB20", {"escalation_policy": {"escalation_rules": only}}).status == 200
    for user in ("PLIMIT1", "PLIMIT2"):
        untouched(sim, lambda user=user: take(sim, "PHARB10", user), 400, errors=ON_TEAM)
    done(take(sim, "PQUAY10", "PLIMIT1"))
    done(attach(sim, "PHARB10", "PEPHB20", "DELETE"))
    untouched(sim, lambda: take(sim, "PHARB10", "PADMIN1"), 400, errors=ON_TEAM)
    sim.clock(5000)
    for user in ("PLIMIT1", "PLIMIT2", "PADMIN1"):
        done(take(sim, "PHARB10", user))


def settles_for_whom_it_concerns(sim):
    build(sim)
    sim.set(settle_ms=5000)
    rules = sim.get("/escalation_policies/PEPHB20").json["escalation_policy"]["escalation_rules"]
    for fields in ({"name": "Other"}, {"escalation_rules": [{**rules[0], "escalation_delay_in_minutes": 7}, rules[1]]}):
        assert sim.put("/escalation_policies/PEPHB20", {"escalation_policy": fields}).status == 200
    sim.mutate({"op": "remove_target", "policy": "PEPHB20", "level": 2, "user": "PLIMIT1"})
    done(take(sim, "PHARB10", "PLIMIT1"))


def taken_off_first(sim):
    build(sim)
    rules = sim.get("/escalation_policies/PEPHB20").json["escalation_policy"]["escalation_rules"]
    assert sim.put("/escalation_policies/PEPHB20", {"escalation_policy": {"escalation_rules": rules[:1]}}).status == 200
    done(take(sim, "PHARB10", "PLIMIT1"))


# --- policies -----------------------------------------------------------------------------------------------------------------------


def attaches(sim):
    build(sim, {"op": "add_target", "policy": "PEPFR20", "schedule": "PSCHB30"}, {"op": "add_target", "policy": "PEPFR20", "user": "PADMIN1"})
    sim.mutate({"op": "add_target", "policy": "PEPFR20", "schedule": "PSHIF30"}, {"op": "add_target", "policy": "PEPFR20", "user": "PLIMIT1"})
    with Watch(sim) as watch:
        done(attach(sim, "PQUAY10", "PEPFR20"))
    watch.only({("on", "policy:PEPFR20", "PQUAY10"), ("on", "schedule:PSCHB30", "PQUAY10"), ("on", "schedule:PSHIF30", "PQUAY10"),
                member("PUSER01", "PQUAY10", "manager"), member("PADMIN1", "PQUAY10", "manager"), member("POBSER1", "PQUAY10", "observer"),
                member("PLIMIT2", "PQUAY10", "responder"), member("PRESTR1", "PQUAY10", "observer")},
               {("on", "policy:PEPFR20", ""), ("on", "schedule:PSCHB30", ""), ("on", "schedule:PSHIF30", "")})
    assert [team["id"] for team in sim.get("/escalation_policies/PEPFR20").json["escalation_policy"]["teams"]] == ["PQUAY10"]
    records = sim.counts()["audit_records"]
    with Watch(sim) as watch:
        done(attach(sim, "PQUAY10", "PEPFR20"))
    watch.nothing()
    assert sim.counts()["audit_records"] == records


def attaches_alone(sim):
    build(sim)
    sim.set(auto_join=False)
    with Watch(sim) as watch:
        done(attach(sim, "PQUAY10", "PEPFR20"))
    watch.only({("on", "policy:PEPFR20", "PQUAY10")}, {("on", "policy:PEPFR20", "")})


def one_team(sim):
    build(sim)
    untouched(sim, lambda: attach(sim, "PQUAY10", "PEPHB20"), 400, **TAKEN)
    untouched(sim, lambda: attach(sim, "PNONE00", "PEPFR20"), 404, **MISSING)
    untouched(sim, lambda: attach(sim, "PQUAY10", "PNONE00"), 404, **MISSING)
    with Watch(sim) as watch:
        done(attach(sim, "PQUAY10", "PEPHB20", "DELETE"))
        done(attach(sim, "PQUAY10", "PEPFR20", "DELETE"))
    watch.nothing()
    with Watch(sim) as watch:
        done(attach(sim, "PHARB10", "PEPHB20", "DELETE"))
    watch.only({("on", "policy:PEPHB20", "")}, {("on", "policy:PEPHB20", "PHARB10")})
    done(attach(sim, "PQUAY10", "PEPHB20"))
    refused(sim.request("PUT", "/teams/PQUAY10/escalation_policies/PEPFR20", body={"x": 1}), 400, errors="Simulator, strict mode: PUT has no body here.")


def many_policies(sim):
    build(sim, *({"op": "add_policy", "name": f"P{n}", "team": "PQUAY10", "levels": [{"users": ["PLIMIT1"]}]} for n in range(100)))
    untouched(sim, lambda: attach(sim, "PQUAY10", "PEPFR20"), 400, errors="Team has reached the limit of 100 escalation policies")


def keys(sim):
    build(sim)
    for key in ("user-key-PFREE01", "user-key-PUSER01"):
        untouched(sim, lambda key=key: put(sim, "PQUAY10", "PLIMIT2", "observer", key), 403, **DENIED)
        untouched(sim, lambda key=key: take(sim, "PQUAY10", "PLIMIT1", key), 403, **DENIED)
        untouched(sim, lambda key=key: put(sim, "PDOCK10", "PLIMIT2", "observer", key), 404, **MISSING)
    untouched(sim, lambda: attach(sim, "PQUAY10", "PEPFR20", key="user-key-PFREE01"), 403, **DENIED)
    # a member is no manager
    untouched(sim, lambda: put(sim, "PHARB10", "PLIMIT2", "observer", "user-key-PLIMIT1"), 403, **DENIED)
    for key in ("user-key-PLIMIT1", "user-key-PADMIN1", "account-key"):
        done(put(sim, "PQUAY10", "PLIMIT2", "observer", key))
        done(take(sim, "PQUAY10", "PLIMIT2", key))
    done(attach(sim, "PQUAY10", "PEPFR20", key="user-key-PUSER01"))


def main():
    with Simulator(switches={"rate_limit": 0}) as sim:
        for name, behaviour in (("a member is added, and another role replaces the one before", adds),
                                ("a repeated PUT is a 204 that changes nothing", repeats),
                                ("without a role a new member becomes manager, and an old one as the switch says", without_role),
                                ("the body is not wrapped, and what is wrapped is ignored", wrapped),
                                ("stakeholders, strange roles and unknown people are refused", refuses_to_add),
                                ("a team has 500 users at most, a user 400 teams", limits),
                                ("a new user cannot be put on a team for a while", too_new),
                                ("admins keep the role that was sent, or are managers", admins),
                                ("a member is taken off, and a stranger as the switch says", removes),
                                ("whom a policy of the team needs, directly or by a schedule, stays", needed),
                                ("who is taken off the policy can leave the team", taken_off_first),
                                ("for a while the team still believes that it needs who was let go", settles),
                                ("an edit that lets nobody go leaves nothing to settle", settles_for_whom_it_concerns),
                                ("a policy brings its users and schedules onto the team", attaches),
                                ("without auto_join a policy comes alone", attaches_alone),
                                ("a policy is on one team at most, and comes off any", one_team),
                                ("a team has 100 policies at most", many_policies),
                                ("managers change their own team, admins each", keys)):
            tap.check(name, behaviour, sim)
    tap.finish()


if __name__ == "__main__":
    main()
