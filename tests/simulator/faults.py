#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Faults strike when and how they are told to, and say how often they did."""
import gzip
import http.client
import socket
import threading
import time
import zlib

import tap
from simulator import Simulator


def strike(sim, action, path="/users?limit=10"):
    sim.clear_faults()
    sim.faults({"match": {"route": "/users"}, "action": action})
    try:
        return sim.get(path)
    finally:
        fired = sim.fault_counts()[0]["fired"]
        assert fired == 1, f"{action} fired {fired} times"
        sim.clear_faults()


def breaks(sim, action, kind):
    try:
        answer = strike(sim, action)
    except kind:
        return
    raise AssertionError(f"{action}: {answer}")


def raw(sim, action, within=30):
    """Everything that comes back on a connection of its own."""
    sim.clear_faults()
    sim.faults({"match": {"route": "/users"}, "action": action})
    with socket.create_connection(("127.0.0.1", sim.port), timeout=within) as connection:
        connection.sendall(b"GET /users?limit=10 HTTP/1.1\r\nHost: x\r\nAccept: application/vnd.pagerduty+json;version=2\r\n"
                           b"Authorization: Token token=account-key\r\n\r\n")
        pieces = []
        while True:
            piece = connection.recv(1 << 16)
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)


def cuts(sim):
    sim.reset(users=30)
    breaks(sim, {"cut": "before"}, http.client.RemoteDisconnected)
    assert sim.journal()[-1]["status"] == 0
    breaks(sim, {"cut": "after"}, http.client.RemoteDisconnected)
    breaks(sim, {"cut": "middle"}, http.client.IncompleteRead)
    half = raw(sim, {"cut": "headers"})
    assert half.startswith(b"HTTP/1.1 200") and b"\r\n\r\n" not in half, half
    head, body = raw(sim, {"cut": "middle"}).split(b"\r\n\r\n", 1)
    told = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    assert len(body) == told // 2, (len(body), told)
    assert sim.get("/users").status == 200, "and the next one is whole"


def reset_connection(sim):
    sim.reset(users=3)
    breaks(sim, {"cut": "before", "reset": True}, ConnectionResetError)


def committed(sim):
    sim.reset(users=3)
    sim.clear_faults()
    sim.faults({"match": {"route": "/oauth/token"}, "action": {"cut": "after"}})
    sim.mutate({"op": "add_user", "name": "Late", "email": "late@northwind.example"}, at={"route": "/oauth/token", "when": "after"})
    try:
        sim.token("users.read")
        raise AssertionError("an answer came")
    except http.client.RemoteDisconnected:
        pass
    assert sim.counts()["users"] == 4, "what was asked for was done"


def replaced(sim):
    sim.reset(users=30)
    answer = strike(sim, {"status": 500, "body": {"error": {"message": "Oops"}}, "headers": {"X-Odd": "1"}})
    assert (answer.status, answer.json["error"]["message"], answer.headers["x-odd"]) == (500, "Oops", "1") and "x-request-id" in answer.headers
    answer = strike(sim, {"status": 429, "headers": {"ratelimit-reset": "7"}})
    assert (answer.status, answer.body, answer.headers["ratelimit-reset"]) == (429, b"", "7")
    answer = strike(sim, {"html": True})
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/html") and answer.json is None
    answer = strike(sim, {"status": 503, "html": True})
    assert answer.status == 503 and answer.body.startswith(b"<!DOCTYPE")
    answer = strike(sim, {"redirect": "https://elsewhere.example/"})
    assert (answer.status, answer.headers["location"]) == (302, "https://elsewhere.example/")
    answer = strike(sim, {"body": "{\"users\":[", "content_type": ""})
    assert answer.status == 200 and answer.body == b'{"users":[' and "content-type" not in answer.headers
    assert strike(sim, {"content_type": "text/plain"}).headers["content-type"] == "text/plain"
    answer = strike(sim, {"status": 500, "handle": True})
    assert answer.status == 500 and len(answer.json["users"]) == 10, "handled, whatever is said"


