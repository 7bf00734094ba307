#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The services that the examples call, on 127.0.0.1:9000 or on the port given as argument."""

import itertools
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

STOCK = {"A7": 12}
charges = itertools.count(1)


class Services(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self):
        path = urlsplit(self.path).path
        if path == "/weather":
            self.answer(200, {"sky": "clear"})
        elif path == "/traffic":
            self.answer(200, {"jams": 3})
        elif path == "/rates/yesterday":
            self.answer(200, {"rate": 0.92})
        elif path == "/rates/live":
            self.answer(500, {"problem": "out of order"})
        elif path.startswith("/stock/") and path[7:] in STOCK:
            self.answer(200, {"count": STOCK[path[7:]]})
        else:
            self.answer(404, {"problem": "no such thing"})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "null")
        if self.path == "/reports":
            self.answer(200, {"id": "R1"})
        elif self.path == "/flaky" and next(charges) % 3:
            self.answer(503, {"problem": "try again"})
        elif self.path == "/charges" and body["amount"] > 1000:
            self.answer(402, {"problem": "too dear"})
        elif self.path == "/charges":
            self.answer(200, {"paid": body["amount"]})
        elif self.path == "/releases":
            self.answer(200, {})
        elif self.path == "/flaky":
            self.answer(200, {"receipt": "A-17"})
        else:
            self.answer(404, {"problem": "no such thing"})


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
    server = ThreadingHTTPServer(("127.0.0.1", wanted), Services)
    address = f"http://127.0.0.1:{server.server_port}"
    print(f"services of the examples on {address} ; Ctrl-C stops them", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
