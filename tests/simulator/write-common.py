#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""What all writes share: scopes, limits, the form of a request, the audit trail, lists that lag, answers that get lost."""
import http.client
import json
import threading
import time

import tap
from harbour import OWNER_EMAIL, TAKEN, Watch, build, records, refused, untouched
from simulator import Simulator

FROM = {"From": OWNER_EMAIL}
NEW = {"user": {"type": "user", "name": "Tomas Quill", "email": "tomas.quill@northwind.example"}}


def targets(*ids):
    """The body of a policy with one level."""
    rule = {"escalation_delay_in_minutes": 30, "targets": [{"id": id, "type": "user_reference"} for id in ids]}
    return {"escalation_policy": {"escalation_rules": [rule]}}


RULES = targets("PLIMIT1")

# Every write, in a form that the account of build() takes: method, path, body, headers, scope, status, template.
WRITES = (("POST", "/users", NEW, FROM, "users.write", 201, "/users"),
          ("PUT", "/users/PFREE01", {"user": {"role": "user"}}, {}, "users.write", 200, "/users/{id}"),
          ("DELETE", "/users/PFREE01", None, {}, "users.write", 204, "/users/{id}"),
          ("PUT", "/teams/PQUAY10/users/PLIMIT2", {"role": "observer"}, {}, "teams.write", 204, "/teams/{id}/users/{user_id}"),
          ("DELETE", "/teams/PQUAY10/users/PLIMIT1", None, {}, "teams.write", 204, "/teams/{id}/users/{user_id}"),
          ("PUT", "/teams/PQUAY10/escalation_policies/PEPFR20", None, {}, "teams.write", 204,
           "/teams/{id}/escalation_policies/{escalation_policy_id}"),
          ("DELETE", "/teams/PHARB10/escalation_policies/PEPHB20", None, {}, "teams.write", 204,
           "/teams/{id}/escalation_policies/{escalation_policy_id}"),
          ("PUT", "/escalation_policies/PEPFR20", RULES, {}, "escalation_policies.write", 200, "/escalation_policies/{id}"))


def call(sim, write, **options):
    method, path, body, headers = write[:4]
    return sim.request(method, path, body=body, headers={**headers, **options.pop("headers", {})}, **options)


def all_work(sim):
    for write in WRITES:
        build(sim)
        sim.forget_journal()
        with Watch(sim) as watch:
            answer = call(sim, write)
        entry = sim.journal()[-1]
        assert answer.status == write[5] and watch.come | watch.gone, (write[:2], answer)
        assert (entry["route"], entry["scope"], entry["violations"]) == (write[6], write[4], []), entry
        assert (answer.body == b"") == (answer.status == 204) and "x-request-id" in answer.headers, answer


# --- scopes, limits ------------------------------------------------------------------------------------------------------------------


def scopes(sim):
    every = ["users.read", "users.write", "teams.read", "teams.write", "escalation_policies.read", "escalation_policies.write"]
    for write in WRITES:
        build(sim)
        rest = [scope for scope in every if scope != write[4]]
        token = sim.token(*rest).json["access_token"]
        with Watch(sim) as watch:
            answer = call(sim, write, token=token)
        watch.nothing()
        granted = " ".join(["as_account-us.northwind", *rest])
        assert (answer.status, answer.json) == (403, {"error": {"message": "Token missing required scopes", "required_scopes": write[4],
                                                                  "token_scopes": granted}}), answer
        assert call(sim, write, token=sim.token(write[4]).json["access_token"]).status == write[5], "and no other one is needed"


def limited(sim):
    for write in WRITES:
        build(sim, switches={"rate_limit": 2})
        call(sim, write)
        call(sim, write)
        with Watch(sim) as watch:
            answer = call(sim, write)
        watch.nothing()
        refused(answer, 429, code=2020, message="Rate Limit Exceeded")
        assert answer.headers["ratelimit-remaining"] == "0"


def unauthorized(sim):
    for write in WRITES:
        build(sim)
        untouched(sim, lambda write=write: call(sim, write, token="bad"), 401, code=2006, message="Authentication failed")
        untouched(sim, lambda write=write: call(sim, write, headers={"Authorization": "Token token=read-only-key"}), 403, code=2010, message="Access Denied")


