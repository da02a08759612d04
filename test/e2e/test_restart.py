"""Killed and started again, in every way to attach: nothing is counted twice, and the filters of others stay."""

import json
import os
import signal
import unittest

from lab import LabCase, dns, fewer, run, wait_until
from lab.exporter import PORT

_FOLDER = os.path.dirname(os.path.abspath(__file__))
FOREIGN_LENGTH = 1042  # octets of the frame that the foreign filter drops
UDP_HEADERS = 14 + 20 + 8


class RestartTest(LabCase):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.two_hosts()
        self.nsd(self.b)

    def modes(self, exporter):
        return exporter.scrape().by("ebpf_dns_exporter_attached", "mode")

    def measure(self, exporter, count=fewer(5000)):
        """Sends `count` queries and checks that they are what the exporter counted, each once."""
        before = exporter.quiet_scrape()
        result = self.dnsperf(self.a, "10.1.0.2", dns.questions(count))
        self.assertEqual(0, result.lost)
        after = exporter.quiet_scrape()
        self.check_ledgers(after)
        page = after - before
        self.assertEqual({"query": count, "response": count}, page.by("dns_messages_total", "kind"))
        self.assertEqual(result.rcodes, page.by("dns_queries_total", "rcode"))

    def kill_under_load(self, exporter):
        load = dns.Dnsperf(self.a, self.folder, "10.1.0.2", dns.questions(fewer(4000)), "-Q", fewer(2000))
        wait_until(lambda: exporter.scrape().sum("dns_messages_total") > fewer(500), "traffic")
        exporter.process.stop(signal.SIGKILL)
        self.assertEqual(-signal.SIGKILL, exporter.process.returncode())
        return load

    def restart_twice(self, capture, wanted_modes):
        exporter = self.exporter(self.a, ["ab"], {"capture": capture})
        self.assertEqual(wanted_modes, self.modes(exporter))
        for _ in range(2):
            load = self.kill_under_load(exporter)
            exporter = self.exporter(self.a, ["ab"], {"capture": capture})
            self.assertEqual(0, load.result().lost)
            self.assertEqual(wanted_modes, self.modes(exporter))
            self.measure(exporter)

    def test_killed_with_tcx(self):
        self.restart_twice({"tc_link": "tcx"}, {"tcx": 2})

    def test_killed_with_clsact(self):
        self.restart_twice({"tc_link": "clsact"}, {"clsact": 2})

    def test_what_is_attached_unasked(self):
        """TCX where the kernel has it (Linux 6.6), and a clsact before: the kernel's number says which it must be."""
        major, minor = (int(part) for part in os.uname().release.split(".")[:2])
        wanted = "tcx" if (major, minor) >= (6, 6) else "clsact"
        exporter = self.exporter(self.a, ["ab"])
        self.assertEqual({wanted: 2}, self.modes(exporter))
        self.measure(exporter, 500)

    def test_from_one_way_to_another(self):
        for capture in ({"tc_link": "clsact"}, {"tc_link": "tcx"}, {"ingress": "xdp"}, {"tc_link": "clsact"}):
            with self.subTest(**capture):
                exporter = self.exporter(self.a, ["ab"], {"capture": capture})
                self.kill_under_load(exporter).result()
        self.measure(self.exporter(self.a, ["ab"]))

    def test_each_way_to_see_what_arrives_counts_the_same(self):
        for ingress in ("auto", "tc", "xdp"):
            with self.subTest(ingress=ingress):
                exporter = self.exporter(self.a, ["ab"], {"capture": {"ingress": ingress}})
                page = exporter.scrape()
                self.assertEqual({"ingress": 1, "egress": 1}, page.by("ebpf_dns_exporter_attached", "hook"))
                modes = page.by("ebpf_dns_exporter_attached", "mode", hook="ingress")
                self.assertEqual(ingress == "xdp", bool({"native", "generic"} & set(modes)), modes)
                self.measure(exporter)
                exporter.stop()

    def test_two_exporters_do_not_disturb_each_other(self):
        config = {"capture": {"tc_link": "tcx"}}
        first = self.exporter(self.a, ["ab"], config)
        second = self.exporter(self.a, ["ab"], config, port=PORT + 1)
        self.measure(first)
        self.measure(second)
        second.process.stop(signal.SIGKILL)
        self.measure(first)

    def programs(self):
        """Names of the exporter's programs that the kernel holds; after its end, those that something still attaches."""
        programs = json.loads(run("bpftool", "-j", "prog", "list").stdout)
        return sorted(p["name"] for p in programs if p.get("name", "").startswith("dns_"))

    def filters(self):
        return [self.a.run("tc", "filter", "show", "dev", "ab", direction).stdout for direction in ("ingress", "egress")]

    def add_foreign_filters(self):
        program = os.path.join(self.folder, "foreign.o")
        multiarch = run("gcc", "-print-multiarch").stdout.strip()
        run("clang", "-O2", "-target", "bpf", f"-DFOREIGN_LENGTH={FOREIGN_LENGTH}", f"-I/usr/include/{multiarch}", "-c",
            f"{_FOLDER}/foreign_filter.bpf.c", "-o", program)
        self.a.run("tc", "qdisc", "add", "dev", "ab", "clsact")
        for direction in ("ingress", "egress"):
            for preference in ("1", "49152"):
                self.a.run("tc", "filter", "add", "dev", "ab", direction, "pref", preference, "handle", "1", "bpf",
                           "direct-action", "object-file", program, "section", "classifier")

    def foreign_filter_drops(self):
        """True when the frame that the foreign filter drops does not come through and its neighbour does."""
        with dns.udp_socket(self.b, "10.1.0.2", 9) as receiver, dns.udp_socket(self.a, "10.1.0.1") as sender:
            for length in (FOREIGN_LENGTH, FOREIGN_LENGTH + 1):
                sender.sendto(b"x" * (length - UDP_HEADERS), ("10.1.0.2", 9))
            return len(receiver.recv(2000)) == FOREIGN_LENGTH + 1 - UDP_HEADERS

    def test_filters_of_others_survive(self):
        self.add_foreign_filters()
        self.assertTrue(self.foreign_filter_drops())
        alone = self.filters()
        for link in ("clsact", "tcx"):
            with self.subTest(tc_link=link):
                config = {"capture": {"tc_link": link}}
                killed = self.exporter(self.a, ["ab"], config)
                self.assertTrue(self.foreign_filter_drops())
                self.kill_under_load(killed).result()
                exporter = self.exporter(self.a, ["ab"], config)
                self.measure(exporter)
                self.assertTrue(self.foreign_filter_drops())
                self.assertEqual(0, exporter.stop())
                self.assertEqual(alone, self.filters())
                self.assertTrue(self.foreign_filter_drops())

    def test_a_clean_end_leaves_nothing_attached(self):
        self.assertEqual([], self.programs())
        for capture in ({"tc_link": "clsact"}, {"tc_link": "tcx"}, {"ingress": "xdp"}):
            with self.subTest(**capture):
                exporter = self.exporter(self.a, ["ab"], {"capture": capture})
                self.measure(exporter, 500)
                self.assertNotEqual([], self.programs())
                self.assertEqual(0, exporter.stop())
                # The kernel frees what has been detached after a grace period.
                wait_until(lambda: not self.programs(), "the programs to go")


if __name__ == "__main__":
    unittest.main()
