#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""HTTPS with a throw-away authority, and certificates that must not be trusted; starting and ending."""
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import warnings

import tap
from simulator import Simulator, program


def good():
    with Simulator(users=30, tls=True) as sim:
        assert sim.settings["api_url"] == f"https://127.0.0.1:{sim.port}" and sim.settings["identity_url"].startswith("https://127.0.0.1:")
        assert sim.control_port != sim.port
        assert len(sim.everything("/users", "users")) == 30
        sim.faults({"match": {"route": "/users"}, "action": {"drip": {"bytes": 500, "every_ms": 1}}})
        assert len(sim.get("/users").json["users"]) == 25
        folder = os.path.dirname(sim.settings["ca_file"])
        assert os.path.exists(folder)
        control = sim.request("GET", "/_control/state")
        assert control.status == 404, "the control is on the plain port alone"
    assert not os.path.exists(folder), "nothing is left behind"


def bad(kind, reason):
    with Simulator(users=3, tls=True, switches={"tls_cert": kind}) as sim:
        try:
            sim.token()
        except ssl.SSLCertVerificationError as error:
            assert reason in str(error), error
        else:
            raise AssertionError("it was trusted")


def offered(sim, newest):
    """Whether a client that knows nothing newer gets through."""
    context = ssl.create_default_context(cafile=sim.settings["ca_file"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = newest
    # without this the client itself does not offer the old ones
    context.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", sim.port), timeout=10) as plain:
        try:
            with context.wrap_socket(plain, server_hostname="127.0.0.1"):
                return True
        except (ssl.SSLError, ConnectionError):
            return False


def old_protocols():
    with Simulator(users=3, tls=True) as sim, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert offered(sim, ssl.TLSVersion.TLSv1_2) and not offered(sim, ssl.TLSVersion.TLSv1_1)


def ends_with_parent():
    starter = ("import subprocess, sys\n"
               "p = subprocess.Popen([sys.argv[1], '--exit-with-parent', '--users', '3'], stdout=subprocess.PIPE)\n"
               "p.stdout.readline()\n"
               "print(p.pid, flush=True)\n")
    # the pipe is the simulator's too: it is at its end only when both are gone
    done = subprocess.run([sys.executable, "-c", starter, program()], stdout=subprocess.PIPE, check=True, timeout=30, text=True)
    pid = int(done.stdout)
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            if stat.read().rsplit(")", 1)[1].split()[0] == "Z":
                return
        signal.sigtimedwait([], 0.05)
    os.kill(pid, signal.SIGKILL)
    raise AssertionError("it outlived its parent")


def usage():
    for arguments, said in ((["--bogus"], "--bogus"), (["--set", "nonsense=1"], "no switch"), (["--set", "strict"], "SWITCH=VALUE"),
                            (["--users", "0", "--policies", "1"], "without users"), (["--region", "moon"], "us or eu"),
                            (["--world", "/nowhere.json"], "nowhere.json"), (["--port", "70000"], "port"), (["extra"], "argument too many")):
        done = subprocess.run([program(), *arguments], capture_output=True, check=False, text=True, timeout=30)
        assert done.returncode in (1, 2) and said in done.stderr and done.stdout == "", (arguments, done)
    done = subprocess.run([program(), "--help"], capture_output=True, check=False, text=True, timeout=30)
    assert done.returncode == 0 and "rate_limit=960" in done.stdout


def world_file():
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write('{"users": 7, "seed": 3, "switches": {"strict": false}}')
        file.flush()
        with Simulator("--world", file.name, "--teams", "2") as sim:
            assert sim.counts()["users"] == 7 and sim.counts()["teams"] == 2
            assert sim.control("GET", "switches")["strict"] is False


def main():
    tap.check("HTTPS is served with a certificate of an authority that is told, and nothing is left behind", good)
    tap.check("a certificate can have the wrong name", bad, "wrong_name", "mismatch")
    tap.check("a certificate can have expired", bad, "expired", "expired")
    tap.check("a certificate can be another authority's", bad, "other_ca", "verify failed")
    tap.check("TLS before 1.2 is refused", old_protocols)
    tap.check("with --exit-with-parent it never outlives its parent", ends_with_parent)
    tap.check("a wrong command line is told", usage)
    tap.check("a world can come from a file", world_file)
    tap.finish()


if __name__ == "__main__":
    main()
