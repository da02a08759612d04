"""Names with everything that a name may hold: each finds its answer, and its domain's label is text."""

import struct
import unittest

from lab import SharedLab, dns
from lab.frames import Listener
from lab.servers import dig

SERVER, SCRIPT = "10.1.0.2", "10.1.0.5"


def wire_query(ident, *labels):
    """A query for A of labels given as octets."""
    name = b"".join(bytes([len(label)]) + label for label in labels)
    return struct.pack("!6H", ident, 0x0100, 1, 0, 0, 0) + name + b"\0" + struct.pack("!2H", 1, 1)


class NamesTest(SharedLab):
    maxDiff = None

    @classmethod
    def prepare(cls, lab):
        cls.a, cls.b = lab.two_hosts(ipv6=False)
        cls.b.ip("addr", "add", f"{SCRIPT}/24", "dev", "ba")
        cls.server = lab.nsd(cls.b, SERVER)
        cls.watch = lab.exporter(cls.a, ["ab"])

    def setUp(self):
        self.before = self.watch.quiet_scrape()

    def finish(self):
        after = self.watch.quiet_scrape()
        self.check_ledgers(after)
        page = after - self.before
        for kind in ("unmatched", "late", "duplicate"):
            self.assertEqual(0, page.sum(f"dns_responses_{kind}_total"), kind)
        return page

    def test_each_name_finds_its_answer(self):
        """dig's notation of a name (RFC 1035, 5.1), and the label of its registrable domain."""
        domains = {
            r"a\.b.example.test": "example.test",           # a dot in a label is no boundary
            r"x.a\.b.test": r"a\.b.test",
            r"two\032words.test": r"two\032words.test",
            r"x.\200\255.test": r"\200\255.test",
            r"quote\"slash\\.test": r'quote\"slash\\.test',
            r"\000\009\010.test": r"\000\009\010.test",
            "xn--bcher-kva.example.test": "example.test",
            "www.xn--bcher-kva.test": "xn--bcher-kva.test",
            "WwW.MiXeD.TeSt": "mixed.test",
            "_sip._tcp.under_score.test": "under_score.test",
            "com": "com",
            ".": ".",
            "www.example.co.uk": "example.co.uk",
            "1.2.0.192.in-addr.arpa": "in-addr.arpa",
        }
        for name in domains:
            dig(self.a, SERVER, "-q", name, "-t", "A", "+noidnin")
        page = self.finish()
        self.assertEqual({}, page.by("dns_parse_errors_total", "reason"))
        self.assertEqual(len(domains), page.sum("dns_queries_total", rcode=lambda text: text not in ("TIMEOUT", "UNTRACKED")))
        expected = {}
        for domain in domains.values():
            expected[domain] = expected.get(domain, 0) + 1
        self.assertEqual(expected, page.by("dns_domain_queries_total", "domain"))

    def test_the_longest_names(self):
        """255 octets, root included (RFC 1035, 2.3.4), as few long labels and as many short ones; one octet more is none."""
        longest = ".".join(["a" * 63] * 3 + ["b" * 61])
        deepest = ".".join(["c"] * 127)
        for name in (longest, deepest):
            self.assertEqual(255, len(wire_query(0, *name.encode().split(b"."))) - 12 - 4)
            dig(self.a, SERVER, name)
        with dns.udp_socket(self.a, "10.1.0.1") as client:
            client.sendto(wire_query(1, *[b"a" * 63] * 3, b"b" * 62), (SCRIPT, 53))
        page = self.finish()
        self.assertEqual(2, page.sum("dns_queries_total"))
        self.assertEqual(0, page.sum("dns_queries_total", rcode="TIMEOUT"))
        self.assertEqual({"name_too_long": 1}, page.by("dns_parse_errors_total", "reason"))

    def test_names_that_a_question_may_not_hold(self):
        message = dns.query(1, f"h1.{dns.ZONE}")
        pointer = message[:12] + b"\xc0\x0c" + message[-4:]
        behind_a_label = message[:12] + b"\x02h1\xc0\x0c" + message[-4:]
        label_type = message[:12] + b"\x41" + message[13:]
        with dns.udp_socket(self.a, "10.1.0.1") as client, dns.udp_socket(self.b, SCRIPT, 53) as server:
            for octets in (pointer, behind_a_label, label_type, message[:-3]):
                client.sendto(octets, (SCRIPT, 53))
                server.recv(512)
        page = self.finish()
        self.assertEqual({"compressed_question": 2, "bad_label": 1, "truncated_question": 1},
                         page.by("dns_parse_errors_total", "reason"))
        self.assertEqual(0, page.sum("dns_messages_total"))

    def test_a_resolver_that_mixes_case(self):
        """unbound's use-caps-for-id: the answers repeat what is on the wire, and all of them match."""
        self.lab.resolver(self.a, "127.0.0.1", """module-config: "iterator"
    local-zone: "test." nodefault
    use-caps-for-id: yes
    qname-minimisation: no""", f"""forward-zone:
    name: "."
    forward-addr: {SERVER}
""")
        names = [f"h{number}.{dns.ZONE}" for number in range(300)]
        listener = Listener(self.a, "ab")
        self.addCleanup(listener.close)
        before = self.server.stats()
        result = self.lab.dnsperf(self.a, "127.0.0.1", [f"{name} A" for name in names])
        self.assertEqual({"NOERROR": 300}, result.rcodes)
        asked = self.server.stats()
        asked.subtract(before)
        mixed = sum(any(octet in frame for octet in (b"\7EXAMPLE", b"\7example")) is False and b"xample" in frame.lower()
                    for frame in listener.frames())
        self.assertGreater(mixed, 300)  # of 600 frames; one name in 64 has its label in one case by chance
        page = self.finish()
        self.assertEqual(asked["num.queries"], page.sum("dns_queries_total"))
        self.assertEqual({"NOERROR": 300}, page.by("dns_queries_total", "rcode"))
        self.assertEqual({dns.ZONE: 300}, page.by("dns_domain_queries_total", "domain"))


if __name__ == "__main__":
    unittest.main()
