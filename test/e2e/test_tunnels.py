"""DNS inside of tunnels: by default it is not seen; what capture.tunnels selects is, and nothing else."""

import concurrent.futures
import signal
import struct
import unittest

from lab import SharedLab, dns
from lab.frames import (PORT_VXLAN_LINUX, PROTO_TCP, PROTO_UDP, ethernet_ip, geneve, gre, in_ip, ip, pppoe,
                        prefixed, tcp, udp, vxlan)

CLIENT, SERVER = "192.0.2.7", "192.0.2.53"
CLIENT6, SERVER6 = "2001:db8::7", "2001:db8::53"
OUTER, OUTER6 = ("10.1.0.2", "10.1.0.1"), ("fd00:1::2", "fd00:1::1")


def tagged(frame):
    """With a VLAN tag (IEEE 802.1Q)."""
    return frame[:12] + struct.pack("!HH", 0x8100, 7) + frame[12:]


def forms(inner):
    """{kind: frames}: an inner packet in every form of each kind."""
    return {
        "gre": [gre(inner, OUTER), gre(inner, OUTER, options=True), gre(inner, OUTER, bridged=True), gre(inner, OUTER6)],
        "ipip": [in_ip(inner, OUTER), in_ip(inner, OUTER6)],
        "pppoe": [pppoe(inner), tagged(pppoe(inner))],
        "vxlan": [vxlan(inner, OUTER), vxlan(inner, OUTER, PORT_VXLAN_LINUX), vxlan(inner, OUTER6)],
        "geneve": [geneve(inner, OUTER), geneve(inner, OUTER, options=b"\0" * 12), geneve(inner, OUTER6, bridged=False)],
    }


KINDS = tuple(forms(b"\x45"))


def is_response(message):
    return message[2] & 0x80


def inner_udp(message, port, client, server):
    if is_response(message):
        return ip(server, client, PROTO_UDP, udp(53, port, message))
    return ip(client, server, PROTO_UDP, udp(port, 53, message))


def inner_tcp(message, port, client, server):
    if is_response(message):
        return ip(server, client, PROTO_TCP, tcp(53, port, 2000, prefixed(message)))
    return ip(client, server, PROTO_TCP, tcp(port, 53, 1000, prefixed(message)))


class TunnelsTest(SharedLab):
    """One exporter for each kind, one for none and one for all, side by side on one device: they see the same frames."""

    serial = 0

    @classmethod
    def prepare(cls, lab):
        cls.a, b = lab.two_hosts(ipv6=False)
        selections = {"none": None, "all": list(KINDS), **{kind: [kind] for kind in KINDS}}
        cls.watches = {name: lab.exporter(cls.a, ["ab"], {"capture": {"tunnels": chosen}} if chosen else None,
                                          port=10200 + number)
                       for number, (name, chosen) in enumerate(selections.items())}
        cls.arriving, cls.leaving = lab.wire(b, "ba"), lab.wire(cls.a, "ab")

    @classmethod
    def tearDownClass(cls):
        for watch in cls.watches.values():  # all at once: each takes its time to end
            watch.process.send(signal.SIGTERM)

    def setUp(self):
        self.before = self.scrapes()

    def scrapes(self):
        with concurrent.futures.ThreadPoolExecutor() as pool:  # each waits until it agrees with itself
            return dict(zip(self.watches, pool.map(lambda watch: watch.quiet_scrape(), self.watches.values())))

    def pages(self):
        """[(selection, what came in)]."""
        after = self.scrapes()
        for page in after.values():
            self.check_ledgers(page)
        return [(name, page - self.before[name]) for name, page in after.items()]

    def exchange(self, make_inner):
        """A query that arrives and its response that leaves, in each form; each has a connection of its own."""
        asked = {}
        for kind in KINDS:
            asked[kind] = len(forms(b"\x45")[kind])
            for number in range(asked[kind]):
                TunnelsTest.serial += 1
                query = dns.query(self.serial, f"h.{kind}.test")
                self.arriving.send(forms(make_inner(query, 40000 + self.serial))[kind][number])
                self.leaving.send(forms(make_inner(dns.response(query), 40000 + self.serial))[kind][number])
        return asked

    def check(self, asked, protocol="udp"):
        for name, page in self.pages():
            with self.subTest(selected=name):
                seen = {kind: count for kind, count in asked.items() if name in (kind, "all")}
                self.assertEqual({f"{kind}.test": count for kind, count in seen.items()},
                                 page.by("dns_domain_queries_total", "domain"))
                count = sum(seen.values())
                self.assertEqual({"NOERROR": count} if count else {}, page.by("dns_queries_total", "rcode"))
                self.assertEqual({"server": count} if count else {}, page.by("dns_queries_total", "role"))
                self.assertEqual({protocol: 2 * count} if count else {}, page.by("dns_packets_total", "protocol"))
                self.assertEqual(0, page.sum("dns_parse_errors_total"))

    def test_udp_over_ipv4(self):
        self.check(self.exchange(lambda message, port: inner_udp(message, port, CLIENT, SERVER)))

    def test_udp_over_ipv6(self):
        """Among them 6in4 (RFC 4213)."""
        self.check(self.exchange(lambda message, port: inner_udp(message, port, CLIENT6, SERVER6)))

    def test_tcp(self):
        self.check(self.exchange(lambda message, port: inner_tcp(message, port, CLIENT, SERVER)), "tcp")

    def test_a_tunnel_in_a_tunnel_is_not_looked_into(self):
        query = ip(CLIENT, SERVER, PROTO_UDP, udp(30002, 53, dns.query(1, "h.nested.test")))
        for kind in ("gre", "ipip", "vxlan", "geneve"):
            middle = forms(query)[kind][0][14:]  # behind the Ethernet header
            for kind_around in KINDS:
                self.arriving.send(*forms(middle)[kind_around])
        self.check({})

    def test_what_only_looks_like_a_tunnel(self):
        """A GRE version and routing that RFC 2784 gave up, VXLAN without a network, Geneve's control packets, PPPoE that
        is no session data, and the tunnels' ports as source ports."""
        inner = ip(CLIENT, SERVER, PROTO_UDP, udp(30003, 53, dns.query(1, "h.odd.test")))
        good_vxlan, good_geneve, good_pppoe, good_gre = vxlan(inner, OUTER), geneve(inner, OUTER), pppoe(inner), gre(inner, OUTER)
        payload = 14 + 20 + 8
        self.arriving.send(
            good_gre[:35] + b"\1" + good_gre[36:],
            good_gre[:34] + b"\x40" + good_gre[35:],
            good_vxlan[:payload] + b"\0" + good_vxlan[payload + 1:],
            good_geneve[:payload + 1] + b"\x80" + good_geneve[payload + 2:],
            good_pppoe[:15] + b"\x09" + good_pppoe[16:],
            ethernet_ip(ip(*OUTER, PROTO_UDP, udp(4789, 49152, good_vxlan[payload:]))))
        self.check({})

    def test_dns_beside_the_tunnels_is_always_counted(self):
        query = dns.query(1, "h.plain.test")
        self.arriving.send(ethernet_ip(ip(CLIENT, SERVER, PROTO_UDP, udp(30004, 53, query))))
        self.leaving.send(ethernet_ip(ip(SERVER, CLIENT, PROTO_UDP, udp(53, 30004, dns.response(query)))))
        for name, page in self.pages():
            with self.subTest(selected=name):
                self.assertEqual({"plain.test": 1}, page.by("dns_domain_queries_total", "domain"))


if __name__ == "__main__":
    unittest.main()
