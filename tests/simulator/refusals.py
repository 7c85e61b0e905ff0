#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""What is refused: deviations from the documented form in strict mode, and errors in every shape that was ever seen."""
import http.client

import tap
from simulator import ACCEPT, ControlError, Simulator


def deviates(sim, said, path, **options):
    sim.forget_journal()
    answer = sim.request(options.pop("method", "GET"), path, **options)
    entry = sim.journal()[-1]
    assert answer.status == 400, answer
    assert said in answer.body.decode(), (said, answer)
    assert entry["violations"] and entry["status"] == 400, entry


def strict(sim):
    sim.reset(users=3)
    deviates(sim, "Accept must be", "/users", headers={"Accept": None})
    deviates(sim, "Accept must be", "/users", headers={"Accept": "application/json"})
    deviates(sim, "no query parameter page", "/users?page=2")
    deviates(sim, "no query parameter include", "/users?include=teams")
    deviates(sim, "percent-encoded", "/users?include[]=teams")
    deviates(sim, "may only be", "/users?include%5B%5D=everything")
    deviates(sim, "given twice", "/users?include%5B%5D=teams&include%5B%5D=teams")
    deviates(sim, "given twice", "/users?limit=1&limit=2")
    deviates(sim, "neither true nor false", "/users?total=True")
    deviates(sim, "more than 100", "/users?limit=101")
    deviates(sim, "whole number", "/users?limit=ten")
    deviates(sim, "has no body", "/users", body={"a": 1})
    deviates(sim, "malformed escape", "/users?query=%zz")
    deviates(sim, "ISO 8601", "/schedules?since=yesterday")
    deviates(sim, "cannot be an id", "/users/PX%2F..")
    deviates(sim, "not a method", "/users", method="PATCH")
    deviates(sim, "not a method", "/abilities", method="POST", body={})
    deviates(sim, "There is no query parameter", "/abilities?limit=1")
    assert sim.get("/nowhere").status == 404 and sim.journal()[-1]["violations"]
    assert sim.get("/v3/schedules", headers={"Accept": "application/json"}).status == 200, "the third version has no Accept of its own"


def well_formed(sim):
    sim.reset(users=3)
    sim.forget_journal()
    for path in ("/users?include%5B%5D=teams&include%5B%5D=contact_methods&total=true&limit=100&offset=0&query=ilse", "/users?total=1",
                 "/escalation_policies?sort_by=name%3Aasc&include%5B%5D=targets&user_ids%5B%5D=PA&user_ids%5B%5D=PB",
                 "/schedules?since=2026-01-01T00%3A00%3A00Z&until=2026-01-02T00%3A00%3A00%2B01%3A00&time_zone=Europe%2FLisbon"):
        answer = sim.get(path)
        assert answer.status == 200, (path, answer)
    assert sim.summary()["violations"] == 0
    assert all(entry["violations"] == [] for entry in sim.journal())


def lax(sim):
    sim.reset(users=3, switches={"strict": False})
    assert sim.get("/users?include[]=teams&page=2", headers={"Accept": "*/*"}).status == 200
    assert sim.summary()["violations"] == 2, "Accept and the query, counted all the same"


def missing(sim):
    sim.reset(users=3)
    for path in ("/users/PNOBODY", "/teams/PNOBODY", "/teams/PNOBODY/members", "/escalation_policies/PNOBODY", "/schedules/PNOBODY",
                 "/users/PNOBODY/license", "/v3/schedules/PNOBODY", "/users/PNOBODY/audit/records"):
        answer = sim.get(path)
        assert (answer.status, answer.json) == (404, {"error": {"message": "Not Found", "code": 2100}}), (path, answer)


def shaped(sim, shape):
    sim.set(error_shape=shape)
    answer = sim.get("/users?offset=9999")
    assert answer.status == 400
    return answer


def shapes(sim):
    sim.reset(users=3)
    text = "Offset+limit exceeds"
    error = shaped(sim, "standard").json["error"]
    assert error["code"] == 2002 and error["errors"][0].startswith(text)
    assert "errors" not in shaped(sim, "errors_absent").json["error"]
    assert shaped(sim, "errors_null").json["error"]["errors"] is None
    assert shaped(sim, "errors_string").json["error"]["errors"].startswith(text)
    assert shaped(sim, "errors_map").json["error"]["errors"]["base"][0].startswith(text)
    assert shaped(sim, "error_array").json["error"][0]["code"] == 2002
    assert shaped(sim, "error_string").json["error"] == "Arguments Caused Error"
    assert "code" not in shaped(sim, "no_code").json["error"]
    answer = shaped(sim, "empty")
    assert answer.body == b"" and "content-type" not in answer.headers
    answer = shaped(sim, "html")
    assert answer.json is None and answer.headers["content-type"] == "text/html"


