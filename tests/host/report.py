#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""report: one page with what is known of an app. usage: report.py IDC_HOST MODULES"""
import csv
import html.parser
import io
import json
import os
import sys

import ops
import tap

PROGRAMS = [os.path.abspath(argument) for argument in sys.argv[1:]]
VOID = {"meta", "br", "link", "img"}
KINDS = ("tasks", "changes", "entitlements", "users", "grants", "syncs")
EVIL = "<script>alert(1)</script> & \"O'Hara\""


class Page(html.parser.HTMLParser):
    """The tables below each heading, and everything that a page could load or run."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.tags, self.said, self._open, self._kind = {}, [], "", [], None
        self.feed(text)
        assert not self._open, f"not closed: {self._open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "h2":
            self._kind = dict(attrs)["id"]
            self.tables[self._kind] = []
        elif tag == "tr":
            self.tables[self._kind].append([])
        elif tag in ("td", "th"):
            self.tables[self._kind][-1].append("")

    def handle_endtag(self, tag):
        assert self._open.pop() == tag, tag

    def handle_data(self, data):
        if self._open and self._open[-1] in ("td", "th"):
            self.tables[self._kind][-1][-1] += data
        elif self._open and self._open[-1] in ("p", "code", "h1"):
            self.said += data


class Case(ops.Ops):
    def __init__(self):
        super().__init__(*PROGRAMS)
        self.page = self.folder / "page.html"

    def report(self):
        told = json.loads(self.host.succeed("--json", "report", "Memory", "-o", str(self.page)))
        assert told["file"] == str(self.page) and told["identifier"] == "Memory", told
        return Page(self.page.read_text(encoding="utf-8"))

    def csv(self, kind):
        return list(csv.reader(io.StringIO(self.host.succeed("--quiet", "show", "Memory", kind, "--csv"))))


def what_show_has():
    with Case() as case:
        case.connect(ops.world(7, grants=("e1", "e2")))
        case.write(ops.world(6, grants=("e2",)))
        case.sync()
        page = case.report()
        assert tuple(page.tables) == KINDS and page.tables["tasks"] == [] and "Nothing." in page.said, page.tables
        for kind in KINDS[1:]:
            rows = case.csv(kind)
            assert len(rows) > 1 and page.tables[kind][1:] == rows[1:], (kind, page.tables[kind], rows)
            assert page.tables[kind][0] == [name.replace("_", " ") for name in rows[0]], page.tables[kind][0]
        assert case.page.stat().st_mode & 0o777 == 0o600
        assert "incomplete" not in page.said, page.said


def nothing_runs():
    with Case() as case:
        case.connect(ops.world(1) + f"principal\tevil\t{EVIL}\temail=evil@example.org\ngrant\tevil\te1\n"
                     "principal\tturned\tabc\u202edef\temail=turned@example.org\n", "Memory", "--name", EVIL)
        page = case.report()
        names = {row[0]: row[2] for row in page.tables["users"][1:]}
        assert names["evil"] == EVIL and "\u202e" not in case.page.read_text(encoding="utf-8") and names["turned"] == "abc\\u{202e}def", names
        assert {tag for tag, _ in page.tags} <= {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "nav", "ul", "li", "a", "div",
                                                 "table", "tr", "th", "td", "code"}, page.tags
        for tag, attributes in page.tags:
            assert not {"src", "style", "onload", "background"} & set(attributes), (tag, attributes)
            assert attributes.get("href", "#").startswith("#"), attributes
        assert any("default-src 'none'" in attributes.get("content", "") for _, attributes in page.tags)


def incomplete_is_said():
    with Case() as case:
        case.connect(ops.world(3))
        case.write(ops.world(3, ends="seal\tgrant\tpartial\treason=The grants <b>are</b> hidden.\n"))
        case.sync()
        assert "The grants are incomplete: The grants <b>are</b> hidden." in case.report().said
        case.write("fail\t303\tNot now.\n")
        case.sync()
        assert "The last sync failed: Not now." in case.report().said


def large_ones_are_cut():
    with Case() as case:
        case.connect("generate\t6000\t1\n")
        page = case.report()
        assert len(page.tables["grants"]) == 5001 and len(page.tables["users"]) == 5001
        assert "These are the first 5000 of 6000. All of them: idc-host show Memory grants --csv" in page.said, page.said


def refused():
    with Case() as case:
        case.connect(ops.world(1))
        done = case.host.run("report", "Memory")
        assert done.returncode == 2 and "idc-host report Memory -o FILE.html" in done.stderr, done.stderr
        done = case.host.run("report", "Memory", "-o", str(case.folder / "none/page.html"))
        assert done.returncode == 1 and done.stderr.startswith("Error: "), (done.returncode, done.stderr)
        case.page.write_text("an older page")
        case.report()
        assert [path.name for path in case.folder.glob("page*")] == ["page.html"]


def main():
    for name, behaviour in [
        ("it has every row that show has", what_show_has),
        ("names are text in it, and it loads and runs nothing", nothing_runs),
        ("what is incomplete, or failed, is said first", incomplete_is_said),
        ("of large accounts it has the first rows, and says so", large_ones_are_cut),
        ("without a place to write it says what to give, and an older page is replaced", refused),
    ]:
        tap.check(f"report: {name}", behaviour)
    tap.finish()


if __name__ == "__main__":
    main()
