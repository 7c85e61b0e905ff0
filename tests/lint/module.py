#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""What a built connector shows to the loader. usage: module.py MODULE.so"""
import ctypes
import re
import shutil
import subprocess
import sys

import tap

MODULE = sys.argv[1]
ENTRY = "idc_connector_v1"
# The connector's libraries by the start of their names, and what the compiler brings along.
ALLOWED = ("libcurl", "libjson-c.so.", "libglib-2.0.so.", "libc.so.", "libgcc_s.so.", "ld-linux")
ONE_POINTER = 8  # the compiler's own frame_dummy


def output_of(*command):
    if shutil.which(command[0]) is None:
        raise tap.Skip(f"{command[0]} is not installed (package binutils)")
    return subprocess.run(command, capture_output=True, check=True, text=True, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}).stdout


def dynamic_section():
    return output_of("readelf", "--wide", "--dynamic", MODULE)


def needed():
    return re.findall(r"\(NEEDED\)\s+Shared library: \[([^]]+)\]", dynamic_section())


def symbols(path, *which):
    """(type letter, name without version) of a library's dynamic symbols."""
    for line in output_of("nm", "--dynamic", *which, path).splitlines():
        words = line.split()
        yield words[-2], words[-1].split("@")[0]


def one_exported_symbol():
    exported = list(symbols(MODULE, "--defined-only"))
    assert exported == [("T", ENTRY)], f"exported: {exported}"


def nothing_undefined():
    places = dict(re.findall(r"^\s*(\S+) => (\S+) \(", output_of("ldd", MODULE), re.MULTILINE))
    supplied = set()
    for library in needed():
        if library in places:
            supplied.update(name for _, name in symbols(places[library], "--defined-only"))
    tap.empty(name for letter, name in symbols(MODULE, "--undefined-only") if letter not in "wv" and name not in supplied)


def few_libraries():
    tap.empty(f"needs {library}" for library in needed() if not library.startswith(ALLOWED))


def bound_at_load():
    text = dynamic_section()
    assert re.search(r"\(FLAGS_1\).*\bNOW\b", text) is not None, "not linked with -z now"


def never_unloaded():
    assert re.search(r"\(FLAGS_1\).*\bNODELETE\b", dynamic_section()) is not None, "not linked with -z nodelete"


def read_only_after_relocation():
    segments = output_of("readelf", "--wide", "--segments", MODULE)
    assert "GNU_RELRO" in segments, "not linked with -z relro"
    stack = re.search(r"GNU_STACK\s.*", segments)
    assert stack is not None and "E" not in stack.group(0).split()[-2], "its stack can be executed"
    assert "TEXTREL" not in dynamic_section(), "it has text relocations"


def no_search_path():
    tap.empty(re.findall(r"\((?:RPATH|RUNPATH)\).*", dynamic_section()))


def nothing_at_load():
    sizes = re.findall(r"\((INIT_ARRAYSZ|FINI_ARRAYSZ|PREINIT_ARRAYSZ)\)\s+(\d+)", dynamic_section())
    tap.empty(f"{name} is {size} bytes" for name, size in sizes if int(size) > ONE_POINTER)


def loads_in_a_foreign_process():
    """This process has none of the host's libraries: whatever the module lacks would show here."""
    module = ctypes.CDLL(MODULE, mode=2)  # RTLD_NOW
    entry = getattr(module, ENTRY)
    entry.restype = ctypes.c_void_p
    assert entry(), f"{ENTRY}() returned NULL"


def main():
    tap.check(f"the module exports {ENTRY} and nothing else", one_exported_symbol)
    tap.check("no undefined symbol is left for the host to supply", nothing_undefined)
    tap.check("the module needs libcurl, json-c, GLib and libc only", few_libraries)
    tap.check("all symbols are bound when the module is loaded", bound_at_load)
    tap.check("the module is never unloaded", never_unloaded)
    tap.check("relocations are read-only and the stack holds no code", read_only_after_relocation)
    tap.check("the module has no search path for libraries", no_search_path)
    tap.check("nothing runs when the module is loaded", nothing_at_load)
    tap.check("the module loads in a process without the host", loads_in_a_foreign_process)
    tap.finish()


if __name__ == "__main__":
    main()
