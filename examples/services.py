#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The services that the examples call, on 127.0.0.1:9000 or on the port given as argument, and a
mail server that shows what it gets, 25 ports further. A base such as
http://127.0.0.1:9000/broken-shipments breaks one of them."""

import email
import email.policy
import itertools
import json
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

STOCK = {"A7": 12}
RATES = {"USD": 0.92, "NOK": 0.085, "GBP": 1.17}
RATE_CALLS_MAX = 3  # then the API of rates wants a break
charges = itertools.count(1)
rate_calls = itertools.count(1)
numbers = itertools.count(1)


class Services(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, headers=()):
        content = b"" if status == 204 else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def place(self):
        """The path, and whether it is to be broken."""
        path = urlsplit(self.path).path
        if not path.startswith("/broken-"):
            return path, False
        name, _, rest = path.removeprefix("/broken-").partition("/")
        return "/" + rest, rest.startswith(name)

    def body(self):
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "null")

    def do_GET(self):
        path, is_broken = self.place()
        if is_broken:
            self.answer(503, {"problem": "out of order"})
        elif path == "/weather":
            self.answer(200, {"sky": "clear"})
        elif path == "/traffic":
            self.answer(200, {"jams": 3})
        elif path == "/rates/yesterday":
            self.answer(200, {"rate": 0.92})
        elif path == "/rates/live":
            self.answer(500, {"problem": "out of order"})
        elif path.startswith("/fx"):
            self.rate(path)
        elif path.startswith("/stock/") and path[7:] in STOCK:
            self.answer(200, {"count": STOCK[path[7:]]})
        else:
            self.answer(404, {"problem": "no such thing"})

    def rate(self, path):
        _, source, currency = path.split("/")
        if source == "fx" and next(rate_calls) % (RATE_CALLS_MAX + 1) == 0:
            self.answer(429, {"problem": "too many calls"}, [("Retry-After", "1")])
        elif currency in RATES:
            self.answer(200, {"rate": RATES[currency], "source": source})
        else:
            self.answer(404, {"problem": "no such currency"})

    def do_POST(self):
        body = self.body()
        path, is_broken = self.place()
        if is_broken:
            self.answer(422, {"problem": "cannot be done"})
        elif path == "/reports":
            self.answer(200, {"id": "R1"})
        elif path == "/flaky" and next(charges) % 3:
            self.answer(503, {"problem": "try again"})
        elif path == "/charges" and body["amount"] > 1000:
            self.answer(402, {"problem": "too dear"})
        elif path == "/charges":
            self.answer(200, {"paid": body["amount"]})
        elif path == "/releases":
            self.answer(200, {})
        elif path == "/flaky":
            self.answer(200, {"receipt": "A-17"})
        else:
            self.order(path)

    def order(self, path):
        if path == "/payments/first":
            self.answer(503, {"problem": "closed for maintenance"})
        elif path in ("/reservations", "/payments/second") or path.endswith("/refunds"):
            self.answer(201, {"id": f"{path[1].upper()}{next(numbers)}"})
        elif path == "/shipments":
            self.answer(201, {"tracking": f"T{next(numbers)}"})
        else:
            self.answer(404, {"problem": "no such thing"})

    def do_DELETE(self):
        self.answer(204, None)


def show_mail(content):
    """As a mail program shows it: links in one piece."""
    mail = email.message_from_bytes(content, policy=email.policy.default)
    body = mail.get_body(("plain", "html"))
    lines = [f"{name}: {value}" for name, value in mail.items()]
    lines += ["", *(body.get_content() if body else "").splitlines()]
    print("\n".join(["mail:", *("  " + line for line in lines)]), flush=True)


class Mail(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client needs to hand over a mail."""

    def line_of_mail(self):
        line = self.rfile.readline() or b".\r\n"
        return line[1:] if line.startswith(b"..") else line

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 examples")
        for line in self.rfile:
            word = line.strip().upper()
            if word.startswith(b"QUIT"):
                return self.say("221 bye")
            if word.startswith(b"DATA"):
                self.say("354 go on")
                show_mail(b"".join(iter(self.line_of_mail, b".\r\n")))
            self.say("250 fine")


def main():
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
    server = ThreadingHTTPServer(("127.0.0.1", wanted), Services)
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    mail = socketserver.ThreadingTCPServer(("127.0.0.1", wanted and wanted + 25), Mail)
    mail.daemon_threads = True
    threading.Thread(target=mail.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    mail_address = f"smtp://127.0.0.1:{mail.server_address[1]}"
    print(f"services of the examples on {address} and {mail_address} ; Ctrl-C stops them",
          flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
