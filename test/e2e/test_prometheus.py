"""A real Prometheus over churning domains: its sum of increases is the truth, and promtool finds nothing to say."""

import json
import os
import time
import unittest
import urllib.parse

from lab import LabCase, Process, dns, get, run, wait_until
from lab.exporter import PORT

PROMETHEUS_PORT = 9090
DOMAINS = 300
HOT = 40            # domains asked in one phase; the next phase begins STEP further
STEP = 15
PHASES = 25
PHASE_QUERIES = 1000
TOP_DOMAINS = 20


class PrometheusTest(LabCase):
    needed = LabCase.needed + ("prometheus", "promtool")

    def start_prometheus(self, space):
        path = os.path.join(self.folder, "prometheus.yml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"scrape_configs": [{"job_name": "dns", "scrape_interval": "1s", "scrape_timeout": "1s",
                                           "static_configs": [{"targets": [f"127.0.0.1:{PORT}"]}]}]}, file)
        process = Process("prometheus", space.command(
            "prometheus", f"--config.file={path}", f"--storage.tsdb.path={self.folder}/tsdb",
            f"--web.listen-address=127.0.0.1:{PROMETHEUS_PORT}"), self.folder)
        self.addCleanup(process.stop)
        wait_until(lambda: process.require_running() and get(space, PROMETHEUS_PORT, "/-/ready")[0] == 200,
                   "Prometheus to be ready", timeout=30)

    def ask(self, expression):
        status, text = get(self.space, PROMETHEUS_PORT, "/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
        self.assertEqual(200, status, text)
        return json.loads(text)["data"]["result"]

    def stored(self, expression):
        return sum(float(series["value"][1]) for series in self.ask(f"sum({expression})"))

    def churn(self):
        """Asks ever other domains of the 300 and returns how many queries were sent."""
        sent = 0
        for phase in range(PHASES):
            names = [f"d{(phase * STEP + i % HOT) % DOMAINS}.{dns.CHURN_ZONE} A" for i in range(PHASE_QUERIES)]
            result = self.dnsperf(self.space, "127.0.0.1", names, "-Q", PHASE_QUERIES)
            self.assertEqual(0, result.lost)
            sent += result.sent
        return sent

    def increases(self, metric):
        """The sum of all increases between stored samples; a series must begin with 0, so nothing precedes its first."""
        total = 0
        for series in self.ask(f"{metric}[15m]"):
            values = [float(value) for _, value in series["values"]]
            self.assertEqual(0, values[0], f"the first stored sample of {series['metric']}")
            # Lower than before means a series that ended and began again; what it shows then was counted since.
            total += sum(new - old if new >= old else new for old, new in zip(values, values[1:]))
        return total

    def test_increases_add_up_to_the_truth(self):
        self.space = self.namespace("a")
        self.nsd(self.space)
        exporter = self.exporter(self.space, ["lo"], {"metrics": {"top_domains": TOP_DOMAINS}})
        self.start_prometheus(self.space)
        wait_until(lambda: self.ask("count_over_time(dns_packets_total[1m]) > 1"), "two scrapes", timeout=20)
        sent = self.churn()
        after = exporter.quiet_scrape()
        self.check_ledgers(after)
        self.assertEqual(sent, after.sum("dns_queries_total"))
        wait_until(lambda: self.stored("dns_queries_total") == sent, "Prometheus to store the last query", timeout=20)
        time.sleep(2)  # and one scrape more, for the series that the last one may have begun
        self.assertEqual(sent, self.increases("dns_domain_queries_total"))
        for _ in range(3):
            shown = {labels["domain"] for labels, _ in exporter.scrape().series("dns_domain_queries_total")}
            self.assertLessEqual(len(shown - {"other"}), TOP_DOMAINS)
        self.assertEqual(1, min(float(value) for series in self.ask('up{job="dns"}[15m]') for _, value in series["values"]))

    def test_promtool_has_nothing_to_say(self):
        self.space = self.namespace("a")
        self.nsd(self.space)
        exporter = self.exporter(self.space, ["lo"])
        for page in (exporter.page(), self.page_after_traffic(exporter)):
            done = run("promtool", "check", "metrics", input=page, check=False)
            self.assertEqual((0, "", ""), (done.returncode, done.stdout, done.stderr))

    def page_after_traffic(self, exporter):
        self.dnsperf(self.space, "127.0.0.1", dns.questions(1000))
        exporter.quiet_scrape()
        return exporter.page()


if __name__ == "__main__":
    unittest.main()