# --- the form of a request -----------------------------------------------------------------------------------------------------------


def raw(sim, method, path, data, **headers):
    """A body that json.dumps() would not make."""
    token = sim.token().json["access_token"]
    connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=30)
    sent = {"Accept": "application/vnd.pagerduty+json;version=2", "Authorization": f"Bearer {token}", "Content-Type": "application/json", **FROM, **headers}
    connection.request(method, path, body=data, headers={name: value for name, value in sent.items() if value is not None})
    answer = connection.getresponse()
    body = json.loads(answer.read() or "null")
    connection.close()
    return answer.status, body


def well_formed(sim):
    build(sim)
    missing = (400, {"error": {"message": "Missing Arguments", "code": 2003}})
    for method, path, key in (("POST", "/users", "user"), ("PUT", "/users/PFREE01", "user"), ("PUT", "/escalation_policies/PEPFR20", "escalation_policy")):
        with Watch(sim) as watch:
            assert raw(sim, method, path, None) == missing
            assert raw(sim, method, path, b"{}") == missing
            assert raw(sim, method, path, json.dumps(NEW["user"]).encode()) == missing, "the wrapper is missing"
            for value in (b"null", b"[]", b'"x"', b"7"):
                assert raw(sim, method, path, b'{"%s":%s}' % (key.encode(), value)) == missing
            for text, why in ((b"[]", "The body must be a JSON object."), (b"{'user':{}}", "The body is not JSON"), (b'{"user":{}', "The body is not JSON"),
                              (b'{"user":{}}x', "The body is not JSON"), (b'{"user":{"name":"\xff"}}', "The body is not UTF-8"),
                              (b'{"a":' * 40 + b"1" + b"}" * 40, "The body is not JSON")):
                status, body = raw(sim, method, path, text)
                assert status == 400 and body["error"]["code"] == 2001 and body["error"]["errors"][0].startswith(why), (text, status, body)
            status, body = raw(sim, method, path, json.dumps({key: {"name": "x"}}).encode(), **{"Content-Type": "text/plain"})
            assert status == 400 and body["error"]["errors"] == ["Simulator, strict mode: A body needs Content-Type: application/json, not text/plain."]
        watch.nothing()
    status, body = raw(sim, "PUT", "/users/PFREE01", b'{"user":{"name":"a\\u0000b"}}')
    assert (status, body["error"]["errors"]) == (400, ["Name is invalid"]), body
    status, body = raw(sim, "POST", "/users", b'{"user":{"name":"a","email":"a@northwind.example"}}')
    assert (status, body["error"]["errors"]) == (400, ["Simulator, strict mode: A new user needs a type."]), body
    sim.set(strict=False)
    assert raw(sim, "POST", "/users", b'{"user":{"name":"a","email":"a@northwind.example"}}')[0] == 201
    assert raw(sim, "PUT", "/users/PFREE01", b'{"user":{"name":"b"}}', **{"Content-Type": None})[0] == 200
    assert raw(sim, "DELETE", "/users/PFREE01", b"{}")[0] == 204
    told = [text for entry in sim.journal() for text in entry["violations"]][-3:]
    assert told == ["A new user needs a type.", "A body needs Content-Type: application/json, not nothing.", "A DELETE has no body."], told


def counted(sim):
    build(sim)
    sim.forget_journal()
    for write in WRITES:
        if isinstance(write[2], dict):
            assert sim.request(write[0], write[1], body={**write[2], "extra": 1}, headers=write[3]).status == write[5], write
            assert sim.journal()[-1]["violations"] == ['"extra" of the body is nothing that can be written.']
    assert sim.summary()["violations"] == 4


def repeatable(sim):
    """Section by section: what a second call answers, and that it changes nothing."""
    second = {"POST /users": 400, "DELETE /users/{id}": 404}
    for write in WRITES:
        build(sim)
        call(sim, write)
        rules = sim.get("/escalation_policies/PEPFR20").json["escalation_policy"]["escalation_rules"]
        again = write
        if write[1].startswith("/escalation"):
            again = (*write[:2], {"escalation_policy": {"escalation_rules": rules}}, *write[3:])
        count = sim.counts()["audit_records"]
        with Watch(sim) as watch:
            answer = call(sim, again)
        watch.nothing()
        assert answer.status == second.get(f"{write[0]} {write[6]}", write[5]), (write[:2], answer)
        assert sim.counts()["audit_records"] == count
    build(sim)
    call(sim, WRITES[0])
    refused(call(sim, WRITES[0]), 400, errors=TAKEN)


