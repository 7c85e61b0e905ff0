#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Answers that PagerDuty never gives: each ends the list in bounds of time, memory and requests. usage: hostile.py IDC_HOST MODULES [SANITIZER]"""
import json
import re
import socket
import sys
import threading

import account
import tap
from simulator import Simulator

IDC_HOST, MODULES, *SANITIZER = sys.argv[1:]
WORLD = {"users": 230, "teams": 4, "policies": 6, "schedules": 4, "stubs": 0}
LARGEST_KIB = 96 * 1024
MOST_REQUESTS = 60
SECONDS = 30
TRY = "Try again later; if it stays so, check api_url and any proxy in between."
NOT_PAGERDUTY = "The answer to GET /users is not what PagerDuty sends: "
TOO_MUCH = "GET /users failed: the answer is larger than any of PagerDuty's. Check ca_file, proxy and address."
PROTOCOL, UNAVAILABLE, TIMEOUT = (1, "PROTOCOL"), (7, "UNAVAILABLE"), (7, "TIMEOUT")
# name, what is answered to GET /users, how it ends; numbers that vary are #
CASES = [
    ("a page that unpacks to 200 MB", {"gzip_bomb": 200 << 20}, PROTOCOL, TOO_MUCH),
    ("a page of 2 GB", {"huge": 2 << 30}, PROTOCOL, TOO_MUCH),
    ("headers without an end", {"endless_headers": True}, PROTOCOL, TOO_MUCH),
    ("JSON that is 10,000 deep", {"deep": 10000}, PROTOCOL, f"{NOT_PAGERDUTY}nesting too deep. {TRY}"),
    ("no body at all", {"keep": 0}, PROTOCOL, f"{NOT_PAGERDUTY}the JSON ends too early. {TRY}"),
    ("garbage", {"garbage": 3000}, PROTOCOL, f"The answer to GET /users holds more than any of PagerDuty's, or is no JSON. {TRY}"),
    ("an error in an answer that says it is none", {"status": 200, "body": {"error": {"message": "Not Found", "code": 2100}}}, PROTOCOL,
     f'The answer to GET /users has no "users". {TRY}'),
    ("a list of rows that is none", {"edit": [['{"users":[', '{"users":{"a":['], ['],"limit"', ']},"limit"']]}, PROTOCOL,
     f'The answer to GET /users has no "users". {TRY}'),
    ("a page that does not say whether there is more", {"edit": [['"more":', '"less":']]}, PROTOCOL,
     f'The answer to GET /users has no "more". {TRY}'),
    ("lists that never end", {"more": True}, PROTOCOL,
     f"GET /users says again and again that there is more: the list does not end. {TRY}"),
    ("the same page again and again", {"page_offset": 0, "more": True}, PROTOCOL,
     f"GET /users says again and again that there is more: the list does not end. {TRY}"),
    ("a redirect", {"redirect": "{elsewhere}"}, PROTOCOL,
     "PagerDuty answered GET /users with HTTP 302. PagerDuty never answers so; check api_url and any proxy in between."),
    ("an id with a slash", {"edit": [['{"id":"P', '{"id":"../P']]}, PROTOCOL,
     f"The answer to GET /users has an entry whose id is missing or is no id of PagerDuty's. {TRY}"),
    ("an id with a line break", {"edit": [['{"id":"P', '{"id":"P\\n']]}, PROTOCOL,
     f"The answer to GET /users has an entry whose id is missing or is no id of PagerDuty's. {TRY}"),
    ("an id with a NUL", {"edit": [['{"id":"P', '{"id":"P\\u0000']]}, PROTOCOL,
     f"The answer to GET /users has an entry whose id is missing or is no id of PagerDuty's. {TRY}"),
    ("an id with half a character", {"edit": [['{"id":"P', '{"id":"P\\ud800']]}, PROTOCOL,
     f"The answer to GET /users has an entry whose id is missing or is no id of PagerDuty's. {TRY}"),
    ("a number where an id should be", {"edit": [['{"id":"P', '{"id":7,"ID":"P']]}, PROTOCOL,
     f"The answer to GET /users has an entry whose id is missing or is no id of PagerDuty's. {TRY}"),
    ("an address with half a character", {"edit": [['"email":"', '"email":"\\udfff']]}, PROTOCOL,
     f"The answer to GET /users has a user whose e-mail address is no text. {TRY}"),
    ("an address with a NUL", {"edit": [['"email":"', '"email":"\\u0000']]}, PROTOCOL,
     f"The answer to GET /users has a user whose e-mail address is no text. {TRY}"),
    ("a base role that is no word", {"edit": [['"role":"', '"role":"a b:']]}, PROTOCOL,
     f"The answer to GET /users has a user whose role is no role of PagerDuty's. {TRY}"),
    ("a connection that is reset", {"cut": "middle", "reset": True}, UNAVAILABLE,
     "PagerDuty could not be reached for GET /users: Recv failure: Connection reset by peer. Check network, proxy and address, then try again."),
    ("a connection that is closed instead of an answer", {"cut": "before"}, UNAVAILABLE,
     "PagerDuty could not be reached for GET /users: Empty reply from server. Check network, proxy and address, then try again."),
    ("an answer by drops", {"drip": {"bytes": 100, "every_ms": 100}}, TIMEOUT,
     "PagerDuty could not be reached for GET /users: Operation timed out after # milliseconds with # out of # bytes received. Check network, "
     "proxy and address, then try again."),
    ("an answer that never comes", {"delay_ms": 60000}, TIMEOUT,
     "PagerDuty could not be reached for GET /users: Operation timed out after # milliseconds with 0 bytes received. Check network, proxy and "
     "address, then try again."),
]