def bodies(sim):
    sim.reset(users=30)
    whole = sim.get("/users?limit=10").body
    assert strike(sim, {"keep": 100}).body == whole[:100]
    assert strike(sim, {"drop": 1}).body == whole[:-1]
    assert strike(sim, {"edit": [["\"users\":", "\"people\":"], ["null", "NaN"]]}).body == whole.replace(b'"users":', b'"people":').replace(b"null", b"NaN")
    garbage = strike(sim, {"garbage": 500}).body
    assert len(garbage) == 500 and garbage == strike(sim, {"garbage": 500}).body
    deep = strike(sim, {"deep": 500}).body
    assert deep == b'{"users":' + b"[" * 500 + b"]" * 500 + b"}"


def big(sim):
    sim.reset(users=3)
    answer = strike(sim, {"gzip_bomb": 50_000_000})
    assert answer.headers["content-encoding"] == "gzip" and len(answer.body) < 500_000
    unpacked = zlib.decompressobj(31).decompress(answer.body, 60_000_000)
    assert len(unpacked) == 50_000_002 and unpacked.endswith(b"{}")
    assert len(strike(sim, {"huge": 5_000_000}).body) == 5_000_000
    head = raw(sim, {"declare": 1 << 30}).lower()
    assert b"content-length: 1073741824\r\n" in head and len(head) < 100_000
    with_headers = raw_part(sim, {"endless_headers": True}, 1_000_000)
    assert b"\r\n\r\n" not in with_headers


def raw_part(sim, action, size):
    sim.clear_faults()
    sim.faults({"match": {"route": "/users"}, "action": action})
    with socket.create_connection(("127.0.0.1", sim.port), timeout=30) as connection:
        connection.sendall(b"GET /users HTTP/1.1\r\nHost: x\r\n\r\n")
        got = b""
        while len(got) < size:
            got += connection.recv(1 << 16)
        return got


