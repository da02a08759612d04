"""Calls of getaddrinfo(): which C libraries the exporter says it sees, and that it does without where it may not."""

import os
import unittest

from lab import LabCase
from lab.exporter import Exporter
from lab.process import wait_until

SEEN = 'msg="calls of a C library are seen"'
NOT_SEEN = 'msg="calls of getaddrinfo() are not seen"'


class CallsTest(LabCase):
    def setUp(self):
        super().setUp()
        self.a, _ = self.two_hosts()

    def lines(self, watch, part):
        return [line for line in watch.process.err().splitlines() if part in line]

    def test_the_hosts_c_library_is_seen_from_the_start(self):
        watch = self.exporter(self.a, ["ab"])
        paths = [line for line in self.lines(watch, SEEN) if "/libc.so.6" in line]
        self.assertTrue(paths, watch.process.err())
        self.assertEqual([], self.lines(watch, NOT_SEEN))
        self.assertEqual(0, watch.process.stop(), watch.process.err())

    def test_switched_off(self):
        watch = self.exporter(self.a, ["ab"], {"chains": {"libc_probes": False}})
        self.assertEqual([], self.lines(watch, SEEN) + self.lines(watch, NOT_SEEN))

    def test_without_the_privilege_all_else_works_and_one_line_says_so(self):
        path = os.path.join(self.folder, "fewer-privileges")
        kept = "+bpf,+net_admin,+perfmon"
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nexec setpriv --bounding-set=-all,{kept} --inh-caps=-all "{self.binary}" "$@"\n')
        os.chmod(path, 0o755)
        watch = self.started(Exporter(self.a, self.folder, path, ["ab"]))
        self.assertEqual([], self.lines(watch, SEEN))
        told = self.lines(watch, "getaddrinfo")
        self.assertEqual(1, len(told), watch.process.err())
        self.assertIn("CAP_SYS_ADMIN", told[0])
        wait_until(lambda: "dns_queries_total" in watch.page(), "the metrics")


if __name__ == "__main__":
    unittest.main()
