"""Starts that must fail: one clear line on stderr, and the exit status that says whose mistake it is."""

import os
import socket
import unittest

from lab import LabCase
from lab.exporter import PORT

FAILED = 1      # the system or the configuration file does not allow the start
BAD_FLAGS = 2   # the command line is wrong
INFORMATION = ("level=info", "level=debug")


class StartupTest(LabCase):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.two_hosts()

    def start(self, *options, before=()):
        """Runs the exporter with a valid address and interface plus `options` to its end."""
        flags = [f"--web.listen-address=127.0.0.1:{PORT}", *options]
        if not any(option.startswith("--interface") for option in options):
            flags.append("--interface=ab")
        return self.a.run(*before, self.binary, *flags, check=False, timeout=20)

    def assert_refused(self, done, status, *words):
        """Ended with `status`, and said why in one line that has all the words."""
        self.assertEqual(status, done.returncode, done.stderr)
        lines = [line for line in done.stderr.splitlines() if not any(level in line for level in INFORMATION)]
        self.assertEqual(1, len(lines), done.stderr)
        for word in words:
            self.assertIn(word, lines[0])
        self.assertEqual("", done.stdout)

    def config_file(self, text):
        path = os.path.join(self.folder, "config.yml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_without_privilege(self):
        done = self.start(before=("setpriv", "--bounding-set=-all", "--inh-caps=-all"))
        self.assert_refused(done, FAILED, "CAP_BPF")

    def test_as_another_user(self):
        os.chmod(self.folder, 0o755)
        path = os.path.join(self.folder, "exporter")
        with open(self.binary, "rb") as source, open(path, "wb") as copy:  # the build may lie where nobody may look
            copy.write(source.read())
        os.chmod(path, 0o755)
        done = self.a.run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", path,
                          f"--web.listen-address=127.0.0.1:{PORT}", "--interface=ab", check=False, timeout=20)
        self.assert_refused(done, FAILED, "CAP_BPF")

    def test_with_the_port_taken(self):
        with self.a.socket(socket.AF_INET, socket.SOCK_STREAM) as holder:
            holder.bind(("127.0.0.1", PORT))
            holder.listen()
            self.assert_refused(self.start(), FAILED, f"127.0.0.1:{PORT}", "in use")

    def test_with_an_interface_that_is_not_there(self):
        self.assert_refused(self.start("--interface=nowhere0"), FAILED, "nowhere0")

    def test_with_a_flag_it_does_not_know(self):
        self.assert_refused(self.start("--no-such-flag"), BAD_FLAGS, "--no-such-flag")

    def test_with_a_flag_value_that_cannot_be(self):
        self.assert_refused(self.start("--log.level=loud"), BAD_FLAGS, "--log.level", "loud")
        self.assert_refused(self.start("--web.listen-address=127.0.0.1:99999"), BAD_FLAGS, "--web.listen-address", "65535")

    def test_with_a_configuration_file_that_is_not_there(self):
        path = os.path.join(self.folder, "missing.yml")
        self.assert_refused(self.start(f"--config.file={path}"), FAILED, path)

    def test_with_errors_in_the_configuration(self):
        for text, words in (("performance:\n  ring_buffer_size_kb: many\n", ("ring_buffer_size_kb", ":2")),
                            ("performance:\n  ring_buffer_kb: 64\n", ("ring_buffer_kb", ":2")),
                            ("capture:\n  query_timeout_ms: -1\n", ("query_timeout_ms", ":2")),
                            ("capture:\n  ingress: sideways\n", ("ingress", "xdp")),
                            ("capture: [1, 2\n", ("config.yml",))):
            with self.subTest(text):
                path = self.config_file(text)
                self.assert_refused(self.start(f"--config.file={path}"), FAILED, path, *words)

    def test_check_of_a_good_configuration_starts_nothing(self):
        path = self.config_file("capture:\n  query_timeout_ms: 1000\n")
        done = self.start(f"--config.file={path}", "--config.check")
        self.assertEqual(0, done.returncode, done.stderr)

    def test_a_glob_may_match_what_cannot_be_attached(self):
        # Two devices match; XDP is asked for, and the second has a program already, so it cannot be had there.
        self.a.ip("link", "add", "name", "ac", "type", "veth", "peer", "name", "ca")
        self.a.ip("link", "set", "dev", "ac", "up")
        holder = self.exporter(self.a, ["ac"], {"capture": {"ingress": "xdp"}})
        watch = self.exporter(self.a, ["a[bc]"], {"capture": {"ingress": "xdp"}}, port=PORT + 1)
        page = watch.scrape()
        self.assertEqual(2, page.sum("ebpf_dns_exporter_attached", interface="ab"))
        self.assertEqual([0], [value for _, value in page.series("ebpf_dns_exporter_attached", interface="ac", hook="ingress")])
        warnings = [line for line in watch.process.err().splitlines() if "level=warn" in line and "ac" in line]
        self.assertEqual(1, len(warnings), watch.process.err())
        self.assertTrue(holder.process.running())


if __name__ == "__main__":
    unittest.main()
