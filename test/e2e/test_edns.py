"""EDNS, extended RCODEs and errors, opcodes, classes and odd question counts, as dig and nsupdate see them."""

import collections
import struct
import unittest

from lab import SharedLab, dns
from lab.servers import dig

NSD, NAMED, RESOLVER, SCRIPT = "10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5"
STRANGER = "10.1.0.9"    # a client that the resolver refuses
NO_DIGEST = "0" * 64     # of a key that the zone does not have
PROHIBITED = "18"        # RFC 8914, 4.19


class EdnsTest(SharedLab):
    needs = ("named", "nsupdate", "unbound")

    @classmethod
    def prepare(cls, lab):
        cls.a, cls.b = lab.two_hosts(ipv6=False)
        for address in (NAMED, RESOLVER, SCRIPT):
            cls.b.ip("addr", "add", f"{address}/24", "dev", "ba")
        cls.a.ip("addr", "add", f"{STRANGER}/24", "dev", "ab")
        lab.nsd(cls.b, NSD)
        lab.named(cls.b, NAMED, "require-server-cookie yes;")
        lab.resolver(cls.b, RESOLVER, f"""module-config: "validator iterator"
    local-zone: "test." nodefault
    ede: yes
    access-control: {STRANGER}/32 refuse
    trust-anchor: "{dns.ZONE}. DS 1 8 2 {NO_DIGEST}" """, f"""stub-zone:
    name: "{dns.ZONE}"
    stub-addr: {NSD}
""")
        cls.watch = lab.exporter(cls.a, ["ab"])

    def setUp(self):
        self.before = self.watch.quiet_scrape()

    def finish(self):
        after = self.watch.quiet_scrape()
        self.check_ledgers(after)
        page = after - self.before
        self.assertEqual({}, page.by("dns_parse_errors_total", "reason"))
        for kind in ("unmatched", "late", "duplicate"):
            self.assertEqual(0, page.sum(f"dns_responses_{kind}_total"), kind)
        return page

    def ask(self, server, *words):
        return dig(self.a, server, *words)

    def test_dnssec_ok_and_the_payload_sizes_that_queries_offer(self):
        name = f"h1.{dns.ZONE}"
        offered = {1232: 3, 4096: 2, 512: 1, 1400: 1}
        for size, count in offered.items():
            for _ in range(count):
                self.ask(NSD, name, f"+bufsize={size}", "+dnssec" if size == 1232 else "+nodnssec")
        self.ask(NSD, name, "+noedns")
        page = self.finish()
        self.assertEqual({"NOERROR": 8}, page.by("dns_queries_total", "rcode"))
        self.assertEqual((7, sum(size * count for size, count in offered.items())),
                         (page.sum("dns_edns_udp_payload_bytes_count"), page.sum("dns_edns_udp_payload_bytes_sum")))
        for edge, below in (("512", 1), ("1220", 1), ("1232", 4), ("1410", 5), ("4096", 7), ("+Inf", 7)):
            self.assertEqual(below, page.sum("dns_edns_udp_payload_bytes_bucket", le=edge), edge)
        self.assertEqual(3, page.sum("dns_flags_total", flag="do", kind="query"))
        self.assertEqual({"found": 7}, page.by("dns_edns_walks_total", "result"))

    def test_the_same_over_tcp(self):
        self.ask(NSD, f"h1.{dns.ZONE}", "+tcp", "+dnssec", "+bufsize=1232")
        page = self.finish()
        self.assertEqual({"tcp": 1}, page.by("dns_queries_total", "protocol"))
        self.assertEqual((1, 1232), (page.sum("dns_edns_udp_payload_bytes_count"), page.sum("dns_edns_udp_payload_bytes_sum")))
        self.assertEqual(1, page.sum("dns_flags_total", flag="do", kind="query"))

    def test_badvers_badcookie_and_their_like(self):
        """RCODEs of 12 bits (RFC 6891, 6.1.3): in the header alone BADVERS is NOERROR and BADCOOKIE is YXRRSET."""
        name, seen = f"h1.{dns.ZONE}", collections.Counter()
        for server in (NSD, NAMED, NAMED):
            seen[self.ask(server, name, "+edns=1", "+noednsnegotiation").status] += 1
        for _ in range(4):
            seen[self.ask(NAMED, name, "+cookie", "+nobadcookie").status] += 1
        seen[self.ask(NAMED, name, "+edns", "+ednsopt=65001:00").status] += 1
        self.assertEqual({"BADVERS": 3, "BADCOOKIE": 4, "NOERROR": 1}, seen)
        page = self.finish()
        self.assertEqual(seen, page.by("dns_queries_total", "rcode"))
        self.assertEqual(seen, page.by("dns_responses_total", "rcode"))

    def test_a_client_that_learns_its_cookie(self):
        """dig asks again with the cookie it got: two transactions."""
        self.assertEqual("NOERROR", self.ask(NAMED, f"h1.{dns.ZONE}", "+cookie", "+badcookie").status)
        self.assertEqual({"BADCOOKIE": 1, "NOERROR": 1}, self.finish().by("dns_queries_total", "rcode"))

    def test_extended_errors(self):
        errors, rcodes = collections.Counter(), collections.Counter()
        for words in [("-b", STRANGER, f"h{number}.{dns.ZONE}") for number in range(3)] + [
                (f"h{number}.{dns.ZONE}",) for number in range(2)]:
            answer = self.ask(RESOLVER, *words)
            errors.update(answer.errors)
            rcodes[answer.status] += 1
        self.assertEqual((3, 5), (errors[PROHIBITED], sum(errors.values())))
        self.assertEqual({"SERVFAIL": 2, "REFUSED": 3}, rcodes)
        page = self.finish()
        self.assertEqual(errors, page.by("dns_extended_errors_total", "info_code"))
        self.assertEqual(rcodes, page.by("dns_queries_total", "rcode"))

    def test_answers_without_records(self):
        """NODATA and NXDOMAIN with an OPT record: empty answers, told apart."""
        for _ in range(3):
            answer = self.ask(NSD, f"h1.{dns.ZONE}", "HTTPS")
            self.assertEqual(("NOERROR", 0, True), (answer.status, answer.answers, answer.has_opt))
        for number in range(2):
            answer = self.ask(NSD, f"missing{number}.{dns.ZONE}")
            self.assertEqual(("NXDOMAIN", True), (answer.status, answer.has_opt))
        self.ask(NSD, f"h1.{dns.ZONE}")
        page = self.finish()
        self.assertEqual({"NOERROR": 4, "NXDOMAIN": 2}, page.by("dns_queries_total", "rcode"))
        self.assertEqual({NSD: 3}, page.by("dns_responses_empty_total", "server"))
        # Six queries, and the five responses that failed or are empty.
        self.assertEqual({"found": 11}, page.by("dns_edns_walks_total", "result"))

    def test_other_opcodes_are_no_queries(self):
        rcodes = collections.Counter()
        asked = {"NOTIFY": 3, "STATUS": 2, "IQUERY": 1}
        for opcode, count in asked.items():
            for _ in range(count):
                rcodes[self.ask(NAMED, f"+opcode={opcode}", dns.ZONE, "SOA").status] += 1
        for number in range(4):
            path = f"{self.lab.folder}/update-{number}"
            with open(path, "w", encoding="ascii") as file:
                file.write(f"server {NAMED}\nzone {dns.ZONE}\nupdate add new{number}.{dns.ZONE} 60 A 192.0.2.9\nsend\n")
            self.a.run("nsupdate", path)
            rcodes["NOERROR"] += 1
            asked["UPDATE"] = number + 1
        page = self.finish()
        for kind in ("query", "response"):
            self.assertEqual(asked, page.by("dns_opcodes_total", "opcode", kind=kind), kind)
        self.assertEqual({}, page.by("dns_queries_total", "rcode"))
        self.assertEqual(rcodes, page.by("dns_responses_total", "rcode"))
        self.assertEqual(0, page.sum("dns_active_queries"))

    def test_question_counts_of_none_and_two(self):
        """Such queries are transactions too (RFC 9619 forbids two; a query of cookies alone has none: RFC 7873, 5.4)."""
        one = dns.query(2, f"h1.{dns.ZONE}")
        none = struct.pack("!6H", 1, 0x0100, 0, 0, 0, 0)
        two = struct.pack("!6H", 2, 0x0100, 2, 0, 0, 0) + one[12:] + dns.query(0, f"h2.{dns.ZONE}", "TXT")[12:]
        with dns.udp_socket(self.a, "10.1.0.1") as client, dns.udp_socket(self.b, SCRIPT, 53) as server:
            for message, rcode in ((none, 0), (two, 1)):
                client.sendto(message, (SCRIPT, 53))
                server.recv(512)
                server.sendto(dns.response(message, rcode), client.getsockname())
                client.recv(512)
        page = self.finish()
        self.assertEqual({"NOERROR": 1, "FORMERR": 1}, page.by("dns_queries_total", "rcode"))
        self.assertEqual({"FORMERR": 1}, page.by("dns_queries_total", "rcode", query_type="A"))

    def test_an_answer_of_a_header_alone(self):
        """A server that could not read the question repeats none: the answer is matched all the same."""
        message = dns.query(3, f"h1.{dns.ZONE}")
        with dns.udp_socket(self.a, "10.1.0.1") as client, dns.udp_socket(self.b, SCRIPT, 53) as server:
            client.sendto(message, (SCRIPT, 53))
            server.recv(512)
            server.sendto(struct.pack("!6H", 3, 0x8101, 0, 0, 0, 0), client.getsockname())
            client.recv(512)
        self.assertEqual({"FORMERR": 1}, self.finish().by("dns_queries_total", "rcode"))

    def test_class_chaos(self):
        answer = self.ask(NAMED, "version.bind", "CH", "TXT")
        self.assertEqual(("NOERROR", 1), (answer.status, answer.answers))
        page = self.finish()
        self.assertEqual({"TXT": 1}, page.by("dns_queries_total", "query_type", rcode="NOERROR"))
        self.assertEqual({"version.bind": 1}, page.by("dns_domain_queries_total", "domain"))


if __name__ == "__main__":
    unittest.main()
