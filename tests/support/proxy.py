# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""An HTTP proxy on a loopback port that keeps what goes through it: what was really sent, and what really came back."""
import collections
import http.client
import http.server
import threading
import urllib.parse

Exchange = collections.namedtuple("Exchange", "method url headers body status answer_headers answer")
# What is between two hosts only, and what a library counts itself.
HOP_BY_HOP = ("connection", "proxy-connection", "proxy-authorization", "transfer-encoding", "content-length", "keep-alive")


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _forward(self):
        address = urllib.parse.urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length > 0 else b""
        headers = {name.lower(): value for name, value in self.headers.items()}
        onward = self.server.change(self.path, headers)
        upstream = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        upstream.request(self.command, address._replace(scheme="", netloc="").geturl(), body=body or None,
                         headers={name: value for name, value in onward.items() if name not in HOP_BY_HOP})
        response = upstream.getresponse()
        answer = response.read()
        upstream.close()
        told = {name.lower(): value for name, value in response.getheaders()}
        exchange = self.server.answer(Exchange(self.command, self.path, headers, body, response.status, told, answer))
        answer = exchange.answer
        self.server.exchanges.append(exchange)
        self.send_response_only(response.status)
        for name, value in told.items():
            if name not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _forward

    def log_message(self, *_):  # a test's output is its points
        pass


class Proxy:
    """Use it in a with block: .url is the proxy's address, .exchanges what went through, with the headers that came. change: makes of an
    address and its headers the headers that go on. answer: makes of an exchange the one whose answer comes back."""

    def __init__(self, change=None, answer=None):
        self._answer = answer or (lambda exchange: exchange)
        self._change = change or (lambda _, headers: headers)

    def __enter__(self):
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.change = self._change
        self._server.answer = self._answer
        self.exchanges = self._server.exchanges = []
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
