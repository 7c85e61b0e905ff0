#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Creating, changing and deleting users: every refusal word for word, every side effect as a difference of the account."""
import tap
from harbour import OWNER_EMAIL, TAKEN, Watch, build, look, refused, untouched
from simulator import Simulator

FROM = {"From": OWNER_EMAIL}
NEW = {"type": "user", "name": "Tomas Quill", "email": "tomas.quill@northwind.example"}
NO_SEAT = "License error: License is not available"
LOCKED = "License error: Unable to perform request at this time. account could not be locked"


def create(sim, headers=None, **fields):
    user = {key: value for key, value in {**NEW, **fields}.items() if value != "absent"}
    return sim.post("/users", {"user": user}, headers={**FROM, **(headers or {})})


def created(sim, **fields):
    answer = create(sim, **fields)
    assert answer.status == 201, answer
    return answer.json["user"]


def update(sim, user, body=None, token=None, **fields):
    headers = None if token is None else {"Authorization": f"Token token={token}"}
    return sim.put(f"/users/{user}", {"user": fields if body is None else body}, headers=headers)


def license_of(sim, user):
    return sim.get(f"/users/{user}/license").json["license"]["id"]


def full_license(sim):
    return license_of(sim, "PLIMIT1")


def person(sim, id, seats, group="FullUser", **shown):
    """The facts that a new user adds."""
    facts = {("user", id, key, value) for key, value in {
        "id": id, "name": "Tomas Quill", "email": NEW["email"], "role": "user", "job_title": None, "time_zone": "Etc/UTC",
        "license_id": full_license(sim), "license_name": "Business (Full User)", "invitation_pending": True, "created_via_sso": False,
        "html_url": f"https://northwind.pagerduty.com/users/{id}", **shown}.items()}
    role, email = shown.get("role", "user"), shown.get("email", NEW["email"])
    return facts | {("grant", id, f"role:{role}", ""), ("seats", group, seats), ("invited", email, 1)}


# --- creating -----------------------------------------------------------------------------------------------------------------------


def creates(sim):
    build(sim)
    with Watch(sim) as watch:
        user = created(sim, role="limited_user", job_title="Crane lead", time_zone="Europe/Lisbon", description="Night crew", color="teal",
                       license={"id": full_license(sim), "type": "license_reference"})
    assert sim.get(f"/users/{user['id']}").json["user"] == user
    contact, rule = user.pop("contact_methods"), user.pop("notification_rules")
    assert len(contact) == 1 and contact[0]["type"] == "email_contact_method_reference", contact
    assert len(rule) == 1 and rule[0]["type"] == "assignment_notification_rule_reference", rule
    id = user["id"]
    assert user == {"id": id, "type": "user", "summary": "Tomas Quill", "self": f"https://api.pagerduty.com/users/{id}",
                    "html_url": f"https://northwind.pagerduty.com/users/{id}", "name": "Tomas Quill", "email": NEW["email"],
                    "time_zone": "Europe/Lisbon", "color": "teal", "role": "limited_user", "avatar_url": f"https://img.example/{id}.png",
                    "description": "Night crew", "invitation_sent": True, "created_via_sso": False, "job_title": "Crane lead",
                    "teams": []}, user
    watch.only(person(sim, id, 9, role="limited_user", job_title="Crane lead", time_zone="Europe/Lisbon"), {("seats", "FullUser", 8)})


def defaults(sim):
    build(sim)
    with Watch(sim) as watch:
        user = created(sim, time_zone=None, job_title=None, description=None)
    assert (user["role"], user["time_zone"], user["job_title"], user["description"]) == ("user", "Etc/UTC", None, None)
    watch.only(person(sim, user["id"], 9), {("seats", "FullUser", 8)})


def tidied(sim):
    build(sim)
    user = created(sim, name=" \t Tomas   de  Quill ", email=" Tomas.QUILL@Northwind.Example ")
    assert (user["name"], user["summary"], user["email"]) == ("Tomas de Quill", "Tomas de Quill", NEW["email"])
    assert sim.invitations() == {NEW["email"]: 1}


