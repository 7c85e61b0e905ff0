#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""Signing in at an OAuth server that this project did not write. usage: flow.py IDC_HOST MODULES FOLDER_OF_NODE_MODULES

The server gives and takes the tokens. The simulated account knows none of them: the proxy in between asks the server of each, and lets
pass what it calls active, in the name of one person."""
import collections
import contextlib
import glob
import http.cookiejar
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

import account
import signed
import tap
from proxy import Proxy
from signed import WORLD, fetch, link
from simulator import Simulator

IDC_HOST, MODULES, FOLDER = sys.argv[1:]
HERE = os.path.dirname(os.path.abspath(__file__))
SCOPES = [scope["scope"] for scope in json.load(open(f"{MODULES}/../manifest/pagerduty.json"))["oauth"]["scopes"]]
REAUTHORIZE = "idc-host reauthorize PagerDuty"


class Here(urllib.request.HTTPRedirectHandler):
    """Follows the server to its own pages, and stops where it sends the browser back to the app."""

    def redirect_request(self, request, answer, code, message, headers, address):
        if not address.startswith("http://127.0.0.1:"):
            raise urllib.error.HTTPError(address, code, "back", headers, answer)
        return super().redirect_request(request, answer, code, message, headers, address)


class Case(signed.Person):
    """The host, one account, the server, and what stands between. Use it in a with block."""

    def __init__(self, simulator):
        super().__init__(IDC_HOST, MODULES, simulator)
        self.other = self.redirect + "/other"  # it is registered, too
        self.email, person = min((user["email"], user["id"]) for user in simulator.everything("/users", "users") if user["role"] == "admin")
        self._key = f"Token token=user-key-{person}"
        self.dead = set()  # tokens that the account refuses, whatever the server says
        self._things = contextlib.ExitStack()

    def __enter__(self):
        # what runs it comes from npm as well: oidc-provider 9 wants a newer Node.js than Debian 12 has
        node = next(glob.iglob(f"{FOLDER}/node_modules/node-linux-*/bin/node"), None)
        if node is None or not os.path.isdir(f"{FOLDER}/node_modules/oidc-provider"):
            shutil.rmtree(self.folder)
            raise tap.Skip("oidc-provider of npm is not installed: ./dev test installs it where there is a network")
        client = {"client_id": self.simulator.settings["client_id"], "client_secret": self.simulator.secrets["client_secret"],
                  "redirect_uris": [self.redirect, self.other], "scopes": [f"as_account-us.{self.simulator.settings['subdomain']}", *SCOPES]}
        self.client = client
        server = subprocess.Popen([node, f"{HERE}/provider.mjs", FOLDER, json.dumps(client)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True, env={"PATH": os.environ["PATH"], "HOME": str(self.folder)})
        self._things.callback(server.communicate)
        line = server.stdout.readline()
        assert line, "the server did not start"
        self.issuer = json.loads(line)["issuer"]
        self.proxy = self._things.enter_context(Proxy(self._translate))
        return self

    def __exit__(self, *details):
        self._things.close()
        super().__exit__(*details)

    def _translate(self, address, headers):
        """Whom a token stands for, as the server says."""
        kind, _, token = headers.get("authorization", "").partition(" ")
        if address.startswith(self.issuer) or kind != "Bearer":
            return headers
        good = token not in self.dead and self.post("/introspect", token=token)[1]["active"]
        return {**headers, "authorization": self._key if good else "Bearer none"}

    def post(self, path, **fields):
        """The app's own request to the server, past the connector: status and parsed answer."""
        form = urllib.parse.urlencode({"client_id": self.client["client_id"], "client_secret": self.client["client_secret"], **fields})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.issuer}{path}", form.encode(), timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def connecting_person(self, *arguments, redirect=None):
        return self.connecting(self.simulator, "pagerduty", "--redirect-uri", redirect or self.redirect, *arguments, grant="authorization_code",
                               identity_url=self.issuer, proxy=self.proxy.url)

    @contextlib.contextmanager
    def command(self, *arguments):
        process = self.begin(*arguments)
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def browse(self, address):
        """Logs in and allows whatever is asked: where the browser is sent in the end."""
        browser = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), Here())
        form = None
        for _ in range(4):
            try:
                with browser.open(address, form, timeout=60) as answer:
                    page = answer.read().decode()
            except urllib.error.HTTPError as error:
                if error.code // 100 == 3:
                    return error.filename
                raise
            address = re.search(r'<form[^>]* action="([^"]*)"', page).group(1)
            prompt = re.search(r'name="prompt" value="([a-z]*)"', page).group(1)
            form = urllib.parse.urlencode({"prompt": prompt, "login": self.email, "password": "any"}).encode()
        raise AssertionError(f"no way back from {address}")

    def signed_in(self, **_):
        with self.command(*self.connecting_person()) as process:
            back = self.browse(link(process))
            assert fetch(back)[0] == 200
            ended(process, 0)
        return back

    def asked(self, grant):
        """The forms of that grant type that the connector sent, each with the answer."""
        pairs = []
        for exchange in self.proxy.exchanges:
            form = dict(urllib.parse.parse_qsl(exchange.body.decode())) if exchange.url == f"{self.issuer}/oauth/token" else {}
            if form.get("grant_type") == grant:
                pairs.append((form, exchange.status, json.loads(exchange.answer)))
        return pairs


def ended(process, exit_status):
    said = process.communicate(timeout=120)[0]
    assert process.returncode == exit_status, f"exit {process.returncode}, not {exit_status}\n{said}"
    return said


def query(address):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))


