"""Takes POSTs with TLS on 127.0.0.1. Each that it takes becomes a line of FOLDER/posts: a JSON object with headers and body.
FOLDER holds key.pem and cert.pem, and may hold `status`, the status of answers (200 without).
usage: webhook_server.py FOLDER PORT"""

import http.server
import json
import os
import ssl
import sys

folder, port = sys.argv[1], int(sys.argv[2])


def status():
    path = os.path.join(folder, "status")
    if not os.path.exists(path):
        return 200
    with open(path, encoding="utf-8") as file:
        return int(file.read())


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode("utf-8")
        answer = status()
        if answer < 300:
            with open(os.path.join(folder, "posts"), "a", encoding="utf-8") as file:
                file.write(json.dumps({"headers": dict(self.headers), "body": body}) + "\n")
        self.send_response(answer)
        self.send_header("Content-Length", "0")
        self.end_headers()


server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem"))
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