def taken(sim):
    build(sim)
    created(sim)
    for email in (NEW["email"], "TOMAS.quill@northwind.example", f" {NEW['email']}", "plimit1@northwind.example"):
        untouched(sim, lambda email=email: create(sim, name="Someone Else", email=email), 400, errors=TAKEN)
    assert sim.invitations() == {NEW["email"]: 1}


def unfit(sim):
    build(sim)
    blank, mail = "Name can't be blank", "Email can't be blank"
    for fields, errors in (({"name": "absent"}, blank), ({"name": ""}, blank), ({"name": " \t "}, blank), ({"name": None}, blank),
                           ({"name": "x" * 101}, "Name is too long (maximum is 100 characters)"),
                           ({"email": "absent"}, mail), ({"email": ""}, mail), ({"email": "a@b.c"}, "Email is too short (minimum is 6 characters)"),
                           ({"email": "no-at.example"}, "Email is invalid"), ({"email": "a b@northwind.example"}, "Email is invalid"),
                           ({"email": "a@@northwind.example"}, "Email is invalid"), ({"email": "a@nodot"}, "Email is invalid"),
                           ({"email": "a\nb@northwind.example"}, "Email is invalid"),
                           ({"email": "x" * 90 + "@example.org"}, "Email is too long (maximum is 100 characters)"),
                           ({"name": "", "email": ""}, [blank, mail]), ({"role": "queen"}, "Role is invalid"), ({"role": 7}, "Role is invalid"),
                           ({"role": "owner"}, "Role is invalid"), ({"job_title": "x" * 101}, "Job title is too long (maximum is 100 characters)"),
                           ({"time_zone": "nowhere at all"}, "Time zone is not included in the list"),
                           ({"license": {"type": "license_reference"}}, "License is invalid")):
        untouched(sim, lambda fields=fields: create(sim, **fields), 400, errors=errors)
    assert created(sim, name="x" * 100, email="a@b.cd", job_title="x" * 100)["email"] == "a@b.cd"


def old_name(sim):
    build(sim)
    assert created(sim, role="team_responder")["role"] == "observer"


def needs_ability(sim):
    build(sim, abilities=["teams", "advanced_permissions"])
    for role in ("read_only_user", "read_only_limited_user"):
        untouched(sim, lambda role=role: create(sim, role=role), 402, code=2014, message="Missing Account Ability")
        untouched(sim, lambda role=role: update(sim, "PFREE01", role=role), 402, code=2014, message="Missing Account Ability")
    build(sim, abilities=["teams", "read_only_users"])
    for role in ("observer", "restricted_access"):
        untouched(sim, lambda role=role: create(sim, role=role), 402, code=2014, message="Missing Account Ability")
        untouched(sim, lambda role=role: update(sim, "PFREE01", role=role), 402, code=2014, message="Missing Account Ability")
    build(sim, abilities=["permissions_service"])
    assert created(sim, role="observer")["role"] == "observer", "the ability has an older name"


def seats(sim):
    build(sim, seats=9)
    user = created(sim)
    untouched(sim, lambda: create(sim, email="second@northwind.example"), 400, errors=NO_SEAT)
    assert created(sim, email="third@northwind.example", role="read_only_user")["role"] == "read_only_user", "another group has seats"
    assert sim.delete(f"/users/{user['id']}").status == 204
    created(sim, email="second@northwind.example")
    untouched(sim, lambda: create(sim), 400, errors=NO_SEAT)
    untouched(sim, lambda: create(sim, email="second@northwind.example"), 400, errors=TAKEN)


