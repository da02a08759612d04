#!/usr/bin/env python3
"""The client where it is refused: tokens, permissions, delays, TLS; and the kubelet instead of the API server. Loopback
only, no root."""
import os
import ssl
import time
import unittest
import unittest.mock

import fake_api_server as api
from client_case import ClientTest, pod, uid


class Failures(ClientTest):
    def test_reads_the_token_anew_after_401(self):
        server = self.server()
        token = self.folder() / "token"
        token.write_text("old")

        def rotate(handler):
            token.write_text("new")
            api.status(401, "Unauthorized")(handler)
        server.script("list", rotate, api.pod_list([pod(1)], "5"))
        probe = self.probe(server, token_file=token, backoff_min_ms=2000, backoff_max_ms=2000)
        state = probe.wait(lambda s: s["synced"])
        first, second = server.of_kind("list")
        self.assertEqual([first.headers["Authorization"], second.headers["Authorization"]],
                         ["Bearer old", "Bearer new"])
        self.assertLess(second.time - first.time, 0.5)
        self.assertEqual(state["errors"], 0)

    def test_a_token_that_stays_refused_is_tried_with_delays(self):
        server = self.server()
        token = self.folder() / "token"
        token.write_text("old")
        server.last_resort["list"] = api.status(401, "Unauthorized")
        probe = self.probe(server, token_file=token)
        time.sleep(0.5)
        # Twice each time, and then 50, 100, 200, 400 ms at least.
        self.assertLessEqual(len(server.of_kind("list")), 8)
        state = probe.state()
        self.assertGreaterEqual(state["errors"], 2)
        self.assertFalse(state["synced"])
        self.assertEqual(len(probe.warnings()), 1)
        self.assertIn(str(token), probe.warnings()[0])

    def test_403_names_the_permission_once_and_waits_long(self):
        server = self.server()
        server.script("list", *[api.status(403, "pods is forbidden: User cannot list") for _ in range(3)])
        probe = self.probe(server)
        probe.wait(lambda s: s["synced"])
        times = [request.time for request in server.of_kind("list")]
        for before, after in zip(times, times[1:]):
            self.assertGreaterEqual(after - before, 0.4)
        self.assertEqual(len(probe.warnings()), 1)
        self.assertIn("get, list and watch on pods", probe.warnings()[0])
        self.assertIn("User cannot list", probe.warnings()[0])

    def test_honours_retry_after(self):
        server = self.server()
        server.script("list", api.status(500, "busy", ["Retry-After: 1"]), api.status(500, "busy"))
        probe = self.probe(server)
        probe.wait(lambda s: s["synced"])
        times = [request.time for request in server.of_kind("list")]
        self.assertGreaterEqual(times[1] - times[0], 1.0)
        self.assertLess(times[2] - times[1], 0.5)
        self.assertEqual(len(probe.warnings()), 1)

    def test_warns_again_only_after_it_worked(self):
        server = self.server()
        server.script("list", api.status(500), api.status(500), api.pod_list([], "5"))
        server.script("watch", api.watch(api.bookmark("6")), api.status(500), api.watch(api.bookmark("7")),
                      api.status(500))
        probe = self.probe(server)
        server.wait_for("watch", 5)
        self.assertEqual(probe.state()["errors"], 4)
        self.assertEqual(len(probe.warnings()), 3)

    def test_says_when_it_is_out_of_date_and_when_it_was_not(self):
        server = self.server()
        server.last_resort["watch"] = api.status(500, "busy")
        begin = int(time.time())
        probe = self.probe(server)
        state = probe.wait(lambda s: s["errors"] > 1)
        self.assertFalse(state["synced"])
        self.assertIn("busy", state["last_error"])
        self.assertGreaterEqual(state["last_success"], begin)
        server.last_resort["watch"] = api.hold()
        probe.wait(lambda s: s["synced"])

    def test_gives_up_on_a_server_that_says_nothing(self):
        server = self.server()
        server.script("list", api.silence, api.pod_list([pod(1)], "5"))
        server.script("watch", api.watch(api.bookmark("6"), end="hold"))
        probe = self.probe(server, request_timeout_ms=200, watch_timeout_s=1, watch_grace_ms=100)
        probe.wait(lambda s: s["synced"])
        first, second = server.of_kind("list")
        self.assertLess(second.time - first.time, 1)
        first, second = server.wait_for("watch", 2)[:2]
        self.assertGreaterEqual(second.time - first.time, 1.1)
        self.assertLess(second.time - first.time, 2)
        self.assertEqual(second.parameters["resourceVersion"], "6")

    def test_stops_at_once_whatever_it_does(self):
        silent = self.server()
        silent.last_resort["list"] = api.silence
        failing = self.server()
        failing.last_resort["list"] = api.status(500)
        for server, kind in ((self.server(), "watch"), (silent, "list"), (failing, "list")):
            probe = self.probe(server, backoff_min_ms=30_000, backoff_max_ms=60_000)
            server.wait_for(kind, 1)
            time.sleep(0.05)
            self.assertLess(probe.stop(), 1)