class Elsewhere:
    """A listener that counts who comes. Use it in a with block."""

    def __enter__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/"
        self.visitors = 0
        threading.Thread(target=self._count, daemon=True).start()
        return self

    def _count(self):
        while True:
            try:
                visitor = self._socket.accept()[0]
            except OSError:
                return
            self.visitors += 1
            visitor.close()

    def __exit__(self, *_):
        self._socket.close()


def ends_in_bounds(simulator, elsewhere, action, ending, sentence):
    simulator.reset(**WORLD)
    with account.Account(IDC_HOST, MODULES, simulator) as host:
        # only what never comes has to be waited for in vain; everything else may take what a busy machine takes
        host.connected(timeout_s=1 if ending == TIMEOUT else 60)
        before = host.snapshot()
        simulator.forget_journal()
        action = json.loads(json.dumps(action).replace("{elsewhere}", elsewhere.url))
        simulator.faults({"match": {"route": "/users", "times": 0}, "action": action})
        done, answer, seconds, peak = host.measured("--json", "sync", "PagerDuty")
        assert simulator.fault_counts()[0]["fired"] > 0
        assert seconds < SECONDS, f"{seconds:.0f} s"
        assert SANITIZER or peak < LARGEST_KIB, f"{peak} KiB"
        assert simulator.summary()["total"] < MOST_REQUESTS, simulator.summary()
        assert elsewhere.visitors == 0, "the redirect was followed"
        error = json.loads(answer)["errors"][0]
        assert (done, error["name"]) == ending and re.fullmatch(re.escape(sentence).replace(r"\#", r"\d+"), error["message"]), (done, error)
        assert host.snapshot() == before, "the snapshot is another one"
        simulator.clear_faults()
        host.sync().expect(0)
        account.same(host.grants(), account.grants_of(simulator))


def name_is_mended(simulator, edits, name):
    """A name that is no text is shown with a mark, and it is told that it was mended."""
    simulator.reset(**WORLD)
    person = simulator.state()["principals"][120]
    simulator.faults({"match": {"route": "/users", "times": 0}, "action": {"edit": [[f'"name":{json.dumps(person["name"], ensure_ascii=False)}', edits]]}})
    with account.Account(IDC_HOST, MODULES, simulator).connected() as host:
        assert sum(fault["fired"] for fault in simulator.fault_counts()) > 0
        names = {row["user_id"]: row["name"] for row in host.rows("users")}
        mended = [row["user_id"] for row in host.rows("attributes") if row["attribute"] == "idc.sanitized" and row["value"] == "true"]
        assert (names[person["id"]], mended) == (name, [person["id"]]), (names[person["id"]], mended)


def harmless(simulator, action):
    simulator.reset(**WORLD)
    simulator.faults({"match": {"route": "/users", "times": 0}, "action": action})
    with account.Account(IDC_HOST, MODULES, simulator).connected() as host:
        account.same(host.grants(), account.grants_of(simulator))
        assert not [row for row in host.rows("attributes") if row["attribute"] == "idc.sanitized"]


def token_redirected(simulator, elsewhere):
    simulator.reset(**WORLD)
    with account.Account(IDC_HOST, MODULES, simulator).connected() as host:
        simulator.faults({"match": {"route": "/oauth/token", "times": 0}, "action": {"status": 307, "redirect": elsewhere.url}})
        outcome = host.sync().expect(1)
        assert outcome.error[0] == "PROTOCOL" and elsewhere.visitors == 0, (outcome.error, elsewhere.visitors)


def main():
    with Simulator(switches={"rate_limit": "0"}) as simulator, Elsewhere() as elsewhere:
        for name, *case in CASES:
            tap.check(f"{name} ends the list in bounds, and the snapshot stays", ends_in_bounds, simulator, elsewhere, *case)
        tap.check("a redirect of the token request is not followed", token_redirected, simulator, elsewhere)
        for name, edit, shown in (("half a character", '"name":"A\\ud83dB"', "A\ufffdB"), ("a NUL", '"name":"A\\u0000B"', "A\ufffdB")):
            tap.check(f"{name} in a name is mended, and that is told", name_is_mended, simulator, edit, shown)
        for name, action in (("another content type", {"content_type": "text/plain"}), ("no content type", {"content_type": ""}),
                             ("a member that nobody knows", {"edit": [['{"id":"P', '{"moon":{"full":[1,2,{"a":null}]},"id":"P']]}),
                             ("a total that is no number", {"edit": [['"total":230', '"total":NaN']]}),
                             ("a huge number that nobody looks at", {"edit": [['"limit":100', '"limit":9223372036854775808']]})):
            tap.check(f"{name} changes nothing in what is stored", harmless, simulator, action)
    tap.finish()


if __name__ == "__main__":
    main()