def licenses(sim):
    build(sim, seats=9, second_license=True)
    first, stakeholder, second = [one["id"] for one in sim.get("/licenses").json["licenses"]]
    reference = {"type": "license_reference"}
    asked = created(sim, license={"id": second, **reference})["id"]
    assert license_of(sim, asked) == second
    untouched(sim, lambda: create(sim, email="x@northwind.example", license={"id": stakeholder, **reference}), 400,
              errors="License error: Role is not valid for this license")
    untouched(sim, lambda: create(sim, email="x@northwind.example", license={"id": "PNONE", **reference}), 400,
              errors="License error: License not found")
    assert license_of(sim, created(sim, email="x@northwind.example")["id"]) == first
    untouched(sim, lambda: create(sim, email="y@northwind.example", license={"id": first, **reference}), 400, errors=NO_SEAT)
    assert license_of(sim, created(sim, email="y@northwind.example")["id"]) == second, "the group has another licence with seats"


def lock(sim):
    build(sim)
    sim.set(account_lock=2)
    for _ in range(2):
        untouched(sim, lambda: create(sim), 400, errors=LOCKED)
    created(sim)
    assert sim.invitations() == {NEW["email"]: 1}
    untouched(sim, lambda: create(sim), 400, errors=TAKEN)
    untouched(sim, lambda: create(sim, email="other@northwind.example"), 400, errors=LOCKED)


def from_header(sim):
    missing = {"code": None, "message": "You must specify a user's email address in the \"From\" header to perform this action"}
    unknown = {"code": 1008, "message": "Requester User Not Found"}
    build(sim)
    untouched(sim, lambda: create(sim, headers={"From": None}), 400, **missing)
    untouched(sim, lambda: create(sim, headers={"From": ""}), 400, **missing)
    untouched(sim, lambda: create(sim, headers={"From": "nobody@northwind.example"}), 400, **unknown)
    created(sim, headers={"From": OWNER_EMAIL.upper()})
    sim.set(**{"from": "optional"})
    untouched(sim, lambda: create(sim, email="2@northwind.example", headers={"From": "nobody@northwind.example"}), 400, **unknown)
    created(sim, email="2@northwind.example", headers={"From": None})
    sim.set(**{"from": "off"})
    created(sim, email="3@northwind.example", headers={"From": "nobody@northwind.example"})


def ignored(sim):
    build(sim)
    sim.forget_journal()
    body = {"user": {**NEW, "teams": [{"id": "PHARB10", "type": "team_reference"}], "contact_methods": [], "invitation_sent": False,
                     "password": "hemlock", "invitaton": 1}, "usr": {}}
    answer = sim.post("/users", body, headers=FROM)
    assert answer.status == 201 and answer.json["user"]["teams"] == [] and answer.json["user"]["invitation_sent"], answer
    assert b"hemlock" not in answer.body
    told = [text for entry in sim.journal() for text in entry["violations"]]
    assert told == [f'"{key}" of {where} is nothing that can be written.'
                    for key, where in (("usr", "the body"), ("password", "the user"), ("invitaton", "the user"))], told


def again(sim):
    build(sim)
    first = created(sim)["id"]
    assert sim.delete(f"/users/{first}").status == 204
    second = created(sim)["id"]
    assert first != second and sim.invitations() == {NEW["email"]: 2}


# --- changing -----------------------------------------------------------------------------------------------------------------------


def only_role(sim):
    build(sim)
    with Watch(sim) as watch:
        answer = update(sim, "PLIMIT1", role="observer")
    assert answer.status == 200 and answer.json["user"] == sim.get("/users/PLIMIT1").json["user"], answer
    watch.only({("user", "PLIMIT1", "role", "observer"), ("grant", "PLIMIT1", "role:observer", "")},
               {("user", "PLIMIT1", "role", "limited_user"), ("grant", "PLIMIT1", "role:limited_user", "")})


