#!/usr/bin/env python3
"""Compares what a tool of this folder says of captures with what tshark says of them, message by message.

usage: compare.py --data FOLDER --tool "COMMAND [OPTION]..." [--ports 53,5353,5355] [--tunnels] [--differences FILE]

FOLDER holds captures/, truth/ (tshark's answers, one JSON object a line, gzip) and manifest.csv. Compared are time, source,
destination, ports, protocol, id, QR, opcode, RCODE, and name (the bytes on the wire), type and class of the first question,
and the message's length.

The rules:
(a) Only messages from or to a port of --ports (default 53) count; the manifest's decode_as adds a port for its capture.
(b) What tshark reads in the quote of an ICMP error (icmp_quoted) is no message and must not be one of ours; the same holds,
    without --tunnels, for what lies behind a second IP header.
(c) tshark tells a message at the packet that completes it. We tell it at the packet in which its header and question end:
    with a message in IP fragments or in TCP segments, frame and time may be earlier than tshark's; everything else must be
    equal. In all other cases frame and time must be equal too.
(d) Where tshark gives up inside the first question or before it (malformed, or a name that it calls too long), ours may be
    an error of that frame instead.
(e) Of the class in an mDNS question, the top bit is a flag (RFC 6762, 5.4), which tshark shows apart.
(f) A tool that tells only the last of several messages of a packet ("n") must have their number right.

Whatever else differs is printed. Differences that were looked at by hand are listed in differences.csv and accepted: file,
frame, side (tshark: we lack it, ours: tshark lacks it, both: they differ in `fields`), fields, runs, reason, right (tshark,
ours, both or neither). `runs` names the runs in which the difference shows: all, or, of host, kernel, ports (more than 53)
and tunnels, those that all must hold, with a ! before those that must not. A listed difference that does not show is an
error.

Exit 1 where there is an unlisted difference, a tool that fails, or less than 99 % agreement (a listed difference is no
agreement) in a category other than malformed and encrypted. Exit 77 where the tool skips itself, for want of root.
"""
import argparse
import collections
import contextlib
import csv
import gzip
import json
import pathlib
import re
import shlex
import subprocess
import sys
import threading

LEAST_PERCENT = 99.0
LENIENT = ("malformed", "encrypted")
NO_ERRORS = ("tcp_continuation", "tcp_retransmission")
TOOL_SECONDS = 300
SKIPPED = 77  # ctest's SKIP_RETURN_CODE
NAME_TOO_LONG = "<Name too long>"  # tshark's text
MDNS_PORT = 5353
MDNS_CLASS = 0x7fff  # without the flag QU

ADDRESSES = ("src", "dst", "sport", "dport", "proto")
CONTENT = ("id", "qr", "opcode", "rcode", "qname", "qtype", "qclass", "length")
Difference = collections.namedtuple("Difference", "frame side fields detail")


class Message:
    """One message of either side; `known` is false where only its addresses are."""

    def __init__(self, line, known=True):
        self.frame, self.time, self.known = line["frame"], line["time"], known
        self.line = line
        self.addresses = tuple(line.get(name) for name in ADDRESSES)
        if not known:
            return
        question = (line.get("questions") or [{}])[0]
        qclass = question.get("class")
        if qclass is not None and MDNS_PORT in self.addresses:
            qclass &= MDNS_CLASS
        length = line.get("tcp_len", line.get("udp_len"))
        self.content = tuple(line.get(name) for name in CONTENT[:4]) + (
            question.get("wire"), question.get("type"), qclass, length)
        self.may_be_late = line.get("proto") == "tcp" or bool(line.get("reassembled"))

    def stops_early(self):
        """tshark gave up inside the first question or before it."""
        question = (self.line.get("questions") or [{}])[0]
        if question.get("name") == NAME_TOO_LONG:
            return True
        whole = all(name in question for name in ("wire", "type", "class"))
        return bool(self.line.get("malformed")) and not whole and self.line.get("qdcount", 1) != 0

    def text(self):
        if not self.known:
            return "a message %s" % (self.addresses,)
        return "%s %s" % (self.addresses, dict(zip(CONTENT, self.content)))


def read_truth(path, ports, tunnels):
    with gzip.open(path, "rt") as lines:
        for line in map(json.loads, lines):
            quoted = line.get("icmp_quoted") or (line.get("ip_layers", 1) > 1 and not tunnels)
            if not quoted and (line.get("sport") in ports or line.get("dport") in ports):
                yield Message(line)