def with_state(address, state):
    parts = urllib.parse.urlsplit(address)
    return parts._replace(query=urllib.parse.urlencode({**query(address), "state": state})).geturl()


def connects(simulator):
    with Case(simulator) as case:
        case.signed_in()
        [(form, status, answer)] = case.asked("authorization_code")
        assert status == 200 and form["redirect_uri"] == case.redirect and len(form["code_verifier"]) >= 43, form
        app = json.loads((case.folder / "data/apps/PagerDuty.json").read_text())
        assert app["connected_as"] == case.email, app
        account.same(case.grants(), account.grants_of(simulator))
        assert case.post("/introspect", token=answer["access_token"])[1]["active"]


def pkce_is_required(simulator):
    """What makes the rest worth something: the server does refuse a link without a challenge."""
    with Case(simulator) as case, case.command(*case.connecting_person()) as process:
        address = urllib.parse.urlsplit(link(process))
        bare = {key: value for key, value in query(address.geturl()).items() if not key.startswith("code_challenge")}
        back = query(case.browse(address._replace(query=urllib.parse.urlencode(bare)).geturl()))
        assert back["error"] == "invalid_request" and "PKCE" in back["error_description"], back


def code_used_twice(simulator):
    """The server takes back what it gave for a code that comes again, and the connector says what to do about it."""
    with Case(simulator) as case:
        back = case.signed_in()
        with case.command("reauthorize", "PagerDuty") as process:
            status, page = fetch(with_state(back, query(link(process))["state"]))
            assert status == 410 and "<h1>Too late</h1>" in page, (status, page)
            _, status, answer = case.asked("authorization_code")[-1]
            assert status == 400 and answer["error"] == "invalid_grant", answer
        case.sync().expect(0)  # who has the code alone takes nothing from anybody
        assert case.post("/oauth/token", **case.asked("authorization_code")[0][0])[1]["error"] == "invalid_grant"
        failed = case.sync().expect(6)
        assert REAUTHORIZE in failed.said, failed.said
        with case.command("reauthorize", "PagerDuty") as process:
            assert fetch(case.browse(link(process)))[0] == 200
            ended(process, 0)
        case.sync().expect(0)


def wrong_verifier(simulator):
    """A code that was given to one sign-in and is brought to another."""
    with Case(simulator) as case, case.command(*case.connecting_person()) as process:
        address = urllib.parse.urlsplit(link(process))
        mine = query(address.geturl())
        other = address._replace(query=urllib.parse.urlencode({**mine, "code_challenge": "A" * 43, "state": "other"})).geturl()
        status, page = fetch(with_state(case.browse(other), mine["state"]))
        assert status == 410 and "<h1>Too late</h1>" in page, (status, page)
        [(_, status, answer)] = case.asked("authorization_code")
        assert status == 400 and answer["error"] == "invalid_grant", answer
        assert not list((case.folder / "data/apps").glob("*"))
        assert fetch(case.browse(link(process)))[0] == 200
        ended(process, 0)


def wrong_redirect(simulator):
    """One that is not registered gets no code; a code for another one that is registered gets no token."""
    with Case(simulator) as case:
        with case.command(*case.connecting_person("--wait", "2", redirect=case.redirect + "/wrong")) as process:
            status, page = fetch(link(process))
            assert status == 400 and "redirect_uri" in page, (status, page)
            assert "Nobody came back from the sign-in" in ended(process, 6)
        with case.command(*case.connecting_person()) as process:
            address = link(process)
            back = case.browse(address.replace(urllib.parse.quote(case.redirect, safe=""), urllib.parse.quote(case.other, safe="")))
            assert back.startswith(case.other), back
            status, _ = fetch(back.replace(case.other, case.redirect))
            assert status == 410, status
        [(_, status, answer)] = case.asked("authorization_code")
        assert status == 400 and answer["error"] == "invalid_grant", answer
        assert not list((case.folder / "data/apps").glob("*"))


def rotates(simulator):
    """Each refresh token is used once, and the one that came with an answer is the one of the next refresh."""
    with Case(simulator) as case:
        case.signed_in()
        given = [case.asked("authorization_code")[0][2]]
        for _ in range(3):
            case.dead.add(given[-1]["access_token"])
            case.sync().expect(0)
            form, status, answer = case.asked("refresh_token")[-1]
            assert status == 200 and form["refresh_token"] == given[-1]["refresh_token"], form
            given.append(answer)
        asked = [form["refresh_token"] for form, _, _ in case.asked("refresh_token")]
        assert len(asked) == 3 and max(collections.Counter(asked).values()) == 1, asked
        # Somebody who has a copy of an old one uses it: the server takes all of it for stolen.
        assert case.post("/oauth/token", grant_type="refresh_token", refresh_token=asked[0])[1]["error"] == "invalid_grant"
        for _ in range(2):
            failed = case.sync().expect(6)
            assert REAUTHORIZE in failed.said, failed.said
        assert len(case.asked("refresh_token")) == 4, case.asked("refresh_token")


def main():
    with Simulator(**WORLD) as simulator:
        for name, behaviour in [
                ("a person signs in, and what is listed is what the account holds", connects),
                ("a link without a challenge is refused", pkce_is_required),
                ("a code that is used twice takes back what it gave, and reauthorize mends it", code_used_twice),
                ("a code with the verifier of another sign-in connects nothing", wrong_verifier),
                ("a redirect URI that is not the one connects nothing", wrong_redirect),
                ("refresh tokens rotate, and one that is used again ends the authorization", rotates)]:
            tap.check(f"provider: {name}", behaviour, simulator)
    tap.finish()


if __name__ == "__main__":
    main()
