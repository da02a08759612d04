#!/usr/bin/env python3
"""The client follows the pods of a node: lists in pages, watches and what may break them. Loopback only, no root."""
import time
import unittest

import fake_api_server as api
from client_case import PODS, SHOP_UID, UIDS, ClientTest, pod, uid

# More octets than the sockets of a connection hold (Linux's tcp_rmem and tcp_wmem: 6 and 4 MB at most by default).
BUFFERS = 32 << 20


class Lists(ClientTest):
    def test_lists_in_pages_and_watches_from_there(self):
        server = self.server()
        server.script("list", api.pod_list(PODS[:2], "1000", "page/2=="), api.pod_list(PODS[2:4], "1000", "page 3"),
                      api.pod_list(PODS[4:], "1000"))
        probe = self.probe(server)
        state = probe.wait(lambda s: s["synced"] and s["size"] == len(PODS), UIDS)
        self.assertEqual(state["pods"][SHOP_UID]["workload"], "shop")
        self.assertEqual(state["pods"][SHOP_UID]["namespace"], "store")
        watch = server.wait_for("watch", 1)[0]
        lists = server.of_kind("list")
        self.assertEqual([request.path for request in lists], ["/api/v1/pods"] * 3)
        common = {"fieldSelector": "spec.nodeName=node-1", "limit": "50"}
        self.assertEqual([request.parameters for request in lists],
                         [{**common, "resourceVersion": "0"}, {**common, "continue": "page/2=="},
                          {**common, "continue": "page 3"}])
        self.assertEqual(watch.path, "/api/v1/pods")
        self.assertEqual(watch.parameters, {"fieldSelector": "spec.nodeName=node-1", "watch": "true",
                                            "allowWatchBookmarks": "true", "timeoutSeconds": "30",
                                            "resourceVersion": "1000"})
        self.assertEqual(watch.headers["Accept"], "application/json")
        self.assertNotIn("Authorization", watch.headers)
        self.assertEqual(probe.warnings(), [])
        self.assertEqual(probe.logged().count("pods are known"), 1)

    def test_begins_anew_when_a_page_is_gone(self):
        server = self.server()
        server.script("list", api.pod_list([pod(1)], "10", "next"), api.status(410, "the token expired"),
                      api.pod_list([pod(2)], "20"))
        probe = self.probe(server)
        state = probe.wait(lambda s: s["synced"], [uid(1), uid(2)])
        self.assertEqual(list(state["pods"]), [uid(2)])
        self.assertNotIn("resourceVersion", server.of_kind("list")[2].parameters)
        self.assertNotIn("continue", server.of_kind("list")[2].parameters)

    def test_leaves_out_pods_with_impossible_names(self):
        server = self.server()
        server.script("list", api.pod_list([pod(1, name='a"} 1\nfake{x="'), pod(2)], "10"))
        server.script("watch", api.watch(api.event("ADDED", pod(3, "11", name="UPPER")),
                                         api.event("ADDED", pod(4, "12")), end="hold"))
        probe = self.probe(server)
        state = probe.wait(lambda s: uid(4) in s["pods"], [uid(n) for n in range(1, 5)])
        self.assertEqual(sorted(state["pods"]), [uid(2), uid(4)])
        self.assertEqual(state["refused_pods"], 2)
        self.assertEqual(len(probe.warnings()), 1)

    def test_bounds_a_list(self):
        server = self.server()
        server.script("list", api.endless(), api.pod_list([pod(1)], "5"))
        probe = self.probe(server, max_list_octets=100_000)
        state = probe.wait(lambda s: s["synced"])
        self.assertEqual(state["errors"], 1)
        self.assertIn("100000", state["last_error"])
        self.assertLess(server.endless_octets, BUFFERS)

    def test_refuses_pages_without_an_end(self):
        server = self.server()
        server.script("list", api.pod_list([pod(1)], "5", "same"), api.pod_list([pod(1)], "5", "same"))
        probe = self.probe(server)
        state = probe.wait(lambda s: s["synced"])
        self.assertIn("a page follows itself", state["last_error"])


