#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Whether the harness itself holds: each broken connector gets its verdict, and the run goes on. usage: harness.py IDC_CONFORM IDC_HOST MODULES [sanitized]"""
import contextlib
import hashlib
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

import tap

CONFORM, HOST, MODULES = *sys.argv[1:3], pathlib.Path(sys.argv[3]).resolve()
SANITIZED = "sanitized" in sys.argv[4:]
HERE = pathlib.Path(__file__).resolve().parent
MANIFEST = {
    "manifest": 1, "id": "bad", "name": "Bad", "version": "1.0.0", "abi": "1.0", "default_identifier": "Bad", "access": ["api"], "provisioning": [],
    "source_of_truth": False, "thread_model": 2000, "limits": {"max_batch": 1},
    "capabilities": [{"key": "list_entitlements", "label": "List", "supported": True}],
    "kinds": [], "principal": {"attributes": []},
    "settings": [{"key": "word", "type": "string", "label": "Word", "help": "any"},
                 {"key": "password", "type": "string", "secret": True, "label": "Password", "help": "any"}],
    "wire": [{"method": "GET", "host": "api", "template": "/", "scope": None, "for": ["list_entitlements"]}],
}
PLAN = {"conformance": 1, "fixture": {"command": ["/usr/bin/python3", "-B", str(HERE / "fixture.py")]}, "worlds": {"default": {}, "empty": {}}}


class Installed:
    """One of the broken connectors with its manifest and conformance file in a folder of its own. Use it in a with block."""

    def __init__(self, fault, fixture=(), **manifest):
        self._stack = contextlib.ExitStack()
        self.fault, self.fixture, self.manifest_keys = fault, fixture, manifest

    def __enter__(self):
        folder = pathlib.Path(self._stack.enter_context(tempfile.TemporaryDirectory(dir=MODULES)))
        folder.chmod(0o755)
        module = (MODULES / f"bad-{self.fault}.so").read_bytes()
        (folder / "bad.so").write_bytes(module)
        sealed = {**MANIFEST, "module": {"file": "bad.so", "sha256": hashlib.sha256(module).hexdigest()}, **self.manifest_keys}
        plan = {**PLAN, "fixture": {"command": [*PLAN["fixture"]["command"], *self.fixture]}}
        self.module, self.manifest = folder / "bad.so", folder / "bad.json"
        self.manifest.write_text(json.dumps(sealed))
        (folder / "bad.conformance.json").write_text(json.dumps(plan))
        return self

    def __exit__(self, *_):
        self._stack.close()

    def run(self, *arguments):
        return subprocess.run([CONFORM, *arguments, str(self.manifest)], stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True)

    def shown(self):
        """What idc-host says of it: its line of the table, of its --json what concerns the report, and the warnings' sentences."""
        table, told = ([HOST, "--data", str(self.manifest.parent / "data"), "--modules", str(self.manifest.parent), "modules", *option]
                       for option in ([], ["--json"]))
        (line,) = subprocess.run(table, capture_output=True, check=True, text=True).stdout.splitlines()[1:]
        told = json.loads(subprocess.run(told, capture_output=True, check=True, text=True).stdout)
        return line, told["modules"][0]["conformance"], [warning["message"] for warning in told["warnings"]]

    def report(self, *arguments):
        done = self.run("--json", *arguments)
        assert done.returncode in (0, 1), f"exit {done.returncode}: {done.stderr}"
        return json.loads(done.stdout)

    def verdicts(self, *arguments):
        return {check["id"]: check["verdict"] for check in self.report(*arguments)["checks"]}


def passes():
    with Installed("none") as good:
        report = good.report("-p", "load.*", "-p", "life.*", "-p", "abi.*", "-p", "list.*", "-p", "stop.before", "-j", "2")
    bad = {check["id"]: check for check in report["checks"] if check["verdict"] not in ("PASS", "SKIP")}
    assert not bad, bad
    assert report["counts"]["PASS"] > 20, report["counts"]


