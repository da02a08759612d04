"""The Prometheus rules: each is valid, names only what the exporter has, and is tested firing and not firing."""
import pathlib
import re
import subprocess
import unittest

import yaml

import catalogue
import promql

RULES = catalogue.ROOT / "deploy" / "prometheus"
TESTS = pathlib.Path(__file__).resolve().parent / "rules"
ANNOTATIONS = {"summary", "description", "runbook"}
SEVERITIES = {"critical", "warning", "info"}


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def rules(kind):
    """The rules of all files that are records or alerts."""
    files = [yaml.safe_load(path.read_text()) for path in sorted(RULES.glob("*.rules.yml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"] if kind in rule]


def level_of(record, labels):
    """The labels that a recorded name says it has left."""
    rest, found = record.split(":")[0], {"job"}
    for label in sorted(labels, key=len, reverse=True):  # query_type before type
        rest, count = re.subn(rf"(^|_){label}(?=_|$)", "", rest)
        found |= {label} if count else set()
    if rest:
        raise ValueError(f"{record}: {rest} is no label")
    return found


def series():
    """What expressions may name: the exporter's series, and recorded ones with the labels of their level."""
    known = catalogue.metrics()
    labels = set().union(*known.values())
    return known | {rule["record"]: level_of(rule["record"], labels) for rule in rules("record")}


def cases():
    """(expression, number of samples expected) of each test."""
    files = [yaml.safe_load(path.read_text()) for path in sorted(TESTS.glob("*.test.yml"))]
    return [(case["expr"], len(case["exp_samples"])) for file in files for test in file["tests"]
            for case in test["promql_expr_test"]]


def means(expression, alert):
    """Whether the expression asks for the alert, by name or by pattern."""
    names = re.findall(r'alertname(=~?)"([^"]*)"', expression)
    return any(name == alert if operator == "=" else re.fullmatch(name, alert) for operator, name in names)


class Rules(unittest.TestCase):
    def test_promtool_takes_them(self):
        for path in sorted(RULES.glob("*.rules.yml")):
            checked = run("promtool", "check", "rules", str(path))
            self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        checked = run("promtool", "check", "config", str(RULES / "prometheus.yml"))
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_each_test_passes(self):
        for path in sorted(TESTS.glob("*.test.yml")):
            with self.subTest(path.name):
                tested = run("promtool", "test", "rules", str(path))
                self.assertEqual(tested.returncode, 0, tested.stdout + tested.stderr)

    def test_every_record_has_a_value_in_a_test(self):
        valued = {s.name for expression, samples in cases() if samples for s in promql.read(expression)[0]}
        self.assertEqual({rule["record"] for rule in rules("record")} - valued, set())

    def test_every_alert_fires_in_one_test_and_not_in_another(self):
        for rule in rules("alert"):
            with self.subTest(rule["alert"]):
                samples = [samples for expression, samples in cases() if means(expression, rule["alert"])]
                self.assertTrue([count for count in samples if count > 0], "it fires in no test")
                self.assertIn(0, samples, "it is quiet in no test")

    def test_they_name_what_there_is(self):
        known = series()
        for rule in rules("expr"):
            with self.subTest(rule.get("record") or rule.get("alert")):
                self.assertTrue(promql.read(rule["expr"])[0])
                self.assertEqual(promql.unknown(rule["expr"], known), [])

    def test_alerts_say_what_to_do(self):
        alerts = rules("alert")
        self.assertEqual(len({rule["alert"] for rule in alerts}), len(alerts))
        for rule in alerts:
            with self.subTest(rule["alert"]):
                self.assertEqual(set(rule["annotations"]), ANNOTATIONS)
                self.assertIn(rule["labels"]["severity"], SEVERITIES)

    def test_what_runbooks_name_is_there(self):
        known = series() | {name.removesuffix("_bucket"): labels for name, labels in catalogue.metrics().items()}
        for rule in rules("alert"):
            text = " ".join(rule["annotations"].values())
            named = set(re.findall(r"\b(?:dns_[a-z_]+_(?:total|seconds|queries|ratio)|ebpf_dns_exporter_[a-z_]+|job_\w+:[\w:]+)", text))
            self.assertEqual(named - set(known), set(), rule["alert"])


if __name__ == "__main__":
    unittest.main()