def v3_errors(sim):
    sim.reset(users=30, schedules=2)
    old = sim.get("/schedules").json["schedules"][0]["id"]
    error = sim.get(f"/v3/schedules/{old}").json["error"]
    assert error["code"] == 2001 and isinstance(error["errors"], dict), error


def request_ids(sim):
    sim.reset(users=3)
    ids = [sim.get(path).headers["x-request-id"] for path in ("/users", "/users", "/users/PX", "/nowhere", "/users?page=2")]
    ids.append(sim.token().headers["x-request-id"])
    ids.append(sim.get("/users", token="bad").headers["x-request-id"])
    sim.reset(users=3)
    ids.append(sim.get("/users").headers["x-request-id"])
    assert len(set(ids)) == len(ids), ids


def journal(sim):
    sim.reset(users=3)
    sim.get("/users?limit=1")
    sim.get("/teams/PX/members")
    first, second, third = sim.journal()
    assert (first["method"], first["host"], first["route"], first["scope"], first["status"]) == ("POST", "identity", "/oauth/token", None, 200)
    assert (second["path"], second["query"], second["route"], second["scope"]) == ("/users", "limit=1", "/users", "users.read")
    assert (third["route"], third["status"], third["path"]) == ("/teams/{id}/members", 404, "/teams/PX/members")
    assert [entry["n"] for entry in (first, second, third)] == [1, 2, 3] and sim.journal(after=2) == [third]
    assert first["request_bytes"] > 100 and second["request_bytes"] == 0 and second["reply_bytes"] > 100
    assert first["connection"] == second["connection"] == third["connection"] > 0
    assert second["token"] == third["token"] and len(second["token"]) == 12 and first["token"] is None
    summary = sim.summary()
    assert summary["total"] == 3 and summary["by_route"] == {"GET /teams/{id}/members": 1, "GET /users": 1, "POST /oauth/token": 1}
    assert summary["by_status"] == {"200": 2, "404": 1}
    whole = str(sim.journal())
    assert sim.secrets["client_secret"] not in whole and "NORTHW" not in whole, "no secret, no token"


def connections(sim):
    sim.reset(users=3)
    for _ in range(2):
        connection = http.client.HTTPConnection("127.0.0.1", sim.port)
        for _ in range(2):
            connection.request("GET", "/users", headers={"Accept": ACCEPT, "Authorization": "Token token=account-key"})
            connection.getresponse().read()
        connection.close()
    one, two, three, four = [entry["connection"] for entry in sim.journal()]
    assert one == two and three == four and one != three


def control_refuses(sim):
    for method, path, body, said in (("GET", "nothing", None, "There is no GET /_control/nothing"), ("POST", "state", {}, "There is no POST"),
                                     ("POST", "faults", {}, "no \"faults\""), ("POST", "faults", {"faults": [{}]}, "no \"action\""),
                                     ("POST", "faults", {"faults": [{"action": {"explode": 1}}]}, "unknown key"),
                                     ("POST", "faults", {"faults": [{"match": {"route": "/nowhere"}, "action": {"status": 500}}]}, "no operation"),
                                     ("POST", "faults", {"faults": [{"action": {"cut": "sideways"}}]}, "before, headers"),
                                     ("POST", "mutate", {"changes": [{"op": "fly"}]}, "that exists"),
                                     ("POST", "mutate", {"changes": [{"op": "add_user", "nme": 1}]}, "unknown key"),
                                     ("POST", "mutate", {"changes": [{"op": "delete_user", "user": "PNOBODY"}]}, "that exists"),
                                     ("POST", "clock", {"advance_ms": -1}, "whole number"), ("GET", "state?format=xml", None, "may only be"),
                                     ("POST", "switches", {"strict": "perhaps"}, "true or false")):
        try:
            sim.control(method, path, body)
        except ControlError as error:
            assert said in str(error), (path, body, error)
        else:
            raise AssertionError(f"{method} {path} {body} was accepted")
    connection = http.client.HTTPConnection("127.0.0.1", sim.control_port)
    for body in (b"{", b"[]", b"{} {}", b"\xff", b'{"users":1e999}', b"[" * 100):
        connection.request("POST", "/_control/reset", body)
        answer = connection.getresponse()
        assert answer.status == 400 and b"error" in answer.read(), body
    connection.close()


def main():
    with Simulator(switches={"rate_limit": 0}) as sim:
        for name, behaviour in (("each deviation from the documented form is 400 and a violation", strict),
                                ("the documented form is no violation", well_formed),
                                ("without strict mode deviations are only counted", lax),
                                ("an unknown id is the literal 404", missing),
                                ("errors come in every shape that was seen in the field", shapes),
                                ("the third version of schedules has errors of its own", v3_errors),
                                ("every answer carries a request id of its own", request_ids),
                                ("the journal tells each request, without token and secret", journal),
                                ("the journal tells connections apart", connections),
                                ("the control says clearly what is wrong", control_refuses)):
            tap.check(name, behaviour, sim)
    tap.finish()


if __name__ == "__main__":
    main()
