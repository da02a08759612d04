"""--web.config.file against the toolkit itself: the same file goes to this exporter and to Debian's Prometheus, which has
exporter-toolkit 0.8.2 built in, and files, handshakes, passwords and headers must fare alike. What that version does not
know yet is held against a table from the source of version 0.20.0 (web/tls_config.go and web/handler.go)."""

import json
import os
import signal
import time
import unittest

from lab import LabCase, Process, SharedLab, run, wait_until
from lab.exporter import PORT
from lab.web import CLIENTS, Certificates, OwnServer, Prometheus, ask, bcrypt_hash

PASSWORD = "correct horse"
TLS = {"cert_file": "server.crt", "key_file": "server.key"}
BOTH = {"http2": False}  # so that suites without HTTP/2's are fine
RSA_128, RSA_256 = "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"
OLD = ("TLS10", "TLS11")


def tls(**keys):
    return {"tls_server_config": {**TLS, **keys}}


def text_of(config):
    return config if isinstance(config, str) else json.dumps(config)  # JSON is YAML


# (what, file, accepted) for promtool and this exporter alike.
FILES = [
    ("an empty file", "", True),
    ("nothing but a comment", "# nothing\n", True),
    ("empty sections", "tls_server_config:\nhttp_server_config:\nbasic_auth_users:\n", True),
    ("certificate and key", tls(), True),
    ("no key", {"tls_server_config": {"cert_file": "server.crt"}}, False),
    ("no certificate", {"tls_server_config": {"key_file": "server.key"}}, False),
    ("an empty certificate path", tls(cert_file=""), False),
    ("a certificate that is not there", tls(cert_file="missing.crt"), False),
    ("a key that is not there", tls(key_file="missing.key"), False),
    ("a certificate that is none", tls(cert_file="junk.pem"), False),
    ("a key that is none", tls(key_file="junk.pem"), False),
    ("a key of another certificate", tls(key_file="second.key"), False),
    ("a version alone asks for no TLS", {"tls_server_config": {"min_version": "TLS13"}}, True),
    ("a client type alone asks for TLS", {"tls_server_config": {"client_auth_type": "NoClientCert"}}, False),
    ("TLS 1.0 to 1.1", tls(min_version="TLS10", max_version="TLS11"), True),
    ("no version left", tls(min_version="TLS13", max_version="TLS12"), True),
    ("an unknown version", tls(min_version="TLS14"), False),
    ("a version in small letters", tls(min_version="tls12"), False),
    ("suites", tls(cipher_suites=["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"]), True),
    ("an unknown suite", tls(cipher_suites=["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA2048"]), False),
    ("an insecure suite", tls(cipher_suites=["TLS_RSA_WITH_RC4_128_SHA"]), False),
    ("a suite that is no list", tls(cipher_suites="TLS_AES_128_GCM_SHA256"), False),
    ("curves", tls(curve_preferences=["X25519", "CurveP256", "CurveP384", "CurveP521"]), True),
    ("an unknown curve", tls(curve_preferences=["CurveP257"]), False),
    ("an order of suites", tls(prefer_server_cipher_suites=False), True),
    ("a truth of YAML 1.1", "http_server_config:\n  http2: off\n", True),
    ("a truth that is none", "http_server_config:\n  http2: maybe\n", False),
    ("each client type", tls(client_auth_type="RequestClientCert"), True),
    ("the old name of a client type", tls(client_auth_type="RequireClientCert"), True),
    ("an unknown client type", tls(client_auth_type="RequireSomething"), False),
    ("a CA and no client type", tls(client_ca_file="ca.crt"), False),
    ("a CA and the type that asks for none", tls(client_ca_file="ca.crt", client_auth_type="NoClientCert"), False),
    ("a CA that is not there", tls(client_ca_file="no.crt", client_auth_type="RequireAndVerifyClientCert"), False),
    ("a CA that is none", tls(client_ca_file="junk.pem", client_auth_type="RequireAndVerifyClientCert"), True),
    ("an unknown key", tls(cert_fil="server.crt"), False),
    ("an unknown section", {"tls_config": {}}, False),
    ("a key twice", "http_server_config:\n  http2: true\n  http2: true\n", False),
    ("a list for a section", "tls_server_config: []\n", False),
    ("text for all", "no mapping\n", False),
    ("broken YAML", "tls_server_config: {\n", False),
    ("all headers", {"http_server_config": {"headers": {
        "X-Frame-Options": "sameorigin", "X-Content-Type-Options": "nosniff", "X-XSS-Protection": 1,
        "Strict-Transport-Security": "max-age=1", "Content-Security-Policy": "default-src 'none'"}}}, True),
    ("another header", {"http_server_config": {"headers": {"Server": "x"}}}, False),
    ("a header in small letters", {"http_server_config": {"headers": {"x-frame-options": "deny"}}}, False),
    ("a value that the header has not", {"http_server_config": {"headers": {"X-Frame-Options": "allow"}}}, False),
    ("a password for a hash", {"basic_auth_users": {"a": PASSWORD}}, False),
    ("no hash", "basic_auth_users:\n  a:\n", False),
    ("a hash of cost 3", {"basic_auth_users": {"a": "$2y$03$" + "a" * 53}}, False),
    ("a hash of cost 31", {"basic_auth_users": {"a": "$2y$31$" + "a" * 53}}, True),
    ("a hash of cost 32", {"basic_auth_users": {"a": "$2y$32$" + "a" * 53}}, False),
    ("a hash that is too short", {"basic_auth_users": {"a": "$2y$10$" + "a" * 51}}, False),
    ("a hash of a later version", {"basic_auth_users": {"a": "$3y$10$" + "a" * 53}}, False),
]