class Tls(ClientTest):
    def test_trusts_the_given_authority_and_no_other(self):
        folder = self.folder()
        own = api.certificate(folder / "own")
        other = api.certificate(folder / "other")
        server = self.server(tls_folder=own)
        server.script("list", api.pod_list([pod(1)], "5"))
        (folder / "token").write_text("secret")
        probe = self.probe(server, ca_file=own / "cert.pem", token_file=folder / "token")
        probe.wait(lambda s: s["synced"])
        self.assertEqual(server.of_kind("list")[0].headers["Authorization"], "Bearer secret")
        asked = len(server.requests)
        for ca_file in (other / "cert.pem", ""):
            refusing = self.probe(server, ca_file=ca_file, token_file=folder / "token")
            state = refusing.wait(lambda s: s["errors"] > 0)
            self.assertIn("certificate", state["last_error"])
            refusing.stop()
        self.assertLessEqual(len(server.requests) - asked, 1)  # the first one's watch

    def test_the_certificate_must_name_the_host(self):
        folder = api.certificate(self.folder() / "own", name="127.0.0.2")
        server = self.server(tls_folder=folder)
        probe = self.probe(server, ca_file=folder / "cert.pem")
        state = probe.wait(lambda s: s["errors"] > 0)
        self.assertIn("127.0.0.1", state["last_error"])
        self.assertEqual(server.requests, [])


    def test_speaks_no_version_below_1_2(self):
        """RFC 8996. Also where the system's own settings would allow one."""
        folder = api.certificate(self.folder() / "own")
        lax = folder / "openssl.cnf"
        lax.write_text("openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = lax\n"
                       "[lax]\nMinProtocol = TLSv1\nCipherString = DEFAULT@SECLEVEL=0\n")
        with unittest.mock.patch.dict(os.environ, {"OPENSSL_CONF": str(lax)}):
            for maximum, accepted in ((ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True)):
                server = self.server(tls_folder=folder, tls_maximum=maximum)
                probe = self.probe(server, ca_file=folder / "cert.pem")
                state = probe.wait(lambda s: s["synced"] or s["errors"] > 0)
                self.assertEqual(state["synced"], accepted, state["last_error"])
                if not accepted:
                    self.assertIn("protocol version", state["last_error"])
                probe.stop()


class Kubelet(ClientTest):
    def test_asks_again_and_again(self):
        server = self.server()
        token = self.folder() / "token"
        token.write_text("node")
        server.script("kubelet", api.pod_list([pod(1), pod(2)], ""), api.status(500), api.pod_list([pod(2), pod(3)], ""))
        server.last_resort["kubelet"] = api.pod_list([pod(2), pod(3)], "")
        probe = self.probe(server, mode="kubelet", node="", token_file=token, kubelet_interval_ms=100)
        requests = server.wait_for("kubelet", 5)
        state = probe.state([uid(n) for n in (1, 2, 3)])
        self.assertEqual(len(state["pods"]), 3)
        self.assertTrue(state["synced"])
        self.assertEqual(state["errors"], 1)
        self.assertGreaterEqual(state["lists"], 3)
        self.assertEqual(requests[0].path, "/pods")
        self.assertEqual(requests[0].headers["Authorization"], "Bearer node")
        self.assertGreaterEqual(requests[4].time - requests[3].time, 0.1)
        self.assertEqual(server.of_kind("watch"), [])

    def test_403_names_the_kubelets_permission(self):
        server = self.server()
        server.script("kubelet", api.respond(403, "Forbidden (user=x, verb=get, resource=nodes)"))
        probe = self.probe(server, mode="kubelet", node="")
        probe.wait(lambda s: s["errors"] > 0)
        self.assertIn("get on nodes/proxy", probe.warnings()[0])


if __name__ == "__main__":
    unittest.main()
