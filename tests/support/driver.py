# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Drives the operations of a connector's module that change something, for tests that look at them one by one.

    with Simulator(users=20) as sim, Driver(module, manifest, sim) as connector:
                connector.authorize()
                outcome = connector.change("add", [("PILSE01", "team:PHARB10:observer")])
                outcome.status, outcome.results[0].status, outcome.effects
"""
from ctypes import POINTER, byref, cast, pointer, sizeof

import host
from module import Connector

EFFECT, RESULT = 6, 7
DRY_RUN = 1
SIDE, EXPECTED = 1, 2
VERBS = {1: "added", 2: "removed", 3: "created", 4: "invited", 5: "changed"}

Change = host.struct("Change", "u32 struct_size, u32 reserved, text principal_id, text entitlement_id, pairs attrs, size n_attrs",
                                          pairs=POINTER(host.Pair))
Request = host.struct("Request", "u32 struct_size, u32 flags, items items, size n_items", items=POINTER(POINTER(Change)))
Effect = host.struct("Effect", "u32 struct_size, u32 kind, u32 index, u32 verb, u32 record, u32 flags, text principal_id, "
                                          "text entitlement_id, text request_id, pairs attrs, size n_attrs", pairs=POINTER(host.Pair))
Result = host.struct("Result", "u32 struct_size, u32 kind, u32 index, i32 status, text remote_id, error error, pairs attrs, size n_attrs",
                                          error=POINTER(host.Error), pairs=POINTER(host.Pair))


def _text(value):
    return None if value is None else value.decode("utf-8", "surrogateescape")


class Told:
    """What one result or effect said; attrs is a list of pairs."""

    def __init__(self, **members):
        self.__dict__.update(members)

    def attr(self, key):
        return [value for name, value in self.attrs if name == key]

    def __repr__(self):
        return "<" + " ".join(f"{key}={value!r}" for key, value in self.__dict__.items() if value) + ">"


class Outcome:
    """How a batch ended: status, message, results by index, and effects in the order in which they were told."""

    def __init__(self):
        self.status, self.message, self.results, self.effects = None, "", {}, []

    def grants(self, verb, expected=None):
        """(principal, entitlement) of the effects of that verb on grants; expected: only those with or without that flag."""
        return sorted((effect.principal, effect.entitlement) for effect in self.effects
                                    if effect.verb == verb and effect.entitlement is not None
                                    and (expected is None or bool(effect.flags & EXPECTED) == expected))


class Driver(Connector):
    """One instance of a connector that may write."""

    def __init__(self, module, manifest, simulator, **settings):
        super().__init__(module, manifest, simulator, operations=("list_entitlements", "provision", "add", "remove"), **settings)

    def change(self, operation, items, dry_run=False, take=None):
        """operation: provision, add or remove. items: (user, entitlement[, attributes]), or for provision attributes alone.
        take: called with each message's kind, returns a status; for a host that refuses."""
        changes, keep = [], []
        for item in items:
            user, entitlement, attrs = (None, None, item) if isinstance(item, dict) else (*item, {})[:3]
            pairs = (host.Pair * max(len(attrs), 1))(*(host.Pair(key.encode(), value.encode()) for key, value in attrs.items()))
            keep.append(pairs)
            changes.append(Change(sizeof(Change), 0, user and user.encode(), entitlement and entitlement.encode(), pairs, len(attrs)))
        table = (POINTER(Change) * max(len(changes), 1))(*(pointer(change) for change in changes))
        request = Request(sizeof(Request), DRY_RUN if dry_run else 0, table, len(changes))
        outcome, error = Outcome(), self._error()
        sink = host.Sink(sizeof(host.Sink), 0, None, host.Emit(lambda _ctx, message: self._told(outcome, message, take)))
        outcome.status = getattr(self._ops, operation)(self._instance, byref(request), sink, error)
        outcome.message = error.message.decode("utf-8", "replace")
        return outcome

    @staticmethod
    def _told(outcome, message, take):
        kind = message[0].kind
        if kind == EFFECT:
            effect = cast(message, POINTER(Effect))[0]
            outcome.effects.append(Told(
                    index=effect.index, verb=VERBS.get(effect.verb, effect.verb), record=effect.record, flags=effect.flags,
                    principal=_text(effect.principal_id), entitlement=_text(effect.entitlement_id), request_id=_text(effect.request_id),
                    attrs=[(_text(pair.key), _text(pair.value)) for pair in effect.attrs[:effect.n_attrs]]))
        elif kind == RESULT:
            result = cast(message, POINTER(Result))[0]
            if result.index in outcome.results:
                raise AssertionError(f"two results for item {result.index}")
            outcome.results[result.index] = Told(
                    status=result.status, remote_id=_text(result.remote_id),
                    message=result.error[0].message.decode("utf-8", "replace") if result.error else "",
                    attrs=[(_text(pair.key), _text(pair.value)) for pair in result.attrs[:result.n_attrs]])
        return take(kind) if take is not None else 0
