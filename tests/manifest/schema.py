#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Manifests against the schema, by a validator that is not the host's. usage: schema.py SCHEMA SOURCE_MANIFEST BUILT_MANIFEST..."""
import copy
import hashlib
import json
import pathlib
import re
import sys

import tap

try:
    import jsonschema
except ImportError:
    jsonschema = None

SCHEMA = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
SOURCE = pathlib.Path(sys.argv[2])
BUILT = [pathlib.Path(name) for name in sys.argv[3:]]
GOOD = json.loads(SOURCE.read_text(encoding="utf-8"))
HASH = "0" * 64


def set_at(path, value):
    """A change that puts a value at a path like "settings.0.type"."""
    def change(manifest):
        *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        for step in way:
            manifest = manifest[step]
        manifest[last] = value
    return change


def dropped(path):
    def change(manifest):
        *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        for step in way:
            manifest = manifest[step]
        del manifest[last]
    return change


# name, change, where the validator must point
BROKEN = [(f"lacks {key}", dropped(key), "") for key in SCHEMA["required"]] + [
    ("is of a higher version", set_at("manifest", 2), "manifest"),
    ("has its version as a string", set_at("manifest", "1"), "manifest"),
    ("has a name where capital letters stand in the id", set_at("id", "PagerDuty"), "id"),
    ("has an id that is a path", set_at("id", "../pagerduty"), "id"),
    ("has an empty name", set_at("name", ""), "name"),
    ("has a version of two parts", set_at("version", "1.0"), "version"),
    ("has an ABI of one part", set_at("abi", "1"), "abi"),
    ("has an identifier with a blank", set_at("default_identifier", "Pager Duty"), "default_identifier"),
    ("has an identifier of 65 characters", set_at("default_identifier", "p" * 65), "default_identifier"),
    ("names its module by a path", set_at("module.file", "/tmp/pagerduty.so"), "module.file"),
    ("names a module in the folder above", set_at("module.file", "../pagerduty.so"), "module.file"),
    ("names a hidden module", set_at("module.file", ".pagerduty.so"), "module.file"),
    ("names no module", dropped("module.file"), "module"),
    ("has a hash in capital letters", set_at("module.sha256", "A" * 64), "module.sha256"),
    ("has a hash that is too short", set_at("module.sha256", HASH[1:]), "module.sha256"),
    ("offers an access that is not known", set_at("access", ["api", "screen"]), "access.1"),
    ("offers no access", set_at("access", []), "access"),
    ("offers a way of provisioning that is not known", set_at("provisioning", ["token"]), "provisioning.0"),
    ("says yes where true is meant", set_at("source_of_truth", "yes"), "source_of_truth"),
    ("has a thread model between two", set_at("thread_model", 1500), "thread_model"),
    ("has no capability", set_at("capabilities", []), "capabilities"),
    ("has a capability that neither is nor is not", dropped("capabilities.0.supported"), "capabilities.0"),
    ("has a capability that is supported 1", set_at("capabilities.0.supported", 1), "capabilities.0.supported"),
    ("has a capability without a label", set_at("capabilities.1.label", ""), "capabilities.1.label"),
    ("has a kind without a resource", dropped("kinds.0.resource"), "kinds.0"),
    ("has a kind with a blank in its name", set_at("kinds.0.kind", "team role"), "kinds.0.kind"),
    ("has a rank that is a word", set_at("kinds.2.ranks.0.rank", "high"), "kinds.2.ranks.0.rank"),
    ("has an attribute that may be personal", set_at("principal.attributes.0.personal", "maybe"), "principal.attributes.0.personal"),
    ("has an attribute of a type that is not known", set_at("principal.attributes.0.type", "text"), "principal.attributes.0.type"),
    ("has a setting of a type that is not known", set_at("settings.0.type", "text"), "settings.0.type"),
    ("has a setting without help", dropped("settings.0.help"), "settings.0"),
    ("has a default that is a number", set_at("settings.0.default", 4), "settings.0.default"),
    ("has a default that is a truth value", set_at("settings.0.default", True), "settings.0.default"),
    ("has a choice of nothing", set_at("settings.0.values", []), "settings.0.values"),
    ("has a secret that is one by a word", set_at("settings.1.secret", "true"), "settings.1.secret"),
    ("has a condition without a value", set_at("settings.0.required_if", {"setting": "grant"}), "settings.0.required_if"),
    ("has an OAuth step that is not known", set_at("oauth.steps", ["password"]), "oauth.steps.0"),
    ("has a redirect path without a slash", set_at("oauth.redirect_path", "callback"), "oauth.redirect_path"),
    ("has a scope with a blank", set_at("oauth.scopes.0.scope", "users read"), "oauth.scopes.0.scope"),
    ("has a scope for an operation that is not known", set_at("oauth.scopes.0.for", ["delete"]), "oauth.scopes.0.for.0"),
    ("has a scope that is for nothing", set_at("oauth.scopes.0.for", []), "oauth.scopes.0.for"),
    ("has a scope without what is lost", dropped("oauth.scopes.0.without"), "oauth.scopes.0"),
    ("has a request with a method that is not known", set_at("wire.0.method", "BREW"), "wire.0.method"),
    ("has a request to a host of its own", set_at("wire.0.host", "evil.example"), "wire.0.host"),
    ("has a request without a path", set_at("wire.0.template", "users"), "wire.0.template"),
    ("has a budget term of nothing", set_at("budget.list_entitlements.0", {"what": "abilities"}), "budget.list_entitlements.0"),
    ("has a budget term of two kinds", set_at("budget.list_entitlements.0.pages_of", "team"), "budget.list_entitlements.0"),
    ("has a budget of less than nothing", set_at("budget.list_entitlements.0.requests", -1), "budget.list_entitlements.0.requests"),
    ("takes no change at all", set_at("limits.max_batch", 0), "limits.max_batch"),
    ("takes more changes than the ABI", set_at("limits.max_batch", 65537), "limits.max_batch"),
    ("has a setup that is a text", set_at("setup", "see the web"), "setup"),
    ("has a list where an object belongs", set_at("principal", []), "principal"),
    ("has null where a text belongs", set_at("name", None), "name"),
    ("has 129 settings", lambda manifest: manifest.update(settings=manifest["settings"][:1] * 129), "settings"),
]


