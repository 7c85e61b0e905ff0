#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""What the connector really sends, and what the simulator really answers, against PagerDuty's own description of its API.

usage: openapi.py IDC_HOST MODULES MANIFEST OPENAPI

The description is not part of this project; where it is not there, each point is skipped.
"""
import json
import os
import re
import sys
import urllib.parse

import account
import tap
from description import Description
from proxy import Proxy
from simulator import Simulator

IDC_HOST, MODULES, MANIFEST, OPENAPI = sys.argv[1:]
def faults_of_request(description, exchange):
    address = urllib.parse.urlsplit(exchange.url)
    template = description.template(address.path)
    if exchange.method != "GET" or template is None:
        return [f"{exchange.method} {address.path} is no operation of PagerDuty's"]
    parameters = description.parameters(template)
    declared = {parameter["name"]: parameter["schema"] for parameter in parameters if parameter["in"] == "query"}
    faults = []
    for name, value in urllib.parse.parse_qsl(address.query, keep_blank_values=True, strict_parsing=bool(address.query)):
        form = {"integer": r"\d+", "boolean": "true|false", "string": ".+"}.get(declared.get(name, {}).get("type"))
        if form is None or not re.fullmatch(form, value) or value not in declared[name].get("enum", [value]):
            faults.append(f"{template}: {name}={value}")
    for parameter in parameters:
        # Content-Type is marked as required on reads too, which have no content
        if parameter["in"] == "header" and parameter.get("required") and parameter["name"] != "Content-Type":
            sent = exchange.headers.get(parameter["name"].lower())
            if sent is None or sent != parameter["schema"].get("default", sent):
                faults.append(f"{template}: the header {parameter['name']} is {sent}")
    return faults


def faults_of_answer(description, exchange):
    template = description.template(urllib.parse.urlsplit(exchange.url).path)
    schema = description.response(template, exchange.status)
    try:
        description.validate(schema, json.loads(exchange.answer))
    except AssertionError as fault:
        return [f"{template}, HTTP {exchange.status}: {fault}"]
    return []


def recorded():
    """What goes back and forth in a connect with its first sync, over worlds that have everything in them."""
    exchanges = []
    with Simulator(switches={"rate_limit": "0"}) as simulator, Proxy() as proxy:
        for world in ({"users": 130, "stubs": 3, "schedules_v3": 20}, {"users": 130, "abilities": ["urgencies"]}, {"users": 1}):
            simulator.reset(**world)
            with account.Account(IDC_HOST, MODULES, simulator) as host:
                host.attempt(include_licenses="true", proxy=proxy.url).expect(0, 3)
        exchanges += proxy.exchanges
    return [exchange for exchange in exchanges if "/oauth/token" not in exchange.url]


class Lazy:
    """The recording and the description, made by the first point that needs them."""

    _made = None

    @classmethod
    def get(cls):
        if not os.path.isfile(OPENAPI):
            raise tap.Skip("PagerDuty's description of its API is not on this machine")
        if cls._made is None:
            try:
                cls._made = Description(OPENAPI), recorded()
            except ImportError as error:
                raise tap.Skip("python3-jsonschema is not installed") from error
        return cls._made


def everything_is_recorded():
    _, exchanges = Lazy.get()
    paths = {re.sub("/[PQ][0-9A-Z]{6,}", "/{id}", urllib.parse.urlsplit(exchange.url).path) for exchange in exchanges}
    with open(MANIFEST, encoding="utf-8") as file:
        told = {entry["template"] for entry in json.load(file)["wire"]
                if entry["host"] == "api" and entry["method"] == "GET" and "list_entitlements" in entry["for"]}
    # those that are only asked for when something moved, or where a person has authorized the app
    tap.empty(f"not seen: {path}" for path in told - paths - {"/users/me", "/teams/{id}", "/escalation_policies/{id}", "/schedules/{id}"})
    tap.empty(f"not in the manifest: {path}" for path in paths - told)


def requests_are_described():
    description, exchanges = Lazy.get()
    assert len(exchanges) > 30, exchanges
    tap.empty(sorted({fault for exchange in exchanges for fault in faults_of_request(description, exchange)}))


def answers_are_described():
    description, exchanges = Lazy.get()
    tap.empty(sorted({fault for exchange in exchanges for fault in faults_of_answer(description, exchange)}))


def scopes_are_described():
    description, _ = Lazy.get()
    with open(MANIFEST, encoding="utf-8") as file:
        wire = [entry for entry in json.load(file)["wire"] if entry["host"] == "api"]
    faults = []
    for entry in wire:
        operation = description.whole["paths"].get(entry["template"], {}).get(entry["method"].lower())
        if operation is None:
            faults.append(f"{entry['method']} {entry['template']} is no operation of PagerDuty's")
        elif operation.get("x-pd-requires-scope", entry["scope"]) != entry["scope"]:
            faults.append(f"{entry['template']} takes the scope {operation['x-pd-requires-scope']}, not {entry['scope']}")
    tap.empty(faults)


def main():
    tap.check("a list asks for what the manifest says that it asks for", everything_is_recorded)
    tap.check("every request is one of PagerDuty's API, with its parameters and headers", requests_are_described)
    tap.check("every answer that the connector was tried with is one of PagerDuty's API", answers_are_described)
    tap.check("the scopes in the manifest are those that PagerDuty asks for", scopes_are_described)
    tap.finish()


if __name__ == "__main__":
    main()
