"""The page of metrics as numbers, and the ledgers that it must keep."""

import collections
import re

_SAMPLE = re.compile(r'([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$')
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)')
_ESCAPES = {r"\\": "\\", r"\"": '"', r"\n": "\n"}

NOT_ANSWERED = ("TIMEOUT", "UNTRACKED")


def _matches(have, want):
    """A filter's value is a text, a tuple of texts, or a function of the label's text."""
    if callable(want):
        return want(have)
    return have in want if isinstance(want, tuple) else have == want


class Snapshot:
    """Samples of one scrape: {(name, frozenset of (label, value)): number}. Subtraction gives what came in between."""

    def __init__(self, samples):
        self.samples = samples

    @classmethod
    def parse(cls, text):
        samples = {}
        for line in text.splitlines():
            if not line or line.startswith("#"):
                continue
            match = _SAMPLE.match(line)
            if not match:
                raise AssertionError(f"no sample of the text format: {line!r}")
            name, labels, value = match.groups()
            pairs = _LABEL.findall(labels or "")
            rebuilt = ",".join(f'{label}="{text}"' for label, text in pairs)
            if rebuilt != (labels or "").rstrip(","):
                raise AssertionError(f"labels that do not parse: {line!r}")
            key = (name, frozenset((label, re.sub(r"\\.", lambda m: _ESCAPES[m.group()], text)) for label, text in pairs))
            if key in samples:
                raise AssertionError(f"a series comes twice: {line!r}")
            samples[key] = float(value)
        return cls(samples)

    def __sub__(self, before):
        return Snapshot({key: value - before.samples.get(key, 0.0) for key, value in self.samples.items()})

    def series(self, name, **labels):
        """[(labels as dict, value)] of the metric's series that carry these labels."""
        found = []
        for (sample, pairs), value in self.samples.items():
            if sample == name:
                have = dict(pairs)
                if all(_matches(have.get(label, ""), want) for label, want in labels.items()):
                    found.append((have, value))
        return found

    def sum(self, name, **labels):
        return sum(value for _, value in self.series(name, **labels))

    def by(self, name, label, **labels):
        """{label's value: sum}, without the zeros."""
        sums = collections.Counter()
        for have, value in self.series(name, **labels):
            sums[have.get(label, "")] += value
        return {key: value for key, value in sums.items() if value}

    def has(self, name):
        return any(sample == name for sample, _ in self.samples)


def _answered(rcode):
    return rcode not in NOT_ANSWERED


def ledger(page):
    """[(what, left side, right side)] of every equation that holds while no message passes."""
    of = page.sum
    queries = of("dns_queries_total")
    matched = of("dns_queries_total", rcode=_answered)
    unexpected = sum(of(f"dns_responses_{kind}_total") for kind in ("unmatched", "late", "duplicate"))
    lines = []
    for protocol in ("udp", "tcp"):
        lines.append((f"first ledger, {protocol}: packets called messages = messages by interface",
                      of("dns_packets_total", protocol=protocol, result="message"),
                      of("dns_messages_total", protocol=protocol)))
    lines += [
        ("first ledger: packets = messages + parse errors", of("dns_packets_total"),
         of("dns_messages_total") + of("dns_parse_errors_total")),
        ("messages by opcode, queries", of("dns_opcodes_total", kind="query"), of("dns_messages_total", kind="query")),
        ("messages by opcode, responses", of("dns_opcodes_total", kind="response"),
         of("dns_messages_total", kind="response")),
        ("messages by size", of("dns_message_size_bytes_count"), of("dns_messages_total")),
        ("second ledger: standard queries = outcomes + active + retransmissions",
         of("dns_opcodes_total", kind="query", opcode="QUERY"),
         queries + of("dns_active_queries") + of("dns_query_retransmissions_total")),
        ("third ledger: responses = matched + unmatched + late + duplicate + other opcodes",
         of("dns_messages_total", kind="response"),
         matched + unexpected + of("dns_opcodes_total", kind="response", opcode=lambda text: text != "QUERY")),
        ("responses by rcode", of("dns_responses_total"), of("dns_opcodes_total", kind="response", opcode="QUERY")),
        ("fourth ledger: finished = events delivered + not delivered", queries, of("ebpf_dns_exporter_events_total")),
        ("latencies = matched", of("dns_query_latency_seconds_count"), matched),
        ("domains and what they retired", queries,
         of("dns_domain_queries_total") + of("dns_retired_queries_total", metric="domain")),
        ("clients and what they retired", of("dns_queries_total", role="server"),
         of("dns_client_queries_total") + of("dns_retired_queries_total", metric="client")),
    ]
    reasons = set(page.by("dns_packets_total", "result")) | set(page.by("dns_parse_errors_total", "reason"))
    for reason in sorted(reasons - {"message"}):
        lines.append((f"parse errors, {reason}", of("dns_packets_total", result=reason),
                      of("dns_parse_errors_total", reason=reason)))
    return lines


def check_ledgers(test, page):
    """Fails the test with every equation that does not balance. The page must be one of a quiet moment."""
    test.assertTrue(page.has("dns_packets_total"), "the page has no dns_packets_total")
    wrong = [f"{what}: {left:.0f} != {right:.0f}" for what, left, right in ledger(page) if left != right]
    test.assertEqual([], wrong)
