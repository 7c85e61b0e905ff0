# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Starts, controls and stops pd-sim for Python tests.

    from simulator import Simulator          # with tests/support in PYTHONPATH

    with Simulator(users=101, teams=5, switches={"rate_limit": "0"}) as sim:
        sim.settings["api_url"]              # what a connector needs: settings and secrets
        sim.token("users.read")              # a token, got as a client gets it
        sim.get("/users?limit=100")          # status, headers, parsed body; as a well-behaved client
        sim.state()["grants"]                # what an auditor should see
        sim.csv()                            # the same, a line each grant
        sim.faults({"match": {"route": "/users"}, "action": {"status": 500}})
        sim.mutate({"op": "delete_user", "user": 3})
        sim.summary()["by_route"]

The program is found by the environment variable PD_SIM, which meson sets, or beside this file in a build folder. It ends with the
process that started it, whatever happens. One instance is used by one thread at a time.
"""
import copy
import glob
import http.client
import json
import os
import ssl
import urllib.parse

import programs

ACCEPT = "application/vnd.pagerduty+json;version=2"


def program():
    """Path of pd-sim."""
    path = os.environ.get("PD_SIM")
    if path is None:
        root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
        found = sorted(glob.glob(os.path.join(root, "build*", "tests", "simulator", "pd-sim")), key=len)
        path = found[0] if found else None
    if path is None:
        raise RuntimeError("pd-sim is not built; build the project, or say where it is in PD_SIM")
    return path


class ControlError(Exception):
    """The control API refused what it was asked; the message is its own."""


class Answer:
    """What came back: .status, .headers (lower-case names), .body (bytes), .json (None where it is no JSON)."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body
        try:
            self.json = json.loads(body)
        except ValueError:
            self.json = None

    def __repr__(self):
        return f"<Answer {self.status} {self.body[:200]!r}>"


