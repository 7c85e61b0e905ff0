#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""The public header by itself: under each standard, and its comments against the table of layout.c.

usage: header.py SOURCEDIR
"""
import hashlib
import pathlib
import re
import shutil
import subprocess
import sys

import tap

ROOT = pathlib.Path(sys.argv[1]).resolve()
HEADER = ROOT / "include/idc/connector.h"
FROZEN = ROOT / "tests/abi/connector-1.0.h"
# What was published stays as it was published, to the last byte.
FROZEN_SHA256 = "ac6e2d193358cf473287c8202434fdd5b388d69f53a8581b3ccc7b69623177ac"
C_STANDARDS = ["c89", "c99", "c11", "c17"]
CXX_STANDARDS = ["c++11", "c++14", "c++17", "c++20"]
COMPILERS = [("gcc", "c", C_STANDARDS), ("clang", "c", C_STANDARDS), ("g++", "c++", CXX_STANDARDS), ("clang++", "c++", CXX_STANDARDS)]
STRICT = ["-pedantic-errors", "-Wall", "-Wextra", "-Wundef", "-Werror"]
# Included twice, everything used once, and no other header before it.
PROGRAM = """
#include <idc/connector.h>
#include <idc/connector.h>
static int has(const idc_record *record) { return IDC_HAS(record, idc_record, n_attrs) && record->msg.kind == IDC_MSG_RECORD; }
int main(void) { const idc_connector *connector = idc_connector_v1(); return connector->ops->init == 0 || has((const idc_record *)0); }
"""
STRUCT = re.compile(r"typedef struct (idc_\w+) \{[^\n]*\n(.*?)\n\} \1;", re.DOTALL)
FIELD_ROW = re.compile(r"^\tFIELD\((\w+), (\w+), (\d+), \d+\),$", re.MULTILINE)
STRUCT_ROW = re.compile(r"^\tSTRUCT\((\w+), (\d+)\),$", re.MULTILINE)
NUMBER_ROW = re.compile(r"\bNUMBER\((\w+), ")
DEFINED_NUMBER = re.compile(r"^#define (IDC_\w+) [\d(]", re.MULTILINE)


def compiles(compiler, language, standard):
    if shutil.which(compiler) is None:
        raise tap.Skip(f"{compiler} is not installed")
    command = [compiler, f"-std={standard}", *STRICT, "-fsyntax-only", "-I", str(ROOT / "include"), "-x", language, "-"]
    done = subprocess.run(command, input=PROGRAM, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr


def read(path):
    return path.read_text(encoding="utf-8")


def structs_of(path):
    """{struct: [(field, the offset that its comment says)]} in the header's order."""
    found = {}
    for name, body in STRUCT.findall(read(path)):
        comments = [int(number) for number in re.findall(r"/\*\s*(\d+)\b", body)]
        code = re.sub(r"/\*.*?\*/", "", body, flags=re.DOTALL)
        fields = re.findall(r"(?:\(\*(\w+)\)\([^;]*\)|(\w+)(?:\[\d+\])?);", code)
        found[name] = list(zip([one or other for one, other in fields], comments, strict=True))
    return found


def table():
    text = read(ROOT / "tests/abi/layout.c")
    rows = {name: [] for name, _ in STRUCT_ROW.findall(text)}
    for name, field, offset in FIELD_ROW.findall(text):
        rows[name].append((field, int(offset)))
    return rows, NUMBER_ROW.findall(text)


def comments_equal_the_table():
    said, wanted = structs_of(HEADER), table()[0]
    tap.empty(f"{name}: the header says {said.get(name)}, the table {wanted.get(name)}"
              for name in sorted(set(said) | set(wanted)) if said.get(name) != wanted.get(name))


def numbers_are_in_the_table():
    tap.empty(sorted(set(DEFINED_NUMBER.findall(read(HEADER))) - set(table()[1])))


def only_grown():
    """Every struct, field and number of 1.0 stands in the header where it stood; fields may only follow after the last one."""
    old, new = structs_of(FROZEN), structs_of(HEADER)
    tap.empty(f"{name}: was {fields}, is {new.get(name)}" for name, fields in old.items() if new.get(name, [])[:len(fields)] != fields)
    numbers = re.compile(r"^#define (IDC_\w+) (\S+)", re.MULTILINE)
    now = dict(numbers.findall(read(HEADER)))
    tap.empty(f"{name}: was {value}, is {now.get(name)}" for name, value in numbers.findall(read(FROZEN))
              if now.get(name) != value and name != "IDC_ABI_MINOR")


def frozen_is_frozen():
    digest = hashlib.sha256(FROZEN.read_bytes()).hexdigest()
    assert digest == FROZEN_SHA256, f"{FROZEN} was edited: it is version 1.0 as published; put it back (its hash is now {digest})"


def main():
    for compiler, language, standards in COMPILERS:
        for standard in standards:
            tap.check(f"the header alone compiles as {standard} with {compiler}", compiles, compiler, language, standard)
    tap.check("the offsets in the header's comments are those of the table", comments_equal_the_table)
    tap.check("every number of the header stands in the table", numbers_are_in_the_table)
    tap.check("the frozen header of 1.0 is the one that was published", frozen_is_frozen)
    tap.check("the header has only grown since 1.0", only_grown)
    tap.finish()


if __name__ == "__main__":
    main()
