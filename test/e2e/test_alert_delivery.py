"""Alerts reach real servers: rsyslog on three transports, Alertmanager, a webhook with TLS, and a file on a small disk;
also those that are sent while the servers are down or the disk is full."""

import json
import os
import re
import signal
import socket
import subprocess
import unittest

from lab import LabCase, LabError, run, wait_until
from lab.alert_servers import Alertmanager, Rsyslog, Webhook
from lab.process import die_with_parent

QUEUE = 1024      # alerts that wait for one destination (README)
DISK = 256 << 10  # octets of the file's disk

# RFC 5424, 6: what rsyslog wrote of a message, and the fields of the sender's alerts.
SYSLOG = re.compile(r"(?P<pri>\d+) (?P<host>\S+) ebpf_dns_exporter (?P<pid>\d+) TUNNELING "
                    r'\[dns@32473 sequence="(?P<sequence>\d+)" event_type="TUNNELING" severity="(?P<severity>medium|high)" '
                    r'score="80" folded="0" domain="d(?P<domain>\d+)\.example" client="10\.0\.0\.7" role="client" '
                    r'pid="4711" process="a\\"b\\]c\\\\d"\] ?TUNNELING \((medium|high), score 80\) of d\d+\.example '
                    r"by 10\.0\.0\.7: 143 names in 20 s, 98 % NULL")
LOCAL3 = 19       # RFC 5424, 6.2.1
PRIORITY = {"medium": 4, "high": 2}


