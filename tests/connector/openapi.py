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
from proxy import Proxy
from simulator import Simulator

IDC_HOST, MODULES, MANIFEST, OPENAPI = sys.argv[1:]
# The description has these as strings; they come as null, its own examples included.
NULLABLE = ("description", "job_title", "self", "html_url")


def converted(node, named=False):
    """A schema of OpenAPI 3.0 as one of JSON Schema: nullable becomes a type. named: the node's members are properties."""
    if isinstance(node, list):
        return [converted(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {name: converted(value, name == "properties" and not named) for name, value in node.items()}
    for name in NULLABLE if named else ():
        if name in made:
            made[name] = {"anyOf": [made[name], {"type": "null"}]}
    return {"anyOf": [made, {"type": "null"}]} if node.get("nullable") is True and not named else made


class Description:
    """PagerDuty's description, ready to be asked."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.text = json.load(file)
        self.components = converted(self.text["components"])

    def operation(self, method, path):
        """Template, operation and parameters of a request, or None."""
        for template, item in self.text["paths"].items():
            pattern = re.sub(r"\{[^}]*\}", "[^/]+", template)
            if re.fullmatch(pattern, path) and method.lower() in item and "{" not in path:
                operation = item[method.lower()]
                return template, operation, [self.resolved(part) for part in operation.get("parameters", []) + item.get("parameters", [])]
        return None

    def resolved(self, part):
        return self.text["components"][part["$ref"].split("/")[2]][part["$ref"].split("/")[3]] if "$ref" in part else part

    def faults_of_request(self, exchange):
        address = urllib.parse.urlsplit(exchange.url)
        found = self.operation(exchange.method, address.path)
        if found is None:
            return [f"{exchange.method} {address.path} is no operation of PagerDuty's"]
        declared = {parameter["name"]: parameter for parameter in found[2] if parameter["in"] == "query"}
        faults = []
        for name, value in urllib.parse.parse_qsl(address.query, keep_blank_values=True, strict_parsing=bool(address.query)):
            schema = declared.get(name, {}).get("schema")
            good = schema is not None and {"integer": r"\d+", "boolean": "true|false", "string": ".+"}[schema["type"]]
            if not good or not re.fullmatch(good, value) or value not in schema.get("enum", [value]):
                faults.append(f"{found[0]}: {name}={value}")
        for parameter in found[2]:
            # Content-Type is marked as required on reads too, which have no content
            if parameter["in"] == "header" and parameter.get("required") and parameter["name"] != "Content-Type":
                sent = exchange.headers.get(parameter["name"].lower())
                if sent != parameter["schema"].get("default", sent) or sent is None:
                    faults.append(f"{found[0]}: the header {parameter['name']} is {sent}")
        return faults

    def faults_of_answer(self, exchange, validator):
        template, operation, _ = self.operation(exchange.method, urllib.parse.urlsplit(exchange.url).path)
        answer = self.resolved(operation["responses"].get(str(exchange.status), {}))
        if not answer:
            return [f"{template}: HTTP {exchange.status} is not described"]
        schema = converted(answer.get("content", {}).get("application/json", {}).get("schema", {}))
        found = validator({"allOf": [schema], "components": self.components}).iter_errors(json.loads(exchange.answer))
        return [f"{template}, HTTP {exchange.status}: {where(error)}: {error.message[:200]}" for error in found]


def where(error):
    """The place in an answer, whichever row of a list it was."""
    return "/".join("*" if isinstance(step, int) else step for step in error.absolute_path)


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
            cls._made = Description(OPENAPI), recorded()
        return cls._made


def everything_is_recorded():
    _, exchanges = Lazy.get()
    paths = {re.sub("/[PQ][0-9A-Z]{6,}", "/{id}", urllib.parse.urlsplit(exchange.url).path) for exchange in exchanges}
    with open(MANIFEST, encoding="utf-8") as file:
        told = {entry["template"] for entry in json.load(file)["wire"] if entry["host"] == "api"}
    # those that are only asked for when something moved
    tap.empty(f"not seen: {path}" for path in told - paths - {"/teams/{id}", "/escalation_policies/{id}", "/schedules/{id}"})
    tap.empty(f"not in the manifest: {path}" for path in paths - told)


def requests_are_described():
    description, exchanges = Lazy.get()
    assert len(exchanges) > 30, exchanges
    tap.empty(sorted({fault for exchange in exchanges for fault in description.faults_of_request(exchange)}))


def answers_are_described():
    try:
        import jsonschema
    except ImportError as error:
        raise tap.Skip("python3-jsonschema is not installed") from error
    description, exchanges = Lazy.get()
    tap.empty(sorted({fault for exchange in exchanges for fault in description.faults_of_answer(exchange, jsonschema.Draft4Validator)}))


def scopes_are_described():
    description, _ = Lazy.get()
    with open(MANIFEST, encoding="utf-8") as file:
        wire = [entry for entry in json.load(file)["wire"] if entry["host"] == "api"]
    faults = []
    for entry in wire:
        operation = description.text["paths"].get(entry["template"], {}).get(entry["method"].lower())
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