def fields(sim):
    build(sim)
    update(sim, "PFREE01", job_title="Pilot", description="Tall")
    with Watch(sim) as watch:
        answer = update(sim, "PFREE01", name=" Bo  Li ", email="BO@northwind.example", time_zone="Asia/Tokyo", color="red", job_title=None)
    user = answer.json["user"]
    assert answer.status == 200 and (user["color"], user["description"], user["summary"]) == ("red", "Tall", "Bo Li"), answer
    watch.only({("user", "PFREE01", key, value) for key, value in (("name", "Bo Li"), ("email", "bo@northwind.example"),
                                                                     ("time_zone", "Asia/Tokyo"), ("job_title", None))},
               {("user", "PFREE01", key, value) for key, value in (("name", "Pfree01"), ("email", "pfree01@northwind.example"),
                                                                     ("time_zone", "Etc/UTC"), ("job_title", "Pilot"))})
    assert [one["id"] for one in sim.get("/users?query=bo%40north").json["users"]] == ["PFREE01"]
    assert sim.get("/users?query=pfree01%40").json["users"] == [], "the old address leads nowhere"


def names_untouched(sim):
    build(sim, {"op": "rename_user", "user": "PFREE01", "name": " as  it \t was "})
    assert update(sim, "PFREE01", role="user").json["user"]["name"] == " as  it \t was ", "only what is sent is put into form"


def unfit_change(sim):
    build(sim)
    for changes, errors in (({"email": "plimit1@northwind.example"}, TAKEN), ({"email": "PLIMIT1@northwind.example"}, TAKEN), ({"email": "x"}, "Email is too short (minimum is 6 characters)"),
                            ({"name": ""}, "Name can't be blank"), ({"name": None}, "Name can't be blank"), ({"role": "owner"}, "Role is invalid")):
        untouched(sim, lambda changes=changes: update(sim, "PFREE01", changes), 400, errors=errors)
    with Watch(sim) as watch:
        assert update(sim, "PFREE01", email="PFREE01@northwind.example").status == 200, "the own address is not taken"
        assert update(sim, "PFREE01", teams=[], contact_methods=[], rule="x", role=None).status == 200
    watch.nothing()
    refused(update(sim, "PNOBODY", role="user"), 404, code=2100, message="Not Found")


def same_again(sim):
    build(sim)
    first = update(sim, "PFREE01", role="user", job_title="Pilot")
    records = sim.counts()["audit_records"]
    second = update(sim, "PFREE01", role="user", job_title="Pilot")
    assert first.json == second.json and (first.status, second.status) == (200, 200)
    assert sim.counts()["audit_records"] == records, "what changes nothing leaves no record"


def owner(sim):
    id = build(sim)
    denied = {"code": 2010, "message": "Access Denied"}
    for token in (None, "account-key", "user-key-PADMIN1"):
        untouched(sim, lambda token=token: update(sim, id, token=token, job_title="Chief"), 403, **denied)
        untouched(sim, lambda token=token: update(sim, id, token=token, role="admin"), 403, **denied)
    own = f"user-key-{id}"
    untouched(sim, lambda: update(sim, id, token=own, role="admin"), 403, **denied)
    untouched(sim, lambda: update(sim, id, token=own, role="owner", job_title="Chief"), 403, **denied)
    assert update(sim, id, token=own, job_title="Chief").json["user"]["role"] == "owner"
    untouched(sim, lambda: sim.delete(f"/users/{id}"), 403, **denied)


def groups(sim):
    build(sim, seats=9)
    old, other = full_license(sim), license_of(sim, "PSTAKE1")
    reference = {"id": old, "type": "license_reference"}
    untouched(sim, lambda: update(sim, "PFREE01", role="read_only_user", license=reference), 400,
              errors="License error: Role is not valid for this license")
    with Watch(sim) as watch:
        assert update(sim, "PFREE01", role="read_only_user").status == 200
    watch.only({("user", "PFREE01", "role", "read_only_user"), ("grant", "PFREE01", "role:read_only_user", ""), ("seats", "FullUser", 7),
                ("seats", "Stakeholder", 3), ("user", "PFREE01", "license_id", other), ("user", "PFREE01", "license_name", "Stakeholder")},
               {("user", "PFREE01", "role", "limited_user"), ("grant", "PFREE01", "role:limited_user", ""), ("seats", "FullUser", 8),
                ("seats", "Stakeholder", 2), ("user", "PFREE01", "license_id", old), ("user", "PFREE01", "license_name", "Business (Full User)")})
    created(sim)
    created(sim, email="second@northwind.example")
    untouched(sim, lambda: update(sim, "PFREE01", role="limited_user"), 400, errors=NO_SEAT)
    assert update(sim, "PLIMIT1", role="user").status == 200, "within a group no seat is needed"
    assert update(sim, "PLIMIT1", role="observer", license=reference).status == 200, "nor for the licence that one has"


