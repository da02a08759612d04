"""What is exported, as the configuration shapes it: beside each shaped exporter runs one with defaults on the same traffic."""

import collections
import hashlib
import hmac
import threading
import time
import unittest

from lab import LabCase, dns, fewer, run, wait_until
from lab.dns import Dnsperf
from lab.exporter import PORT

PLAIN_PORT = PORT + 1
KEY = "sixteen octets or more"
SERVERS = {"10.1.0.2": 700, "10.1.0.3": 500, "10.1.0.4": 300}  # queries that each of them gets
ASKERS = ("10.1.0.1", "10.1.0.11", "10.1.0.12")
# Registrable domains and their public suffixes; nobody knows a suffix `test` or `churn`, so there it is the last label.
SUFFIXES = {"one.co.uk": "*.co.uk", "two.co.uk": "*.co.uk", "three.com": "*.com", "four.com": "*.com",
            "example.test": "*.test", "y.churn": "*.churn"}
SHARED = 0.12  # seconds: a little more than what scrapes share one reading for


def shaped(**sections):
    return {"capture": {"ingress": "tc"}, **sections}


def digest(kind):
    """RFC 2104 with Python's own HMAC, as the configuration's example tells of hashes."""
    return lambda text: hmac.new(KEY.encode(), f"{kind}:{text}".encode(), hashlib.sha256).hexdigest()[:16]


class ExportCase(LabCase):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.two_hosts(ipv6=False)

    def both(self, space, device, **sections):
        """Two exporters that see the same packets: with these sections, and with defaults."""
        return (self.exporter(space, [device], shaped(**sections)),
                self.exporter(space, [device], shaped(), port=PLAIN_PORT))

    def assert_promtool_is_content(self, exporter):
        done = run("promtool", "check", "metrics", input=exporter.page(), check=False)
        self.assertEqual((0, "", ""), (done.returncode, done.stdout, done.stderr))


class Labels(ExportCase):
    needs = ("promtool",)

    def setUp(self):
        super().setUp()
        for address in list(SERVERS)[1:]:
            self.b.ip("addr", "add", f"{address}/24", "dev", "ba")
        self.nsd(self.b, *SERVERS)

    def ask_all(self):
        return {server: self.dnsperf(self.a, server, dns.questions(fewer(count))) for server, count in SERVERS.items()}

    def test_disabled_labels_and_names_of_servers(self):
        names = [{"name": "the site", "addresses": ["10.1.0.0/24"]}, {"name": "cache", "addresses": ["10.1.0.3"]}]
        disabled = [{"metric": "dns_queries_total", "labels": ["query_type", "role"]},
                    {"metric": "dns_query_latency_seconds", "labels": ["query_type", "server", "role"]}]
        told, plain = self.both(self.a, "ab", metrics={"server_names": names, "disabled_labels": disabled})
        results = self.ask_all()
        page, usual = told.quiet_scrape(), plain.quiet_scrape()
        sent = {server: result.sent for server, result in results.items()}
        self.assertEqual(sent, usual.by("dns_queries_total", "server"))
        self.assertEqual({"the site": sent["10.1.0.2"] + sent["10.1.0.4"], "cache": sent["10.1.0.3"]},
                         page.by("dns_queries_total", "server"))
        rcodes = sum((collections.Counter(result.rcodes) for result in results.values()), collections.Counter())
        self.assertEqual(dict(rcodes), page.by("dns_queries_total", "rcode"))
        self.assertEqual(dict(results["10.1.0.3"].rcodes), page.by("dns_queries_total", "rcode", server="cache"))
        for labels, _ in page.series("dns_queries_total"):
            self.assertFalse({"query_type", "role"} & set(labels), labels)
        self.assert_one_histogram(page, sum(sent.values()))
        # What has other labels keeps them.
        self.assertEqual(usual.by("dns_messages_total", "kind"), page.by("dns_messages_total", "kind"))
        self.check_ledgers(usual)
        self.assert_promtool_is_content(told)

    def assert_one_histogram(self, page, count):
        (labels, value), = page.series("dns_query_latency_seconds_count")
        self.assertEqual(({}, count), (labels, value))
        buckets = {float(have["le"]): value for have, value in page.series("dns_query_latency_seconds_bucket")}
        rising = [buckets[edge] for edge in sorted(buckets)]
        self.assertEqual((sorted(rising), count), (rising, rising[-1]))
        self.assertLess(1, len(buckets))

    def test_a_list_of_metrics_is_all_there_is(self):
        chosen = ("dns_queries_total", "dns_query_latency_seconds", "process_open_fds")
        told = self.exporter(self.a, ["ab"], shaped(monitoring={"metrics": list(chosen)}))
        sent = self.dnsperf(self.a, "10.1.0.2", dns.questions(fewer(300))).sent
        wait_until(lambda: told.scrape().sum("dns_queries_total") == sent, "all queries to be counted")
        lines = told.page().splitlines()
        families = [line.split()[2] for line in lines if line.startswith("# TYPE ")]
        self.assertEqual(sorted(chosen), sorted(families))
        for line in lines:
            self.assertTrue(line.startswith(("# HELP ", "# TYPE ")) or line.startswith(chosen), line)
        self.assert_promtool_is_content(told)

    def test_runs_of_the_programs(self):
        told, plain = self.both(self.a, "ab", monitoring={"program_stats": True})
        before = told.scrape()
        self.assert_each_program_has(before, "runs", "run_seconds")
        sent = sum(result.sent for result in self.ask_all().values())
        delta = told.quiet_scrape() - before
        runs = delta.by("ebpf_dns_exporter_program_runs_total", "program")
        seconds = delta.by("ebpf_dns_exporter_program_run_seconds_total", "program")
        wire = {name: count for name, count in runs.items() if name.startswith("dns_tc")}
        # A frame for each query leaves, and one for each response comes; others are seldom.
        self.assertLessEqual(2, sum(1 for count in wire.values() if count >= sent), runs)
        self.assertLessEqual(sum(wire.values()), 2 * sent + 200, runs)
        for name, count in wire.items():
            self.assertTrue(1e-8 < seconds[name] / count < 1e-3, (name, count, seconds))
        self.assertFalse(plain.scrape().has("ebpf_dns_exporter_program_runs_total"))
        self.assert_promtool_is_content(told)

    def assert_each_program_has(self, page, *values):
        names = [{labels["program"] for labels, _ in page.series(f"ebpf_dns_exporter_program_{value}_total")} for value in values]
        self.assertEqual(names[0], names[1])
        self.assertLessEqual(2, len(names[0]))


