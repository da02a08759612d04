"""`check`: what it says of this host must be what others say, and it must leave nothing behind."""

import json
import os
import platform
import socket
import sys
import unittest

from lab import LabCase, wait_until
from lab.exporter import PORT
from lab.terminal import TerminalProcess

THREE = "+bpf,+net_admin,+perfmon"
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")

# Puts itself under a filter by which bpf(2) fails with EPERM, as containers' default ones do, and runs a command.
_WITHOUT_BPF = """
import ctypes, os, struct, sys
BPF, ERRNO_EPERM, ALLOW = 321, 0x00050001, 0x7fff0000
code = b"".join(struct.pack("HBBI", *one) for one in (
    (0x20, 0, 0, 0), (0x15, 0, 1, BPF), (0x06, 0, 0, ERRNO_EPERM), (0x06, 0, 0, ALLOW)))
buffer = ctypes.create_string_buffer(code)
program = struct.pack("HxxxxxxQ", 4, ctypes.addressof(buffer))
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program) == 0
os.execv(sys.argv[1], sys.argv[1:])
"""


class CheckTest(LabCase):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.two_hosts()
        os.chmod(self.folder, 0o755)
        self.copy = os.path.join(self.folder, "exporter")  # the build may lie where nobody may look
        with open(self.binary, "rb") as source, open(self.copy, "wb") as copy:
            copy.write(source.read())
        os.chmod(self.copy, 0o755)

    def check(self, *options, before=(), status=0):
        """The JSON document, with the rows by name in `by_name`."""
        done = self.a.run(*before, self.copy, "check", "--json", f"--web.listen-address=127.0.0.1:{PORT}", *options,
                          check=False, timeout=60)
        self.assertEqual(status, done.returncode, done.stdout + done.stderr)
        self.assertEqual(1, len(done.stdout.splitlines()))
        document = json.loads(done.stdout)
        for row in document["rows"]:
            self.assertEqual({"name", "for", "result", "detail", "remedy"}, set(row))
            self.assertTrue(row["detail"], row)
            if row["result"] == "no":
                self.assertTrue(row["remedy"], row)
        document["by_name"] = {row["name"]: row for row in document["rows"]}
        self.assertEqual(status == 0, document["can"]["counting"])
        return document

    def result(self, document, name):
        return document["by_name"][name]["result"]

    def config(self, sections):
        path = os.path.join(self.folder, "config.yml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(sections, file)  # JSON is YAML
        return f"--config.file={path}"

    def left_behind(self):
        """What a check could leave: qdiscs and XDP programs of the namespace, mounts of cgroups."""
        with open("/proc/mounts", encoding="utf-8") as file:
            mounts = [line for line in file if "cgroup" in line.split()[2]]
        return self.a.ip("-d", "link", "show").stdout, self.a.run("tc", "qdisc", "show").stdout, mounts

    def test_as_root_it_says_what_others_say(self):
        before = self.left_behind()
        document = self.check()
        self.assertEqual(before, self.left_behind())
        self.assertEqual(f"Linux {platform.release()}", document["kernel"])
        self.assertEqual("yes" if os.path.exists("/sys/kernel/btf/vmlinux") else "no", self.result(document, "BTF"))
        self.assertIn(platform.machine(), document["by_name"]["architecture"]["detail"])
        self.assertEqual("yes", self.result(document, "bpf(2)"))
        for name in ("CAP_BPF", "CAP_NET_ADMIN", "CAP_PERFMON", "CAP_SYS_ADMIN"):
            self.assertEqual("yes", self.result(document, name))
        watched = {row["name"] for row in document["rows"] if row["name"].startswith("interface ")}
        self.assertEqual({"interface lo", "interface ab"}, watched)
        # ip netns exec mounts /sys anew, so what was mounted below it is often not there.
        mounts = [line.split()[1] for line in self.a.run("cat", "/proc/self/mounts").stdout.splitlines()
                  if line.split()[2] == "cgroup2"]
        detail = document["by_name"]["cgroup v2"]["detail"]
        self.assertTrue(detail.startswith((*mounts, "/proc/1/root/") if mounts else ("not mounted", "/proc/1/root/")), detail)
        with open("/proc/sys/kernel/unprivileged_bpf_disabled", encoding="ascii") as file:
            self.assertIn(f"unprivileged_bpf_disabled is {file.read().strip()}", document["by_name"]["bpf(2)"]["detail"])
        if not os.path.exists("/sys/bus/event_source/devices/uprobe"):
            self.assertFalse(document["can"]["calls"])
        if not os.path.exists("/sys/bus/event_source/devices/kprobe"):
            self.assertEqual("no", self.result(document, "kprobes"))

    def test_it_leaves_no_program_behind(self):
        """Others' programs come and go on this host, so it is the namespace's hooks that are looked at."""
        self.check()
        self.assertEqual("yes", self.result(self.check(), "other exporters"))

    def test_as_nobody_it_names_what_is_missing(self):
        document = self.check(before=NOBODY, status=1)
        for name in ("CAP_BPF", "CAP_NET_ADMIN", "CAP_PERFMON", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE"):
            self.assertEqual("no", self.result(document, name))
            self.assertIn(f"AmbientCapabilities={name}", document["by_name"][name]["remedy"])
        self.assertEqual("unknown", self.result(document, "programs, current"))
        self.assertEqual({"counting": False, "workloads": False, "workload_backend": None, "calls": False}, document["can"])

    def test_with_the_three_capabilities_it_counts(self):
        document = self.check(before=(*NOBODY, f"--inh-caps=-all,{THREE}", f"--ambient-caps=-all,{THREE}"))
        for name in ("CAP_BPF", "CAP_NET_ADMIN", "CAP_PERFMON"):
            self.assertEqual("yes", self.result(document, name))
        self.assertEqual("no", self.result(document, "CAP_SYS_ADMIN"))
        self.assertEqual("yes", self.result(document, "programs, old"))
        self.assertFalse(document["can"]["calls"])

    def test_under_a_seccomp_filter_that_refuses_bpf(self):
        if platform.machine() != "x86_64":
            self.skipTest("the number of bpf(2) is that of x86_64")
        document = self.check(before=(sys.executable, "-c", _WITHOUT_BPF), status=1)
        self.assertEqual("no", self.result(document, "bpf(2)"))
        self.assertIn("seccomp", document["by_name"]["bpf(2)"]["detail"])
        self.assertEqual("yes", self.result(document, "CAP_BPF"))

    def test_native_xdp_of_a_veth(self):
        release = tuple(int(part) for part in platform.release().split(".")[:2])
        expected = "yes" if release >= (6, 3) else "unknown"
        self.assertEqual(expected, self.result(self.check("--interface=ab"), "XDP ab"))
        document = self.check("--interface=ab", self.config({"capture": {"ingress": "xdp"}}))
        self.assertIn("XDP", document["by_name"]["interface ab"]["detail"])

    def test_an_exporter_that_is_there(self):
        self.exporter(self.a, ["ab"], {"capture": {"ingress": "xdp"}}, port=PORT + 1)
        document = self.check("--interface=a*")
        row = document["by_name"]["other exporters"]
        self.assertEqual("partly", row["result"])
        self.assertIn("dns_tc_out", row["detail"])
        self.assertIn("dns_xdp_in", document["by_name"]["XDP ab"]["detail"])
        self.check("--interface=ab", self.config({"capture": {"ingress": "xdp"}}), status=1)  # forced, and taken

    def test_a_port_that_is_taken_and_an_interface_that_is_missing(self):
        with self.a.socket(socket.AF_INET, socket.SOCK_STREAM) as holder:
            holder.bind(("127.0.0.1", PORT))
            holder.listen()
            row = self.check()["by_name"][f"listen 127.0.0.1:{PORT}"]
        self.assertEqual(("no", "web"), (row["result"], row["for"]))
        self.assertIn("in use", row["detail"])
        document = self.check("--interface=nowhere0", status=1)
        self.assertEqual("no", self.result(document, "interface nowhere0"))

    def test_a_table_as_wide_as_the_terminal(self):
        shown = TerminalProcess("check", self.a.command(self.copy, "check"), self.folder, width=80, height=200)
        self.addCleanup(shown.stop)
        self.assertEqual(0, shown.wait(60), shown.err())
        wait_until(lambda: "works here: counting yes" in shown.text(), "the last line")
        self.assertEqual([], shown.screen(lambda screen: screen.strange))
        self.assertRegex(shown.text(), r"(?m)^  interface ab +yes +arriving: ")


if __name__ == "__main__":
    unittest.main()