# (what, keys of tls_server_config, accepted); source: exporter-toolkit 0.20.0, web/tls_config.go.
NEW_TLS = [
    ("inline", lambda certs: {"cert": certs.text("server.crt"), "key": certs.text("server.key")}, True),
    ("inline and a file", lambda certs: {"cert_file": "server.crt", "key": certs.text("server.key")}, True),
    ("inline junk", lambda certs: {"cert": "junk", "key": certs.text("server.key")}, False),
    ("inline, empty", lambda certs: {"cert": "", "key": certs.text("server.key")}, False),
    ("an inline CA without type", lambda certs: {**TLS, "client_ca": certs.text("ca.crt")}, False),
    ("names", lambda certs: {**TLS, "client_allowed_sans": ["a"], "client_auth_type": "RequireAnyClientCert"}, True),
    ("names that are no list", lambda certs: {**TLS, "client_allowed_sans": {"a": "b"}}, False),
]
# The same of rate_limit; the durations are those of Go's time.ParseDuration.
NEW_LIMITS = [
    ({"interval": "1h2m3.5s", "burst": 1}, True), ({"interval": 0, "burst": 0}, True), ({"interval": "1"}, False),
    ({"interval": "1 s"}, False), ({"burst": "many"}, False), ({"limit": 1}, False),
]

