# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""A proxy as some companies have one: it takes CONNECT, answers for every host with a certificate of an authority of its own, reads what is
sent, and passes it on."""
import http.client
import http.server
import pathlib
import shutil
import ssl
import subprocess
import tempfile
import threading

from proxy import HOP_BY_HOP


def _openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)


def _certificates(folder):
    """An authority, and what it says of 127.0.0.1: authority.pem, and host.pem with host.key."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    _openssl(folder, "req", "-x509", *key, "-keyout", "authority.key", "-out", "authority.pem", "-days", "2", "-subj", "/CN=Interceptor")
    _openssl(folder, "req", "-new", *key, "-keyout", "host.key", "-out", "host.csr", "-subj", "/CN=127.0.0.1")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    _openssl(folder, "x509", "-req", "-in", "host.csr", "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial", "-days", "2",
             "-extfile", "names", "-out", "host.pem")


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    host = None  # whom the client meant, once it said so

    def do_CONNECT(self):
        self.server.tunnels += 1
        self.send_response_only(200)
        self.end_headers()
        try:
            self.connection = self.server.answering.wrap_socket(self.connection, server_side=True)
        except OSError:  # whoever does not trust this goes away
            self.close_connection = True
            return
        self.host = self.path
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)
        self.close_connection = False

    def _forward(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length > 0 else None
        self.server.seen.append((self.command, self.path))
        if self.host is None:
            self.send_error(405, "CONNECT is wanted")
            return
        onward = http.client.HTTPSConnection(self.host, timeout=60, context=self.server.asking)
        onward.request(self.command, self.path, body=body,
                       headers={name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP})
        response = onward.getresponse()
        answer = response.read()
        onward.close()
        self.send_response_only(response.status)
        for name, value in response.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = do_DELETE = _forward

    def log_message(self, *_):  # a test's output is its points
        pass


class Interceptor:
    """Use it in a with block: .url, .ca_file, .tunnels (how many were asked for) and .seen (the requests that it could read). ca_file: whom
    it trusts itself."""

    def __init__(self, ca_file):
        self._trusted = ca_file

    def __enter__(self):
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="idc-proxy-"))
        _certificates(self._folder)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.tunnels = 0
        self._server.seen = []
        self._server.answering = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._server.answering.load_cert_chain(self._folder / "host.pem", self._folder / "host.key")
        self._server.asking = ssl.create_default_context(cafile=self._trusted)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.ca_file = str(self._folder / "authority.pem")
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    @property
    def tunnels(self):
        return self._server.tunnels

    @property
    def seen(self):
        return self._server.seen

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        shutil.rmtree(self._folder)
