# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""What is done to a fixture's answers: the matches and actions of host-stub/conform/README.md. It knows nothing of the service, so a
fixture of another service that is written in Python can take it as it is."""
import json
import random
import socket
import struct
import time
import zlib

REASONS = {200: "OK", 201: "Created", 204: "No Content"}


class Waiting:
    """Something that waits for a request."""

    def __init__(self, match):
        self._match = match
        self.seen, self.fired = 0, 0

    def _fits(self, request):
        match = self._match
        return (match.get("method", request.method) == request.method and match.get("route", request.route()) == request.route()
                and match.get("path", request.path) == request.path and match.get("query", "") in request.query)

    def strikes(self, request):
        """Counts it where it fits; whether its turn has come."""
        if not self._fits(request):
            return False
        self.seen += 1
        since, times = self.seen - self._match.get("nth", 1), self._match.get("times", 1)
        return since >= 0 and since % self._match.get("every", 1) == 0 and (times == 0 or self.fired < times)


class Fault(Waiting):
    def __init__(self, fault):
        super().__init__(fault.get("match", {}))
        self._fault, self.action = fault, fault["action"]

    def told(self):
        return {**self._fault, "seen": self.seen, "fired": self.fired}


class Trigger(Waiting):
    def __init__(self, asked):
        super().__init__(asked["at"])
        self.when, self.changes, self.error = asked["at"].get("when", "before"), asked["changes"], None

    def run(self, mutate):
        """Its changes; what is wrong with them is told by told()."""
        try:
            mutate(self.changes)
        except (KeyError, TypeError, ValueError) as why:
            self.error = f"{type(why).__name__}: {why}"

    def told(self):
        return {"seen": self.seen, "fired": self.fired, "error": self.error}


class Reply:
    """An answer as it goes out. body: bytes or text as they are, anything else as JSON, None: none."""

    def __init__(self, status, body, content_type="application/json; charset=utf-8"):
        self.status, self.content_type, self.headers = status, content_type, []
        if body is None:
            self.body, self.content_type = b"", ""
        elif isinstance(body, bytes):
            self.body = body
        else:
            self.body = (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()


def wait(action):
    time.sleep(action.get("delay_ms", 0) / 1000)


def instead(action):
    """(status, body, content type) where the action itself is the answer, else None."""
    status = action.get("status", 200)
    if "redirect" in action:
        return 302, None
    if action.get("html"):
        return status, "<html><body><h1>502 Bad Gateway</h1><script>alert(1)</script></body></html>", "text/html"
    if "garbage" in action:
        return status, random.Random(1).randbytes(action["garbage"])
    if "deep" in action:
        return status, b"[" * action["deep"] + b"]" * action["deep"]
    if "huge" in action:
        return status, b" " * action["huge"]
    if "gzip_bomb" in action:
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        return status, b"".join(packer.compress(b" " * 65536) for _ in range(action["gzip_bomb"] // 65536 + 1)) + packer.flush()
    if "status" in action or "body" in action:
        return status, action.get("body")
    return None


def _head(reply, action):
    told = dict(action.get("headers", {}))
    if "redirect" in action:
        told["Location"] = action["redirect"]
    if "gzip_bomb" in action:
        told["Content-Encoding"] = "gzip"
    content_type = action.get("content_type", reply.content_type)
    lines = [f"HTTP/1.1 {reply.status} {REASONS.get(reply.status, 'Other')}"]
    lines += [f"{name}: {value}" for name, value in [*reply.headers, *told.items()]]
    lines += [f"Content-Type: {content_type}"] if content_type else []
    lines += [f"Content-Length: {action.get('declare', len(reply.body))}"] if reply.status != 204 else []
    return ("\r\n".join(lines) + "\r\n").encode()


def _end(connection, action):
    """The connection ends, by RST where that is asked for."""
    if action.get("reset"):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    else:
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def send(reply, action, connection):
    """Sends the reply as the action wants it; whether the connection goes on."""
    for old, new in action.get("edit", []):
        reply.body = reply.body.replace(old.encode(), new.encode())
    if "keep" in action:
        reply.body = reply.body[:action["keep"]]
    if action.get("cut") in ("before", "after"):
        _end(connection, action)
        return False
    head = _head(reply, action)
    if action.get("endless_headers"):
        connection.sendall(head + b"X-Endless: ")
        while True:
            connection.sendall(b"a" * 65536)
    head += b"\r\n"
    if action.get("cut") == "middle":
        whole = head + reply.body
        connection.sendall(whole[:len(whole) - len(reply.body) // 2 if len(reply.body) > 1 else len(head) // 2])
        _end(connection, action)
        return False
    if "drip" in action:
        step, pause = action["drip"].get("bytes", 1), action["drip"].get("every_ms", 100) / 1000
        whole = head + reply.body
        for at in range(0, len(whole), step):
            connection.sendall(whole[at:at + step])
            time.sleep(pause)
    else:
        begin = 65536 - len(head)  # in one packet what fits; a gigabyte is not copied for it
        connection.sendall(head + reply.body[:begin])
        connection.sendall(memoryview(reply.body)[begin:])
    if "declare" in action:
        _end(connection, action)
        return False
    return True