ANY_VERSION = {}
VERIFIED = {"client_ca_file": "ca.crt"}
# Name of a configuration -> (configuration, [(keywords of the client's TLS, status or 0 for no response)]).
HANDSHAKES = {
    "plain": ({}, [(None, 200), (ANY_VERSION, 0)]),
    "default": (tls(), [
        (None, 0), (ANY_VERSION, 200), ({"versions": ("TLS12", "TLS12")}, 200), ({"versions": ("TLS13", "TLS13")}, 200),
        ({"versions": OLD}, 0), ({"certificate": "good"}, 200), ({"certificate": "expired"}, 200),
        ({"versions": ("TLS12", "TLS12"), "ciphers": "ECDHE-RSA-CHACHA20-POLY1305"}, 200),
        ({"versions": ("TLS12", "TLS12"), "ciphers": "DHE-RSA-AES128-GCM-SHA256"}, 0),
        ({"alpn": ["http/1.1"]}, 200), ({"curve": "secp521r1"}, 200), ({"curve": "secp256k1"}, 0)]),
    "old": (tls(min_version="TLS10", max_version="TLS11"), [
        ({"versions": ("TLS10", "TLS10")}, 200), ({"versions": ("TLS11", "TLS11")}, 200),
        ({"versions": ("TLS12", "TLS13")}, 0)]),
    "narrow": ({**tls(max_version="TLS12", cipher_suites=["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"],
                      curve_preferences=["CurveP384"]), "http_server_config": BOTH}, [
        ({"ciphers": RSA_256}, 200), ({"ciphers": RSA_128}, 0), ({"versions": ("TLS13", "TLS13")}, 0),
        ({"curve": "secp384r1"}, 200), ({"curve": "prime256v1"}, 0)]),
    "order": (tls(max_version="TLS12", prefer_server_cipher_suites=False, cipher_suites=[
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]), [
        ({"ciphers": f"{RSA_256}:{RSA_128}"}, 200), ({"ciphers": "ECDHE-RSA-AES128-SHA"}, 0)]),
    "new": (tls(min_version="TLS13", cipher_suites=["TLS_AES_256_GCM_SHA384"]), [
        ({"versions": ("TLS12", "TLS12")}, 0), ({"versions": ("TLS13", "TLS13")}, 200)]),
    "request": (tls(client_auth_type="RequestClientCert"), [
        ({}, 200), *(({"certificate": name}, 200) for name in CLIENTS)]),
    "any": (tls(client_auth_type="RequireAnyClientCert"), [
        ({}, 0), *(({"certificate": name}, 200) for name in CLIENTS)]),
    "given": (tls(client_auth_type="VerifyClientCertIfGiven", **VERIFIED), [
        ({}, 200), ({"certificate": "good"}, 200), ({"certificate": "nameless"}, 200), ({"certificate": "stranger"}, 0),
        ({"certificate": "expired"}, 0), ({"certificate": "server-only"}, 0), ({"certificate": "self-signed"}, 0)]),
    "verify": (tls(client_auth_type="RequireAndVerifyClientCert", **VERIFIED), [
        ({}, 0), ({"certificate": "good"}, 200), ({"certificate": "nameless"}, 200), ({"certificate": "stranger"}, 0),
        ({"certificate": "expired"}, 0), ({"certificate": "server-only"}, 0), ({"certificate": "self-signed"}, 0),
        ({"certificate": "good", "versions": ("TLS12", "TLS12")}, 200), ({"versions": ("TLS12", "TLS12")}, 0)]),
    "pinned": (tls(client_auth_type="RequireAndVerifyClientCert", client_ca_file="self-signed.crt"), [
        ({"certificate": "self-signed"}, 200), ({"certificate": "good"}, 0)]),
}
HEADERS = {"X-Frame-Options": "deny", "Content-Security-Policy": "default-src 'self'", "X-XSS-Protection": "1"}

# The client's name in its certificate, of any kind, and what names nothing; source as above, VerifyPeerCertificate.
SANS = [(["x", "client.example"], "good", 200), (["ops@client.example"], "good", 200), (["10.9.8.7"], "good", 200),
        (["fd00::7"], "good", 200), (["spiffe://client.example/a"], "good", 200), (["CLIENT.example"], "good", 0),
        (["good"], "good", 0), (["client.example"], "nameless", 0), (["client.example"], "stranger", 0), ([], "good", 0)]


