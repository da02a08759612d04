"""The laboratory itself, without the exporter: its truth must hold before anything is held against it."""

import collections
import struct
import unittest

from lab import LabCase, LabError, Snapshot, dns, frames, ledger, run, wait_until


class LabTest(LabCase):
    def test_dnsperf_and_nsd_agree_on_every_count(self):
        a, b = self.two_hosts()
        nsd = self.nsd(b)
        lines = dns.questions(4000)
        results = [self.dnsperf(a, "10.1.0.2", lines), self.dnsperf(a, "fd00:1::2", lines),
                   self.dnsperf_tcp(a, "10.1.0.2", lines)]
        rcodes = collections.Counter()
        for result in results:
            self.assertEqual((4000, 4000, 0), (result.sent, result.completed, result.lost))
            rcodes.update(result.rcodes)
        self.assertEqual({"NOERROR": 10800, "NXDOMAIN": 1200}, rcodes)
        stats = nsd.stats()
        self.assertEqual(12000, stats["num.queries"])
        self.assertEqual((4000, 4000, 4000), (stats["num.udp"], stats["num.udp6"], stats["num.tcp"]))
        self.assertEqual((10800, 1200), (stats["num.rcode.NOERROR"], stats["num.rcode.NXDOMAIN"]))
        types = collections.Counter(line.split()[1] for line in lines)
        for qtype in ("A", "AAAA", "TXT", "MX"):
            self.assertEqual(3 * types[qtype], stats[f"num.type.{qtype}"], qtype)

    def test_every_packet_of_a_flood_is_one_packet_of_the_device(self):
        a, b = self.two_hosts(ipv6=False)
        sink = self.reflector(b, "10.1.0.2", "sink")
        sent = self.flood(a, "10.1.0.2", 200000, "--threads", "2")["sent"]
        self.assertEqual(200000, sent)
        self.assertEqual(200000, a.counter("ab", "tx_packets") + a.counter("ab", "tx_dropped"))
        self.assertEqual({"received": 0, "sent": 0}, sink.stop())

    def test_a_reflector_answers_what_reaches_it(self):
        a, b = self.two_hosts(ipv6=False)
        reflector = self.reflector(b, "10.1.0.2", "reflect", "--rcode", "3")
        flood = self.flood(a, "10.1.0.2", 100000, "--wait", "--random-names")
        counts = reflector.stop()
        self.assertEqual(100000, flood["sent"])
        self.assertEqual(counts["received"], counts["sent"])
        self.assertEqual(counts["sent"], b.counter("ba", "tx_packets") + b.counter("ba", "tx_dropped"))
        self.assertEqual(100000, a.counter("ab", "tx_packets") + a.counter("ab", "tx_dropped"))

    def test_tags_of_the_vlan_devices_are_on_the_wire(self):
        a, b = self.two_hosts()
        for net, tags in ((100, ("8100:100",)), (200, ("88a8:200", "8100:7"))):
            self.vlan(a, f"v{net}", "ab", 1, net, *tags)
            self.vlan(b, f"v{net}", "ba", 2, net, *tags)
        self.nsd(b)
        for net in (100, 200):
            before = a.counter("ab", "tx_packets")
            result = self.dnsperf(a, f"10.{net}.0.2", dns.questions(2000))
            self.assertEqual((2000, 0), (result.completed, result.lost))
            self.assertLessEqual(2000, a.counter("ab", "tx_packets") - before)

    def test_a_tun_device_answers(self):
        a = self.namespace("a")
        responder = self.helper(a, "tun_responder", "tun0")
        a.ip("addr", "add", "10.9.0.1/24", "dev", "tun0")
        a.ip("link", "set", "dev", "tun0", "up")
        result = self.dnsperf(a, "10.9.0.2", dns.questions(1000))
        self.assertEqual((1000, {"NXDOMAIN": 1000}), (result.completed, result.rcodes))
        responder.stop()
        self.assertEqual("1000", responder.out().strip())

    def test_unbound_answers_from_its_own_data(self):
        a = self.namespace("a")
        self.unbound(a)
        result = self.dnsperf(a, "127.0.0.1", [f"h{i % dns.HOSTS}.{dns.ZONE} A" for i in range(3000)])
        self.assertEqual({"NOERROR": 3000}, result.rcodes)

    def test_tcpdump_finds_the_query_in_each_handmade_frame(self):
        inner = frames.ip("192.0.2.7", "192.0.2.53", frames.PROTO_UDP, frames.udp(40000, 53, dns.query(7, f"h1.{dns.ZONE}")))
        inner6 = frames.ip("2001:db8::7", "2001:db8::53", frames.PROTO_TCP,
                           frames.tcp(40000, 53, 1, frames.prefixed(dns.query(7, f"h1.{dns.ZONE}"))))
        outer, outer6 = ("10.1.0.2", "10.1.0.1"), ("fd00:1::2", "fd00:1::1")
        made = [frames.ethernet_ip(inner), frames.ethernet_ip(inner6), frames.gre(inner, outer),
                frames.gre(inner, outer6, options=True), frames.gre(inner6, outer, bridged=True), frames.in_ip(inner, outer),
                frames.in_ip(inner6, outer), frames.in_ip(inner, outer6), frames.pppoe(inner), frames.pppoe(inner6),
                frames.vxlan(inner, outer), frames.geneve(inner, outer),
                frames.geneve(inner6, outer6, b"\0" * 8, bridged=False)]
        path = f"{self.folder}/frames.pcap"
        with open(path, "wb") as file:
            file.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))  # pcap-savefile(5), Ethernet
            for frame in made:
                file.write(struct.pack("=IIII", 1, 0, len(frame), len(frame)) + frame)
        text = run("tcpdump", "-n", "-r", path).stdout
        self.assertEqual(len(made), text.count(f"A? h1.{dns.ZONE}."), text)

    def test_waiting_has_an_end(self):
        with self.assertRaisesRegex(LabError, "the moon"):
            wait_until(lambda: False, "the moon", timeout=0.2)


