# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""A connector that acts for a person: the steps of authorize, a store of secrets that several instances share, and eyes on all of it.

    with Simulator() as sim, Person(module, manifest, sim) as app:
        begun = app.begin()
        done = app.complete(callback(sim.consent(begun.url)))
        done.status, done.session["subject"]
"""
import base64
import ctypes
import json
import threading
import urllib.parse

import host as abi
from module import Connector, Listed

BEGIN, COMPLETE, REFRESH, CLIENT, REVOKE, CHECK = range(1, 7)
PENDING, INVALID, UNSUPPORTED, UNAUTHENTICATED, EXPIRED, FORBIDDEN, CONSENT, SCOPE = 1, 100, 102, 200, 201, 202, 203, 204
RATE_LIMITED, UNAVAILABLE, PROTOCOL, REFUSED, TIMEOUT, CANCELLED = 302, 303, 304, 305, 402, 403
RETRYABLE, WARNING = 1, 2
REDIRECT = "http://localhost:8765/application/oauthProcessCode/PagerDuty"

Challenge = abi.struct("Challenge", "u32 struct_size, u32 kind, text url, text state, i64 expires_in_s")
Session = abi.struct("Session", "u32 struct_size, u32 kind, text subject, text account, text scope, i64 expires_in_s")
Request = abi.struct("Request", "u32 struct_size, u32 step, text redirect_uri, text scope, pairs params, size n_params",
                     pairs=ctypes.POINTER(abi.Pair))


def callback(location):
    """The pairs that the browser brings back, decoded once."""
    return urllib.parse.parse_qsl(location.partition("?")[2], keep_blank_values=True, strict_parsing=True)


def changed(params, **changes):
    """The same pairs with other values; None takes one away, a list makes several of it."""
    pairs = []
    for key, value in params:
        value = changes.pop(key, value)
        pairs += [(key, one) for one in (value if isinstance(value, list) else [value]) if one is not None]
    return pairs + list(changes.items())


class Store:
    """What a host keeps for one app, and what it saw: shared by instances as by processes."""

    def __init__(self, secrets):
        self.secrets = {name.encode(): value.encode() for name, value in secrets.items()}
        self.log, self.puts, self.seen = [], [], set()
        self.lock = threading.Lock()
        self.ahead_ms = 0  # of the wall clock and the monotonic one
        self.cancelled = lambda: False
        self.on_put = lambda name, value: None

    def read(self, name):
        """A secret of the connector's as JSON, None where there is none."""
        value = self.secrets.get(name.encode())
        return json.loads(value) if value else None

    def write(self, name, value):
        self.secrets[name.encode()] = json.dumps(value).encode()

    def warnings(self):
        return [text for level, text in self.log if level == WARNING]

    def leaked(self, texts):
        """Which secrets stand in the texts, as they are, URL- or base64-encoded."""
        found = []
        for secret in self.seen:
            forms = {secret, urllib.parse.quote(secret, safe=""), base64.b64encode(secret.encode()).decode().rstrip("=")}
            found += [(secret, text) for form in forms for text in texts if form in text]
        return found


class Services(abi.Services):
    """The host's side over a Store."""

    def __init__(self, store):
        super().__init__({})
        monotonic_ms, unix_ms = self.monotonic_ms, self.unix_ms

        def secret_get(_ctx, name, buffer, capacity, ret_length):
            value = store.secrets.get(name)
            ret_length[0] = len(value or b"")
            if value is None or len(value) > capacity:
                return abi.NOT_FOUND if value is None else abi.OVERFLOW
            ctypes.memmove(buffer, value, len(value))
            return abi.OK

        def secret_put(_ctx, name, value, length):
            assert store.lock.locked(), "what several processes change is changed under the lock"
            text = value[:length]
            if length == 0:
                store.secrets.pop(name, None)
            else:
                store.secrets[name] = text
            for key in ("access_token", "refresh_token"):
                store.seen |= {one for one in [json.loads(text or b"{}").get(key)] if one}
            store.seen |= {one["verifier"] for one in json.loads(text or b"{}").get("open", [])}
            store.puts.append(name.decode())
            store.on_put(name.decode(), text)
            return abi.OK

        def sleep_ms(_ctx, duration):
            store.ahead_ms += duration
            return CANCELLED if store.cancelled() else abi.OK

        self.secret_get, self.secret_put, self.sleep_ms = secret_get, secret_put, sleep_ms
        self.secret_lock = lambda *_: 0 if store.lock.acquire(timeout=60) else TIMEOUT
        self.secret_unlock = lambda *_: store.lock.release()
        self.monotonic_ms = lambda ctx: monotonic_ms(ctx) + store.ahead_ms
        self.unix_ms = lambda ctx: unix_ms(ctx) + store.ahead_ms
        self.cancelled = lambda _ctx: int(store.cancelled())
        self.log = lambda _ctx, level, text: store.log.append((level, text.decode()))


class Step(Listed):
    """What one step of authorize came to: .status, .message, .challenge and .session (dicts, None where none was emitted)."""

    def __init__(self):
        super().__init__()
        self.challenge, self.session = None, None

    @property
    def message(self):
        return self.error.message.decode()

    @property
    def url(self):
        return self.challenge["url"]

    @property
    def retryable(self):
        return bool(self.error.flags & RETRYABLE)

    def take(self, ctx, message):
        for kind, type_, name in ((1, Challenge, "challenge"), (2, Session, "session")):
            if message[0].kind == kind:
                told = ctypes.cast(message, ctypes.POINTER(type_))[0]
                assert getattr(self, name) is None, f"two of {name}"
                setattr(self, name, {field: value.decode() if isinstance(value, bytes) else value
                                     for field, value in ((field, getattr(told, field)) for field, _ in type_._fields_)})
        return super().take(ctx, message)


class Person(Connector):
    """One instance of an app whose grant is authorization_code."""

    def __init__(self, module, manifest, simulator, store=None, **settings):
        self.store = store or Store(simulator.secrets)
        self.store.seen |= set(simulator.secrets.values())
        self.said = []  # every message of an error
        super().__init__(module, manifest, simulator, services=lambda _secrets: Services(self.store),
                         **{"grant": "authorization_code", **settings})

    def step(self, step, redirect_uri=None, scope=None, params=()):
        pairs = (abi.Pair * max(len(params), 1))(*(abi.Pair(key.encode(), value.encode()) for key, value in params))
        self.store.seen |= {value for key, value in params if key == "code" and len(value) > 8}
        redirect, wanted = (None if text is None else text.encode() for text in (redirect_uri, scope))
        request = Request(ctypes.sizeof(Request), step, redirect, wanted, pairs, len(params))
        done = self._call(self._ops.authorize, request, Step())
        self.said.append(done.message)
        return done

    def begin(self, scope=None, redirect_uri=REDIRECT):
        return self.step(BEGIN, redirect_uri=redirect_uri, scope=scope or self._scope)

    def complete(self, params, redirect_uri=REDIRECT):
        return self.step(COMPLETE, redirect_uri=redirect_uri, params=params)

    def connect(self, simulator, who="admin", scope=None, scopes=None):
        """All of it, as somebody who allows it."""
        begun = self.begin(scope)
        assert begun.status == PENDING, begun.message
        return self.complete(callback(simulator.consent(begun.url, who, scopes=scopes)))

    def list(self, **options):
        done = super().list(**options)
        self.said.append(done.error.message.decode())
        return done