class Watches(ClientTest):
    def test_applies_events_in_pieces_of_any_size(self):
        for piece in (1, 7, 1000):
            with self.subTest(piece=piece):
                server = self.server()
                server.script("list", api.pod_list([pod(1), pod(2)], "10"))
                server.script("watch", api.watch(
                    api.event("ADDED", pod(3, "11", container="a" * 64)) +
                    api.event("MODIFIED", pod(1, "12", name="changed", container="b" * 64)) +
                    api.event("DELETED", pod(2, "13")) + api.bookmark("20"), piece=piece))
                probe = self.probe(server)
                second = server.wait_for("watch", 2)[1]
                self.assertEqual(second.parameters["resourceVersion"], "20")
                state = probe.state([uid(1), uid(2), uid(3)], ["a" * 64, "b" * 64])
                self.assertEqual(state["pods"][uid(1)]["name"], "changed")
                self.assertEqual(state["pods"][uid(2)]["name"], "pod-2")  # it ended, and keeps its name
                self.assertEqual(state["containers"], {"a" * 64: {"pod": "pod-3", "name": "main"},
                                                       "b" * 64: {"pod": "changed", "name": "main"}})
                self.assertEqual(state["watch_events"], 4)
                self.assertEqual(state["errors"], 0)
                self.assertEqual(len(server.of_kind("list")), 1)

    def test_a_deleted_pod_goes_when_its_time_is_over(self):
        server = self.server()
        server.script("list", api.pod_list([pod(1), pod(2)], "10"))
        server.script("watch", api.watch(api.event("DELETED", pod(2, "11")), api.event("ADDED", pod(3, "12")),
                                         end="hold"))
        probe = self.probe(server, keep_s=0)
        state = probe.wait(lambda s: s["watch_events"] == 2 and uid(3) in s["pods"], [uid(n) for n in (1, 2, 3)])
        self.assertEqual(sorted(state["pods"]), [uid(1), uid(3)])

    def test_a_pod_is_known_as_soon_as_its_event_comes(self):
        server = self.server()
        sent = []

        def late():
            time.sleep(0.3)
            sent.append(time.monotonic())
            return api.event("ADDED", pod(1, "2"))
        server.script("watch", api.watch(late, end="hold"))
        probe = self.probe(server)
        probe.wait(lambda s: uid(1) in s["pods"], [uid(1)])
        self.assertLess(time.monotonic() - sent[0], 0.5)

    def test_lists_anew_after_410_as_a_status_or_as_an_event(self):
        for name, gone in (("status", api.status(410, "too old")), ("event", api.watch(api.error_event(410, "too old"),
                                                                                      end="hold"))):
            with self.subTest(name):
                server = self.server()
                server.script("list", api.pod_list([pod(1), pod(2)], "10"), api.pod_list([pod(2), pod(3)], "50"))
                server.script("watch", gone)
                probe = self.probe(server)
                self.assertEqual(server.wait_for("watch", 2)[1].parameters["resourceVersion"], "50")
                state = probe.state([uid(n) for n in (1, 2, 3)])
                self.assertEqual(len(state["pods"]), 3)  # the one that ended meanwhile keeps its name
                self.assertEqual(state["lists"], 2)
                self.assertEqual(state["errors"], 0)
                # Not "any version" again: it could be the same old one.
                self.assertNotIn("resourceVersion", server.of_kind("list")[1].parameters)
                self.assertEqual(probe.warnings(), [])

    def test_goes_on_from_the_last_event_after_a_break_in_a_line(self):
        server = self.server()
        whole = api.event("ADDED", pod(1, "11"))
        server.script("watch", api.watch(whole + api.event("ADDED", pod(2, "12"))[:40], end="cut"))
        probe = self.probe(server)
        second = server.wait_for("watch", 2)[1]
        self.assertEqual(second.parameters["resourceVersion"], "11")
        state = probe.state([uid(1), uid(2)])
        self.assertEqual(list(state["pods"]), [uid(1)])
        self.assertEqual(state["errors"], 1)
        self.assertEqual(len(server.of_kind("list")), 1)
        self.assertEqual(len(probe.warnings()), 1)

    def test_lists_anew_after_garbage_and_warns_once(self):
        server = self.server()
        for _ in range(3):
            server.script("watch", api.watch(api.event("ADDED", pod(1, "11")) + '{"type": garbage}\n', end="hold"))
        probe = self.probe(server)
        server.wait_for("watch", 4)
        state = probe.state([uid(1)])
        self.assertEqual(list(state["pods"]), [uid(1)])
        self.assertEqual(state["errors"], 3)
        self.assertEqual(state["lists"], 4)
        self.assertEqual(len(probe.warnings()), 1)

    def test_bounds_a_line(self):
        server = self.server()
        server.script("watch", api.endless())
        probe = self.probe(server, max_event_octets=200_000)
        server.wait_for("watch", 2)
        self.assertIn("200000", probe.state()["last_error"])
        self.assertEqual(probe.state()["lists"], 2)
        self.assertLess(server.endless_octets, BUFFERS)

    def test_a_watch_that_ends_at_once_is_not_begun_in_a_hot_loop(self):
        server = self.server()
        server.script("watch", *[api.watch() for _ in range(100)])
        self.probe(server)
        server.wait_for("watch", 1)
        time.sleep(0.5)
        # 50, 100, 200, 400 ms at least.
        self.assertLessEqual(len(server.of_kind("watch")), 4)


if __name__ == "__main__":
    unittest.main()