class SnapshotTest(unittest.TestCase):
    PAGE = """# HELP dns_queries_total x
# TYPE dns_queries_total counter
dns_queries_total{query_type="A",rcode="NOERROR",server="a\\"b\\\\c"} 3
dns_queries_total{query_type="AAAA",rcode="TIMEOUT",server="a, b=\\"x\\""} 4
dns_active_queries{role="client"} 1e+06
up 1
"""

    def test_parses_labels_with_escapes_and_commas(self):
        page = Snapshot.parse(self.PAGE)
        self.assertEqual(3, page.sum("dns_queries_total", server='a"b\\c'))
        self.assertEqual(4, page.sum("dns_queries_total", server='a, b="x"'))
        self.assertEqual({"NOERROR": 3, "TIMEOUT": 4}, page.by("dns_queries_total", "rcode"))
        self.assertEqual(1000000, page.sum("dns_active_queries"))
        self.assertEqual(7, page.sum("dns_queries_total", query_type=("A", "AAAA")))
        self.assertEqual(0, (page - page).sum("dns_queries_total"))

    def test_refuses_what_is_no_exposition(self):
        for wrong in ("x{a=b} 1", "x{a=\"b\"", "x one\n" "x", "x 1\nx 1"):
            with self.assertRaises((AssertionError, ValueError), msg=wrong):
                Snapshot.parse(wrong)

    def test_the_ledger_names_what_does_not_balance(self):
        page = Snapshot.parse('dns_packets_total{protocol="udp",result="message"} 2\n'
                              'dns_messages_total{protocol="udp",kind="query"} 1\n')
        wrong = [what for what, left, right in ledger(page) if left != right]
        self.assertIn("first ledger, udp: packets called messages = messages by interface", wrong)
        self.assertNotIn("latencies = matched", wrong)


if __name__ == "__main__":
    unittest.main()
