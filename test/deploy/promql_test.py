"""promql.py and catalogue.py: what is read of expressions and of the exporter's tables."""
import unittest

import catalogue
import promql


class Promql(unittest.TestCase):
    def test_selectors_and_grouping(self):
        selectors, labels = promql.read(
            'sum by (server, le) (rate(a_total{job=~"$job", x!="b,}"}[$__rate_interval])) / on (server) group_left ()\n'
            '  clamp_min(b offset 5m, 1e-3) # sum(c)\n> bool 0.5 or avg_over_time(d:e:f[1h:5m])')
        self.assertEqual([s.text() for s in selectors], ['a_total{job=~"$job", x!="b,}"}', "b", "d:e:f"])
        self.assertEqual(labels, {"server", "le"})

    def test_what_is_no_token(self):
        with self.assertRaises(ValueError):
            promql.read("rate(a?b)")

    def test_unknown(self):
        known = {"a_total": {"job", "server"}, "b": {"job"}}
        self.assertEqual(promql.unknown('sum by (server) (rate(a_total{job="x"}[5m])) / sum(b)', known), [])
        self.assertEqual(promql.unknown('sum by (name) (c{job="x"})', known),
                         ["c is no series", "c has no label job", "no series of it has the label name"])
        self.assertEqual(promql.unknown('b{server="x"}', known), ["b has no label server"])


class Catalogue(unittest.TestCase):
    def test_tables_are_read(self):
        known = catalogue.metrics()
        self.assertEqual(known["dns_queries_total"],
                         {"query_type", "rcode", "server", "role", "protocol", "job", "instance"})
        self.assertEqual(known["dns_query_latency_seconds_bucket"],
                         {"query_type", "server", "role", "le", "job", "instance"})
        self.assertNotIn("dns_query_latency_seconds", known)
        self.assertIn("process_resident_memory_bytes", known)

    def test_every_entry_is_read(self):
        folder = catalogue.ROOT / "exporter" / "metrics"
        entries = sum(path.read_text().count("{Metric::") for path in folder.glob("*_metrics.cpp"))
        names = {name.removesuffix("_bucket") for name in catalogue.metrics() if not name.endswith(("_sum", "_count"))}
        self.assertEqual(len(names - set(catalogue.PROMETHEUS)), entries)


if __name__ == "__main__":
    unittest.main()