def caught(fault, check, verdict):
    """The check has this verdict, those before and after it have theirs, and loading is as good as ever."""
    with Installed(fault) as bad:
        told = bad.verdicts("-p", check, "-p", "load.*", "--limit", "4")
    assert told.pop(check) == verdict, told
    assert told and set(told.values()) <= {"PASS", "SKIP"}, told


def is_killed_whole():
    """What a check's process left behind is gone when the run is over."""
    with Installed("child") as bad:
        bad.run("-p", "list.equal")
        left = subprocess.run(["ps", "-eo", "args"], capture_output=True, check=True, text=True).stdout
        assert str(bad.manifest) not in left, left


def goes_on():
    with Installed("crash") as bad:
        told = bad.verdicts("-p", "list.*", "-p", "load.*", "-j", "2")
    assert list(told.values()).count("CRASH") >= 5 and list(told.values()).count("PASS") >= 9, told


def tells_how():
    with Installed("crash") as bad:
        text = bad.run("-p", "list.equal").stdout
    for word in ("CRASH", "tried     listing everything", "expected", "seen      the process was ended by signal", "again     ", "--in-process"):
        assert word in text, text


def again_works():
    """Also where module and manifest lie in two folders."""
    with Installed("two-seals") as bad:
        modules = bad.manifest.parent / "modules"
        modules.mkdir(mode=0o755)
        bad.module.rename(modules / "bad.so")
        text = bad.run("-p", "list.seals", "--modules", str(modules)).stdout
        (again,) = re.findall(r"^ +again +(.*)$", text, re.MULTILINE)
        done = subprocess.run(shlex.split(again), stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True)
    seen = re.compile(r"^ +seen .*$", re.MULTILINE)
    assert done.returncode == 1 and seen.search(text)[0] == seen.search(done.stdout)[0], f"{text}\n{again}\n{done.stdout}{done.stderr}"


def shown_by_the_host():
    with Installed("crash") as bad:
        assert bad.shown() == ("bad       Bad  1.0.0   yes      no report   idc-host connect bad", None, []), bad.shown()
        counts = []
        for checks in (["load.*"], ["load.*", "list.equal", "change.add"]):
            options = [word for check in checks for word in ("-p", check)]
            report = bad.report("--report", str(bad.manifest.parent / "bad.report.json"), *options)
            line, told, warnings = bad.shown()
            chosen = len(report["checks"])
            assert told == {"report": str(bad.manifest.parent / "bad.report.json"), "current": True, "passed": report["counts"]["PASS"],
                            "skipped": report["counts"]["SKIP"], "failed": report["counts"]["CRASH"], "left_out": report["left_out"],
                            "at": report["at"], "harness": report["harness"], "harness_sha256": report["harness_sha256"]}, told
            assert told["passed"] + told["skipped"] + told["failed"] == chosen and chosen + told["left_out"] >= 100 and warnings == [], told
            counts.append(re.sub(r"\d+ (passed|left)", r"N \1", line))
        assert counts == ["bad       Bad  1.0.0   yes      N passed, N left out idc-host connect bad",
                          "bad       Bad  1.0.0   yes      1 failed, N passed, 1 skipped, N left out idc-host connect bad"], counts


def of_another_build():
    """Where the manifest, or the module that it names, is another one by now, the numbers say nothing of them."""
    with Installed("none") as good:
        path = good.manifest.parent / "bad.report.json"
        good.run("-p", "load.*", "--report", str(path))
        text, module = good.manifest.read_text(), good.module.read_bytes()
        assert good.shown()[1]["current"]
        for change in ("manifest", "module"):
            manifest = json.loads(text)
            if change == "module":
                good.module.write_bytes(module + b"x")
                manifest["module"]["sha256"] = hashlib.sha256(module + b"x").hexdigest()
            good.manifest.write_text(json.dumps({**manifest, "name": "Good"} if change == "manifest" else manifest))
            line, told, warnings = good.shown()
            assert "of another build" in line and "passed" not in line and told["current"] is False and warnings == [], (line, told)
        # the digest of the manifest alone, as if it had named the other module all along
        path.write_text(json.dumps({**json.loads(path.read_text()), "manifest_sha256": hashlib.sha256(good.manifest.read_bytes()).hexdigest()}))
        assert good.shown()[1]["current"] is False, good.shown()