# --- the audit trail -----------------------------------------------------------------------------------------------------------------


def brief(record):
    details = record["details"]
    fields = {field["name"]: (field["before_value"], field["value"]) for field in details["fields"] or []}
    references = {one["name"]: tuple(tuple(ref["id"] for ref in one[side] or []) for side in ("added", "removed")) for one in details["references"] or []}
    return record["root_resource"]["type"], record["root_resource"]["id"], record["action"], details["resource"]["id"], fields, references


def recorded(sim):
    build(sim)
    start = len(records(sim))
    user = call(sim, WRITES[0]).json["user"]["id"]
    calls = [sim.put(f"/users/{user}", {"user": {"role": "observer", "job_title": "Pilot"}}), sim.put(f"/teams/PQUAY10/users/{user}", {"role": "observer"}),
             sim.put(f"/teams/PQUAY10/users/{user}", {"role": "manager"}), sim.delete(f"/teams/PQUAY10/users/{user}")]
    assert [answer.status for answer in calls] == [200, 204, 204, 204], calls
    license = [level for level in sim.state()["principals"] if level["id"] == user][0]["license_id"]
    entered = records(sim, start)
    assert [brief(record) for record in entered] == [
        ("user_reference", user, "create", user, {"name": (None, "Tomas Quill"), "email": (None, NEW["user"]["email"]), "role": (None, "user"),
                                                    "time_zone": (None, "Etc/UTC"), "color": (None, "purple"), "license": (None, license)}, {}),
        ("user_reference", user, "update", user, {"role": ("user", "observer"), "job_title": (None, "Pilot")}, {}),
        ("team_reference", "PQUAY10", "update", "PQUAY10", {}, {"members": ((user,), ())}),
        ("team_reference", "PQUAY10", "update", user, {"team_role": ("observer", "manager")}, {}),
        ("team_reference", "PQUAY10", "update", "PQUAY10", {}, {"members": ((), (user,))})], [brief(record) for record in entered]
    ids = [entry["execution_context"]["request_id"] for entry in entered]
    assert ids[1:] == [answer.headers["x-request-id"] for answer in calls] and len(set(ids)) == 5


def recorded_policies(sim):
    build(sim)
    start = len(records(sim))
    first = sim.put("/teams/PQUAY10/escalation_policies/PEPFR20")
    rules = sim.get("/escalation_policies/PEPFR20").json["escalation_policy"]["escalation_rules"]
    rules[0]["targets"] = [{"id": "PFREE01", "type": "user_reference"}, rules[0]["targets"][1]]
    second = sim.put("/escalation_policies/PEPFR20", {"escalation_policy": {"name": "Other", "escalation_rules": rules}})
    third = sim.delete("/teams/PQUAY10/escalation_policies/PEPFR20")
    entered = records(sim, start)
    shown = [brief(record) for record in entered]
    assert shown[2][4].pop("escalation_rules") and shown == [
        ("escalation_policy_reference", "PEPFR20", "update", "PEPFR20", {}, {"teams": (("PQUAY10",), ())}),
        ("team_reference", "PQUAY10", "update", "PQUAY10", {}, {"members": (("PUSER01", "POBSER1"), ())}),
        ("escalation_policy_reference", "PEPFR20", "update", "PEPFR20", {"name": ("Free", "Other")}, {"targets": (("PFREE01",), ("PUSER01",))}),
        ("team_reference", "PQUAY10", "update", "PQUAY10", {}, {"members": (("PFREE01",), ())}),
        ("escalation_policy_reference", "PEPFR20", "update", "PEPFR20", {}, {"teams": ((), ("PQUAY10",))})], shown
    ids = [entry["execution_context"]["request_id"] for entry in entered]
    assert ids == [answer.headers["x-request-id"] for answer in (first, first, second, second, third)]
    trail = sim.get("/escalation_policies/PEPFR20/audit/records").json["records"]
    assert [record["id"] for record in trail][:3] == [entered[4]["id"], entered[2]["id"], entered[0]["id"]], "newest first, of this policy alone"


