#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Puts the SHA-256 of a built module into a manifest.

usage: seal.py MANIFEST MODULE OUTPUT          while building
       seal.py --installed MANIFESTDIR MODULEDIR NAME   as an install script: the module as installed, after stripping
"""
import hashlib
import json
import os
import pathlib
import sys


def sealed(text, module):
    """The manifest's text with module.sha256 set to the hash of the file, everything else as it was."""
    manifest = json.loads(text)
    manifest["module"]["sha256"] = hashlib.sha256(module.read_bytes()).hexdigest()
    return json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"


def main(arguments):
    if arguments[:1] == ["--installed"] and len(arguments) == 4:
        prefix = pathlib.Path(os.environ["MESON_INSTALL_DESTDIR_PREFIX"])
        output = manifest = prefix / arguments[1] / f"{arguments[3]}.json"
        module = prefix / arguments[2] / f"{arguments[3]}.so"
    elif len(arguments) == 3:
        manifest, module, output = map(pathlib.Path, arguments)
    else:
        sys.exit(__doc__)
    output.write_text(sealed(manifest.read_text(encoding="utf-8"), module), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