def report_of_no_use():
    with Installed("none") as good:
        path = good.manifest.parent / "bad.report.json"
        report = good.report("-p", "load.resolves", "--report", str(path))
        for spoiled, why in (({**report, "schema": "idc-conform/2"}, "schema must be"), ({**report, "connector": "other"}, "connector must be"),
                             ({**report, "counts": {**report["counts"], "PASS": -1}}, "counts.PASS must be"),
                             ({key: report[key] for key in report if key != "left_out"}, "left_out is missing"), (None, "others than its owner")):
            path.write_text(json.dumps(spoiled or report))
            path.chmod(0o600 if spoiled else 0o666)
            line, told, warnings = good.shown()
            assert "cannot be used" in line and told is None and len(warnings) == 1 and why in warnings[0], (why, line, told, warnings)


def fixture_broken(how, word):
    with Installed("none", fixture=(how,)) as bad:
        report = bad.report("-p", "list.equal")
    assert report["checks"][0]["verdict"] == "ERROR" and word in report["checks"][0]["seen"], report["checks"]


def fault_that_does_not_strike():
    with Installed("none") as bad:
        told = bad.report("-p", "fault.table")["checks"][0]
    assert told["verdict"] == "ERROR" and "did not strike" in told["seen"], told


def nothing_selected():
    with Installed("none") as bad:
        done = bad.run("-p", "no.such")
    assert done.returncode == 2 and "No check is selected" in done.stderr, done


def skips_name_it():
    with Installed("none") as bad:
        checks = bad.report("-p", "change.add", "-p", "provision.new", "-p", "hostile.drip")["checks"]
    assert [check["verdict"] for check in checks] == ["SKIP"] * 3, checks
    for check, word in zip(checks, ("drip", "add_user", "provision_user")):
        assert word in check["reason"], check


def only_skips_fail():
    with Installed("none") as bad:
        done = bad.run("-p", "change.add")
    assert done.returncode == 1, done


def declared_without_a_case():
    capabilities = [*MANIFEST["capabilities"], {"key": "add_user", "label": "Add", "supported": True}]
    with Installed("none", capabilities=capabilities) as bad:
        told = bad.report("-p", "change.add")["checks"][0]
    assert told["verdict"] == "ERROR" and "changes.cases" in told["seen"], told


def person_without_a_case():
    with Installed("none", oauth={"steps": ["begin", "complete"], "redirect_path": "/back", "scopes": []}) as bad:
        told = bad.report("-p", "consent.begin")["checks"][0]
    assert told["verdict"] == "ERROR" and told["seen"].endswith("has no consent."), told


def bound_to_digests():
    def digest(path):
        return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
    with Installed("none") as good:
        report = good.report("-p", "load.resolves")
        wanted = (digest(good.module), digest(good.manifest), digest(CONFORM))
    assert (report["module_sha256"], report["manifest_sha256"], report["harness_sha256"]) == wanted, report


def changed_module():
    with Installed("none") as bad:
        bad.module.write_bytes(bad.module.read_bytes() + b"x")
        assert bad.verdicts("-p", "load.resolves") == {"load.resolves": "FAIL"}


def same_seed_same_report():
    def told(seed):
        report = installed.report("-p", "l*", "--seed", seed)
        for check in report["checks"]:
            del check["took_ms"]
        del report["at"]
        return report
    with Installed("two-seals") as installed:
        assert told("5") == told("5")


def lists_sentences():
    lines = subprocess.run([CONFORM, "--list"], capture_output=True, check=True, text=True).stdout.splitlines()
    assert len(lines) >= 100, len(lines)
    ids = [line.split()[0] for line in lines]
    assert len(set(ids)) == len(ids), "an id stands twice"
    tap.empty(line for line in lines if not re.match(r"^[a-z]+\.[a-z0-9-]+ +[A-Z0-9].{20,}[a-z0-9A-Z]$", line))


def is_tap():
    with Installed("crash") as bad:
        lines = bad.run("--tap", "-p", "l*.e*").stdout.splitlines()
    assert lines[0] == "TAP version 13" and re.fullmatch(r"1\.\.\d+", lines[1]), lines[:3]
    assert len([line for line in lines if re.match(r"(not )?ok \d+ - ", line)]) == int(lines[1][3:]), lines


