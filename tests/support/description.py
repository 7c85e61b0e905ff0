# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""PagerDuty's own description of its API, ready to hold requests and answers against.

It is not part of this tree. Its known flaws are allowed for: description, job_title and a few more come as null, include[] takes several
words, created_via_sso and strategies have several forms.
"""
import json
import os
import re

import tap

# Fields that are null on the wire although the description says otherwise.
NULLABLE = {("User", "job_title"), ("Team", "description"), ("EscalationPolicy", "description"), ("ScheduleLayer", "end"),
            ("ScheduleLayer", "rendered_coverage_percentage"), ("SubSchedule", "rendered_coverage_percentage"), ("LicenseWithCounts", "self"),
            ("LicenseWithCounts", "html_url"), ("Oncall", "schedule"), ("Oncall", "start"), ("Oncall", "end")}


class Description:
    """The description with its schemas made into JSON Schema."""

    def __init__(self, path):
        import jsonschema
        self.jsonschema = jsonschema
        with open(path, encoding="utf-8") as file:
            self.whole = json.load(file)
        self.operations = {path: item["get"] for path, item in self.whole["paths"].items() if "get" in item}
        for name, schema in self.whole["components"]["schemas"].items():
            self._allow_null(name, schema)
        # the description knows the strategy as a string, the service sends an object
        self.whole["components"]["schemas"]["EscalationRule"]["properties"]["escalation_rule_assignment_strategy"] = {}
        self._convert(self.whole)

    def _allow_null(self, name, schema):
        for part in [schema, *schema.get("allOf", [])]:
            for key, inner in part.get("properties", {}).items():
                if (name, key) in NULLABLE:
                    part["properties"][key] = {"anyOf": [inner, {"enum": [None]}]}

    def _convert(self, node):
        """nullable is no JSON Schema, and what is included is no reference any more."""
        if isinstance(node, list):
            for item in node:
                self._convert(item)
        if not isinstance(node, dict):
            return
        for item in node.values():
            self._convert(item)
        if node.pop("nullable", False) is True:
            if isinstance(node.get("type"), str):
                node["type"] = [node["type"], "null"]
            if "anyOf" in node:
                node["anyOf"].append({"type": "null"})
            if "enum" in node:
                node["enum"].append(None)

    def validate(self, schema, value):
        kind = self.jsonschema.Draft4Validator
        whole = {"components": self.whole["components"], "allOf": [schema]}
        validator = kind(whole, format_checker=kind.FORMAT_CHECKER)
        tap.empty(f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in list(validator.iter_errors(value))[:5])

    def resolved(self, part):
        """What a reference leads to, or the part itself."""
        while "$ref" in part:
            node = self.whole
            for step in part["$ref"][2:].split("/"):
                node = node[step.replace("~1", "/")]
            part = node
        return part

    def response(self, path, status, method="get"):
        response = self.resolved(self.whole["paths"][path][method]["responses"][str(status)])
        return response.get("content", {}).get("application/json", {}).get("schema")

    def template(self, path):
        """The path of the description that a read of this one is, or None."""
        for template in self.operations:
            if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/{}]+", template), path):
                return template
        return None

    def parameters(self, template):
        """What a read of that path takes."""
        return [self.resolved(parameter) for parameter in self.operations[template].get("parameters", [])]


def _skip(reason):
    raise tap.Skip(reason)


def load(path):
    """The description; where it cannot be, the program ends with everything skipped."""
    sentence = "answers are valid against PagerDuty's description"
    if not os.path.exists(path):
        tap.check(sentence, _skip, f"{path} is not there")
        tap.finish()
    try:
        return Description(path)
    except ImportError:
        tap.check(sentence, _skip, "python3-jsonschema is not installed")
        return tap.finish()
