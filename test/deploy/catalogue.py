"""The exporter's metrics, as its tables in exporter/metrics/ declare them: what dashboards and rules may name."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]

ENTRY = re.compile(r'\{Metric::\w+,\s*"(?P<name>\w+)",\s*MetricType::(?P<type>\w+),\s*'
                   r'(?:"(?:[^"\\]|\\.)*"\s*)+,\s*\{(?P<labels>[^}]*)\}')
HISTOGRAM_PARTS = {"_bucket": {"le"}, "_sum": set(), "_count": set()}
# What Prometheus adds to every sample, and the names of its own about a target or a rule.
TARGET_LABELS = {"job", "instance"}
PROMETHEUS = {
    "up": set(),
    "scrape_duration_seconds": set(),
    "scrape_samples_scraped": set(),
    "ALERTS": {"alertname", "alertstate", "severity"},
}


def metrics():
    """Name of each series -> the labels that it has, those of the target apart."""
    found = {}
    for path in sorted((ROOT / "exporter" / "metrics").glob("*_metrics.cpp")):
        for entry in ENTRY.finditer(path.read_text()):
            labels = set(re.findall(r'"(\w+)"', entry["labels"]))
            if entry["type"] == "Histogram":
                for suffix, more in HISTOGRAM_PARTS.items():
                    found[entry["name"] + suffix] = labels | more
            else:
                found[entry["name"]] = labels
    return {name: labels | TARGET_LABELS for name, labels in (found | PROMETHEUS).items()}
