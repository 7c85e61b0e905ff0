#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""A person signs in with a real browser; what it showed is kept as pictures. usage: sign-in.py IDC_HOST MODULES PICTURES"""
import sys

import signed
import tap
from browser import DESK, PHONE, Browser
from signed import WORLD, link
from simulator import Simulator

IDC_HOST, MODULES, PICTURES = sys.argv[1:]
PASSWORD = "harbour"


def admin_of(simulator):
    return min((user for user in simulator.everything("/users", "users") if user["role"] == "admin"), key=lambda user: user["id"])["email"]


def log_in(browser, address, email):
    browser.open(address)
    browser.heading("Log in")
    browser.type("input[name=email]", email)
    browser.type("input[name=password]", PASSWORD)
    browser.click("#login")
    browser.heading("Allow access")


def seen(browser, name, *parts):
    """The page holds these parts, fits a phone, stands in its tab by its heading, and made the browser complain of nothing."""
    text = browser.text()
    for part in parts:
        assert part in text, text
    assert browser.value("document.title") == browser.text("h1")
    for kind, size in (("phone", PHONE), ("desk", DESK)):
        browser.size(size)
        assert browser.value("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} is too wide for {size}"
        browser.picture(f"{name}-{kind}")
    # the page's own style took effect, so its policy lets it through
    assert browser.value("getComputedStyle(document.body).maxWidth") != "none"
    tap.empty(browser.complaints())


def ended(process, exit_status):
    said = process.communicate(timeout=120)[0]
    assert process.returncode == exit_status, f"exit {process.returncode}, not {exit_status}\n{said}"
    return said


def connects(simulator):
    with Browser(PICTURES) as browser, signed.Person(IDC_HOST, MODULES, simulator) as host:
        email = admin_of(simulator)
        process = host.begin(*host.connecting_person())
        try:
            log_in(browser, link(process), email)
            assert email in browser.text() and "users.read" in browser.text(), browser.text()
            browser.picture("consent")
            browser.click("#allow")
            browser.heading("Connected")
            assert browser.address().startswith(host.redirect + "?"), browser.address()
            seen(browser, "connected", f"connected as {email}", "go back to the terminal")
            said = ended(process, 0)
        finally:
            process.kill()
        assert f"answers to {email}" in said and "Saved as PagerDuty." in said, said


def denied(simulator):
    with Browser(PICTURES) as browser, signed.Person(IDC_HOST, MODULES, simulator) as host:
        process = host.begin(*host.connecting_person())
        try:
            log_in(browser, link(process), admin_of(simulator))
            browser.click("#deny")
            browser.heading("Not connected: the consent was denied")
            seen(browser, "denied", "nothing was connected or saved", "begin again")
            said = ended(process, 6)
        finally:
            process.kill()
        assert "Access was denied in PagerDuty." in said, said
        assert not list((host.folder / "data/apps").glob("*"))


def of_another_session(simulator):
    """A page that was left open from a command that is gone ends at the one that waits now: it takes nothing from it, and goes on waiting."""
    with Browser(PICTURES) as browser, signed.Person(IDC_HOST, MODULES, simulator) as host:
        email = admin_of(simulator)
        gone = host.begin(*host.connecting_person())
        try:
            first = link(gone)
        finally:
            gone.kill()
            gone.communicate()
        process = host.begin(*host.connecting_person())
        try:
            second = link(process)
            log_in(browser, first, email)
            browser.click("#allow")
            browser.heading("Not this sign-in")
            seen(browser, "another-session", "Nothing was taken from it.", "Open the link that the terminal shows.")
            assert process.poll() is None and simulator.identity()["granted"].get("authorization_code", 0) == 0, simulator.identity()
            log_in(browser, second, email)
            browser.click("#allow")
            browser.heading("Connected")
            ended(process, 0)
        finally:
            process.kill()


def main():
    with Simulator(**WORLD) as simulator:
        for name, behaviour in [
                ("from the log-in to the page that says connected", connects),
                ("a consent that is denied has its page", denied),
                ("the page of another session has its own, and the one that waits is not disturbed", of_another_session)]:
            tap.check(f"browser: {name}", behaviour, simulator)
    tap.finish()


if __name__ == "__main__":
    main()
