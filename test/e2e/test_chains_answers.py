"""The command `chains` before an exporter that answers what the test wants: one that is started anew, forgets, breaks off,
or is none."""

import contextlib
import http.server
import itertools
import json
import signal
import socket
import threading
import time
import unittest
import urllib.parse

from lab import SLOW, LabCase, wait_until
from lab.exporter import PORT
from lab.process import Process

URL = f"http://127.0.0.1:{PORT}"
PATIENCE = 5   # seconds that the exporter may be gone
ASKS = 0.25    # seconds from one question to the next
LONGEST = 5    # seconds that an answer may take


def chain(sequence, name, **more):
    """A chain of an API that says no more than it must; pid and time tell of another run."""
    return {"sequence": sequence, "time": "2026-01-31T14:03:02.000000001Z", "name": name, "type": "A", "result": "NOERROR",
            "duration_seconds": 0.25, "begun_by": "query", "pid": 7, "comm": "dig",
            "events": [{"event": "QUERY_START", "hop": 0, "depth": 0, "offset_seconds": 0, "name": name}], **more}


def run_of(prefix, count, **more):
    return [chain(number, f"{prefix}{number}.test", **more) for number in range(1, count + 1)]


class FakeExporter:
    """Answers /api/v1/chains in a namespace as README.md has it: of `chains`. `broken` is (status, octets) that it answers
    instead; `pause` is how long it thinks."""

    def __init__(self, space):
        self.chains, self.available, self.broken, self.pause, self.asked = [], True, None, 0, 0
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), self._handler(), bind_and_activate=False)
        self._server.socket.close()
        self._server.socket = space.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._server.socket.bind(("127.0.0.1", PORT))
        self._server.server_activate()
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait_for_question(self):
        """Returns when a question has come that was not sent yet, and the one after it: so the answer to the first is
        shown."""
        seen = self.asked
        wait_until(lambda: self.asked >= seen + 2, "the command to ask", 10)

    def answer(self, path):
        self.asked += 1
        time.sleep(self.pause)
        if self.broken:
            return self.broken
        query = {key: int(values[0]) for key, values in urllib.parse.parse_qs(urllib.parse.urlsplit(path).query).items()}
        new = [one for one in self.chains if one["sequence"] > query.get("after", 0)]
        limit = query.get("limit", 100)
        finished = self.chains[-1]["sequence"] if self.chains else 0
        first = self.chains[0]["sequence"] if self.chains else 1
        return 200, json.dumps({"available": self.available, "finished": finished, "first_sequence": first,
                                "chains": new[-limit:] if limit else [], "slowest": []}).encode()

    def _handler(self):
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    status, body = fake.answer(self.path)
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler


