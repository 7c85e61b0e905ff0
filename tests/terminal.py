# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""A terminal that a test sits at: what is shown there, and what is typed."""
import os
import pty
import select
import signal
import termios
import time


class Terminal:
    """A command on a terminal of its own: waits for what it asks, types, and keeps what was to be seen."""

    def __init__(self, command, environment):
        self.text = ""
        self._seen = 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(command[0], command, {**environment, "TERM": "dumb"})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)

    def _read(self, until):
        while True:
            left = until - time.monotonic()
            assert left > 0, f"nothing more came; so far:\n{self.text}"
            if not select.select([self.fd], [], [], left)[0]:
                continue
            try:
                data = os.read(self.fd, 65536)
            except OSError:  # the other side is closed
                return False
            self.text += data.decode(errors="replace").replace("\r\n", "\n")
            return bool(data)

    def wait(self, part, seconds=30):
        """What came since the last wait, up to and with part."""
        until = time.monotonic() + seconds
        while part not in self.text[self._seen:]:
            assert self._read(until), f"it ended without {part!r}:\n{self.text}"
        at = self.text.index(part, self._seen) + len(part)
        new = self.text[self._seen:at]
        self._seen = at
        return new

    def until(self, pattern, seconds=60):
        """Whether what is shown comes to fit the pattern; False where the command has ended instead."""
        until = time.monotonic() + seconds
        while not pattern.search(self.text[self._seen:]):
            if not self._read(until):
                return False
        return True

    def new(self):
        """What came since the last look."""
        new, self._seen = self.text[self._seen:], len(self.text)
        return new

    def last_line(self):
        return self.text.rsplit("\n", 1)[-1]

    def type(self, text):
        os.write(self.fd, text.encode() + b"\n")

    def answer(self, question, *texts):
        """Each text to the question: what is said about the one before comes before it is asked again."""
        said = []
        for text in texts:
            said.append(self.wait(question))
            self.type(text)
        return said

    def shows_typing(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def end(self, exit_status):
        until = time.monotonic() + 60
        while self._read(until):
            pass
        pid, self.pid = self.pid, 0
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert status == exit_status, f"exit {status}, not {exit_status}:\n{self.text}"
        return self.text