def slow(sim):
    sim.reset(users=30)
    began = time.monotonic()
    assert strike(sim, {"delay_ms": 300}).status == 200
    assert time.monotonic() - began >= 0.3
    began = time.monotonic()
    answer = strike(sim, {"drip": {"bytes": 4000, "every_ms": 50}})
    assert answer.status == 200 and len(answer.json["users"]) == 10
    assert time.monotonic() - began >= 0.05 * (len(answer.body) // 4000)


def others_go_on(sim):
    sim.reset(users=30)
    sim.token()
    sim.faults({"match": {"route": "/users"}, "action": {"delay_ms": 1500}})
    late = []
    thread = threading.Thread(target=lambda: late.append(raw_get(sim)))
    thread.start()
    deadline = time.monotonic() + 10
    while sim.fault_counts()[0]["fired"] == 0:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    began = time.monotonic()
    assert sim.get("/teams").status == 200
    assert time.monotonic() - began < 1, "one slow answer stops nobody else"
    thread.join()
    assert late == [200]


def raw_get(sim):
    connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=30)
    connection.request("GET", "/users", headers={"Accept": "application/vnd.pagerduty+json;version=2", "Authorization": "Token token=account-key"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def stop_while_slow():
    with Simulator(users=3) as sim:
        sim.get("/users")
        for action in ({"delay_ms": 60_000}, {"drip": {"bytes": 1, "every_ms": 10_000}}):
            sim.faults({"match": {"route": "/users"}, "action": action})
            with socket.create_connection(("127.0.0.1", sim.port)) as connection:
                connection.sendall(b"GET /users HTTP/1.1\r\nHost: x\r\n\r\n")
                while sim.fault_counts()[-1]["fired"] == 0:
                    time.sleep(0.01)
        began = time.monotonic()
        assert sim.stop() == 0
        assert time.monotonic() - began < 5


def lies(sim):
    sim.reset(users=30)
    true = sim.get("/users?limit=10&offset=10&total=true").json
    path = "/users?limit=10&offset=10&total=true"

    def lie(action):
        told = strike(sim, action, path).json
        return {key: value for key, value in told.items() if value != true[key]}

    assert lie({"more": False}) == {"more": False}
    assert lie({"total": 7}) == {"total": 7}
    assert lie({"total_shift": -1}) == {"total": 29}
    assert lie({"empty_list": True}) == {"users": []}, "more:true with an empty page"
    first = sim.get("/users?limit=10").json["users"]
    assert lie({"page_offset": 0}) == {"users": first}, "the page before, again"
    assert strike(sim, {"more": True}, "/users?limit=100").json["more"] is True


def counted(sim):
    sim.reset(users=30)
    sim.faults({"match": {"method": "GET", "route": "/users", "nth": 3, "every": 2, "times": 2}, "action": {"status": 500}},
               {"match": {"query": "offset=5"}, "action": {"status": 502}},
               {"match": {"path": "/teams", "times": 0}, "action": {"status": 503}})
    assert [sim.get("/users").status for _ in range(8)] == [200, 200, 500, 200, 500, 200, 200, 200]
    assert [sim.get(f"/users?offset={offset}").status for offset in (4, 5, 5)] == [200, 502, 200]
    assert [sim.get("/teams").status for _ in range(4)] == [503] * 4
    assert [(fault["seen"], fault["fired"]) for fault in sim.fault_counts()] == [(11, 2), (2, 1), (4, 4)]
    sim.clear_faults()
    assert sim.fault_counts() == [] and sim.get("/teams").status == 200


def told(sim):
    sim.reset(users=3)
    sim.faults({"match": {"route": "/users"}, "action": {"status": 500}})
    sim.get("/users")
    sim.get("/users")
    first, second = [entry for entry in sim.journal() if entry["route"] == "/users"]
    assert '"status":500' in first["fault"] and first["status"] == 500 and second["fault"] is None


def flying(sim):
    """Requests whose answers take time count together, and those that follow each other do not."""
    sim.reset(users=3)
    sim.get("/users")
    sim.get("/users")
    assert sim.summary()["most_in_flight"] == 1
    sim.faults({"match": {"route": "/users", "times": 0}, "action": {"delay_ms": 300}})
    clients = [sim.client() for _ in range(3)]
    threads = [threading.Thread(target=client.get, args=("/users",)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in clients:
        client.stop()
    assert sim.summary()["most_in_flight"] == 3
    sim.clear_faults()
    sim.forget_journal()
    sim.get("/users")
    assert sim.summary()["most_in_flight"] == 1


def compressed(sim):
    sim.reset(users=30, switches={"gzip": True})
    plain = sim.get("/users")
    packed = sim.get("/users", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers and packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body and len(packed.body) < len(plain.body) / 2


def main():
    with Simulator(switches={"rate_limit": 0}) as sim:
        for name, behaviour in (("a connection is cut before, within the headers, within the body, after", cuts),
                                ("a cut can be a reset", reset_connection),
                                ("what is cut after has been done", committed),
                                ("status, headers and body can be anything", replaced),
                                ("bodies are truncated, edited, garbled and nested", bodies),
                                ("bodies are huge, declared huge, and bombs", big),
                                ("an answer is late, or comes by drops", slow),
                                ("a slow answer stops nobody else", others_go_on),
                                ("pages lie about more, total and themselves", lies),
                                ("a fault counts what it sees and fires when it should", counted),
                                ("the journal tells which fault it was", told),
                                ("the journal tells how many requests were in flight at once", flying),
                                ("answers are compressed where the client can and the switch says so", compressed)):
            tap.check(name, behaviour, sim)
    tap.check("it ends at once although answers are under way", stop_while_slow)
    tap.finish()


if __name__ == "__main__":
    main()