class Simulator(programs.Service):
    """A running pd-sim. Sizes (users=, teams=, memberships= …) and anything else that a world's JSON takes go by name."""

    def __init__(self, *arguments, switches=None, tls=False, **world):
        super().__init__(program(), *arguments)
        self.switches = dict(switches or {})
        self.world = world
        self.tls = tls
        for name, value in self.switches.items():
            self._command += ["--set", f"{name}={_word(value)}"]
        if tls:
            self._command.append("--tls")
        self._connections = {}
        self._token = None

    # --- running -----------------------------------------------------------------------------------------------------------------

    def start(self, **options):
        """Starts the program and waits until it is ready. Returns self."""
        if self.world and self.process is None:
            # by a descriptor of its own: nothing is left in the file system
            read, write = os.pipe()
            with os.fdopen(write, "w") as pipe:
                json.dump(self.world, pipe)
            plain = self._command
            self._command = [*plain, "--world", f"/dev/fd/{read}"]
            try:
                super().start(pass_fds=(read,), **options)
            finally:
                self._command = plain
                os.close(read)
        else:
            super().start(**options)
        self.port = self.ready["port"]
        self.settings = self.ready["settings"]
        self.secrets = self.ready["secrets"]
        return self

    def stop(self):
        """Ends the program and returns its exit status."""
        for connection in self._connections.values():
            connection.close()
        self._connections = {}
        return super().stop()

    def client(self):
        """Another client of the same program, for another thread; its stop() ends its connections alone."""
        other = copy.copy(self)
        other.process = None
        other._connections = {}
        other._token = None
        return other

    # --- the control API ----------------------------------------------------------------------------------------------------------

    def control(self, method, path, body=None):
        """One control request; the parsed answer (text where it is no JSON). ControlError where it is refused."""
        data = None if body is None else json.dumps(body).encode()
        answer = self._exchange(("control",), method, "/_control/" + path, {}, data)
        if answer.status != 200:
            raise ControlError((answer.json or {}).get("error", answer.body))
        return answer.json if answer.json is not None else answer.body.decode()

    def reset(self, **world):
        """A new world; what is not given is as on the command line. Tokens, journal, faults, triggers and clock begin anew."""
        self._token = None
        return self.control("POST", "reset", {**self.world, **world})

    def state(self, **options):
        """Principals, resources, entitlements and grants as an auditor should see them; v3=1 with shift-based schedules."""
        return self.control("GET", "state?" + urllib.parse.urlencode(options))

    def counts(self):
        return self.control("GET", "state?counts=1")["counts"]

    def csv(self, **options):
        """A line for each grant, sorted bytewise, after a header (none with header=0)."""
        return self.control("GET", "state?" + urllib.parse.urlencode({"format": "csv", **options}))

    def journal(self, after=0):
        """Every request since the last reset, from number after + 1 on."""
        return self.control("GET", f"journal?after={after}")["requests"]

    def summary(self):
        """How many requests, by route and by status, and how many violations."""
        return self.control("GET", "journal?summary=1")

    def forget_journal(self):
        return self.control("DELETE", "journal")

    def faults(self, *faults):
        """Adds faults to those that wait."""
        return self.control("POST", "faults", {"faults": list(faults)})

    def fault_counts(self):
        """Every fault with how often it was seen and fired."""
        return self.control("GET", "faults")["faults"]

    def clear_faults(self):
        return self.control("DELETE", "faults")

    def mutate(self, *changes, at=None):
        """Somebody else changes things: now, or, with at={"route":…, "nth":…, "when":"before"|"after"}, when that request comes."""
        body = {"changes": list(changes)}
        if at is not None:
            body["at"] = at
        return self.control("POST", "mutate", body)

    def invitations(self):
        """How many invitations were mailed to each address."""
        return self.control("GET", "invitations")["by_email"]

    def clock(self, advance_ms):
        """The service's clock goes forward."""
        return self.control("POST", "clock", {"advance_ms": advance_ms})

    def set(self, **switches):
        """Changes switches of the running world."""
        return self.control("POST", "switches", switches)

    def revoke_tokens(self):
        return self.control("DELETE", "tokens")

    def identity(self):
        """How many token requests of each kind came and were granted, and every consent."""
        return self.control("GET", "identity")

    def expire(self, which="all"):
        """The access tokens, refresh tokens or all of them end now."""
        return self.control("POST", "expire", {"which": which})

    def consent(self, url, who="admin", answer="allow", scopes=None):
        """Somebody answers the page of that address: the first of a base role, or whoever has that id or e-mail. scopes: only these are given.
        Returns the address that the browser is sent to; None where the service shows an error page instead."""
        body = {"url": url, "as": who, "answer": answer}
        if scopes is not None:
            body["scopes"] = scopes
        return self.control("POST", "consent", body)["redirect"]

    # --- as a client ----------------------------------------------------------------------------------------------------------------

    def token(self, *scopes, **fields):
        """Asks the identity host for a token with those scopes (all that the app has, if none are named); the Answer."""
        wanted = list(scopes) or ["users.read", "users.write", "teams.read", "teams.write", "escalation_policies.read",
                                  "escalation_policies.write", "schedules.read", "abilities.read", "licenses.read", "oncalls.read",
                                  "audit_records.read"]
        form = {
                "grant_type": "client_credentials",
                "client_id": self.settings["client_id"],
                "client_secret": self.secrets["client_secret"],
                "scope": " ".join([f"as_account-{self.settings['region']}.{self.settings['subdomain']}", *wanted]),
                **fields,
        }
        return self.form("/identity/oauth/token", form)

    def redeem(self, grant, **fields):
        """A token request of another grant type; a field that is None is left out."""
        form = {"grant_type": grant, "client_id": self.settings["client_id"], "client_secret": self.secrets["client_secret"], **fields}
        return self.form("/identity/oauth/token", {name: value for name, value in form.items() if value is not None})

    def form(self, path, fields):
        """A form as a browser or a client posts it."""
        data = urllib.parse.urlencode(fields).encode()
        return self._exchange(("client",), "POST", path, {"Content-Type": "application/x-www-form-urlencoded"}, data)

    def page(self, path):
        """A page as a browser gets it."""
        return self._exchange(("client",), "GET", path, {}, None)

    def request(self, method, path, headers=None, body=None, token=None):
        """One request as it should be made; headers replace or (None) take away. token: a bearer token, or one with every scope."""
        if token is None:
            if self._token is None:
                self._token = self.token().json["access_token"]
            token = self._token
        sent = {"Accept": ACCEPT, "Authorization": f"Bearer {token}"}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        for name, value in (headers or {}).items():
            sent.pop(name, None)
            if value is not None:
                sent[name] = value
        return self._exchange(("client",), method, path, sent, data)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, body=body, **options)

    def put(self, path, body=None, **options):
        return self.request("PUT", path, body=body, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)

    def everything(self, path, key, limit=100):
        """All items of a classic list, page after page."""
        items = []
        while True:
            mark = "&" if "?" in path else "?"
            page = self.get(f"{path}{mark}limit={limit}&offset={len(items)}")
            if page.status != 200:
                raise RuntimeError(f"{path}: {page!r}")
            items += page.json[key]
            if not page.json["more"]:
                return items

    def _connect(self, who):
        if who == ("control",):
            return http.client.HTTPConnection("127.0.0.1", self.control_port, timeout=120)
        if self.tls:
            context = ssl.create_default_context(cafile=self.settings["ca_file"])
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=context)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def _exchange(self, who, method, path, headers, data):
        """Keeps one connection for each who; a connection that died is the caller's to see, the next call opens another."""
        connection = self._connections.get(who) or self._connect(who)
        self._connections[who] = connection
        try:
            connection.request(method, path, body=data, headers=headers)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            del self._connections[who]
            raise
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)


def _word(value):
    return str(value).lower() if isinstance(value, bool) else str(value)