class SameAsToolkit(SharedLab):
    needs = ("openssl", "htpasswd", "prometheus", "promtool")

    @classmethod
    def prepare(cls, lab):
        cls.folder, cls.space = lab.folder, lab.namespace("web")
        cls.certificates = Certificates(lab.folder)
        users = {"alice": bcrypt_hash(PASSWORD), "bob": bcrypt_hash("b" * 80, cost=5),
                 "carol": bcrypt_hash("", cost=5), "dora": bcrypt_hash("p:\u00fc")}
        users["bob"] = users["bob"].replace("$2y$", "$2b$")
        users["carol"] = users["carol"].replace("$2y$", "$2a$")
        cls.configs = {name: config for name, (config, _) in HANDSHAKES.items()}
        cls.configs["users"] = {"basic_auth_users": users, "http_server_config": {"headers": HEADERS}}
        cls.pairs = {}
        for number, (name, config) in enumerate(cls.configs.items()):
            path = cls.write(f"{name}.yml", config)
            cls.pairs[name] = (lab.started(OwnServer(cls.space, lab.folder, lab.tools, path)),
                               lab.started(Prometheus(cls.space, lab.folder, path, 9100 + number)))
        lab.addCleanup(cls.tell_all_to_stop)  # runs before each is waited for
        for _, prometheus in cls.pairs.values():
            prometheus.await_port()

    @classmethod
    def tell_all_to_stop(cls):
        for pair in cls.pairs.values():
            for server in pair:
                server.process.send(signal.SIGTERM)

    @classmethod
    def write(cls, name, config):
        path = os.path.join(cls.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text_of(config))
        return path

    def accepts(self, path):
        done = run(self.lab.binary, "--config.check", f"--web.config.file={path}", check=False)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        if done.returncode:
            self.assertIn(path, done.stderr)
        return done.returncode == 0

    def ask_both(self, name, **request):
        return [ask(self.space, server.port, self.certificates, **request) for server in self.pairs[name]]

    def test_files(self):
        for number, (what, config, accepted) in enumerate(FILES):
            path = self.write(f"file{number}.yml", config)
            theirs = run("promtool", "check", "web-config", path, check=False).returncode == 0
            with self.subTest(what):
                self.assertEqual((accepted, accepted), (theirs, self.accepts(path)))

    def test_files_of_later_versions(self):
        for what, keys, accepted in NEW_TLS:
            with self.subTest(what):
                path = self.write("later.yml", {"tls_server_config": keys(self.certificates)})
                self.assertEqual(accepted, self.accepts(path))
        for limit, accepted in NEW_LIMITS:
            with self.subTest(limit):
                self.assertEqual(accepted, self.accepts(self.write("limit.yml", {"rate_limit": limit})))

    def test_handshakes(self):
        for name, (_, cases) in HANDSHAKES.items():
            for client, status in cases:
                with self.subTest(name, client=client):
                    ours, theirs = self.ask_both(name, tls=client)
                    # To plain HTTP on its TLS port Go says 400; here the connection closes.
                    their_status = 0 if client is None and theirs.status == 400 else theirs.status
                    self.assertEqual((status, status), (ours.status, their_status), f"{ours.why} | {theirs.why}")

    def test_choice_of_suite(self):
        ours, theirs = self.ask_both("order", tls={"ciphers": f"{RSA_256}:{RSA_128}"})
        self.assertEqual(theirs.cipher, ours.cipher)

    def test_passwords(self):
        cases = [(None, 401), (f"alice:{PASSWORD}", 200), ("alice:wrong", 401), (f"ALICE:{PASSWORD}", 401),
                 (f"nobody:{PASSWORD}", 401), (":", 401), ("alice", 401), ("bob:" + "b" * 80, 200),
                 ("bob:" + "b" * 72, 200), ("bob:" + "b" * 71, 401), ("carol:", 200), ("carol:x", 401),
                 ("dora:p:\u00fc", 200), ("dora:p", 401)]
        for _ in range(2):  # the second time from the cache
            for user, status in cases:
                with self.subTest(user):
                    ours, theirs = self.ask_both("users", user=user)
                    self.assertEqual((status, status), (ours.status, theirs.status))
                    self.assertEqual(theirs.headers.get("www-authenticate"), ours.headers.get("www-authenticate"))

    def test_other_authorizations(self):
        for value, status in (("Bearer x", 401), ("Basic", 401), ("Basic !!!!", 401), ("Basic YWxpY2U", 401),
                              ("bAsIc YWxpY2U6Y29ycmVjdCBob3JzZQ==", 200)):
            with self.subTest(value):
                answers = self.ask_both("users", headers={"Authorization": value})
                self.assertEqual([status, status], [answer.status for answer in answers])

    def test_headers(self):
        for user in (f"alice:{PASSWORD}", None):
            for answer in self.ask_both("users", user=user):
                for name, value in HEADERS.items():
                    self.assertEqual(value, answer.headers.get(name.lower()))

    def test_probes_need_no_password(self):
        port = self.pairs["users"][0].port
        for path, status in (("/-/healthy", 200), ("/-/ready", 200), ("/", 401), ("/nothing", 401), ("/api/v1/echo", 401)):
            self.assertEqual(status, ask(self.space, port, self.certificates, path).status, path)