def in_process():
    with Installed("none") as good:
        done = good.run("--in-process", "-p", "load.*", "-p", "list.equal")
    assert done.returncode == 0, done.stdout


def ends_in_time():
    begin = time.monotonic()
    with Installed("hang") as bad:
        assert set(bad.verdicts("-p", "list.equal", "-p", "list.once", "-j", "2", "--limit", "3").values()) == {"TIMEOUT"}
    assert time.monotonic() - begin < 20


CAUGHT = [
    ("crash", "list.equal", "CRASH", "that crashes"),
    ("hang", "list.equal", "TIMEOUT", "that hangs"),
    ("print", "list.equal", "FAIL", "that prints"),
    ("thread", "life.cycles", "FAIL", "that leaves a thread"),
    ("overrun", "list.equal", "CRASH", "that writes behind a struct"),
    ("exit", "list.equal", "CRASH", "that ends the process"),
    ("kept", "list.equal", "CRASH", "that keeps what it was lent"),
    ("descriptor", "life.process", "FAIL", "that leaves a descriptor open"),
    ("locale", "life.first", "FAIL", "that changes the locale"),
    ("other-thread", "list.equal", "FAIL", "that calls the host on another thread"),
    ("destroy", "life.destroy", "FAIL", "that calls the host while it is destroyed"),
    ("two-seals", "list.seals", "FAIL", "that seals twice"),
    ("no-seal", "list.seals", "FAIL", "that does not seal"),
    ("secret", "secret.told", "FAIL", "that logs a secret"),
]
# A sanitizer's heap is not measured, and needs more address space than the limit leaves.
UNSANITIZED = [("memory", "list.equal", "CRASH", "that takes all memory"), ("leak", "life.lists", "FAIL", "that leaks memory")]


def main():
    tap.check("a connector without a fault passes", passes)
    for fault, check, verdict, sentence in CAUGHT + ([] if SANITIZED else UNSANITIZED):
        tap.check(f"a connector {sentence} is {verdict} in {check}, and the run goes on", caught, fault, check, verdict)
    tap.check("many crashes do not end a run", goes_on)
    tap.check("what a check left behind is ended with it", is_killed_whole)
    tap.check("checks that hang are ended in time, two at a time", ends_in_time)
    tap.check("a bad verdict says what was tried, expected and seen, and how to run it again", tells_how)
    tap.check("the command that it names for once more finds the same", again_works)
    tap.check("idc-host shows the report that lies beside a manifest, and how much was left out", shown_by_the_host)
    tap.check("a report of another manifest or module says nothing of this one", of_another_build)
    tap.check("a report that is none, or that others can write to, is told and counts for nothing", report_of_no_use)
    tap.check("a fixture that ends at once is ERROR", fixture_broken, "dead", "never begins")
    tap.check("a fixture that refuses its control API is ERROR", fixture_broken, "deaf", "does nothing that it is asked")
    tap.check("a fixture that answers in chunks is ERROR, and told what to do instead", fixture_broken, "chunks", "needs a Content-Length")
    tap.check("a fault that does not strike is ERROR", fault_that_does_not_strike)
    tap.check("no check selected is an error", nothing_selected)
    tap.check("a check that is skipped names what is not declared", skips_name_it)
    tap.check("a run of skipped checks alone has not passed", only_skips_fail)
    tap.check("what is declared and has no case is ERROR", declared_without_a_case)
    tap.check("a person's sign-in that is declared and has no case is ERROR", person_without_a_case)
    tap.check("the report is bound to the digests of module, manifest and harness", bound_to_digests)
    tap.check("a module that was changed is not loaded", changed_module)
    tap.check("the same seed makes the same report", same_seed_same_report)
    tap.check("each check is a sentence with an id of its own", lists_sentences)
    tap.check("the TAP has its plan and a point for each check", is_tap)
    tap.check("checks run in the very process for a debugger", in_process)
    tap.finish()


if __name__ == "__main__":
    main()