class Sender:
    """dns_alert_sender, which does what it is told on its stdin."""

    def __init__(self, space, tools, *options):
        self._popen = subprocess.Popen(space.command(f"{tools}/dns_alert_sender", "--delays", "100,500", *options),
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        self.pid = self._popen.pid

    def tell(self, command):
        self._popen.stdin.write(command + "\n")
        self._popen.stdin.flush()
        answer = self._popen.stdout.readline()
        if not answer:
            raise LabError(f"dns_alert_sender ended at: {command}")
        return answer

    def status(self):
        """{type and, of syslog, transport: the sink's numbers}"""
        return {re.match(r"syslog:(?:udp|tcp)?|\w+", one["name"])[0]: one for one in json.loads(self.tell("status"))}

    def end(self):
        """Ends it and returns the exit status."""
        self._popen.stdin.close()
        code = self._popen.wait(10)
        self._popen.stdout.close()
        return code

    def kill(self):
        if self._popen.poll() is None:
            self._popen.kill()
            self._popen.wait()
        for pipe in (self._popen.stdin, self._popen.stdout):
            pipe.close()


class AlertDeliveryTest(LabCase):
    needs = ("rsyslogd", "prometheus-alertmanager", "amtool", "openssl")

    def setUp(self):
        super().setUp()
        self.space = self.namespace("a")

    def server(self, kind):
        made = kind(self.space, self.folder)
        self.addCleanup(made.stop)
        return made

    def sender(self, *options):
        made = Sender(self.space, self.tools, *options)
        self.addCleanup(made.kill)
        return made

    def disk(self):
        """The folder of a disk that is soon full."""
        path = os.path.join(self.folder, "disk")
        os.mkdir(path)
        run("mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", path)
        self.addCleanup(run, "umount", "-l", path, check=False)
        return path

    def everywhere(self):
        """All servers, and a sender to all of them."""
        self.syslog, self.manager, self.webhook = map(self.server, (Rsyslog, Alertmanager, Webhook))
        self.file = os.path.join(self.disk(), "alerts.json")
        return self.sender("--file", self.file, "--facility", "local3", "--syslog", f"{self.syslog.folder}/log",
                           "--syslog", "udp://127.0.0.1:5514", "--syslog", "tcp://127.0.0.1:5515",
                           "--alertmanager", self.manager.url, "--header", "X-Token: t0p",
                           "--ca", self.webhook.certificate, "--webhook", self.webhook.url)

    def in_syslog(self, name):
        numbers = []
        for line in self.syslog.lines(name):
            match = SYSLOG.fullmatch(line)
            self.assertIsNotNone(match, line)
            self.assertEqual(LOCAL3 * 8 + PRIORITY[match["severity"]], int(match["pri"]))
            self.assertEqual(socket.gethostname(), match["host"])
            self.assertEqual(match["sequence"], match["domain"])
            numbers.append(int(match["sequence"]))
        return numbers

    def in_file(self):
        with open(self.file, encoding="utf-8") as file:
            return [json.loads(line)["sequence"] for line in file]

    def in_webhook(self):
        return [alert["sequence"] for _, body in self.webhook.posts() for alert in body["alerts"]]

    def in_manager(self):
        return [int(alert["labels"]["domain"][1:-len(".example")]) for alert in self.manager.alerts()]

    def received(self):
        """Who got which numbers, in the order in which they came (Alertmanager has none)."""
        return {"file": self.in_file(), "syslog:": self.in_syslog("local.log"), "syslog:udp": self.in_syslog("udp.log"),
                "syslog:tcp": self.in_syslog("tcp.log"), "webhook": self.in_webhook(), "alertmanager": sorted(self.in_manager())}

    def wait_until_empty(self, sender):
        wait_until(lambda: all(one["queued"] == 0 for one in sender.status().values()), "the queues to be empty", timeout=30)

    def wait_until_received(self, numbers, kinds):
        def has_all():
            received = self.received()
            return all(numbers <= set(received[kind]) for kind in kinds)
        wait_until(has_all, "all alerts at all servers", timeout=30)

    def stop_servers(self):
        for server in (self.syslog, self.manager, self.webhook):
            server.stop()

    def start_servers(self):
        for server in (self.syslog, self.manager, self.webhook):
            server.start()

    def fill_disk(self):
        """Returns the file that takes all room."""
        path = os.path.join(os.path.dirname(self.file), "filler")
        with open(path, "wb", buffering=0) as file:
            try:
                while file.write(b"x" * 512):
                    pass
            except OSError:
                return path
        raise LabError("the disk was not full")

    def test_all_servers_get_each_alert_once(self):
        sender = self.everywhere()
        sender.tell("send 1 200")
        self.wait_until_empty(sender)
        expected = list(range(1, 201))
        self.wait_until_received(set(expected), sender.status())
        for kind, numbers in self.received().items():
            self.assertEqual(expected, numbers, kind)
        for kind, one in sender.status().items():
            self.assertEqual((200, 0, 0, 0, True),
                             (one["delivered"], one["rejected"], one["dropped"], one["failed"], one["up"]), kind)
        self.check_manager()
        headers, body = self.webhook.posts()[0]
        self.assertEqual(("t0p", "application/json"), (headers["X-Token"], headers["Content-Type"]))
        self.assertEqual(socket.gethostname(), body["host"])
        self.assertEqual(0, sender.end())

    def check_manager(self):
        alert = next(alert for alert in self.manager.alerts() if alert["labels"]["domain"] == "d7.example")
        self.assertEqual({"alertname": "DNSTunneling", "event_type": "TUNNELING", "severity": "high", "client": "10.0.0.7",
                          "domain": "d7.example", "instance": socket.gethostname()}, alert["labels"])
        self.assertEqual("active", alert["status"]["state"])
        self.assertEqual("143 names in 20 s, 98 % NULL", alert["annotations"]["description"])

    def test_alerts_wait_for_servers_that_are_down_and_a_disk_that_is_full(self):
        sender = self.everywhere()
        sender.tell("send 1 20")
        self.wait_until_empty(sender)
        self.wait_until_received(set(range(1, 21)), sender.status())
        self.stop_servers()
        filler = self.fill_disk()
        sender.tell("send 21 120")
        wait_until(lambda: all(not one["up"] for one in sender.status().values()), "all to be down", timeout=20)
        for kind, one in sender.status().items():
            self.assertEqual(120, one["delivered"] + one["queued"], kind)
            self.assertGreater(one["queued"], 80, kind)
        os.unlink(filler)
        self.start_servers()
        self.wait_until_empty(sender)
        self.wait_until_received(set(range(21, 121)), sender.status())
        self.assertEqual(list(range(1, 121)), self.in_file())  # whole lines, each once
        for kind, one in sender.status().items():
            self.assertEqual((120, 0, 0, True), (one["delivered"], one["rejected"], one["dropped"], one["up"]), kind)
            self.assertGreater(one["failed"], 0, kind)

    def test_a_killed_rsyslog_loses_nothing_that_comes_later(self):
        self.syslog = self.server(Rsyslog)
        sender = self.sender("--facility", "local3", "--syslog", "tcp://127.0.0.1:5515")
        sender.tell("send 1 10")
        wait_until(lambda: len(self.in_syslog("tcp.log")) == 10, "the first ten")
        self.syslog.process.stop(signal.SIGKILL)
        sender.tell("send 11 20")
        wait_until(lambda: sender.status()["syslog:tcp"]["queued"] == 10, "ten to wait")
        self.syslog.start()
        wait_until(lambda: set(self.in_syslog("tcp.log")) == set(range(1, 21)), "all twenty", timeout=20)

    def test_a_full_queue_loses_the_oldest_and_says_how_many(self):
        self.webhook = self.server(Webhook)
        self.webhook.answer(503)
        sender = self.sender("--ca", self.webhook.certificate, "--webhook", self.webhook.url)
        sender.tell("send 1 1")
        wait_until(lambda: sender.status()["webhook"]["failed"] > 0, "the first try")
        sender.tell("send 2 3000")
        waiting = sender.status()["webhook"]
        self.assertEqual((QUEUE, 3000 - QUEUE), (waiting["queued"], waiting["dropped"]))
        self.webhook.answer(204)
        self.wait_until_empty(sender)
        got = set(self.in_webhook())
        self.assertEqual(QUEUE, len(got))
        self.assertEqual(QUEUE, sender.status()["webhook"]["delivered"])
        self.assertLessEqual(set(range(3000 - QUEUE + 51, 3001)), got)  # all but at most a batch that was being tried

    def test_a_server_that_lets_nobody_in_gets_what_waited(self):
        self.webhook = self.server(Webhook)
        self.webhook.answer(403)
        sender = self.sender("--ca", self.webhook.certificate, "--webhook", self.webhook.url)
        sender.tell("send 1 5")
        wait_until(lambda: sender.status()["webhook"]["failed"] >= 2, "two tries")
        self.webhook.answer(200)
        self.wait_until_empty(sender)
        self.assertEqual([1, 2, 3, 4, 5], self.in_webhook())

    def test_what_is_refused_for_itself_is_gone(self):
        self.webhook = self.server(Webhook)
        self.webhook.answer(400)
        sender = self.sender("--ca", self.webhook.certificate, "--webhook", self.webhook.url)
        sender.tell("send 1 5")
        wait_until(lambda: sender.status()["webhook"]["rejected"] == 5, "five to be refused")
        self.webhook.answer(200)
        sender.tell("send 6 6")
        wait_until(lambda: self.in_webhook() == [6], "the next alert")

    def test_a_certificate_of_nobody_known_gets_nothing(self):
        self.webhook = self.server(Webhook)
        sender = self.sender("--webhook", self.webhook.url)
        sender.tell("send 1 1")
        wait_until(lambda: sender.status()["webhook"]["failed"] >= 2, "two tries")
        self.assertEqual(1, sender.status()["webhook"]["queued"])
        self.assertEqual([], self.webhook.posts())

    def test_a_rotated_file_is_followed(self):
        self.file = os.path.join(self.folder, "alerts.json")
        sender = self.sender("--file", self.file)
        sender.tell("send 1 3")
        self.wait_until_empty(sender)
        os.rename(self.file, f"{self.file}.1")
        sender.tell("reopen")
        wait_until(lambda: os.path.exists(self.file), "the new file")
        sender.tell("send 4 5")
        self.wait_until_empty(sender)
        self.assertEqual([4, 5], self.in_file())
        self.assertEqual(0, os.stat(self.file).st_mode & 0o137, "more than 0640")

    def test_the_end_delivers_what_waits(self):
        self.webhook = self.server(Webhook)
        sender = self.sender("--ca", self.webhook.certificate, "--webhook", self.webhook.url)
        sender.tell("send 1 400")
        self.assertEqual(0, sender.end())
        self.assertEqual(list(range(1, 401)), self.in_webhook())


if __name__ == "__main__":
    unittest.main()