class Redaction(ExportCase):
    """Seen from the server, so that there are clients."""

    def setUp(self):
        super().setUp()
        for address in ASKERS[1:]:
            self.a.ip("addr", "add", f"{address}/24", "dev", "ab")
        self.nsd(self.b)

    def ask(self):
        """Names below six registrable domains; {client: queries sent}."""
        sent = {}
        for number, client in enumerate(ASKERS):
            count = fewer(200 * (number + 1))
            lines = [("www.one.co.uk", "b.two.co.uk", "three.com", "mail.four.com", "h1.example.test", "x.y.churn")[i % 6] + " A"
                     for i in range(count)]
            sent[client] = self.dnsperf(self.a, "10.1.0.2", lines, "-a", client).sent
        return sent

    def test_masks_and_hashes(self):
        hidden = {way: self.exporter(self.b, ["ba"], shaped(metrics={"domain_names": way, "client_addresses": way},
                                                           query_log={"hash_key": KEY}), port=port)
                  for way, port in (("mask", PORT), ("hash", PORT + 2))}
        plain = self.exporter(self.b, ["ba"], shaped(), port=PLAIN_PORT)
        sent = self.ask()
        usual = plain.quiet_scrape()
        self.assertEqual(sent, usual.by("dns_client_queries_total", "client"))
        self.assertEqual(set(SUFFIXES), set(usual.by("dns_domain_queries_total", "domain")))
        rewrites = {"mask": (SUFFIXES.get, lambda _: "10.1.0.0/24"), "hash": (digest("name"), digest("client"))}
        for way, exporter in hidden.items():
            page = exporter.quiet_scrape()
            self.check_ledgers(page)
            self.assert_moved(page, usual, "dns_domain_queries_total", "domain", rewrites[way][0])
            self.assert_moved(page, usual, "dns_client_queries_total", "client", rewrites[way][1])
            for secret in ("one.co", "three", "four", "example.test", "y.churn", *(f'"{client}"' for client in ASKERS)):
                self.assertNotIn(secret, exporter.page())

    def assert_moved(self, page, usual, metric, label, rewrite):
        """The values of `label` went where `rewrite` sends them, and nothing is lost."""
        expected = collections.Counter()
        for value, count in usual.by(metric, label).items():
            expected[value if value == "other" else rewrite(value)] += count
        self.assertEqual(dict(expected), page.by(metric, label))


class Retired(ExportCase):
    """Few domains have series, and ever others are asked."""

    def test_a_sum_never_falls(self):
        self.nsd(self.b)
        told = self.exporter(self.a, ["ab"], shaped(metrics={"top_domains": 2, "domain_names": "mask"}))
        # A domain takes another's place when it is asked for more than twice as often, and somewhat more.
        lines = [f"w.d{turn}.{dns.CHURN_ZONE} A" for turn in range(5) for _ in range(fewer(int(100 * 2.5 ** turn)))]
        load = Dnsperf(self.a, self.folder, "10.1.0.2", lines, "-q", 5, "-Q", fewer(1500))
        pages, is_over = [told.scrape()], threading.Event()
        scraper = threading.Thread(target=self.scrape_often, args=(told, pages, is_over))
        scraper.start()
        try:
            sent = load.result().sent
        finally:
            is_over.set()
            scraper.join()
        pages.append(told.quiet_scrape())
        self.assertLess(10, len(pages))
        for before, after in zip(pages, pages[1:]):
            self.assert_nothing_fell(before, after)
        # What retired domains had is in the sums still.
        self.assertLess(0, pages[-1].sum("dns_retired_queries_total", metric="domain"))
        shown = pages[-1].by("dns_domain_queries_total", "domain")
        self.assertEqual(({"*.churn", "other"}, sent), (set(shown), sum(shown.values())))

    def assert_nothing_fell(self, before, after):
        for key, value in before.samples.items():
            if key[0] == "dns_domain_queries_total":
                self.assertLessEqual(value, after.samples.get(key, -1), key)

    @staticmethod
    def scrape_often(exporter, pages, is_over):
        while not is_over.is_set():
            pages.append(exporter.scrape())
            time.sleep(SHARED)


if __name__ == "__main__":
    unittest.main()
