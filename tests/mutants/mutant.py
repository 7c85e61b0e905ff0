# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Broken connectors: a patch, applied to copies of the sources, compiled and linked as the build does it.

Only what the patch changes is compiled again; the rest comes from the build. What was built once stays until the patch, a source that it
changes, or anything that is linked changes. Nothing is written outside BUILD/tests/mutants.
"""
import hashlib
import json
import pathlib
import re
import shlex
import subprocess

# Where the build makes each connector, and where its sealed manifest and what the harness has to know lie.
CONNECTORS = {
    "example": {"module": "tests/example/example.so", "folder": "tests/example", "archive": None},
    "pagerduty": {"module": "plugin/pagerduty.so", "folder": "manifest", "archive": "plugin/libplugin-core.a"},
}


class Stale(Exception):
    """A patch does not fit the sources any more."""


def _hunks(text):
    """(path, before, after) of each hunk of a unified diff, as text."""
    path, before, after = None, [], []
    for line in text.splitlines(keepends=True) + ["@@"]:
        if line.startswith(("@@", "--- ")) and (before or after):
            yield path, "".join(before), "".join(after)
            before, after = [], []
        if line.startswith("+++ "):
            path = line.removeprefix("+++ b/").strip()
        elif line[:1] in (" ", "-") and not line.startswith("--- "):
            before.append(line[1:])
        if line[:1] in (" ", "+") and not line.startswith("+++ "):
            after.append(line[1:])


def patched(root, patch):
    """{path: text} of the sources that the patch changes. Where a hunk stands does not matter, but its text must stand there once."""
    texts = {}
    for path, before, after in _hunks(patch.read_text(encoding="utf-8")):
        text = texts.get(path) or (root / path).read_text(encoding="utf-8")
        if text.count(before) != 1:
            raise Stale(f"{patch.name}: {path} has {text.count(before)} times what is to be changed:\n{before}")
        texts[path] = text.replace(before, after)
    if not texts:
        raise Stale(f"{patch.name}: it changes nothing")
    return texts


def _run(command, folder):
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{shlex.join(command)}\n{done.stdout}")
    return done.stdout


class Workshop:
    """Builds mutants of one connector from a finished build."""

    def __init__(self, root, build, connector):
        self._root, self._build, self._connector = root, build, connector
        self._about = CONNECTORS[connector]
        entries = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
        parts = [part + ".p/" for part in (self._about["module"], self._about["archive"]) if part is not None]
        self._compile = {str((build / entry["file"]).resolve().relative_to(root)): entry
                         for entry in entries if entry["output"].startswith(tuple(parts))}
        self._link = shlex.split(_run(["ninja", "-t", "commands", self._about["module"]], build).splitlines()[-1])

    def _compiled(self, path, text, folder):
        """The object of a changed source."""
        entry = self._compile[path]
        source, output = folder / pathlib.Path(path).name, folder / (pathlib.Path(path).stem + ".o")
        source.write_text(text, encoding="utf-8")
        words = [{entry["file"]: str(source), entry["output"]: str(output)}.get(word, word) for word in shlex.split(entry["command"])]
        words = [word for word in words if not word.startswith("-Werror")]
        # What it includes by its own folder is where it came from, and a broken source may have left-overs.
        _run([*words, "-w", "-iquote", str((self._root / path).parent), "-MF", str(output) + ".d"], self._build)
        return output

    def _linked(self, texts, folder):
        objects = {self._compile[path]["output"]: str(self._compiled(path, text, folder)) for path, text in texts.items() if path.endswith(".c")}
        members = [entry["output"] for entry in self._compile.values() if entry["output"].startswith(f"{self._about['archive']}.p/")]
        module = folder / pathlib.Path(self._about["module"]).name
        words = []
        for word in self._link:
            words += members if word == self._about["archive"] else [word]
        words = [objects.get(word, str(module) if word == self._about["module"] else word) for word in words]
        for path, text in texts.items():
            if path.endswith(".map"):
                (folder / pathlib.Path(path).name).write_text(text, encoding="utf-8")
                words = [word.replace(str(self._root / path), str(folder / pathlib.Path(path).name)) for word in words]
        _run(words, self._build)
        return module

    def _key(self, texts):
        """Changes with everything that the result is made of."""
        key = hashlib.sha256(json.dumps([texts, self._link, [entry["command"] for entry in self._compile.values()]]).encode())
        for output in sorted(entry["output"] for entry in self._compile.values()):
            key.update((self._build / output).read_bytes())
        return key.hexdigest()

    def _seal(self, module, folder):
        """Manifest and conformance file beside the module; the fixture stays where it is."""
        origin = self._build / self._about["folder"]
        manifest = json.loads((origin / f"{self._connector}.json").read_text(encoding="utf-8"))
        manifest["module"]["sha256"] = hashlib.sha256(module.read_bytes()).hexdigest()
        path = folder / f"{self._connector}.json"
        path.write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
        about = origin / f"{self._connector}.conformance.json"
        if about.is_file():
            told = json.loads(about.read_text(encoding="utf-8"))
            told["fixture"]["command"] = [str((origin / word).resolve()) if (origin / word).is_file() else word
                                          for word in told["fixture"]["command"]]
            (folder / about.name).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        return path

    def build(self, name, patch=None):
        """The manifest of the connector with that patch, or of an unbroken one that was made the same way."""
        folder = self._build / "tests/mutants" / self._connector / name
        texts = patched(self._root, patch) if patch is not None else {}
        key, mark = self._key(texts), folder / "made-of"
        module = folder / pathlib.Path(self._about["module"]).name
        folder.mkdir(parents=True, exist_ok=True)
        if not module.is_file() or not mark.is_file() or mark.read_text(encoding="utf-8") != key:
            mark.unlink(missing_ok=True)
            module = self._linked(texts, folder)
            mark.write_text(key, encoding="utf-8")
        return self._seal(module, folder)


def table(path):
    """The mutants by connector, as mutants.json has them; what is wrong with it is a ValueError."""
    found = json.loads(path.read_text(encoding="utf-8"))["mutants"]
    named = [(mutant["connector"], mutant["mutant"]) for mutant in found]
    patches = [(patch.parent.name, patch.stem) for patch in sorted(path.parent.rglob("*.patch"))]
    wrong = [f"{name} stands twice" for name in set(named) if named.count(name) > 1]
    wrong += [f"{name} has no patch" for name in sorted(set(named) - set(patches))]
    wrong += [f"{name} is not in the table" for name in sorted(set(patches) - set(named))]
    wrong += [f"{mutant['mutant']}: no sentence" for mutant in found if not re.match(r"[a-z].{8,}[^.]$", mutant["is"])]
    if wrong:
        raise ValueError("\n".join(wrong))
    return found