def called(sim):
    build(sim)
    with Watch(sim) as watch:
        assert update(sim, "PLIMIT1", role="read_only_user").status == 200
    assert not [fact for fact in watch.gone if fact[0] in ("grant", "level") and not fact[2].startswith("role:")], watch.gone
    build(sim)
    sim.set(stakeholder_on_call="refuse")
    untouched(sim, lambda: update(sim, "PLIMIT2", role="read_only_user"), 400, errors="Stakeholders cannot be added to schedules")
    untouched(sim, lambda: update(sim, "PLIMIT1", role="read_only_user"), 400, errors="Stakeholders cannot be added to escalation policies")
    assert update(sim, "PFREE01", role="read_only_user").status == 200


def keys(sim):
    build(sim)
    denied = {"code": 2010, "message": "Access Denied"}
    for key in ("user-key-PUSER01", "user-key-PLIMIT1", "read-only-key"):
        headers = {**FROM, "Authorization": f"Token token={key}"}
        untouched(sim, lambda headers=headers: sim.post("/users", {"user": NEW}, headers=headers), 403, **denied)
        untouched(sim, lambda headers=headers: sim.delete("/users/PFREE01", headers=headers), 403, **denied)
        untouched(sim, lambda key=key: update(sim, "PFREE01", token=key, job_title="x"), 403, **denied)
    untouched(sim, lambda: update(sim, "PLIMIT1", token="user-key-PLIMIT1", role="admin"), 403, **denied)
    assert update(sim, "PLIMIT1", token="user-key-PLIMIT1", job_title="x").status == 200, "everybody may change the own title"
    assert update(sim, "PFREE01", token="user-key-PADMIN1", role="user").status == 200


# --- deleting -----------------------------------------------------------------------------------------------------------------------


def gone(sim, id, seats, group="FullUser"):
    before = look(sim)
    facts = {fact for fact in before if fact[0] in ("user", "grant") and fact[1] == id}
    return facts | {("seats", group, seats)}


def offboards(sim):
    build(sim)
    facts = gone(sim, "PLIMIT1", 8)
    rule = [level["rule_id"] for level in sim.state()["entitlements"] if level["id"] == "policy:PEPHB20:2"][0]
    with Watch(sim) as watch:
        answer = sim.delete("/users/PLIMIT1")
    assert (answer.status, answer.body) == (204, b""), answer
    level = ("level", "policy:PEPHB20:2", rule, 30, "users", "")
    watch.only({("seats", "FullUser", 7), (*level, "PLIMIT1")}, facts | {(*level, "")})
    refused(sim.delete("/users/PLIMIT1"), 404, code=2100, message="Not Found")
    refused(sim.get("/users/PLIMIT1"), 404, code=2100, message="Not Found")
    assert "PLIMIT1" not in [user["id"] for user in sim.everything("/users", "users")]
    stub = sim.get("/escalation_policies/PEPHB20").json["escalation_policy"]["escalation_rules"][1]["targets"]
    assert [(one["id"], one["summary"], one["self"]) for one in stub] == [("PLIMIT1", "Plimit1", None)] and stub[0]["deleted_at"], stub
    assert [one["user"]["id"] for one in sim.get("/teams/PHARB10/members").json["members"]] == ["PUSER01"]
    assert sim.delete("/users/PLIMIT2").status == 204
    stub = sim.get("/schedules/PSCHB30").json["schedule"]["users"]
    assert stub[0]["id"] == "PLIMIT2" and stub[0]["deleted_at"], stub


