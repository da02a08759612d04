#!/usr/bin/env python3
"""Tests of compare.py: what each rule of its docstring accepts and refuses, with a tool that says what it is told to."""
import contextlib
import csv
import gzip
import io
import json
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

import compare

MESSAGE = {
    "frame": 3, "time": "10.000000001", "src": "192.0.2.1", "dst": "192.0.2.53", "proto": "udp", "sport": 40000,
    "dport": 53, "id": 7, "qr": 0, "opcode": 0, "rcode": 0, "qdcount": 1, "udp_len": 41,
    "questions": [{"name": "a.example", "wire": "0161076578616d706c6500", "type": 1, "class": 1}]}
TCP = {"proto": "tcp", "udp_len": None, "tcp_len": 33}
SAYS_WHAT_LIES_THERE = "sys.stdout.write(open(job['capture']).read())"
ERROR = {"frame": 3, "time": "10.000000001", "error": "bad_label"}


def message(**changes):
    line = json.loads(json.dumps(MESSAGE))
    line.update(changes)
    return {name: value for name, value in line.items() if value is not None}


def question(**changes):
    return [dict(MESSAGE["questions"][0], **changes)]


class CompareTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data = pathlib.Path(folder.name)
        for name in ("captures", "truth"):
            (self.data / name).mkdir()
        self.tool = self.data / "tool.py"
        self.tool_says(SAYS_WHAT_LIES_THERE)
        self.rows, self.listed = [], []

    def tool_says(self, work):
        """A tool that does `work` with each job."""
        self.tool.write_text("import json, sys\nfor line in sys.stdin:\n    job = json.loads(line)\n    %s\n"
                             "    print('{\"end\": true}', flush=True)\n" % work)

    def add(self, truth, ours, file="one.pcap", category="basic", decode_as=""):
        with gzip.open(self.data / "truth" / (file + ".jsonl.gz"), "wt") as out:
            out.writelines(json.dumps(line) + "\n" for line in truth)
        (self.data / "captures" / file).write_text("".join(json.dumps(line) + "\n" for line in ours))
        self.rows.append({"file": file, "category": category, "decode_as": decode_as})

    def list(self, frame, side, fields="", runs="all", file="one.pcap"):
        self.listed.append({"file": file, "frame": frame, "side": side, "fields": fields, "runs": runs,
                            "reason": "a test", "right": "ours"})

    @staticmethod
    def write(path, names, rows):
        with open(path, "w", newline="") as file:
            table = csv.DictWriter(file, names)
            table.writeheader()
            table.writerows(rows)

    def compare(self, *options):
        """Exit code and output of a run over what was added."""
        self.write(self.data / "manifest.csv", ("file", "category", "decode_as"), self.rows)
        self.write(self.data / "differences.csv", ("file", "frame", "side", "fields", "runs", "reason", "right"),
                   self.listed)
        command = ["compare.py", "--data", str(self.data), "--differences", str(self.data / "differences.csv"),
                   "--tool", "%s %s" % (sys.executable, self.tool), *options]
        with mock.patch.object(sys, "argv", command), contextlib.redirect_stdout(io.StringIO()) as out:
            return compare.main(), out.getvalue()

    def accepts(self, truth, ours, *options, **more):
        self.add(truth, ours, **more)
        code, out = self.compare(*options)
        self.assertEqual((code, out.splitlines()[-1].split()[4:]), (0, ["0", "0", "100.00"]), out)
        return out

    def refuses(self, truth, ours, text, *options, **more):
        self.add(truth, ours, **more)
        code, out = self.compare(*options)
        self.assertEqual(code, 1, out)
        self.assertIn(text, out)

    def test_equal_messages_agree(self):
        out = self.accepts([message(), message(id=8)], [message(), message(id=8)])
        self.assertRegex(out, r"basic +1 +2 +2 +0 +0 +100.00")

    def test_each_field_is_compared(self):
        changes = {"src": "192.0.2.2", "dst": "192.0.2.54", "sport": 40001, "dport": 5300, "id": 8, "qr": 1, "opcode": 5,
                   "rcode": 3, "udp_len": 42}
        for field, value in changes.items():
            name = "length" if field == "udp_len" else field
            with self.subTest(field):
                self.refuses([message(sport=53)], [message(**{"sport": 53, field: value})], "both %s:" % name)
        for field, value in {"wire": "0141076578616d706c6500", "type": 28, "class": 3}.items():
            with self.subTest(field):
                self.refuses([message()], [message(questions=question(**{field: value}))], "frame 3 both q")
        self.refuses([message()], [message(time="10.000000002")], "both time:")

    def test_a_missing_message_is_named_with_our_error(self):
        self.refuses([message()], [ERROR], "one.pcap frame 3 tshark")
        self.refuses([message()], [ERROR], "our error: ['bad_label']")

    def test_an_invented_message_is_named(self):
        self.refuses([message()], [message(), message(frame=4)], "one.pcap frame 4 ours")
        self.refuses([message()], [message(), message()], "one.pcap frame 3 ours")

    def test_other_ports_count_only_where_asked_for(self):
        multicast = message(sport=5353, dport=5353)
        self.accepts([message(), multicast], [message()])
        self.rows.clear()
        self.refuses([multicast], [], "frame 3 tshark", "--ports", "53,5353")
        self.rows.clear()
        self.refuses([message(dport=8053)], [], "frame 3 tshark", decode_as="port 8053=dns")
        self.rows.clear()
        self.refuses([message(sport=53, dport=40000)], [], "frame 3 tshark")

    def test_the_tool_is_told_of_the_ports(self):
        self.tool_says("assert job['ports'] == [53, 5353, 8053]")
        self.accepts([], [], "--ports", "53,5353", decode_as="port 8053=dns")

    def test_the_top_bit_of_an_mdns_class_is_no_difference(self):
        ours, truth = (dict(sport=5353, dport=5353, questions=question(**{"class": c})) for c in (0x8001, 1))
        self.accepts([message(**truth)], [message(**ours)], "--ports", "53,5353")
        self.rows.clear()
        self.refuses([message()], [message(questions=question(**{"class": 0x8001}))], "both qclass")

    def test_a_quote_in_an_icmp_error_must_not_be_ours(self):
        self.accepts([message(icmp_quoted=True)], [])
        self.rows.clear()
        self.refuses([message(icmp_quoted=True)], [message()], "frame 3 ours")

    def test_a_tunnel_counts_only_where_asked_for(self):
        self.accepts([message(ip_layers=2)], [])
        self.rows.clear()
        self.refuses([message(ip_layers=2)], [message()], "frame 3 ours")
        self.rows.clear()
        self.tool_says("assert '--tunnels' in sys.argv; " + SAYS_WHAT_LIES_THERE)
        self.accepts([message(ip_layers=2)], [message()], "--tunnels")

    def test_what_comes_in_pieces_may_be_ours_earlier_but_not_later(self):
        earlier, later = dict(frame=2, time="9.000000000"), dict(frame=4, time="11.000000000")
        for piecewise in (TCP, {"reassembled": True}):
            with self.subTest(piecewise):
                self.rows.clear()
                self.accepts([message(**piecewise)], [message(**piecewise, **earlier)])
                self.rows.clear()
                self.refuses([message(**piecewise)], [message(**piecewise, **later)], "frame 4 ours")
                self.rows.clear()
                self.refuses([message(**piecewise)], [message(**piecewise, **earlier, sport=40001)], "frame 3 tshark")
        self.rows.clear()
        self.refuses([message()], [message(**earlier)], "frame 2 ours")

    def test_where_tshark_gives_up_early_our_error_agrees(self):
        for truth in (message(malformed=True, questions=[]), message(malformed=True, questions=[{"wire": "01"}]),
                      message(questions=question(name="<Name too long>"))):
            self.rows.clear()
            self.accepts([truth], [ERROR])
            self.rows.clear()
            self.accepts([truth], [dict(truth)])
            self.rows.clear()
            self.refuses([truth], [dict(ERROR, frame=2)], "frame 3 tshark")
            self.rows.clear()
            self.refuses([truth], [dict(ERROR, error="tcp_continuation")], "frame 3 tshark")

    def test_one_error_excuses_one_message(self):
        truth = message(malformed=True, questions=[])
        self.refuses([truth, truth], [ERROR], "frame 3 tshark")

    def test_where_tshark_gives_up_late_our_error_does_not_agree(self):
        self.refuses([message(malformed=True)], [ERROR], "frame 3 tshark")
        self.rows.clear()
        self.refuses([message(malformed=True, qdcount=0, questions=[])], [ERROR], "frame 3 tshark")
        self.rows.clear()
        self.refuses([message(questions=[])], [ERROR], "frame 3 tshark")

    def test_the_last_of_several_messages_stands_for_all(self):
        truth = [message(**TCP, id=i) for i in (1, 2, 3)]
        self.accepts(truth, [message(**TCP, id=3, n=3)])
        for n in (2, 4):
            self.rows.clear()
            self.refuses(truth, [message(**TCP, id=3, n=n)], "frame 3 tshark" if n == 2 else "frame 3 ours")
        self.rows.clear()
        self.refuses(truth, [message(**TCP, id=4, n=3)], "both id")
        self.rows.clear()
        alone = {name: value for name, value in message(**TCP).items() if name not in ("id", "qr", "questions")}
        self.accepts(truth, [dict(alone, n=3, frame=2, time="9.000000000")])
        self.rows.clear()
        self.refuses(truth, [dict(alone, n=3, sport=40001)], "frame 3 tshark")

    def test_a_listed_difference_is_accepted_but_is_no_agreement(self):
        truth = [message(frame=i) for i in range(1, 201)]
        self.list(7, "tshark")
        self.list(9, "both", "id rcode")
        self.add(truth, [m for m in truth if m["frame"] not in (7, 9)] + [message(frame=9, id=1, rcode=1)])
        code, out = self.compare()
        self.assertEqual(code, 0, out)
        self.assertRegex(out, r"basic +1 +200 +198 +2 +0 +99.00")

    def test_below_99_percent_fails_but_in_the_lenient_categories(self):
        for category, expected in (("basic", 1), ("malformed", 0), ("encrypted", 0)):
            self.rows.clear()
            self.listed.clear()
            self.list(3, "tshark")
            self.add([message()], [], category=category)
            self.assertEqual(self.compare()[0], expected, category)

    def test_a_listed_difference_that_does_not_show_fails(self):
        for file, frame, side, fields in (("one.pcap", 4, "tshark", ""), ("one.pcap", 3, "ours", ""),
                                          ("one.pcap", 3, "tshark", "id")):
            self.rows.clear()
            self.listed.clear()
            self.list(frame, side, fields, file=file)
            self.refuses([message()], [], "listed, but does not differ: one.pcap frame %d %s" % (frame, side))

    def test_a_list_may_name_captures_that_are_not_here(self):
        self.list(3, "tshark", file="another.pcap")
        self.accepts([message()], [message()])

    def test_a_listed_difference_holds_for_its_runs_only(self):
        everything = [message(), message(frame=4, sport=5353, dport=5353)]
        for runs, with_ports, without in (("ports", True, False), ("!ports", False, True), ("kernel", False, False),
                                          ("host", True, True), ("tunnels", False, False),
                                          ("host !tunnels ports", True, False)):
            for options, holds in ((("--ports", "53,5353"), with_ports), ((), without),
                                   (("--tunnels",), runs in ("tunnels", "!ports", "host"))):
                with self.subTest(runs=runs, options=options):
                    self.rows.clear()
                    self.listed.clear()
                    self.list(3, "tshark", runs=runs)
                    self.add(everything, everything[1:] if "--ports" in options else [], category="malformed")
                    self.assertEqual(self.compare(*options)[0], 0 if holds else 1)

    def test_a_tool_that_fails_is_a_fault(self):
        self.tool.write_text("import sys; sys.exit(3)\n")
        self.refuses([], [], "one.pcap: the tool failed: exit 3")
        self.tool_says("print('no json')")
        self.rows.clear()
        self.refuses([], [], "one.pcap: the tool failed")
        self.rows.clear()
        self.refuses([], [], "one.pcap: the tool failed", "--tool", str(self.data / "missing"))

    def test_a_tool_that_fails_is_started_anew_for_the_next_capture(self):
        self.tool_says("assert 'bad' not in job['capture']; " + SAYS_WHAT_LIES_THERE)
        self.add([message()], [message()], file="bad.pcap")
        self.add([message()], [message()])
        code, out = self.compare()
        self.assertEqual(code, 1, out)
        self.assertIn("bad.pcap: the tool failed: exit 1", out)
        self.assertRegex(out, r"basic +2 +1 +1 +0 +0 +100.00")

    def test_a_tool_answers_each_capture_apart(self):
        self.add([message()], [message()])
        self.add([message(id=8)], [message(id=8)], file="two.pcap")
        code, out = self.compare()
        self.assertEqual(code, 0, out)
        self.assertRegex(out, r"basic +2 +2 +2 +0 +0 +100.00")

    def test_a_tool_that_skips_itself_is_no_fault(self):
        self.tool.write_text("import sys; print('SKIPPED: no root', file=sys.stderr); sys.exit(77)\n")
        self.add([message()], [])
        with self.assertRaises(SystemExit) as end:
            self.compare()
        self.assertEqual(end.exception.code, 77)

    def test_no_captures_are_a_fault(self):
        code, out = self.compare()
        self.assertEqual(code, 1)
        self.assertIn("lists no capture", out)


if __name__ == "__main__":
    unittest.main()
