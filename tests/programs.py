# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""The built programs, as the Python tests use them: the simulated service and idc-host with a DATA folder of its own."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import urllib.request

ENDS_WITHIN = 30
STARTS_WITHIN = 60  # seconds, under sanitizers and on a busy machine too


class Service:
    """A simulated service on a free port: a program that says in one line of JSON how it is reached. Use it in a with block: it ends with it."""

    def __init__(self, program, *arguments):
        self._command = [program, "--exit-with-parent", *arguments]
        self.process = None

    def start(self, **options):
        """Starts the program and waits until it is ready. Returns self."""
        self.process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, **options)
        self.line = self.process.stdout.readline()
        if not self.line:
            raise RuntimeError(f"{self._command[0]} ended with {self.process.wait()} before it was ready")
        self.ready = json.loads(self.line)
        return self

    def stop(self):
        """Ends the program and returns its exit status; None where it does not run."""
        if self.process is None:
            return None
        self.process.terminate()
        try:
            status = self.process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.process.stdout.close()
        self.process = None
        return status

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    @property
    def control_port(self):
        return self.ready.get("control_port", self.ready["port"])

    def ask(self, path, body=None, method=None):
        """The text that a control address answers; with a body it is a POST of JSON."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.control_port}/_control/{path}", data=data, headers={"Content-Type": "application/json"}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=STARTS_WITHIN) as answer:
            return answer.read().decode()


def killed_at(folder, nth):
    """The environment of a program that ends by SIGKILL right before its nth change on disk. folder: where kill-at.so is. Told by folder and
    name, since LD_PRELOAD takes a blank in a path for its end."""
    return {"LD_PRELOAD": "kill-at.so", "LD_LIBRARY_PATH": str(folder), "IDC_KILL_AT": str(nth)}


class Host:
    """idc-host on a DATA folder that is made for it. Use it in a with block: the folder goes with it."""

    def __init__(self, program, modules):
        self._program = [program]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="idc-test-", dir=pathlib.Path(program).parent))
        self._modules = modules
        self.environment = {}  # what a command finds in its environment beside the usual

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def _command(self, arguments, under=()):
        return [*under, *self._program, "--data", str(self.folder / "data"), "--modules", self._modules, *arguments]

    def _environment(self):
        kept = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C.UTF-8", **kept, **self.environment}

    def run(self, *arguments, under=(), timeout=300):
        """One command, its output as text; under is what to run it with."""
        return subprocess.run(self._command(arguments, under), stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True,
                              timeout=timeout, env=self._environment())

    def start(self, *arguments, **options):
        """The process of one command, its output in a pipe."""
        return subprocess.Popen(self._command(arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=self._environment(),
                                **options)

    def measured(self, *arguments):
        """Exit, output, seconds and peak memory in KiB of one command; what it says on stderr is lost."""
        begin = time.monotonic()
        process = self.start(*arguments, stderr=subprocess.DEVNULL)
        answer = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        return process.returncode, answer, time.monotonic() - begin, usage.ru_maxrss

    def succeed(self, *arguments, **options):
        done = self.run(*arguments, **options)
        assert done.returncode == 0, f"exit {done.returncode}: {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def connecting(self, simulator, connector="pagerduty", *arguments, secrets=(), **settings):
        """The arguments of connect with what the simulator says that it takes, or what is given instead; secrets go by files."""
        options = []
        for key, value in {**simulator.ready["settings"], **settings}.items():
            options += ["--set", f"{key}={value}"]
        for key, value in {**simulator.ready["secrets"], **dict(secrets)}.items():
            path = self.folder / key
            path.write_text(value)
            path.chmod(0o600)
            options += ["--secret", f"{key}=@{path}"]
        return ["connect", connector, "--yes", *options, *arguments]

    def connect(self, simulator, connector="pagerduty", *arguments):
        """connect with what the simulator says that it takes."""
        return self.succeed(*self.connecting(simulator, connector, *arguments))