class Tool:
    """A tool that is running. It takes jobs, {"capture": PATH, "ports": [...]} a line, and answers each with lines of which
    the last has "end"."""

    def __init__(self, command):
        self._command, self._process = command, None

    def run(self, capture, ports):
        """Messages and errors of a capture."""
        if self._process is None:
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        hangs = threading.Timer(TOOL_SECONDS, self._process.kill)
        hangs.start()
        try:
            return self._answers({"capture": str(capture), "ports": sorted(ports)})
        except (OSError, RuntimeError, ValueError):
            self.close()  # the next capture gets a tool that works
            raise
        finally:
            hangs.cancel()

    def _answers(self, job):
        try:
            print(json.dumps(job), file=self._process.stdin, flush=True)
        except BrokenPipeError:
            pass  # it has ended: its output tells, and its exit code
        messages, errors = [], []
        for line in map(json.loads, self._process.stdout):
            if "end" in line:
                return messages, errors
            if "error" in line:
                if line["error"] not in NO_ERRORS:
                    errors.append(line)
                continue
            others = line.get("n", 1) - ("id" in line)
            messages += [Message(line, known=False) for _ in range(others)]
            if "id" in line:
                messages.append(Message(line))
        code = self._process.wait()
        if code == SKIPPED:
            sys.exit(SKIPPED)
        raise RuntimeError("exit %d" % code)

    def close(self):
        """Ends the tool."""
        if self._process is None:
            return
        self._process.kill()
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate()
        self._process = None


class Matching:
    """Pairs the messages of one capture; what stays over differs."""

    def __init__(self, truth, ours, errors):
        self.truth, self.ours, self.errors = list(truth), list(ours), list(errors)
        self.agreed = 0

    def _pair(self, key_of_truth, key_of_ours, fits):
        """Takes out the pairs of equal keys that fit, each with the first one that does."""
        waiting = collections.defaultdict(list)
        for ours in self.ours:
            key = key_of_ours(ours)
            if key is not None:
                waiting[key].append(ours)
        taken, left = set(), []
        for truth in self.truth:
            candidates = waiting.get(key_of_truth(truth), [])
            found = next((o for o in candidates if id(o) not in taken and fits(truth, o)), None)
            if found is None:
                left.append(truth)
                continue
            taken.add(id(found))
            self.agreed += 1
        self.truth, self.ours = left, [o for o in self.ours if id(o) not in taken]

    def run(self):
        full = lambda m: (m.addresses, m.content) if m.known else None
        same = lambda t, o: t.frame == o.frame and t.time == o.time
        late = lambda t, o: t.may_be_late and (o.frame, float(o.time)) <= (t.frame, float(t.time))
        self._pair(full, full, same)
        self._pair(full, full, late)
        unknown = lambda m: None if m.known else m.addresses
        self._pair(lambda m: m.addresses, unknown, late)
        self._accept_errors()
        return self._differences()

    def _accept_errors(self):
        frames = collections.Counter(error["frame"] for error in self.errors)
        left = []
        for truth in self.truth:
            if truth.stops_early() and frames[truth.frame]:
                frames[truth.frame] -= 1
                self.agreed += 1
            else:
                left.append(truth)
        self.truth = left

    def _differences(self):
        ours = list(self.ours)
        for truth in self.truth:
            near = [o for o in ours if o.known and o.frame == truth.frame and
                    (o.content[0] == truth.content[0] or o.addresses == truth.addresses)]
            if near:
                ours.remove(near[0])
                yield self._unequal(truth, near[0])
                continue
            errors = [e["error"] for e in self.errors if e["frame"] == truth.frame]
            yield Difference(truth.frame, "tshark", "", truth.text() + (" - our error: %s" % errors if errors else ""))
        for message in ours:
            yield Difference(message.frame, "ours", "", message.text())

    @staticmethod
    def _unequal(truth, ours):
        names = ADDRESSES + CONTENT
        pairs = list(zip(names, truth.addresses + truth.content, ours.addresses + ours.content))
        if truth.time != ours.time:
            pairs.append(("time", truth.time, ours.time))
        unequal = [(name, one, other) for name, one, other in [(n, t, o) for n, t, o in pairs] if one != other]
        detail = ", ".join("%s: tshark %s, ours %s" % field for field in unequal)
        return Difference(truth.frame, "both", " ".join(name for name, _, _ in unequal), detail)


