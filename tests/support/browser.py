# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""A headless Chromium that is driven as WebDriver says, by HTTP alone.

    with Browser(folder) as browser:
        browser.open("http://localhost:1/")
        browser.type("input[name=email]", "ann@example.org")
        browser.click("#login")
        browser.text("h1")
        browser.picture("log-in")            # folder/log-in.png

It knows no proxy and nobody's settings: its profile is made for it, and goes with it.
"""
import base64
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import programs
import tap

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key that the standard gives to a reference
DESK, PHONE = (1000, 760), (390, 760)


class Browser:
    def __init__(self, pictures):
        self._pictures = pathlib.Path(pictures)
        self._pictures.mkdir(parents=True, exist_ok=True)
        self._driver = self._profile = self._session = None

    def __enter__(self):
        chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
        if chromium is None or driver is None:
            raise tap.Skip("chromium and chromium-driver are not installed")
        self._profile = tempfile.mkdtemp(prefix="idc-browser-")
        environment = {"PATH": os.environ["PATH"], "HOME": self._profile, "LC_ALL": "C.UTF-8"}
        self._driver = subprocess.Popen([driver, "--port=0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        text=True, env=environment)
        try:
            self._port = self._started()
            self._begin(chromium)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _started(self):
        for line in self._driver.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found is not None:
                return int(found.group(1))
        raise AssertionError("chromedriver did not start")

    def _begin(self, chromium):
        arguments = ["--headless=new", "--no-proxy-server", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars", "--lang=en",
                     f"--user-data-dir={self._profile}/profile"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")  # Chromium has none for root
        options = {"binary": chromium, "args": arguments}
        wanted = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}}
        self._session = self._ask("POST", "/session", wanted)["sessionId"]
        self.size(DESK)

    def __exit__(self, *_):
        if self._session is not None:
            self._ask("DELETE", f"/session/{self._session}")
        if self._driver is not None:
            self._driver.terminate()
            self._driver.communicate(timeout=programs.ENDS_WITHIN)
        shutil.rmtree(self._profile, ignore_errors=True)

    def _ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=programs.STARTS_WITHIN)
        try:
            connection.request(method, path, body=None if body is None else json.dumps(body), headers={"Content-Type": "application/json"})
            value = json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()
        assert not (isinstance(value, dict) and "error" in value), f"{method} {path}: {value.get('message')}"
        return value

    def _do(self, method, path, body=None):
        return self._ask(method, f"/session/{self._session}{path}", body)

    def _element(self, selector):
        return self._do("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def open(self, address):
        self._do("POST", "/url", {"url": address})

    def address(self):
        return self._do("GET", "/url")

    def type(self, selector, text):
        self._do("POST", f"/element/{self._element(selector)}/value", {"text": text})

    def click(self, selector):
        self._do("POST", f"/element/{self._element(selector)}/click", {})

    def text(self, selector="body"):
        return self._do("GET", f"/element/{self._element(selector)}/text")

    def heading(self, wanted):
        """Waits for a page of that heading, as a form that was sent is answered when it is."""
        deadline = time.monotonic() + programs.STARTS_WITHIN
        while True:
            try:
                seen = self.text("h1")
            except AssertionError:  # between two pages
                seen = None
            if seen == wanted:
                return
            assert time.monotonic() < deadline, f"{seen!r}, not {wanted!r}, at {self.address()}"
            time.sleep(0.05)

    def size(self, size):
        self._do("POST", "/window/rect", {"width": size[0], "height": size[1]})

    def value(self, expression):
        """What a script in the page would see."""
        return self._do("POST", "/execute/sync", {"script": f"return {expression}", "args": []})

    def complaints(self):
        """What the browser has to say of the pages so far, the status of an answer and a missing picture of the site apart."""
        said = [entry["message"] for entry in self._do("POST", "/se/log", {"type": "browser"})]
        return [message for message in said if "favicon.ico" not in message and "the server responded with a status of" not in message]

    def picture(self, name):
        (self._pictures / f"{name}.png").write_bytes(base64.b64decode(self._do("GET", "/screenshot")))
