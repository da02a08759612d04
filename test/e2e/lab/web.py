"""Servers with a web configuration, the certificates they need, and a client of theirs."""

import base64
import os
import re
import socket
import ssl
import warnings

from .process import Process, run, wait_until

# What a client certificate is made with beside its name: (CA or None: itself, days it is valid, extensions).
_SANS = "subjectAltName=DNS:client.example,email:ops@client.example,IP:10.9.8.7,IP:fd00::7,URI:spiffe://client.example/a"
_CLIENTS = {
    "good": ("ca", 30, _SANS),
    "nameless": ("ca", 30, "keyUsage=digitalSignature"),
    "stranger": ("other", 30, _SANS),
    "expired": ("ca", -1, _SANS),
    "server-only": ("ca", 30, f"{_SANS}\nextendedKeyUsage=serverAuth"),
    "self-signed": (None, 30, _SANS),
}
CLIENTS = tuple(_CLIENTS)
VERSIONS = {"TLS10": ssl.TLSVersion.TLSv1, "TLS11": ssl.TLSVersion.TLSv1_1, "TLS12": ssl.TLSVersion.TLSv1_2,
            "TLS13": ssl.TLSVersion.TLSv1_3}


class Certificates:
    """NAME.crt and NAME.key of CAs, servers and clients in a folder."""

    def __init__(self, folder):
        self.folder = folder
        for authority in ("ca", "other"):
            self._self_signed(authority, "ec -pkeyopt ec_paramgen_curve:P-256", 30, "basicConstraints=critical,CA:TRUE")
        for server in ("server", "second"):
            self._self_signed(server, "rsa:2048", 30, "subjectAltName=DNS:localhost,IP:127.0.0.1")
        for name, (authority, days, extensions) in _CLIENTS.items():
            if authority:
                self._signed(name, authority, days, extensions)
            else:
                self._self_signed(name, "ec -pkeyopt ec_paramgen_curve:P-256", days, extensions)
        with open(self.path("junk.pem"), "w", encoding="ascii") as file:
            file.write("no PEM at all\n")

    def path(self, name):
        return os.path.join(self.folder, name)

    def text(self, name):
        with open(self.path(name), encoding="ascii") as file:
            return file.read()

    def _self_signed(self, name, key, days, extensions):
        added = [word for line in extensions.splitlines() for word in ("-addext", line)]
        run("openssl", "req", "-x509", "-nodes", "-newkey", *key.split(), "-subj", f"/CN={name}", "-days", days,
            "-keyout", self.path(f"{name}.key"), "-out", self.path(f"{name}.crt"), *added)

    def _signed(self, name, authority, days, extensions):
        with open(self.path("extensions"), "w", encoding="ascii") as file:
            file.write(extensions)
        run("openssl", "req", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", f"/CN={name}",
            "-keyout", self.path(f"{name}.key"), "-out", self.path("request"))
        run("openssl", "x509", "-req", "-in", self.path("request"), "-CA", self.path(f"{authority}.crt"), "-CAkey",
            self.path(f"{authority}.key"), "-CAcreateserial", "-days", days, "-extfile", self.path("extensions"),
            "-out", self.path(f"{name}.crt"))


def bcrypt_hash(password, cost=4, user="x"):
    """By Apache's tool, as the toolkit's documentation has it."""
    made = run("htpasswd", "-nbBC", cost, user, password).stdout.strip()
    return made.split(":", 1)[1]


class OwnServer:
    """The exporter's HTTP server with this web configuration."""

    def __init__(self, space, folder, tools, config):
        name = f"web-server-{os.path.basename(config)}"
        self.process = Process(name, space.command(f"{tools}/dns_web_server", config), folder)
        printed = wait_until(lambda: self.process.require_running() and re.match(r"127\.0\.0\.1:(\d+)\n", self.process.out()),
                             f"{name} to listen")
        self.port = int(printed[1])


class Prometheus:
    """Debian's Prometheus, which has the toolkit built in, with this web configuration. await_port() says when it serves."""

    def __init__(self, space, folder, config, port):
        name = f"prometheus-{port}"
        with open(f"{folder}/{name}.yml", "w", encoding="ascii") as file:
            file.write("{}\n")
        self._space, self.port = space, port
        self.process = Process(name, space.command(
            "prometheus", f"--config.file={folder}/{name}.yml", f"--storage.tsdb.path={folder}/{name}",
            f"--web.listen-address=127.0.0.1:{port}", f"--web.config.file={config}"), folder)

    def await_port(self):
        def accepts():
            with self._space.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
                return self.process.require_running() and probe.connect_ex(("127.0.0.1", self.port)) == 0
        wait_until(accepts, f"port {self.port}", timeout=30)


class Answer:
    """What came of a request: `status` is 0 where there was none; `certificate` is the server's, DER."""

    def __init__(self, status=0, headers=None, certificate=None, cipher=None, body="", why=""):
        self.status, self.headers, self.certificate, self.cipher = status, headers or {}, certificate, cipher
        self.body, self.why = body, why


def _context(certificates, versions=None, ciphers=None, curve=None, certificate=None, alpn=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers((ciphers or "ALL") + ":@SECLEVEL=0")  # old versions, too: the server shall refuse them
    low, high = versions or ("TLS10", "TLS13")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the old versions
        context.minimum_version, context.maximum_version = VERSIONS[low], VERSIONS[high]
    if curve:
        context.set_ecdh_curve(curve)
    if certificate:
        context.load_cert_chain(certificates.path(f"{certificate}.crt"), certificates.path(f"{certificate}.key"))
    if alpn:
        context.set_alpn_protocols(alpn)
    return context


def ask(space, port, certificates, path="/metrics", tls=None, user=None, headers=None):
    """One request on a connection of its own. `tls`: keywords of the client's, None: plain HTTP."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close"]
    if user is not None:
        lines.append("Authorization: Basic " + base64.b64encode(user.encode()).decode())
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    connection = space.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        connection.settimeout(10)
        connection.connect(("127.0.0.1", port))
        if tls is not None:
            connection = _context(certificates, **tls).wrap_socket(connection, server_hostname="localhost")
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return _read(connection, tls is not None)
    except OSError as error:  # ssl.SSLError is one
        return Answer(why=str(error))
    finally:
        connection.close()


def _read(connection, has_tls):
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    head, _, body = received.decode("utf-8", "replace").partition("\r\n\r\n")
    lines = head.split("\r\n")
    match = re.match(r"HTTP/1\.[01] (\d{3}) ", lines[0])
    if not match:
        return Answer(why=f"no response: {lines[0][:60]!r}")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return Answer(int(match[1]), headers, connection.getpeercert(True) if has_tls else None,
                  connection.cipher()[0] if has_tls else None, body)