class Listed:
    """The differences that were judged by hand, for this run."""

    def __init__(self, path, holds):
        self.entries = collections.Counter()
        with open(path, newline="") as file:
            for row in csv.DictReader(file):
                if self._applies(row["runs"], holds):
                    self.entries[row["file"], int(row["frame"]), row["side"], row["fields"]] += 1

    @staticmethod
    def _applies(runs, holds):
        words = [word for word in runs.split() if word != "all"]
        return all((word.lstrip("!") in holds) != word.startswith("!") for word in words)

    def take(self, file, difference):
        key = (file, difference.frame, difference.side, difference.fields)
        if not self.entries[key]:
            return False
        self.entries[key] -= 1
        return True

    def left(self, files):
        return sorted(key for key, n in self.entries.items() if n and key[0] in files)


class Table:
    """Counts by category, and what is wrong."""

    def __init__(self):
        self.counts = collections.defaultdict(collections.Counter)
        self.faults = 0

    def fault(self, text):
        self.faults += 1
        print(text)

    def finish(self):
        total = collections.Counter()
        print("%-14s %6s %9s %8s %7s %9s %8s" % ("category", "files", "messages", "agreed", "listed", "unlisted", "percent"))
        for category in sorted(self.counts):
            counts = self.counts[category]
            total.update(counts)
            percent = self._row(category, counts)
            if percent < LEAST_PERCENT and category not in LENIENT:
                self.fault("%s: below %.0f %%" % (category, LEAST_PERCENT))
        self._row("all", total)
        return 1 if self.faults else 0

    @staticmethod
    def _row(name, counts):
        messages = counts["agreed"] + counts["listed"] + counts["unlisted"]
        percent = 100.0 * counts["agreed"] / messages if messages else 100.0
        print("%-14s %6d %9d %8d %7d %9d %8.2f" % (
            name, counts["files"], messages, counts["agreed"], counts["listed"], counts["unlisted"], percent))
        return percent


def compare_capture(tool, row, arguments, listed, table):
    ports = set(arguments.ports)
    ports.update(int(port) for port in re.findall(r"port (\d+)=dns", row["decode_as"]))
    counts = table.counts[row["category"]]
    counts["files"] += 1
    try:
        ours, errors = tool.run(arguments.data / "captures" / row["file"], ports)
    except (OSError, RuntimeError, ValueError) as error:
        table.fault("%s: the tool failed: %s" % (row["file"], error))
        return
    truth = read_truth(arguments.data / "truth" / (row["file"] + ".jsonl.gz"), ports, arguments.tunnels)
    matching = Matching(truth, ours, errors)
    for difference in matching.run():
        if listed.take(row["file"], difference):
            counts["listed"] += 1
            continue
        counts["unlisted"] += 1
        table.fault("%s frame %d %s %s: %s" % (row["file"], *difference))
    counts["agreed"] += matching.agreed


def runs_of(arguments):
    holds = {"kernel" if "truth_kernel" in arguments.tool else "host"}
    if set(arguments.ports) - {53}:
        holds.add("ports")
    if arguments.tunnels:
        holds.add("tunnels")
    return holds


def main():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="compares a tool with tshark's answers; the docstring has the rules")
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--tool", required=True)
    parser.add_argument("--ports", type=lambda text: [int(port) for port in text.split(",")], default=[53])
    parser.add_argument("--tunnels", action="store_true")
    parser.add_argument("--differences", type=pathlib.Path, default=here / "differences.csv")
    arguments = parser.parse_args()

    with open(arguments.data / "manifest.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    listed = Listed(arguments.differences, runs_of(arguments))
    table = Table()
    if not rows:
        table.fault("%s lists no capture" % (arguments.data / "manifest.csv"))
    tool = Tool(shlex.split(arguments.tool) + ["--tunnels"] * arguments.tunnels)
    with contextlib.closing(tool):
        for row in rows:
            compare_capture(tool, row, arguments, listed, table)
    for key in listed.left({row["file"] for row in rows}):
        table.fault("listed, but does not differ: %s frame %d %s %s" % key)
    return table.finish()


if __name__ == "__main__":
    sys.exit(main())