def recorded_deletion(sim):
    for by_the_way in (True, False):
        build(sim)
        sim.set(audit_by_the_way=by_the_way)
        start = len(records(sim))
        sim.delete("/users/PLIMIT1")
        shown = [brief(record)[:3] for record in records(sim, start)]
        teams = [("team_reference", team, "update") for team in ("PHARB10", "PQUAY10")] if by_the_way else []
        assert shown == [*teams, ("user_reference", "PLIMIT1", "delete")], shown


def actors(sim):
    build(sim)
    for key, actor, method in ((None, ("app_reference", sim.settings["client_id"]), "oauth"), ("account-key", ("api_key_reference", "account-key"), "api_token"),
                               ("user-key-PADMIN1", ("user_reference", "PADMIN1"), "api_token")):
        headers = {} if key is None else {"Authorization": f"Token token={key}"}
        answer = sim.put("/users/PFREE01", {"user": {"job_title": f"by {key}"}}, headers=headers)
        record = records(sim)[-1]
        assert [(one["type"], one["id"]) for one in record["actors"]] == [actor] and record["method"]["type"] == method, record
        assert record["execution_context"]["request_id"] == answer.headers["x-request-id"]
        if key is not None:
            assert record["method"]["truncated_token"] == key[-4:], record
        assert sim.get(f"/audit/records?actor_type={actor[0]}&actor_id={actor[1]}").json["records"][0]["id"] == record["id"]


def own_end(sim):
    build(sim)
    assert sim.delete("/users/PADMIN1", headers={"Authorization": "Token token=user-key-PADMIN1"}).status == 204
    assert records(sim)[-1]["actors"][0]["summary"] == "Padmin1"
    assert sim.get("/users", headers={"Authorization": "Token token=user-key-PADMIN1"}).status == 401, "the key goes with its user"


# --- lists that lag ------------------------------------------------------------------------------------------------------------------


def shown_users(sim):
    listed = sim.everything("/users", "users", limit=3)
    assert [user["name"] for user in listed] == sorted(user["name"] for user in listed), "the list keeps its order"
    return {user["id"]: (user["name"], user["role"], user["email"], tuple(team["id"] for team in user["teams"])) for user in listed}


def shown_members(sim, team):
    return {member["user"]["id"]: member["role"] for member in sim.everything(f"/teams/{team}/members", "members", limit=1)}


def lags(sim):
    build(sim)
    sim.set(read_lag_ms=3600000)
    before, quay = shown_users(sim), shown_members(sim, "PQUAY10")
    user = call(sim, WRITES[0]).json["user"]["id"]
    sim.put("/users/PFREE01", {"user": {"role": "user", "name": "Aaron", "email": "aaron@northwind.example"}})
    sim.put(f"/teams/PQUAY10/users/{user}", {"role": "observer"})
    sim.put("/teams/PQUAY10/users/PLIMIT1", {"role": "responder"})
    sim.put("/teams/PQUAY10/users/POBSER1", {"role": "observer"})
    assert sim.delete("/users/PLIMIT2").status == 204
    assert shown_users(sim) == before and shown_members(sim, "PQUAY10") == quay, "nothing shows yet"
    assert sim.get("/users?query=tomas.quill").json["users"] == [], "a stale read: taken, but not found"
    assert [one["id"] for one in sim.get("/users?query=pfree01%40").json["users"]] == ["PFREE01"]
    refused(call(sim, WRITES[0]), 400, errors=TAKEN)
    # by id everything is there at once, unless the switch says so
    assert sim.get(f"/users/{user}").status == 200 and sim.get("/users/PLIMIT2").status == 404
    sim.set(show_lag=True)
    assert sim.get(f"/users/{user}").status == 404 and sim.get("/users/PLIMIT2").json["user"]["name"] == "Plimit2"
    assert sim.get("/users/PFREE01").json["user"]["name"] == "Pfree01"
    sim.clock(3600000)
    after = shown_users(sim)
    assert after[user] == ("Tomas Quill", "user", NEW["user"]["email"], ("PQUAY10",)) and "PLIMIT2" not in after
    assert after["PFREE01"][:3] == ("Aaron", "user", "aaron@northwind.example")
    assert shown_members(sim, "PQUAY10") == {user: "observer", "PLIMIT1": "responder", "POBSER1": "observer"}
    assert after["POBSER1"][3] == ("PQUAY10",)


