"""The page of metrics as numbers, and the ledgers that it must keep."""

import collections
import re

_SAMPLE = re.compile(r'([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$')
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)')
_ESCAPES = {r"\\": "\\", r"\"": '"', r"\n": "\n"}

NOT_ANSWERED = ("TIMEOUT", "UNTRACKED")
# Results of dns_packets_total{protocol="tcp"}: no errors, and errors of a segment and not of a message in it.
NO_ERRORS = ("tcp_continuation", "tcp_retransmission")
OF_SEGMENTS = ("tcp_no_message_start", "tcp_out_of_order", "tcp_busy", "truncated_packet", "load_failed", "fragment",
               "bad_ip_header", "extension_headers", "segmented", "bad_udp_length")


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


def _packets_ledger(of, page):
    """UDP: a packet is a message or an error. TCP: a segment holds any number of messages."""
    segments = of("dns_packets_total", protocol="tcp", result="message")
    tcp_messages = of("dns_messages_total", protocol="tcp")
    lines = [
        ("first ledger, udp: packets called messages = messages by interface",
         of("dns_packets_total", protocol="udp", result="message"), of("dns_messages_total", protocol="udp")),
        ("first ledger, tcp: no segment is called message without one", min(segments, tcp_messages), segments),
        ("first ledger, tcp: no message without a segment", tcp_messages > 0, segments > 0),
    ]
    reasons = set(page.by("dns_packets_total", "result")) | set(page.by("dns_parse_errors_total", "reason"))
    for reason in sorted(reasons - {"message"}):
        packets, errors = of("dns_packets_total", result=reason), of("dns_parse_errors_total", reason=reason)
        if reason in NO_ERRORS:
            packets = 0
        elif reason not in OF_SEGMENTS:  # of messages: in TCP they are errors whatever their segment is called
            packets = of("dns_packets_total", result=reason, protocol=("udp", "unknown"))
            errors = min(errors, packets) if of("dns_packets_total", protocol="tcp") else errors
        lines.append((f"parse errors, {reason}", packets, errors))
    return lines


def ledger(page):
    """[(what, left side, right side)] of every equation that holds while no message passes."""
    of = page.sum
    queries = of("dns_queries_total")
    matched = of("dns_queries_total", rcode=_answered)
    unexpected = sum(of(f"dns_responses_{kind}_total") for kind in ("unmatched", "late", "duplicate"))
    group = {kind: of("dns_multicast_messages_total", kind=kind) for kind in ("query", "response")}
    return _packets_ledger(of, page) + [
        ("messages by opcode, queries", of("dns_opcodes_total", kind="query"), of("dns_messages_total", kind="query")),
        ("messages by opcode, responses", of("dns_opcodes_total", kind="response"),
         of("dns_messages_total", kind="response")),
        ("messages by size", of("dns_message_size_bytes_count"), of("dns_messages_total")),
        ("second ledger: standard queries = outcomes + active + retransmissions + those to a group",
         of("dns_opcodes_total", kind="query", opcode="QUERY"),
         queries + of("dns_active_queries") + of("dns_query_retransmissions_total") + group["query"]),
        ("third ledger: responses = matched + unmatched + late + duplicate + other opcodes",
         of("dns_responses_total"),
         matched + unexpected + of("dns_opcodes_total", kind="response", opcode=lambda text: text != "QUERY")),
        ("responses by rcode and those of groups = messages", of("dns_responses_total") + group["response"],
         of("dns_messages_total", kind="response")),
        ("fourth ledger: finished = events delivered + not delivered", queries, of("ebpf_dns_exporter_events_total")),
        ("latencies = matched", of("dns_query_latency_seconds_count"), matched),
        ("domains and what they retired", queries,
         of("dns_domain_queries_total") + of("dns_retired_queries_total", metric="domain")),
        ("clients and what they retired", of("dns_queries_total", role="server"),
         of("dns_client_queries_total") + of("dns_retired_queries_total", metric="client")),
    ]


def check_ledgers(test, page, apart=()):
    """Fails the test with every equation that does not balance, but for those `apart`. The page must be one of a quiet
    moment."""
    test.assertTrue(page.has("dns_packets_total"), "the page has no dns_packets_total")
    wrong = [f"{what}: {left:.0f} != {right:.0f}" for what, left, right in ledger(page)
             if left != right and what not in apart]
    test.assertEqual([], wrong)
