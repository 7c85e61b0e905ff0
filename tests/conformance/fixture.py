#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""The smallest fixture there can be: a service in which there is nobody, and that nobody asks. usage: fixture.py [dead|deaf|chunks]"""
import http.server
import json
import sys

HOW = sys.argv[1] if len(sys.argv) > 1 else ""
FAULTS = []


class Control(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        what = self.path.removeprefix("/_control/")
        status, told = 200, {}
        if HOW == "deaf":
            status, told = 400, {"error": "This fixture does nothing that it is asked."}
        elif what == "state":
            told = {"principals": [], "resources": [], "entitlements": [], "grants": []}
        elif what == "journal":
            told = {"requests": []}
        elif what == "faults":
            if self.command == "POST":
                FAULTS.extend({**fault, "seen": 0, "fired": 0} for fault in json.loads(body)["faults"])
            elif self.command == "DELETE":
                FAULTS.clear()
            told = {"faults": FAULTS}
        text = json.dumps(told).encode()
        self.send_response(status)
        if HOW == "chunks":
            self.send_header("Transfer-Encoding", "chunked")
            text = b"%x\r\n%s\r\n0\r\n\r\n" % (len(text), text)
        else:
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


if HOW == "dead":
    sys.exit("This fixture never begins.")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Control)
print(json.dumps({"port": server.server_port, "settings": {"word": "w"}, "secrets": {"password": "a-long-password"}}), flush=True)
server.serve_forever()
