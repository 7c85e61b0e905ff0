#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""The example connector's fixture: an imaginary service of people and clubs, in memory, that misbehaves when it is told to.

usage: service.py [KEY=VALUE]...      a world as POST /_control/reset takes it: people=120 clubs=7 seed=1

It speaks the fixture protocol of host-stub/conform/README.md; faults.py has what is done to its answers. The service itself:

    GET    /account                                   {"account","key_name"}
    GET    /people?limit=N[&after=ID]                 {"rows":[{"id","name","email"}],"more"}: in the order of ids, at most 50
    GET    /people/ID                                 one of them
    GET    /clubs?limit=N[&after=ID]                  {"rows":[{"id","name","open","members"}],"more"}
    GET    /clubs/ID                                  one of them
    GET    /clubs/ID/members?limit=N[&after=ID]       {"rows":[{"id"}],"more"}: ids of people
    GET    /clubs/ID/members/PERSON                   {"member","may_change"}
    PUT    /clubs/ID/members/PERSON                   201, or 200 where it was so. Not into a club that is not open
    DELETE /clubs/ID/members/PERSON                   204, or 404 not_a_member. Not the last member of a club

Authorization: Bearer KEY. What is refused is {"error": code}. Every answer has an X-Request-Id.
"""
import email.utils
import json
import os
import signal
import socket
import socketserver
import sys
import threading
import time
import urllib.parse

import faults
import world

PAGE = 50
KEY = "key-for-the-example"


class Request:
    """One request as it came, and what became of it."""

    def __init__(self, method, target, headers, body):
        self.method, self.headers, self.body = method, headers, body
        self.path, _, self.query = target.partition("?")
        self.parts = [urllib.parse.unquote(part) for part in self.path.split("/")[1:]]
        self.violations = []
        self.status, self.number, self.connection = 0, 0, 0
        self.action = {}  # the fault that strikes it

    def route(self):
        """The template as in the manifest's wire, or None."""
        shape = {0: None, 1: self.path, 2: f"/{self.parts[0]}/{{id}}", 3: "/clubs/{id}/members", 4: "/clubs/{id}/members/{person}"}
        found = shape.get(len(self.parts))
        known = {"/account", "/people", "/people/{id}", "/clubs", "/clubs/{id}", "/clubs/{id}/members", "/clubs/{id}/members/{person}"}
        methods = {"GET", "PUT", "DELETE"} if found == "/clubs/{id}/members/{person}" else {"GET"}
        return found if found in known and self.method in methods and (len(self.parts) < 3 or self.parts[2] == "members") else None

    def arguments(self):
        return dict(urllib.parse.parse_qsl(self.query, keep_blank_values=True))

    def told(self):
        return {"n": self.number, "method": self.method, "path": self.path, "query": self.query, "host": "api", "route": self.route(),
                "scope": None, "status": self.status, "violations": self.violations, "connection": self.connection}