def not_offboarding(sim):
    build(sim, abilities=["teams", "read_only_users", "advanced_permissions"])

    def held(id, why):
        with Watch(sim) as watch:
            answer = sim.delete(f"/users/{id}")
        assert (answer.status, answer.json) == (400, {"error": {"errors": [f"The user cannot be deleted as they {why} to continue."]}}), answer
        watch.nothing()

    held("PUSER01", "are on 2 escalation policies. Please remove them")
    held("PLIMIT1", "are on 1 escalation policy. Please remove them")
    held("PLIMIT2", "are on 1 schedule. Please remove them")
    held("PRESTR1", "are on 1 schedule. Please remove them")
    why = "The user cannot be deleted as they are on 1 schedule. Please remove them to continue."
    for shape, error in (("error_string", why), ("errors_string", {"errors": why}), ("errors_null", {"errors": None}), ("errors_absent", {})):
        sim.set(error_shape=shape)
        assert sim.delete("/users/PRESTR1").json == {"error": error}, shape
    sim.set(error_shape="standard")
    facts = gone(sim, "PFREE01", 8)
    with Watch(sim) as watch:
        assert sim.delete("/users/PFREE01").status == 204
    watch.only({("seats", "FullUser", 7)}, facts)
    sim.set(settle_ms=5000)
    rule = {"escalation_delay_in_minutes": 30, "targets": [{"id": "PUSER01", "type": "user_reference"}]}
    assert sim.put("/escalation_policies/PEPHB20", {"escalation_policy": {"escalation_rules": [rule]}}).status == 200
    held("PLIMIT1", "are on 1 escalation policy. Please remove them")
    sim.clock(5000)
    assert sim.delete("/users/PLIMIT1").status == 204, "the service has noticed by now"
    sim.set(open_incidents=1)
    held("PADMIN1", "have 1 incident. Please resolve the following incident")
    sim.mutate({"op": "set_abilities", "add": ["offboarding"]})
    assert sim.delete("/users/PADMIN1").status == 204, "offboarding hands incidents on"


def main():
    with Simulator(switches={"rate_limit": 0}) as sim:
        for name, behaviour in (("a new user takes a seat and gets an invitation, and nothing else changes", creates),
                                ("what is left out or null is the account's default", defaults),
                                ("names are trimmed and addresses are lower-case", tidied),
                                ("an address is taken whatever its case, and nobody is invited twice", taken),
                                ("each unfit user is refused with the sentence for it", unfit),
                                ("team_responder is stored as observer", old_name),
                                ("a role that the account lacks the ability for is a 402", needs_ability),
                                ("seats run out by group, and a deletion frees one", seats),
                                ("a licence that is asked for must fit and have a seat; else one is picked", licenses),
                                ("a locked account refuses for a while, and takes neither seat nor invitation", lock),
                                ("From is not looked at, checked or demanded, as the switch says", from_header),
                                ("what cannot be written is ignored, and the journal counts it", ignored),
                                ("a person who is created again has a new id and a new invitation", again),
                                ("a PUT with the role alone changes the role alone", only_role),
                                ("each writable field changes, and null clears a title", fields),
                                ("what is not sent is not put into form either", names_untouched),
                                ("an unfit change is refused, and an idle one changes nothing", unfit_change),
                                ("a repeated PUT answers the same and leaves no record", same_again),
                                ("nobody touches the owner, and the owner not the own role", owner),
                                ("a role of another group moves the licence, and an old licence is refused", groups),
                                ("a stakeholder-to-be who is paged keeps the duty or is refused", called),
                                ("a user's key may no more than the user", keys),
                                ("with offboarding a deleted user stays as stubs that page nobody", offboards),
                                ("without offboarding a user who is needed cannot be deleted", not_offboarding)):
            tap.check(name, behaviour, sim)
    tap.finish()


if __name__ == "__main__":
    main()
