"""A changed configuration is taken into use while everything runs: no count is lost, and a bad file changes nothing."""

import json
import os
import signal
import time
import unittest

from lab import LabCase, alerts_of, check_ledgers, dns, get, wait_until
from lab.exporter import PORT

LIFECYCLE = ("--web.enable-lifecycle",)
STORM_SECONDS = 60
RELOAD_SECONDS = 0.1
RATE = 2000  # queries a second; the reflector, dnsperf, the reloads and the scrapes share two cores


def metric(page, name):
    return page.sum(f"ebpf_dns_exporter_{name}")


class ReloadTest(LabCase):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.two_hosts(ipv6=False)
        self.reflector(self.a, "10.1.0.1", "reflect")

    def start(self, config, *options):
        self.config = config
        return self.exporter(self.a, [], config, options=LIFECYCLE + options)

    def take(self, exporter, config):
        self.assertEqual((200, "reloaded\n"), exporter.reload(config))

    def ask(self, count, *options):
        result = dns.dnsperf(self.b, self.folder, "10.1.0.1", dns.questions(count), *options)
        self.assertEqual((count, 0), (result.sent, result.lost))

    def test_a_storm_of_reloads_loses_no_count(self):
        """Ten a second under load, each with another configuration."""
        exporter = self.start(self.variant(0))
        count = RATE * STORM_SECONDS
        run = dns.Dnsperf(self.b, self.folder, "10.1.0.1", dns.questions(count), "-Q", RATE)
        started, reloads, last = time.monotonic(), 0, None
        while time.monotonic() - started < STORM_SECONDS:
            reloads += 1
            self.take(exporter, self.variant(reloads))
            if reloads % 10 == 0:
                page = exporter.scrape()
                self.not_lower(last, page)
                last = page
            time.sleep(max(0.0, started + reloads * RELOAD_SECONDS - time.monotonic()))
        result = run.result()
        self.assertEqual((count, 0), (result.sent, result.lost))
        self.assertGreater(reloads, STORM_SECONDS / RELOAD_SECONDS / 2, "the reloads came about as often as they were to")
        page = exporter.quiet_scrape()
        check_ledgers(self, page, apart=["latencies = matched"])  # the edges have changed: these begin anew
        self.assertEqual(count, page.sum("dns_queries_total", role="server"))
        self.assertEqual(count, page.sum("dns_responses_total", role="server"))
        self.assertEqual(2 * count, page.sum("dns_messages_total", interface="ab"))
        self.assertEqual(reloads, page.sum("ebpf_dns_exporter_config_reloads_total", result="success"))
        self.assertEqual(0, page.sum("ebpf_dns_exporter_config_reloads_total", result="failure"))

    def variant(self, number):
        """A configuration that differs from the one before it in some of what a reload may change."""
        folder = self.folder
        listed = os.path.join(folder, "listed")
        if not os.path.exists(listed):
            with open(listed, "w", encoding="ascii") as file:
                file.write("listed.example\n")
        alerts = {"type": "file", "path": os.path.join(folder, "alerts.log")}
        return {
            "performance": {"poll_interval_ms": (10, 5, 20)[number % 3]},
            "capture": {"interfaces": ("ab", "a*")[number % 2:][:1], "ports": ([53], [53, 5353], [5353, 53], [54, 53, 5353])[number % 4]},
            "metrics": {"latency_buckets_seconds": ([0.0001, 0.001, 0.01], [0.0005, 1])[number // 7 % 2],
                        "top_domains": (100, 3, 0)[number % 3], "top_clients": (1, 50)[number % 2],
                        "disabled_labels": ([], [{"metric": "dns_flags_total", "labels": ["kind"]}])[number % 2]},
            "security": {"max_label_length": 20 + number % 20, "rate_limit_qps": 100 + number,
                         "blocklists": ([], [{"name": "local", "path": listed}])[number // 2 % 2]},
            "alerting": {"destinations": ([], [alerts])[number // 3 % 2], "window_seconds": 10 + number % 50},
            "query_log": {"path": ("", os.path.join(folder, "queries.log"))[number // 11 % 2], "sample": 10},
            "web": {"slow_query_milliseconds": number % 100},
        }

    def not_lower(self, before, after):
        """Counters that a reload has nothing to do with never go down."""
        if before is None:
            return
        for name in ("dns_queries_total", "dns_responses_total", "dns_messages_total", "dns_packets_total", "dns_opcodes_total",
                     "dns_security_alerts_total", "ebpf_dns_exporter_events_total"):
            self.assertLessEqual(before.sum(name), after.sum(name), name)

    def test_a_bad_file_changes_nothing(self):
        exporter = self.start({"capture": {"interfaces": ["ab"]}})
        first = exporter.scrape()
        self.assertEqual(1, metric(first, "config_last_reload_successful"))
        status, text = exporter.reload({"capture": {"interfaces": ["ab"], "port": [53]}, "metrics": {"top_domains": -1}})
        self.assertEqual(500, status)
        self.assertIn("capture.port: unknown key, did you mean ports?", text)
        self.assertIn("and 1 more", text)
        status, text = exporter.reload({"capture": {"interfaces": ["nosuch0"]}})
        self.assertEqual(500, status)
        self.assertIn("nosuch0", text)
        time.sleep(0.2)  # scrapes within 100 ms share a reading
        page = exporter.scrape()
        self.assertEqual((0, 2), (metric(page, "config_last_reload_successful"),
                                  page.sum("ebpf_dns_exporter_config_reloads_total", result="failure")))
        self.assertEqual(metric(first, "config_last_reload_success_timestamp_seconds"),
                         metric(page, "config_last_reload_success_timestamp_seconds"))
        self.ask(100)
        self.assertEqual(100, exporter.quiet_scrape().sum("dns_queries_total", role="server"))
        self.take(exporter, {"capture": {"interfaces": ["ab"]}})
        time.sleep(0.2)
        page = exporter.scrape()
        self.assertEqual(1, metric(page, "config_last_reload_successful"))
        self.assertLess(metric(first, "config_last_reload_success_timestamp_seconds"),
                        metric(page, "config_last_reload_success_timestamp_seconds"))

    def test_sighup_reloads_and_says_what_takes_a_restart(self):
        exporter = self.start({"capture": {"interfaces": ["ab"]}})
        exporter.write_config({"capture": {"interfaces": ["ab"], "max_servers": 7}, "web": {"slow_query_milliseconds": 0}})
        exporter.process.send(signal.SIGHUP)
        wait_until(lambda: "configuration reloaded" in exporter.process.err(), "the reload")
        log = exporter.process.err()
        self.assertIn("changed=web.slow_query_milliseconds", log)
        self.assertIn("key=capture.max_servers", log)
        self.ask(50)
        status, text = get(self.a, PORT, "/api/v1/slow")
        self.assertEqual((200, 50), (status, len(json.loads(text)["transactions"])))

    def test_interfaces_and_ports(self):
        exporter = self.start({"capture": {"interfaces": ["lo"]}})
        self.ask(20)
        self.assertEqual(0, exporter.quiet_scrape().sum("dns_queries_total"))
        self.take(exporter, {"capture": {"interfaces": ["ab"]}})
        wait_until(lambda: exporter.scrape().sum("ebpf_dns_exporter_attached", interface="ab") > 0, "ab to be watched")
        self.assertFalse(exporter.scrape().series("ebpf_dns_exporter_attached", interface="lo"))
        self.ask(30)
        self.assertEqual(30, exporter.quiet_scrape().sum("dns_queries_total"))
        self.take(exporter, {"capture": {"interfaces": ["ab"], "ports": [5353]}})
        self.ask(40)
        self.assertEqual(30, exporter.quiet_scrape().sum("dns_queries_total"))
        self.take(exporter, {"capture": {"interfaces": ["ab"], "ports": [5353, 53]}})
        self.ask(50)
        self.assertEqual(80, exporter.quiet_scrape().sum("dns_queries_total"))

    def test_other_buckets_begin_anew_and_nothing_else_does(self):
        exporter = self.start({"capture": {"interfaces": ["ab"]}})
        self.ask(100)
        self.assertEqual(100, exporter.quiet_scrape().sum("dns_query_latency_seconds_count"))
        self.take(exporter, {"capture": {"interfaces": ["ab"]}, "metrics": {"latency_buckets_seconds": [0.003, 2]}})
        self.assertIn("the histograms of times begin anew", exporter.process.err())
        self.ask(70)
        page = exporter.quiet_scrape()
        self.assertEqual(170, page.sum("dns_queries_total"))
        self.assertEqual(70, page.sum("dns_query_latency_seconds_count"))
        self.assertEqual(70, page.sum("dns_query_latency_seconds_bucket", le="2"))
        self.assertEqual({"0.003", "2", "+Inf"}, set(page.by("dns_query_latency_seconds_bucket", "le")))
        self.assertEqual(170, page.sum("dns_workload_queries_total", role="client"))
        self.assertEqual(70, page.sum("dns_workload_latency_seconds_count", role="client"))

    def test_thresholds_and_destinations(self):
        path = os.path.join(self.folder, "alerts.log")
        config = {"capture": {"interfaces": ["ab"]}, "alerting": {"min_severity": 1, "window_seconds": 10}}
        exporter = self.start(config)
        name = "x" * 30 + ".example.com A"
        dns.dnsperf(self.b, self.folder, "10.1.0.1", [name])
        self.assertEqual([], alerts_of(self.a, event_type="LONG_LABEL"))
        config = {**config, "security": {"max_label_length": 29},
                  "alerting": {**config["alerting"], "destinations": [{"type": "file", "path": path}]}}
        self.take(exporter, config)
        dns.dnsperf(self.b, self.folder, "10.1.0.1", [name])
        wait_until(lambda: alerts_of(self.a, event_type="LONG_LABEL"), "the alert")
        wait_until(lambda: os.path.exists(path) and os.path.getsize(path) > 0, "the file's line")
        with open(path, encoding="utf-8") as file:
            self.assertEqual("LONG_LABEL", json.loads(file.readline())["event_type"])
        self.take(exporter, {"capture": {"interfaces": ["ab"]}})
        page = exporter.scrape()
        self.assertEqual(1, page.sum("dns_security_alerts_total", event_type="LONG_LABEL"))
        self.assertFalse(page.series("ebpf_dns_exporter_alert_deliveries_total"), "the file is no destination any more")

    def test_without_the_flag_nobody_reloads_over_http(self):
        self.exporter(self.a, ["ab"], {})
        self.assertEqual(403, get(self.a, PORT, "/-/reload", method="POST")[0])
        self.assertEqual(405, get(self.a, PORT, "/-/reload")[0])


if __name__ == "__main__":
    unittest.main()