def validator():
    if jsonschema is None:
        raise tap.Skip("python3-jsonschema is not installed")
    return jsonschema.Draft202012Validator(SCHEMA)


def schema_is_one():
    validator().check_schema(SCHEMA)


def is_valid(path):
    errors = validator().iter_errors(json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=keys_once))
    tap.empty(f"{error.json_path}: {error.message}" for error in errors)


def keys_once(pairs):
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), f"a key stands twice among {keys}"
    return dict(pairs)


def is_refused(change, where):
    manifest = copy.deepcopy(GOOD)
    change(manifest)
    places = {".".join(map(str, error.absolute_path)) for error in validator().iter_errors(manifest)}
    assert where in places, f"no error at {where or 'the top'}, but at {sorted(places)}"


def unknown_keys_are_tolerated():
    manifest = copy.deepcopy(GOOD)
    manifest["later"] = manifest["settings"][0]["later"] = {"any": ["thing"]}
    tap.empty(error.message for error in validator().iter_errors(manifest))


def carries_its_hash(path):
    manifest = json.loads(path.read_text(encoding="utf-8"))
    places = [path.parent / manifest["module"]["file"], path.parent.parent / "plugin" / manifest["module"]["file"]]
    module = next(place for place in places if place.is_file())
    assert manifest["module"]["sha256"] == hashlib.sha256(module.read_bytes()).hexdigest(), f"not the hash of {module}"


def source_has_no_hash():
    assert "sha256" not in GOOD["module"], "the tree's manifest carries a hash; only a built one does"


def settings_fit_themselves():
    findings = []
    for entry in GOOD["settings"]:
        default = entry.get("default")
        if default is not None and "values" in entry and default not in entry["values"]:
            findings.append(f"{entry['key']}: {default} is none of {entry['values']}")
        if default is not None and "pattern" in entry and re.search(entry["pattern"], default) is None:
            findings.append(f"{entry['key']}: {default} does not match {entry['pattern']}")
        if (entry["type"] == "choice") != ("values" in entry):
            findings.append(f"{entry['key']}: a choice has values, and only a choice")
        if entry.get("secret", False) and "default" in entry:
            findings.append(f"{entry['key']}: a secret has no default")
    tap.empty(findings)


def names_are_unique():
    lists = {"settings": "key", "capabilities": "key", "kinds": "kind"}
    found = {name: [entry[key] for entry in GOOD[name]] for name, key in lists.items()}
    found["attributes"] = [entry["key"] for entry in GOOD["principal"]["attributes"]]
    found["scopes"] = [entry["scope"] for entry in GOOD["oauth"]["scopes"]]
    tap.empty(f"{name}: {value} twice" for name, values in found.items() for value in set(values) if values.count(value) > 1)


def references_are_known():
    scopes = {entry["scope"] for entry in GOOD["oauth"]["scopes"]} | {None}
    settings = {entry["key"] for entry in GOOD["settings"]}
    sizes = {entry["resource"] for entry in GOOD["kinds"]} | {"principal"}
    findings = [f"wire {entry['template']}: scope {entry['scope']}" for entry in GOOD["wire"] if entry["scope"] not in scopes]
    for operation, terms in GOOD["budget"].items():
        for term in terms:
            size = term.get("pages_of", term.get("pages_of_grants_in_each", "principal"))
            if size not in sizes:
                findings.append(f"budget {operation}: size {size}")
            for condition in (term[key] for key in ("only_if", "unless") if key in term):
                if condition["setting"] not in settings:
                    findings.append(f"budget {operation}: setting {condition['setting']}")
    findings += [f"setting {entry['key']}: required_if {entry['required_if']['setting']}" for entry in GOOD["settings"]
                 if "required_if" in entry and entry["required_if"]["setting"] not in settings]
    tap.empty(findings)


def ranks_match_their_kind():
    tap.empty(f"{rank['id']} is no id of kind {kind['kind']}" for kind in GOOD["kinds"] for rank in kind.get("ranks", [])
              if re.search(kind["id_pattern"], rank["id"]) is None)


def main():
    tap.check("the schema is a schema of draft 2020-12", schema_is_one)
    for path in [SOURCE, *BUILT]:
        tap.check(f"{path.parent.name}/{path.name} is valid", is_valid, path)
    for path in BUILT:
        tap.check(f"{path.parent.name}/{path.name} carries the hash of its module", carries_its_hash, path)
    tap.check("the manifest of the tree carries no hash", source_has_no_hash)
    tap.check("unknown keys are tolerated", unknown_keys_are_tolerated)
    for name, change, where in BROKEN:
        tap.check(f"a manifest is refused that {name}", is_refused, change, where)
    tap.check("defaults fit their settings", settings_fit_themselves)
    tap.check("no setting, capability, kind, attribute or scope stands twice", names_are_unique)
    tap.check("every scope, setting and size that is referred to is there", references_are_known)
    tap.check("every rank is an id of its kind", ranks_match_their_kind)
    tap.finish()


if __name__ == "__main__":
    main()