def lags_stepwise(sim):
    """The lists are the truth of so long ago, not the last truth but one."""
    build(sim)
    sim.set(read_lag_ms=100000)
    told = []
    for role in ("observer", "responder", "manager"):
        sim.put("/teams/PQUAY10/users/PFREE01", {"role": role})
        sim.clock(40000)
        told.append(shown_members(sim, "PQUAY10").get("PFREE01"))
    sim.delete("/teams/PQUAY10/users/PFREE01")
    for _ in range(4):
        sim.clock(40000)
        told.append(shown_members(sim, "PQUAY10").get("PFREE01"))
    assert told == [None, None, "observer", "responder", "manager", None, None], told


def lags_after_deletion(sim):
    build(sim)
    sim.set(read_lag_ms=100000)
    sim.delete("/users/PLIMIT1")
    assert shown_members(sim, "PQUAY10") == {"PLIMIT1": "manager"} and shown_users(sim)["PLIMIT1"][3] == ("PHARB10", "PQUAY10")
    assert [one["id"] for one in sim.get("/users?team_ids%5B%5D=PQUAY10").json["users"]] == ["PLIMIT1"]
    sim.mutate({"op": "delete_team", "team": "PQUAY10"})
    assert shown_users(sim)["PLIMIT1"][3] == ("PHARB10",)
    sim.clock(100000)
    assert shown_members(sim, "PHARB10") == {"PUSER01": "observer"} and "PLIMIT1" not in shown_users(sim)


# --- answers that get lost -------------------------------------------------------------------------------------------------------------


def fails(sim, write):
    try:
        return call(sim, write)
    except (OSError, http.client.HTTPException):
        return None


def cut(sim):
    for write in WRITES:
        for at, happens in (("before", False), ("headers", True), ("middle", True), ("after", True)):
            build(sim)
            sim.faults({"match": {"method": write[0], "route": write[6]}, "action": {"cut": at}})
            count = sim.counts()["audit_records"]
            with Watch(sim) as watch:
                answer = fails(sim, write)
            # a client that takes the end of the connection for the end of the headers believes what little there was
            assert answer is None or (at in ("headers", "middle") and answer.body == b""), (write[:2], at, answer)
            assert bool(watch.come | watch.gone) == happens, (write[:2], at)
            assert (sim.counts()["audit_records"] > count) == happens, (write[:2], at)
            assert sim.fault_counts()[0]["fired"] == 1
            sim.clear_faults()


def replaced(sim):
    """An error that is told although it is done, or instead of doing it."""
    for write in WRITES:
        for handle in (True, False):
            build(sim)
            sim.faults({"match": {"method": write[0], "route": write[6]}, "action": {"status": 502, "handle": handle}})
            with Watch(sim) as watch:
                answer = call(sim, write)
            assert answer.status == 502 and bool(watch.come | watch.gone) == handle, (write[:2], handle)


def comes_by_drops(sim):
    """The write is done long before its answer is there: who waits too short a time has written all the same."""
    build(sim)
    sim.faults({"match": {"method": "PUT", "route": "/users/{id}"}, "action": {"drip": {"bytes": 16, "every_ms": 20}}})
    other = sim.client()
    thread = threading.Thread(target=call, args=(other, WRITES[1]))
    thread.start()
    deadline = time.monotonic() + 10
    while sim.get("/users/PFREE01").json["user"]["role"] != "user" and time.monotonic() < deadline:
        time.sleep(0.005)
    assert sim.get("/users/PFREE01").json["user"]["role"] == "user" and thread.is_alive()
    thread.join()
    other.stop()


