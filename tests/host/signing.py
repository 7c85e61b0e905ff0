# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""A host with an app that a person has to sign in for, and that person's browser."""
import contextlib
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request

WORLD = "resource\tteam:1\tteam\tOps\nentitlement\te1\tgroup\tOps\tteam:1\nprincipal\tp1\tAnn\temail=ann@example.org\ngrant\tp1\te1\n"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Case:
    """A host whose one app wants a person, with an address of its own to come back to."""

    def __init__(self, host):
        self.host = host
        self.data = self.host.folder / "data"
        self.world = self.host.folder / "world"
        self.world.write_text(WORLD)
        self.redirect = f"http://localhost:{free_port()}/come/back"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.host.__exit__()

    def connecting(self, *arguments):
        return ["connect", "memory", "--yes", "--set", f"file={self.world}", "--set", "sign_in=person", "--redirect-uri", self.redirect, *arguments]

    @contextlib.contextmanager
    def running(self, *arguments, stdin=subprocess.DEVNULL):
        """A command that waits for somebody; what it says is in one pipe."""
        process = subprocess.Popen(self.host._command(arguments), stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   env=self.host._environment())
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def untouched(self):
        apps = list((self.data / "apps").glob("*")) if (self.data / "apps").exists() else []
        assert not apps, apps
        for name in ("identifiers", "secrets.db", "key"):
            assert not (self.data / name).exists(), name


def link(process):
    """The query of the next link that is shown, once the command waits."""
    found = None
    for line in process.stdout:
        if line.startswith("http://127.0.0.1:1/authorize?"):
            found = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(line.strip()).query))
        if found is not None and line.startswith("Waiting at "):
            return found
    raise AssertionError("no link was shown")


def come_back(query, **fields):
    """What the browser gets: status and page."""
    fields = {"state": query["state"], **fields}
    address = query["redirect_uri"] + "?" + urllib.parse.urlencode({key: value for key, value in fields.items() if value is not None})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def ended(process, exit_status):
    said = process.communicate(timeout=60)[0]
    assert process.returncode == exit_status, f"exit {process.returncode}, not {exit_status}\n{said}"
    return said
