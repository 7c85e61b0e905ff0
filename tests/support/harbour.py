# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""A small account that tests of writes begin with, and what a write changed in it.

Everybody in it is known by id: the owner, an admin, users of each base role, three teams, policies and schedules. See build().
"""
import time

# An edit of a policy a few milliseconds before it is read cannot be told from one in between: what is built here is older.
SETTLED_S = 0.02
OWNER_EMAIL = "owner@northwind.example"
ROLES = {"PADMIN1": "admin", "PUSER01": "user", "PLIMIT1": "limited_user", "PLIMIT2": "limited_user", "POBSER1": "observer",
         "PRESTR1": "restricted_access", "PSTAKE1": "read_only_user", "PSTAKE2": "read_only_limited_user", "PFREE01": "limited_user"}
TAKEN = "Email has already been taken"
LAST_RULE = "Cannot Delete Only Rule For Escalation Policy"
ON_TEAM = "User cannot be removed as they belong to an escalation policy on this team"


def build(sim, *changes, **world):
    """A new world of one owner and this cast; returns the owner's id.

    Harbour (PHARB10) has PLIMIT1 and PUSER01; on it is the policy PEPHB20: level 1 the schedule PSCHB30 (PLIMIT2), level 2 PLIMIT1.
    Quay (PQUAY10) has PLIMIT1; nothing is on it. Dock (PDOCK10) is private and empty; on it is PEPDK20: PUSER01.
    PEPFR20 is on no team: PUSER01, POBSER1. The shift-based schedule PSHIF30 (PRESTR1) is on nothing.
    """
    sim.reset(**{"users": 1, "teams": 0, "policies": 1, "schedules": 0, "stubs": 0, **world})
    owner = sim.state()["principals"][0]["id"]
    sim.mutate({"op": "set_user", "user": owner, "name": "Ilse Marrow", "email": OWNER_EMAIL},
               *({"op": "add_user", "id": id, "name": id.title(), "email": f"{id.lower()}@northwind.example", "role": role}
                 for id, role in ROLES.items()),
               {"op": "add_team", "id": "PHARB10", "name": "Harbour"}, {"op": "add_team", "id": "PQUAY10", "name": "Quay"},
               {"op": "add_team", "id": "PDOCK10", "name": "Dock", "private": True},
               {"op": "add_member", "team": "PHARB10", "user": "PLIMIT1", "role": "responder"},
               {"op": "add_member", "team": "PHARB10", "user": "PUSER01", "role": "observer"},
               {"op": "add_member", "team": "PQUAY10", "user": "PLIMIT1", "role": "manager"},
               {"op": "add_schedule", "id": "PSCHB30", "name": "Weekly", "users": ["PLIMIT2"]},
               {"op": "add_schedule", "id": "PSHIF30", "name": "Shifts", "users": ["PRESTR1"], "v3": True},
               {"op": "add_policy", "id": "PEPHB20", "name": "Harbour Primary", "team": "PHARB10",
                "levels": [{"delay": 15, "schedules": ["PSCHB30"]}, {"delay": 30, "users": ["PLIMIT1"]}]},
               {"op": "add_policy", "id": "PEPDK20", "name": "Dock Primary", "team": "PDOCK10", "levels": [{"users": ["PUSER01"]}]},
               {"op": "add_policy", "id": "PEPFR20", "name": "Free", "levels": [{"users": ["PUSER01", "POBSER1"]}]}, *changes)
    time.sleep(SETTLED_S)
    return owner


def look(sim):
    """Everything that an auditor sees, as a set of facts."""
    state = sim.state(v3=1)
    facts = set()
    for person in state["principals"]:
        facts |= {("user", person["id"], key, value) for key, value in person.items()}
    for grant in state["grants"]:
        facts.add(("grant", grant["user_id"], grant["entitlement_id"], ";".join(grant["via"])))
    for thing in state["resources"]:
        facts.add(("on", thing["id"], thing.get("team") or ";".join(sorted(thing.get("teams", [])))))
        facts.add(("named", thing["id"], thing["name"]))
    for level in state["entitlements"]:
        if level["kind"] == "policy":
            facts.add(("level", level["id"], level["rule_id"], level["delay_minutes"], level["targets"], ";".join(level["schedules"]),
                       ";".join(level["stubs"])))
    for license in state["licenses"]:
        facts.add(("seats", license["group"], license["used"]))
    facts |= {("invited", email, count) for email, count in sim.invitations().items()}
    return facts


class Watch:
    """What changed while the block ran: .gone and .come, sets of facts."""

    def __init__(self, sim):
        self._sim = sim

    def __enter__(self):
        self._before = look(self._sim)
        return self

    def __exit__(self, *_):
        after = look(self._sim)
        self.gone = self._before - after
        self.come = after - self._before

    def nothing(self):
        self.only(set(), set())

    def only(self, come, gone=frozenset()):
        assert self.come == set(come), f"came {sorted(self.come, key=str)}, wanted {sorted(come, key=str)}"
        assert self.gone == set(gone), f"went {sorted(self.gone, key=str)}, wanted {sorted(gone, key=str)}"


def refused(answer, status, *, code=2001, message="Invalid Input Provided", errors=None):
    """The answer is exactly that refusal."""
    wanted = {"message": message}
    if code is not None:
        wanted["code"] = code
    if errors is not None:
        wanted["errors"] = errors if isinstance(errors, list) else [errors]
    assert (answer.status, answer.json) == (status, {"error": wanted}), answer


def untouched(sim, answer, status, **refusal):
    """The refusal of a call that is still to be made, which changes nothing and leaves no record."""
    records = sim.counts()["audit_records"]
    with Watch(sim) as watch:
        refused(answer(), status, **refusal)
    watch.nothing()
    assert sim.counts()["audit_records"] == records, "a refusal left an audit record"


def records(sim, since=0):
    """The audit records that came after the first `since`, oldest first, as the service tells them."""
    newest = sim.get("/audit/records?limit=100").json["records"]
    return list(reversed(newest))[since:]