def invited_once(sim):
    build(sim)
    sim.faults({"match": {"method": "POST", "route": "/users"}, "action": {"cut": "after"}})
    assert fails(sim, WRITES[0]) is None
    refused(call(sim, WRITES[0]), 400, errors=TAKEN)
    found = [user for user in sim.get("/users?query=tomas.quill").json["users"] if user["email"] == NEW["user"]["email"]]
    assert len(found) == 1 and sim.invitations() == {NEW["user"]["email"]: 1}


def side_by_side(sim):
    """Writers at the same time: each write is whole, the last one wins, and no address is taken twice."""
    build(sim)
    wanted = [["PLIMIT1"], ["PLIMIT2"], ["PUSER01", "PADMIN1"], ["PFREE01", "PRESTR1", "POBSER1"]]
    statuses = []

    def writer(ids):
        client = sim.client()
        for _ in range(20):
            statuses.append(("PUT", client.put("/escalation_policies/PEPFR20", targets(*ids)).status))
            statuses.append(("POST", client.post("/users", NEW, headers=FROM).status))
        client.stop()

    threads = [threading.Thread(target=writer, args=(ids,)) for ids in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses.count(("POST", 201)) == 1 and statuses.count(("POST", 400)) == 79 and statuses.count(("PUT", 200)) == 80, statuses
    rules = sim.get("/escalation_policies/PEPFR20").json["escalation_policy"]["escalation_rules"]
    assert [[target["id"] for target in rule["targets"]] for rule in rules] in [[ids] for ids in wanted], rules
    assert sim.invitations() == {NEW["user"]["email"]: 1}


def slow(sim):
    """A write whose answer is late happens late: someone else's comes first, and is lost."""
    build(sim)
    sim.faults({"match": {"method": "PUT", "route": "/escalation_policies/{id}"}, "action": {"delay_ms": 300}})
    done = []
    other = sim.client()
    thread = threading.Thread(target=lambda: done.append(other.put("/escalation_policies/PEPFR20", RULES)))
    thread.start()
    deadline = time.monotonic() + 10
    while not [entry for entry in sim.journal() if entry["method"] == "PUT"] and time.monotonic() < deadline:
        time.sleep(0.01)
    first = sim.put("/escalation_policies/PEPFR20", targets("PADMIN1"))
    thread.join()
    other.stop()
    assert first.status == done[0].status == 200
    rules = sim.get("/escalation_policies/PEPFR20").json["escalation_policy"]["escalation_rules"]
    assert [target["id"] for target in rules[0]["targets"]] == ["PLIMIT1"], rules
    assert sim.get("/escalation_policies/PEPFR20/audit/records").json["records"][0]["execution_context"]["request_id"] == done[0].headers["x-request-id"]


def main():
    with Simulator(switches={"rate_limit": 0}) as sim:
        for name, behaviour in (("every write does something, and the journal knows it", all_work),
                                ("each write needs its scope and no other", scopes),
                                ("the limit of requests holds for writes", limited),
                                ("neither a bad token nor a read-only key writes", unauthorized),
                                ("a body must be JSON, in its wrapper, with its type", well_formed),
                                ("a key that is not known is counted and ignored", counted),
                                ("a repeated write answers as documented and changes nothing", repeatable),
                                ("users and members leave records of who, what and which request", recorded),
                                ("policies leave records, and so does whoever joins by the way", recorded_policies),
                                ("a deletion leaves records, of the teams by a switch", recorded_deletion),
                                ("the record names the app, the key or the user", actors),
                                ("who deletes itself is named as well", own_end),
                                ("lists of users and members lag, and then show", lags),
                                ("a list that lags shows each state in turn", lags_stepwise),
                                ("a deleted user lags out of lists with the teams that still are", lags_after_deletion),
                                ("a write whose answer is cut has happened, but for a cut before", cut),
                                ("an error may be told although it is done", replaced),
                                ("a write is done before its answer has come by drops", comes_by_drops),
                                ("a creation whose answer is lost invites once", invited_once),
                                ("writers at the same time leave one whole policy and one user", side_by_side),
                                ("a slow write happens late and wins", slow)):
            tap.check(name, behaviour, sim)
    tap.finish()


if __name__ == "__main__":
    main()
