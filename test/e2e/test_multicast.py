"""mDNS (RFC 6762) and LLMNR (RFC 4795): what is asked of a group has any number of answers, and is no transaction."""

import socket
import struct
import unittest

from lab import SharedLab, dns

ASKER, HOST = "10.1.0.1", "10.1.0.2"
NOBODY = "10.1.0.99"
MDNS, MDNS6, LLMNR = "224.0.0.251", "ff02::fb", "224.0.0.252"
MDNS_PORT, LLMNR_PORT = 5353, 5355


def port_of(group):
    return LLMNR_PORT if group == LLMNR else MDNS_PORT


def answer(message):
    """An authoritative answer with one address, as a responder gives it."""
    record = b"\xc0\x0c" + struct.pack("!2HIH", 1, 1, 120, 4) + b"\x0a\x01\0\x02"
    return message[:2] + b"\x84\0" + message[4:6] + b"\0\1" + message[8:] + record


class MulticastTest(SharedLab):
    @classmethod
    def prepare(cls, lab):
        cls.a, cls.b = lab.two_hosts()
        lab.resolver(cls.b, HOST, f"""local-zone: "{dns.ZONE}." static
    local-data: "h1.{dns.ZONE}. A 192.0.2.1" """, port=MDNS_PORT)
        cls.a.ip("route", "add", "224.0.0.0/4", "dev", "ab")
        cls.b.ip("route", "add", "224.0.0.0/4", "dev", "ba")
        cls.a.ip("neigh", "replace", NOBODY, "lladdr", cls.b.mac("ba"), "dev", "ab", "nud", "permanent")
        cls.watch = lab.exporter(cls.a, ["ab"], {"capture": {"ports": [53, MDNS_PORT, LLMNR_PORT], "query_timeout_ms": 1000}})

    def setUp(self):
        self.before = self.watch.quiet_scrape()

    def finish(self, queries, answers, **labels):
        """Nothing but messages of groups came in."""
        after = self.watch.quiet_scrape()
        self.check_ledgers(after)
        page = after - self.before
        counted = page.by("dns_multicast_messages_total", "kind")
        self.assertEqual({kind: count for kind, count in (("query", queries), ("response", answers)) if count}, counted)
        self.assertEqual(counted, page.by("dns_messages_total", "kind", **labels))
        self.assertEqual({}, page.by("dns_queries_total", "rcode"))
        self.assertEqual({}, page.by("dns_responses_total", "rcode"))
        self.assertEqual({}, page.by("dns_parse_errors_total", "reason"))
        for kind in ("unmatched", "late", "duplicate"):
            self.assertEqual(0, page.sum(f"dns_responses_{kind}_total"), kind)

    def member(self, space, device, group):
        """A socket bound to the group, beside others on the same port; what it sends, leaves from the host's address."""
        family, port = (socket.AF_INET6 if ":" in group else socket.AF_INET), port_of(group)
        made = space.socket(family)
        self.addCleanup(made.close)
        made.settimeout(5)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with space.entered():
            index = socket.if_nametoindex(device)
        octets = socket.inet_pton(family, group)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, octets + struct.pack("=I", index))
            made.bind((group, port, 0, index))
        else:
            made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, octets + struct.pack("=4si", b"", index))
            made.bind((group, port))
        return made

    def responders(self, group, count=2):
        return [self.member(self.b, "ba", group) for _ in range(count)]

    def exchange(self, group, asker, responders, back_to_group):
        """One question to the group; each responder hears it and answers."""
        message = dns.query(77, "printer.local", flags=0)
        asker.sendto(message, (group, port_of(group)))
        for responder in responders:
            heard, source = responder.recvfrom(512)
            self.assertEqual(message, heard)
            responder.sendto(answer(message), (group, port_of(group)) if back_to_group else source)

    def test_two_responders_to_a_query_of_a_group(self):
        """Asker and responders are members, as avahi is: a member hears itself, and that is no second message."""
        asker, responders = self.member(self.a, "ab", MDNS), self.responders(MDNS)
        for _ in range(10):
            self.exchange(MDNS, asker, responders, back_to_group=True)
            for responder in responders:  # each hears both answers
                responder.recv(512)
                responder.recv(512)
        heard = [asker.recv(512) for _ in range(30)]
        self.assertEqual(20, sum(message[2] & 0x80 != 0 for message in heard))
        self.finish(10, 20, ip_version="4")

    def test_ipv6(self):
        self.exchange(MDNS6, self.member(self.a, "ab", MDNS6), self.responders(MDNS6), back_to_group=True)
        self.finish(1, 2, ip_version="6")

    def test_a_query_from_another_port_is_answered_by_unicast(self):
        """RFC 6762, 6.7: the answers come to the asker alone, and no query waits for them."""
        with dns.udp_socket(self.a, ASKER) as asker:
            self.exchange(MDNS, asker, self.responders(MDNS), back_to_group=False)
            self.assertEqual({HOST}, {asker.recvfrom(512)[1][0] for _ in range(2)})
        self.finish(1, 2)

    def test_llmnr(self):
        """RFC 4795, 2.4: asked of a group, answered by unicast; nobody answers a second query."""
        with dns.udp_socket(self.a, ASKER) as asker:
            self.exchange(LLMNR, asker, self.responders(LLMNR, 1), back_to_group=False)
            asker.recv(512)
            asker.sendto(dns.query(78, "nobody.local", flags=0), (LLMNR, LLMNR_PORT))
        self.finish(2, 1)

    def test_a_unicast_query_to_the_same_port_is_a_transaction(self):
        with dns.udp_socket(self.a, ASKER) as asker:
            for number in range(20):
                asker.sendto(dns.query(number, f"h1.{dns.ZONE}"), (HOST, MDNS_PORT))
                self.assertEqual(0, asker.recv(512)[3] & 15)
        after = self.watch.quiet_scrape()
        self.check_ledgers(after)
        page = after - self.before
        self.assertEqual({"NOERROR": 20}, page.by("dns_queries_total", "rcode", server=HOST))
        self.assertEqual({}, page.by("dns_multicast_messages_total", "kind"))

    def test_a_unicast_query_without_an_answer_times_out(self):
        with dns.udp_socket(self.a, ASKER) as asker:
            asker.sendto(dns.query(1, "h1.local"), (NOBODY, LLMNR_PORT))
        after = self.watch.quiet_scrape()
        self.check_ledgers(after)
        self.assertEqual({"TIMEOUT": 1}, (after - self.before).by("dns_queries_total", "rcode"))


if __name__ == "__main__":
    unittest.main()