class ChainsAnswersTest(LabCase):
    needs = ("bash",)

    def setUp(self):
        super().setUp()
        self.space = self.namespace("fake")
        self.fake = FakeExporter(self.space)
        self.addCleanup(self.fake.stop)
        self.serial = itertools.count()

    def begin(self, *words):
        process = Process(f"chains-{next(self.serial)}", self.space.command(*words), self.folder)
        self.addCleanup(process.stop)
        return process

    def command(self, *options, before=()):
        """The command, waiting for chains. `before`: words that run it."""
        process = self.begin(*before, self.binary, "chains", f"--url={URL}", *options)
        wait_until(lambda: process.require_running() and "waiting for chains" in process.err(), "the command to wait", 30)
        return process

    def ended(self, process, seconds=10):
        process.require_running()
        process.send(signal.SIGINT)
        self.assertEqual(0, process.wait(seconds * SLOW), process.err())
        return process.out()

    def names(self, text):
        return [json.loads(line)["name"] for line in text.splitlines()]

    def show(self, chains):
        """The exporter has these from now on, and the command has seen it."""
        self.fake.chains = chains
        self.fake.wait_for_question()

    def test_what_ended_before_is_not_shown(self):
        self.fake.chains = run_of("old", 5)
        command = self.command("--json")
        self.show(self.fake.chains + [chain(6, "new6.test")])
        self.show(self.fake.chains + [chain(7, "new7.test"), chain(8, "new8.test")])
        self.assertEqual(["new6.test", "new7.test", "new8.test"], self.names(self.ended(command)))

    def test_an_exporter_that_is_started_anew(self):
        """It counts from one again: fewer chains than there were before, as many, or more."""
        self.fake.chains = run_of("old", 2)
        command = self.command("--json")
        expected = []
        for prefix, count in (("fewer", 1), ("asmany", 1), ("more", 4)):
            self.show(run_of(prefix, count))
            expected += [f"{prefix}{number}.test" for number in range(1, count + 1)]
        self.assertEqual(expected, self.names(self.ended(command)))
        self.assertEqual(3, command.err().count("the exporter was started anew"), command.err())

    def test_a_chain_of_which_more_is_known_later_is_no_new_one(self):
        self.fake.chains = run_of("a", 2)
        command = self.command("--json")
        self.show(run_of("a", 3))
        # The time of day is reckoned for each answer; a pod's name comes when the API server has told it.
        self.show(run_of("a", 3, time="2026-01-31T14:03:02.000000731Z", pod="web-1"))
        self.assertEqual(["a3.test"], self.names(self.ended(command)))
        self.assertNotIn("anew", command.err())

    def test_chains_that_were_forgotten_before_they_were_asked_for(self):
        commands = [self.command(*more) for more in ((), ("--json",))]
        self.show(run_of("a", 20)[11:])
        text, lines = map(self.ended, commands)
        self.assertEqual("9 chains, 0 failed, 11 more came too fast to be shown", text.split("\n\n")[-1].splitlines()[0])
        self.assertEqual(9, len(lines.splitlines()))
        self.assertRegex(commands[1].err(), 'level=warn msg="chains came too fast to be shown" missed=11\n')

    def test_who_is_no_exporter_or_an_older_one(self):
        """An error at once, which tells what came, without what may harm a terminal."""
        for broken, words in (((404, b'{"error": "no such path"}'), "404: no such path"), ((200, b"<html>\x1b[2J\n"), r"<html>\\027\[2J"),
                              ((200, b'{"chains": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"), "no JSON object"), ((500, b""), "500"),
                              ((200, b"{}"), "nobody tells of them there; see workload.backend")):
            with self.subTest(words):
                self.fake.broken = broken
                command = self.begin(self.binary, "chains", f"--url={URL}")
                self.assertEqual(1, command.wait(20 * SLOW), command.err())
                self.assertEqual("", command.out())
                self.assertNotIn("\x1b", command.err())
                self.assertRegex(command.err().splitlines()[-1], f"^ebpf_dns_exporter: .*{words}")

    def test_an_exporter_that_breaks_off_for_a_moment(self):
        command = self.command("--json")
        self.fake.broken = 200, b'{"chains": ['
        self.fake.wait_for_question()
        self.fake.broken = None
        self.show(run_of("a", 2))
        self.assertEqual(["a1.test", "a2.test"], self.names(self.ended(command)))
        self.assertEqual(1, command.err().count("level=warn"), command.err())

    def test_an_exporter_that_breaks_off(self):
        """What was seen until then is told all the same."""
        command = self.command()
        self.show(run_of("a", 2))
        self.fake.broken = 500, b"\x1b"
        begin = time.monotonic()
        self.assertEqual(1, command.wait((PATIENCE + 20) * SLOW), command.err())
        took = time.monotonic() - begin
        self.assertTrue(PATIENCE - 1 <= took < (PATIENCE + 5) * SLOW, took)
        self.assertIn("\n\n2 chains, 0 failed\n", command.out())
        self.assertRegex(command.err().splitlines()[-1], r"^ebpf_dns_exporter: .*it answered 500: \\027")
        self.assertEqual(1, command.err().count("level=warn"), command.err())

    def test_an_exporter_that_thinks_for_long(self):
        command = self.command()
        self.fake.pause = 20
        time.sleep(2 * ASKS)
        begin = time.monotonic()
        self.ended(command, 30)
        self.assertLess(time.monotonic() - begin, (LONGEST + 3) * SLOW)

    def test_hostile_texts(self):
        evil = "a\x1b[2J\r\n\x07\x7f\x9b\u202e\ud7ff\U0001f600" + "z" * 2000
        event = {key: evil for key in ("event", "name", "type", "server", "rcode", "leads_to", "comm")}
        texts = {key: evil for key in ("time", "type", "result", "begun_by", "cache", "comm", "pod", "new member")}
        one = chain(1, evil, **{**texts, "events": [{**event, "hop": 2**64 - 1, "depth": 2**64 - 1, "pid": 2**64 - 1}] * 3})
        commands = [self.command(*more) for more in ((), ("--json",))]
        self.show([one])
        text, lines = map(self.ended, commands)
        for output in (text, lines):
            self.assertTrue(all(" " <= character <= "~" or character == "\n" for character in output))
        # A line for the chain, one an event, an empty one, and five of the summary.
        self.assertEqual(1 + 3 + 1 + 5, len(text.splitlines()))
        self.assertEqual([one], [json.loads(line) for line in lines.splitlines()])

    def test_output_that_can_not_be_written(self):
        for more in ((), ("--json",)):
            with self.subTest(more):
                self.fake.chains = []
                command = self.command(*more, before=("bash", "-c", 'exec "$@" > /dev/full', "bash"))
                self.fake.chains = run_of("a", 1)
                self.assertEqual(1, command.wait(5 * SLOW), command.err())
                self.assertIn("ebpf_dns_exporter: write stdout: No space left on device", command.err())


if __name__ == "__main__":
    unittest.main()
