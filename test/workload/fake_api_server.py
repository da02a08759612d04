"""A server that looks like the Kubernetes API (or a kubelet) to a client that lists and watches pods, and plays scripts.

Each request is noted. It is answered by the next step of the script of its kind ("list", "watch" or "kubelet"), or by
that kind's last resort. A step is a function of the request's handler.
"""
import http.server
import json
import pathlib
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse
import warnings


class Request:
    def __init__(self, handler):
        parts = urllib.parse.urlsplit(handler.path)
        self.time = time.monotonic()
        self.path = parts.path
        self.parameters = dict(urllib.parse.parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        self.headers = dict(handler.headers)
        if self.path == "/pods":
            self.kind = "kubelet"
        else:
            self.kind = "watch" if self.parameters.get("watch") == "true" else "list"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)

    def do_GET(self):
        self.server.fake.answer(Request(self), self)

    def log_message(self, *_):
        pass

    def raw(self, text):
        try:
            self.wfile.write(text.encode() if isinstance(text, str) else text)
            self.wfile.flush()
            return True
        except OSError:
            return False  # the client went


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # clients that go, or that refuse the certificate


class FakeApiServer:
    """Listens on a free port of loopback until close()."""

    def __init__(self, tls_folder=None, tls_maximum=None):
        self.lock = threading.Condition()
        self.requests = []
        self.steps = {"list": [], "watch": [], "kubelet": []}
        self.last_resort = {"list": pod_list([], "1"), "watch": hold(), "kubelet": pod_list([], "")}
        self.endless_octets = 0  # taken of endless responses, the sockets' buffers included
        self.closing = threading.Event()
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.fake = self
        scheme = "http"
        if tls_folder:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls_folder / "cert.pem", tls_folder / "key.pem")
            if tls_maximum:
                context.set_ciphers("DEFAULT@SECLEVEL=0")  # what OpenSSL wants for versions before 1.2
                with warnings.catch_warnings():  # old versions are what this is about
                    warnings.simplefilter("ignore", DeprecationWarning)
                    context.minimum_version = ssl.TLSVersion.TLSv1
                    context.maximum_version = tls_maximum
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def script(self, kind, *steps):
        with self.lock:
            self.steps[kind].extend(steps)

    def answer(self, request, handler):
        with self.lock:
            self.requests.append(request)
            self.lock.notify_all()
            step = self.steps[request.kind].pop(0) if self.steps[request.kind] else self.last_resort[request.kind]
        handler.request = request
        step(handler)

    def of_kind(self, kind):
        with self.lock:
            return [request for request in self.requests if request.kind == kind]

    def wait_for(self, kind, count, seconds=5):
        """The requests of a kind, once there are `count` of them."""
        with self.lock:
            self.lock.wait_for(lambda: sum(request.kind == kind for request in self.requests) >= count, seconds)
        found = self.of_kind(kind)
        assert len(found) >= count, f"{len(found)} requests of kind {kind}, not {count}"
        return found

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def certificate(folder, name="127.0.0.1"):
    """cert.pem, which is its own authority, and key.pem."""
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-days", "2", "-subj", "/CN=fake",
                    "-addext", f"subjectAltName=IP:{name}"], check=True, capture_output=True)
    return folder


# ---- steps ----

def respond(status, body, headers=()):
    """One whole response."""
    body = body.encode() if isinstance(body, str) else body

    def step(handler):
        head = f"HTTP/1.1 {status} -\r\nContent-Length: {len(body)}\r\nContent-Type: application/json\r\n"
        handler.raw(head + "".join(f"{line}\r\n" for line in headers) + "\r\n")
        handler.raw(body)
    return step


def pod_list(pods, version, next_page=""):
    metadata = {"resourceVersion": version}
    if next_page:
        metadata["continue"] = next_page
    return respond(200, json.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": pods}))


def status(code, message="", headers=()):
    body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "code": code}
    return respond(code, json.dumps(body), headers)


def event(kind, pod):
    return json.dumps({"type": kind, "object": pod}) + "\n"


def bookmark(version):
    return event("BOOKMARK", {"kind": "Pod", "apiVersion": "v1", "metadata": {"resourceVersion": version}})


def error_event(code, message):
    return event("ERROR", {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": message})


def watch(*texts, piece=0, pause=0.0, end="clean"):
    """A chunked stream of the texts, in chunks of `piece` octets (0: a text a chunk). `end`: "clean", "cut" (the
    connection breaks off) or "hold" (silence until the client or the server goes)."""
    def step(handler):
        handler.raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n")
        for text in texts:
            octets = text() if callable(text) else text
            octets = octets.encode() if isinstance(octets, str) else octets
            size = piece or max(1, len(octets))
            for at in range(0, len(octets), size):
                part = octets[at:at + size]
                if not handler.raw(b"%x\r\n%s\r\n" % (len(part), part)):
                    return
                time.sleep(pause)
        if end == "clean":
            handler.raw("0\r\n\r\n")
            return
        if end == "hold":
            silence(handler)
        handler.close_connection = True
    return step


def hold():
    return watch(end="hold")


def silence(handler):
    """Says nothing more until the client or the server goes."""
    handler.connection.settimeout(0.05)
    while not handler.server.fake.closing.is_set():
        try:
            if not handler.connection.recv(1):
                break
        except TimeoutError:
            continue
        except OSError:
            break
    handler.close_connection = True


def endless(piece=b"x" * 65536):
    """A response, and if it is a watch one line, that does not end."""
    def step(handler):
        handler.raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while handler.raw(b"%x\r\n%s\r\n" % (len(piece), piece)):
            handler.server.fake.endless_octets += len(piece)
        handler.close_connection = True
    return step
