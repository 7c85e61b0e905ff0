#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""A second host, to show that the ABI needs neither C nor GLib on this side: loads a connector, authorizes, lists, prints grants as CSV.

usage: host.py MODULE MANIFEST < LINE      LINE is JSON with "settings" and "secrets", as the simulator prints it when it is ready
"""
import csv
import json
import sys
import time
from ctypes import (CDLL, CFUNCTYPE, POINTER, Structure, byref, c_char, c_char_p, c_int32, c_int64, c_size_t, c_uint16, c_uint32, c_uint64,
                    c_void_p, cast, memmove, sizeof)

OK, PARTIAL, OVERFLOW, NOT_FOUND = 0, 2, 104, 300
RECORD, SEAL = 3, 4
PRINCIPAL, RESOURCE, ENTITLEMENT, GRANT = 1, 2, 4, 8
AUTH_CLIENT, SEAL_COMPLETE, SCOPE_ALL = 4, 1, 0
WORDS = {"u16": c_uint16, "u32": c_uint32, "u64": c_uint64, "i32": c_int32, "i64": c_int64, "size": c_size_t, "text": c_char_p,
         "pointer": c_void_p, "char64": c_char * 64, "char360": c_char * 360}


def struct(name, fields, **types):
    """A struct of the header from "type field, type field"; a type is one of WORDS or one that is given by name."""
    pairs = [field.split() for field in fields.split(",")]
    return type(name, (Structure,), {"_fields_": [(field, types.get(word) or WORDS[word]) for word, field in pairs]})


Message = struct("Message", "u32 struct_size, u32 kind")
Pair = struct("Pair", "text key, text value")
Error = struct("Error", "u32 struct_size, i32 status, i32 remote_status, u32 flags, i64 retry_after_ms, char64 code, char64 request_id, "
               "char360 message")
Record = struct("Record", "u32 struct_size, u32 kind, u32 record, u32 flags, text id, text type, text name, text parent_id, "
                "text principal_id, text entitlement_id, pairs attrs, size n_attrs", pairs=POINTER(Pair))
Seal = struct("Seal", "u32 struct_size, u32 kind, u32 record, u32 state, u32 scope, i32 status, text scope_id, u64 emitted, u64 removed, "
              "u64 expected, text reason, text cursor, i64 as_of_unix_ms")
Config = struct("Config", "u32 struct_size, u32 n_settings, pairs settings, text instance_id", pairs=POINTER(Pair))
Login = struct("Login", "u32 struct_size, u32 step, text redirect_uri, text scope, pointer params, size n_params")
ListRequest = struct("ListRequest", "u32 struct_size, u32 want, text cursor")
Capability = struct("Capability", "u32 struct_size, u32 supported, text key, text label, text note")
Capabilities = struct("Capabilities", "u32 struct_size, u32 ops, u32 records, u32 auth, u32 max_batch, u32 max_concurrent, u64 flags, "
                      "lines table, size n_table", lines=POINTER(POINTER(Capability)))
Emit = CFUNCTYPE(c_int32, c_void_p, POINTER(Message))
Sink = struct("Sink", "u32 struct_size, u32 reserved, pointer ctx, emit emit", emit=Emit)
CALLS = {  # what a host supplies, in the header's order; each takes ctx first
    "log": (None, c_uint32, c_char_p), "cancelled": (c_int32,), "progress": (None, c_uint32, c_uint64, c_uint64),
    "monotonic_ms": (c_uint64,), "unix_ms": (c_int64,), "sleep_ms": (c_int32, c_uint32),
    "secret_get": (c_int32, c_char_p, c_void_p, c_size_t, POINTER(c_size_t)), "secret_put": (c_int32, c_char_p, POINTER(c_char), c_size_t),
    "secret_lock": (c_int32, c_char_p, c_uint32), "secret_unlock": (None, c_char_p), "extension": (c_void_p, c_char_p)}
CALLS = {name: CFUNCTYPE(result, c_void_p, *arguments) for name, (result, *arguments) in CALLS.items()}
Host = struct("Host", "u32 struct_size, u16 abi_major, u16 abi_minor, pointer ctx, " + ", ".join(f"{name} {name}" for name in CALLS), **CALLS)
Ops = struct("Ops", "init init, call authorize, call list_entitlements, call provision, call add, call remove, tell capabilities",
             init=CFUNCTYPE(c_int32, POINTER(Host), POINTER(Config), POINTER(c_void_p), POINTER(Error)),
             call=CFUNCTYPE(c_int32, c_void_p, c_void_p, POINTER(Sink), POINTER(Error)),
             tell=CFUNCTYPE(c_int32, c_void_p, POINTER(POINTER(Capabilities)), POINTER(Error)))
Connector = struct("Connector", "u32 struct_size, u16 abi_major, u16 abi_minor, text id, text version, u32 thread_model, u32 flags, ops ops, "
                   "destroy destroy, pointer extension", ops=POINTER(Ops), destroy=CFUNCTYPE(None, c_void_p))


class Services:
    """What this host supplies to a connector: clocks, a log, and secrets that live as long as the process."""

    def __init__(self, secrets):
        secrets = {name.encode(): value.encode() for name, value in secrets.items()}

        def secret_get(_ctx, name, buffer, capacity, ret_length):
            value = secrets.get(name)
            ret_length[0] = len(value or b"")
            if value is None or len(value) > capacity:
                return NOT_FOUND if value is None else OVERFLOW
            memmove(buffer, value, len(value))
            return OK

        self.log = lambda _ctx, level, text: print(f"connector, level {level}: {text.decode(errors='replace')}", file=sys.stderr)
        self.cancelled = self.secret_lock = lambda *_: 0
        self.progress = self.secret_unlock = self.extension = lambda *_: None
        self.monotonic_ms = lambda _ctx: time.monotonic_ns() // 1_000_000
        self.unix_ms = lambda _ctx: time.time_ns() // 1_000_000
        self.sleep_ms = lambda _ctx, duration: time.sleep(duration / 1000) or OK
        self.secret_get = secret_get
        self.secret_put = lambda _ctx, name, value, length: secrets.update({name: value[:length]}) or OK


class Listing:
    """Takes what a list emits. A kind without a COMPLETE seal of its whole is not complete, whatever was returned."""

    def __init__(self):
        self.emails, self.entitlements, self.grants, self.complete = {}, {}, [], 0

    def take(self, _ctx, message):
        if message[0].kind == SEAL:
            seal = cast(message, POINTER(Seal))[0]
            self.complete |= seal.record if (seal.state, seal.scope) == (SEAL_COMPLETE, SCOPE_ALL) else 0
        elif message[0].kind == RECORD:
            record = cast(message, POINTER(Record))[0]
            pairs = [(pair.key, pair.value or b"") for pair in record.attrs[:record.n_attrs]]
            if record.record == PRINCIPAL:
                self.emails[record.id] = dict(pairs).get(b"email", b"")
            elif record.record == ENTITLEMENT:
                self.entitlements[record.id] = (record.type, record.name)
            elif record.record == GRANT:
                via = b";".join(value for key, value in pairs if key == b"via")
                self.grants.append((record.principal_id, record.entitlement_id, via, dict(pairs).get(b"effective", b"")))
        return OK

    def rows(self):
        for user, entitlement, via, effective in sorted(self.grants):
            yield [text.decode() for text in (user, self.emails[user], entitlement, *self.entitlements[entitlement], via, effective)]


def demand(status, error, what, *allowed):
    if status not in (OK, *allowed):
        sys.exit(f"{what}: status {status}, HTTP {error.remote_status}: {error.message.decode(errors='replace')}")


def main(module, manifest):
    given = json.load(sys.stdin)
    with open(manifest, encoding="utf-8") as file:
        scope = " ".join(entry["scope"] for entry in json.load(file)["oauth"]["scopes"])
    entry = CDLL(module).idc_connector_v1
    entry.restype = POINTER(Connector)
    connector = entry()[0]
    ops, error, known, instance = connector.ops[0], Error(sizeof(Error)), POINTER(Capabilities)(), c_void_p()
    demand(ops.capabilities(None, known, error), error, "capabilities")
    lines = [line[0] for line in known[0].table[:known[0].n_table]]
    print(f"{connector.id.decode()} {connector.version.decode()}:", *(line.key.decode() for line in lines if line.supported), file=sys.stderr)
    services, listing = Services(given["secrets"]), Listing()
    host = Host(sizeof(Host), 1, 0, None, *(kind(getattr(services, name)) for name, kind in CALLS.items()))
    settings = [Pair(key.encode(), str(value).encode()) for key, value in given["settings"].items()]
    config = Config(sizeof(Config), len(settings), (Pair * len(settings))(*settings), b"second-host")
    demand(ops.init(host, config, instance, error), error, "init")
    sink = Sink(sizeof(Sink), 0, None, Emit(listing.take))
    demand(ops.authorize(instance, byref(Login(sizeof(Login), AUTH_CLIENT, None, scope.encode())), sink, error), error, "authorize")
    want = PRINCIPAL | RESOURCE | ENTITLEMENT | GRANT
    demand(ops.list_entitlements(instance, byref(ListRequest(sizeof(ListRequest), want, None)), sink, error), error, "list", PARTIAL)
    connector.destroy(instance)
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["user_id", "email", "entitlement_id", "kind", "entitlement_name", "via", "effective"])
    table.writerows(listing.rows())
    return 0 if listing.complete == want else 3


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) == 3 else __doc__)