class Service:
    """The world, its journal, and the faults and triggers that wait for a request. All of it under one lock."""

    def __init__(self, spec):
        self.lock = threading.RLock()
        self.reset(spec)

    def reset(self, spec):
        self.world = world.World(spec)
        self.journal, self.faults, self.triggers = [], [], []

    # --- the service --------------------------------------------------------------------------------------------------------------

    def page(self, request, rows):
        """One page of (id, row) in the order of ids."""
        asked = request.arguments()
        limit = asked.pop("limit", str(PAGE))
        after = asked.pop("after", "")
        if asked or not limit.isdigit() or not 1 <= int(limit) <= PAGE:
            request.violations.append(f"no such page: {request.query}")
            return 400, {"error": "bad_page"}
        limit = int(limit)
        if "page_offset" in request.action:
            rows = rows[int(request.action["page_offset"]):]
        else:
            rows = [row for row in rows if row[0] > after]
        listed = {"rows": [row for _, row in rows[:limit]], "more": len(rows) > limit}
        if "more" in request.action:
            listed["more"] = bool(request.action["more"])
        if request.action.get("empty_list"):
            listed["rows"] = []
        return 200, listed

    def answer(self, request):
        """Status and JSON of a request that nothing went wrong with."""
        if request.route() is None:
            request.violations.append(f"no such operation: {request.method} {request.path}")
            return 404, {"error": "no_such_operation"}
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return 401, {"error": "bad_key"}
        if request.body:
            request.violations.append("a body where there is none")
        kind, *rest = request.parts
        if request.path == "/account":
            return 200, {"account": "example-1", "key_name": "The key of the example"}
        if kind == "people" and not rest:
            return self.page(request, self.world.people_rows())
        if kind == "people":
            person = self.world.people.get(rest[0])
            return (404, {"error": "no_such_person"}) if person is None else (200, {"id": rest[0], **person})
        if not rest:
            return self.page(request, self.world.club_rows())
        club = self.world.clubs.get(rest[0])
        if club is None:
            return 404, {"error": "no_such_club"}
        if len(rest) == 1:
            return 200, dict(self.world.club_rows())[rest[0]]
        if len(rest) == 2:
            return self.page(request, [(person, {"id": person}) for person in sorted(club["members"])])
        return self.membership(request, club, rest[2])

    def membership(self, request, club, person):
        if person not in self.world.people:
            return 404, {"error": "no_such_person"}
        member = person in club["members"]
        may_change = len(club["members"]) > 1 if member else club["open"]
        if request.method == "GET":
            return 200, {"member": member, "may_change": may_change}
        if request.method == "PUT" and member:
            return 200, {"member": True}
        if request.method == "DELETE" and not member:
            return 404, {"error": "not_a_member"}
        if not may_change:
            return 422, {"error": "last_member" if member else "closed_club"}
        if request.method == "PUT":
            club["members"].add(person)
            return 201, {"member": True}
        club["members"].discard(person)
        return 204, None

    # --- what the harness asks ------------------------------------------------------------------------------------------------------

    def control(self, request):
        what = "/".join(request.parts[1:])
        asked = json.loads(request.body) if request.body else {}
        if (request.method, what) == ("POST", "reset"):
            self.reset(asked)
        elif (request.method, what) == ("GET", "state"):
            return self.world.state()
        elif (request.method, what) == ("GET", "journal"):
            return {"requests": [seen.told() for seen in self.journal]}
        elif (request.method, what) == ("DELETE", "journal"):
            self.journal = []
        elif (request.method, what) == ("POST", "faults"):
            self.faults += [faults.Fault(fault) for fault in asked["faults"]]
        elif (request.method, what) == ("GET", "faults"):
            return {"faults": [fault.told() for fault in self.faults]}
        elif (request.method, what) == ("DELETE", "faults"):
            self.faults = []
        elif (request.method, what) == ("POST", "mutate") and "at" in asked:
            self.triggers.append(faults.Trigger(asked))
        elif (request.method, what) == ("POST", "mutate"):
            self.world.mutate(asked["changes"])
        elif (request.method, what) == ("GET", "mutate"):
            return {"triggers": [trigger.told() for trigger in self.triggers]}
        else:
            raise ValueError(f"there is no {request.method} {request.path}")
        return {}

    # --- one request ------------------------------------------------------------------------------------------------------------------

    def arrive(self, request, connection):
        """Writes it down and finds out what strikes it; returns the triggers that go off after it."""
        request.number, request.connection = len(self.journal) + 1, connection
        self.journal.append(request)
        for fault in self.faults:
            if fault.strikes(request) and not request.action:
                fault.fired += 1
                request.action = fault.action
        late = []
        for trigger in self.triggers:
            if not trigger.strikes(request):
                continue
            trigger.fired += 1
            if trigger.when == "before":
                trigger.run(self.world.mutate)
            else:
                late.append(trigger)
        return late

    def serve(self, request, connection):
        """The reply to a request of the connector."""
        with self.lock:
            late = self.arrive(request, connection)
            action = request.action
        faults.wait(action)
        with self.lock:
            answered = faults.instead(action)
            done = answered is None or action.get("handle")
            status, body = self.answer(request) if done and action.get("cut") != "before" else (0, None)
            reply = faults.Reply(*answered) if answered is not None else faults.Reply(status, body)
            for trigger in late:
                trigger.run(self.world.mutate)
            reply.headers += [("Date", email.utils.formatdate(usegmt=True)), ("X-Request-Id", f"example-{request.number}")]
            request.status = 0 if action.get("cut") else reply.status
        return reply


class Handler(socketserver.StreamRequestHandler):
    """A connection: requests one after the other until one side has enough."""

    disable_nagle_algorithm = True
    connections = 0

    def read(self):
        line = self.rfile.readline(65536).decode("latin-1").split()
        if len(line) != 3:
            return None
        headers = {}
        while (header := self.rfile.readline(65536).decode("latin-1").strip()):
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", "0")))
        return Request(line[0], line[1], headers, body)

    def handle(self):
        Handler.connections += 1
        connection = Handler.connections
        try:
            while (request := self.read()) is not None:
                if request.parts[0] == "_control":
                    self.answer_control(request)
                elif not faults.send(self.server.service.serve(request, connection), request.action, self.connection):
                    return
        except OSError:  # whoever asked has gone
            return

    def answer_control(self, request):
        service = self.server.service
        try:
            with service.lock:
                reply = faults.Reply(200, service.control(request))
        except (KeyError, TypeError, ValueError) as why:
            reply = faults.Reply(400, {"error": f"{request.method} {request.path}: {why}"})
        faults.send(reply, {}, self.connection)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


def end_with(parent):
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def main():
    if "--exit-with-parent" in sys.argv:
        threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    spec = {key: int(value) for key, value in (word.split("=", 1) for word in sys.argv[1:] if word != "--exit-with-parent")}
    server = Server(("127.0.0.1", 0), Handler)
    server.service = Service(spec)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    port = server.server_address[1]
    print(json.dumps({"port": port, "pid": os.getpid(), "settings": {"url": f"http://127.0.0.1:{port}"}, "secrets": {"api_key": KEY}}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
