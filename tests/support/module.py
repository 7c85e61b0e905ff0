# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""The connector in this very process, by the second host's declarations: everything that it emits, and a clock that can be jumped."""
import ctypes
import json

import host as abi

SCOPE_RESOURCE, SEAL_PARTIAL, INDIRECT, REMOVED = 1, 4, 2, 1
KINDS = {abi.PRINCIPAL: "users", abi.RESOURCE: "resources", abi.ENTITLEMENT: "entitlements", abi.GRANT: "grants"}


def _text(value):
    return None if value is None else value.decode()


class Listed:
    """What a list emitted, in its order."""

    def __init__(self):
        self.records = []  # of dict: record, flags, id, type, name, parent_id, principal_id, entitlement_id, attrs
        self.seals = []  # of dict: record, state, scope, status, scope_id, emitted, removed, expected, reason
        self.status, self.error = None, None

    def take(self, _ctx, message):
        if message[0].kind == abi.SEAL:
            seal = ctypes.cast(message, ctypes.POINTER(abi.Seal))[0]
            self.seals.append({name: _text(value) if isinstance(value, bytes) else value
                               for name, value in ((name, getattr(seal, name)) for name, _ in abi.Seal._fields_)})
        elif message[0].kind == abi.RECORD:
            record = ctypes.cast(message, ctypes.POINTER(abi.Record))[0]
            told = {name: _text(getattr(record, name)) for name in ("id", "type", "name", "parent_id", "principal_id", "entitlement_id")}
            attrs = [(_text(pair.key), _text(pair.value)) for pair in record.attrs[:record.n_attrs]]
            self.records.append({"record": record.record, "flags": record.flags, "attrs": attrs, **told})
        return abi.OK

    def of(self, kind):
        return [record for record in self.records if record["record"] == kind]

    def whole(self):
        """Ids of the resources whose grants are sealed as complete one by one."""
        return [seal["scope_id"] for seal in self.seals
                if (seal["record"], seal["scope"], seal["state"]) == (abi.GRANT, SCOPE_RESOURCE, abi.SEAL_COMPLETE)]

    def last_seals(self):
        return {KINDS[seal["record"]]: seal for seal in self.seals if seal["scope"] == abi.SCOPE_ALL}


class JumpingClock(abi.Services):
    """Whoever sleeps wakes at once, and it is later."""

    def __init__(self, secrets):
        super().__init__(secrets)
        self.waits = []
        monotonic_ms, unix_ms = self.monotonic_ms, self.unix_ms

        def sleep_ms(_ctx, duration):
            self.waits.append(duration)
            return abi.OK

        self.sleep_ms = sleep_ms
        self.monotonic_ms = lambda ctx: monotonic_ms(ctx) + sum(self.waits)
        self.unix_ms = lambda ctx: unix_ms(ctx) + sum(self.waits)
        self.log = lambda *_: None


class Connector:
    """One instance for one simulator. Use it in a with block."""

    def __init__(self, module, manifest, simulator, services=JumpingClock, operations=("list_entitlements",), **settings):
        entry = ctypes.CDLL(module).idc_connector_v1
        entry.restype = ctypes.POINTER(abi.Connector)
        self._connector = entry()[0]
        self._ops = self._connector.ops[0]
        with open(manifest, encoding="utf-8") as file:
            self._scope = " ".join(entry["scope"] for entry in json.load(file)["oauth"]["scopes"]
                                   if set(operations) & set(entry["for"]))
        self.services = services(simulator.secrets)
        self._settings = {**simulator.settings, **settings}
        self._instance = ctypes.c_void_p()

    def __enter__(self):
        functions = (kind(getattr(self.services, name)) for name, kind in abi.CALLS.items())
        self._host = abi.Host(ctypes.sizeof(abi.Host), 1, 0, None, *functions)
        pairs = [abi.Pair(key.encode(), str(value).encode()) for key, value in self._settings.items()]
        config = abi.Config(ctypes.sizeof(abi.Config), len(pairs), (abi.Pair * len(pairs))(*pairs), b"test")
        error = self._error()
        status = self._ops.init(self._host, config, self._instance, error)
        assert status == abi.OK, error.message
        return self

    def __exit__(self, *_):
        self._connector.destroy(self._instance)

    @staticmethod
    def _error():
        return abi.Error(ctypes.sizeof(abi.Error))

    def _call(self, operation, request, listed):
        error = self._error()
        sink = abi.Sink(ctypes.sizeof(abi.Sink), 0, None, abi.Emit(listed.take))
        listed.status = operation(self._instance, ctypes.byref(request), sink, error)
        listed.error = error
        return listed

    def authorize(self):
        request = abi.Login(ctypes.sizeof(abi.Login), abi.AUTH_CLIENT, None, self._scope.encode())
        done = self._call(self._ops.authorize, request, Listed())
        assert done.status == abi.OK, done.error.message
        return self

    def list(self, want=sum(KINDS)):
        return self._call(self._ops.list_entitlements, abi.ListRequest(ctypes.sizeof(abi.ListRequest), want, None), Listed())