class Alone(LabCase):
    """What the old toolkit has not, and what changes while the server runs."""

    needs = ("openssl", "htpasswd")

    def setUp(self):
        super().setUp()
        self.space = self.namespace("web")
        self.certificates = Certificates(self.folder)
        self.path = os.path.join(self.folder, "web.yml")

    def write(self, config):
        with open(f"{self.path}.new", "w", encoding="utf-8") as file:
            file.write(text_of(config))
        os.rename(f"{self.path}.new", self.path)

    def serve(self, config):
        self.write(config)
        return self.started(OwnServer(self.space, self.folder, self.tools, self.path))

    def ask(self, server, **request):
        return ask(self.space, server.port, self.certificates, **request)

    def await_status(self, server, status, **request):
        return wait_until(lambda: self.ask(server, **request).status == status, f"status {status} for {request}")

    def test_names_in_client_certificates(self):
        server = self.serve(tls())
        for sans, certificate, status in SANS:
            with self.subTest(sans, certificate=certificate):
                self.write(tls(client_auth_type="RequireAndVerifyClientCert", client_allowed_sans=sans, **VERIFIED))
                time.sleep(0.15)  # what was just written settles for 100 ms
                self.assertEqual(status, self.ask(server, tls={"certificate": certificate}).status)
        # Go's callback finds no certificate and the connection ends, though none is required.
        self.write(tls(client_auth_type="RequestClientCert", client_allowed_sans=["client.example"]))
        self.await_status(server, 200, tls={"certificate": "self-signed"})
        self.assertEqual(0, self.ask(server, tls={}).status)

    def test_rate(self):
        server = self.serve({"rate_limit": {"interval": "1h", "burst": 3}})
        self.assertEqual([200, 200, 200, 429, 429], [self.ask(server).status for _ in range(5)])
        self.assertEqual(200, self.ask(server, path="/-/healthy").status)
        self.write({"rate_limit": {"interval": "1h", "burst": 0}})
        self.await_status(server, 429)
        self.write({})
        self.await_status(server, 200)

    def test_a_new_certificate_under_the_running_server(self):
        server = self.serve(tls())
        before = self.ask(server, tls={}).certificate
        for kind in ("crt", "key"):
            os.replace(self.certificates.path(f"second.{kind}"), self.certificates.path(f"server.{kind}"))
        wait_until(lambda: self.ask(server, tls={}).certificate != before, "the new certificate")
        # One that can't be used leaves the last good one in force.
        good = self.ask(server, tls={}).certificate
        with open(self.certificates.path("server.crt"), "w", encoding="ascii") as file:
            file.write("junk")
        wait_until(lambda: self.ask(server, tls={}) and "stays in force" in server.process.err(), "a line in the log")
        self.assertEqual(good, self.ask(server, tls={}).certificate)

    def test_new_users_under_the_running_server(self):
        server = self.serve({"basic_auth_users": {"alice": bcrypt_hash("one")}})
        self.assertEqual(200, self.ask(server, user="alice:one").status)
        self.write({"basic_auth_users": {"alice": bcrypt_hash("two")}})
        self.await_status(server, 200, user="alice:two")
        self.assertEqual(401, self.ask(server, user="alice:one").status)
        self.write({"basic_auth_users": {"alice": "junk"}})
        wait_until(lambda: self.ask(server, user="alice:two") and "alice" in server.process.err(), "a line in the log")
        self.assertEqual(200, self.ask(server, user="alice:two").status)
        self.write(tls())
        wait_until(lambda: self.ask(server, user="alice:two") and "takes a restart" in server.process.err(), "the log")
        self.assertEqual(401, self.ask(server, user="alice:three").status)
        self.assertNotIn("$2y$", server.process.err())

    def test_the_exporter_itself(self):
        self.write({**tls(client_auth_type="VerifyClientCertIfGiven", **VERIFIED),
                    "basic_auth_users": {"alice": bcrypt_hash(PASSWORD)}})
        process = Process("exporter", self.space.command(
            self.binary, f"--web.listen-address=127.0.0.1:{PORT}", "--interface=lo", f"--web.config.file={self.path}"),
            self.folder)
        self.addCleanup(process.stop)

        def status(path, certificate=None, **request):
            return ask(self.space, PORT, self.certificates, path, tls={"certificate": certificate}, **request).status

        wait_until(lambda: process.require_running() and status("/-/ready") == 200, "the exporter to be ready", timeout=20)
        user = f"alice:{PASSWORD}"
        self.assertEqual((401, 200), (status("/metrics"), status("/metrics", user=user)))
        # A certificate opens the API as a password does, but takes no password's place.
        self.assertEqual((401, 200), (status("/api/v1/summary", "good"), status("/api/v1/summary", user=user)))
        self.assertEqual(0, status("/metrics", "stranger", user=user))


if __name__ == "__main__":
    unittest.main()
