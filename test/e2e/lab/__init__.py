"""The laboratory of the end-to-end tests: namespaces, links, servers, clients, and the exporter among them."""

import os
import shutil
import signal
import sys
import tempfile
import unittest

from . import dns, frames, servers
from .exporter import Exporter, alerts_of, get
from .network import Namespace, connect, remove_stale_namespaces
from .process import SLOW, LabError, Process, fewer, run, wait_until
from .snapshot import Snapshot, check_ledgers, ledger

__all__ = ["Exporter", "LabCase", "LabError", "Namespace", "Process", "SLOW", "SharedLab", "Snapshot", "alerts_of",
           "check_ledgers", "connect", "dns", "fewer", "frames", "get", "ledger", "run", "wait_until"]

_FOLDER = os.path.dirname(os.path.abspath(__file__))


def _from_environment(name, what):
    value = os.environ.get(name)
    if not value or not os.path.exists(value):
        raise LabError(f"{name} must name {what}, and it is {value!r}")
    return os.path.abspath(value)


def _end_on_sigterm(*_):
    raise SystemExit("ended by SIGTERM")


class LabCase(unittest.TestCase):
    """A test with a laboratory of its own; everything it started is gone when it ends."""

    needs = ()  # programs besides those that every test needs

    needed = ("ip", "tc", "ss", "sysctl", "nsd", "nsd-control", "unbound", "dnsperf", "dig", "setpriv")

    def setUp(self):
        signal.signal(signal.SIGTERM, _end_on_sigterm)
        if os.geteuid() != 0:
            raise LabError("the end-to-end tests make network namespaces and need root")
        for path in ("/usr/sbin", "/sbin"):
            if path not in os.environ["PATH"].split(":"):
                os.environ["PATH"] += f":{path}"
        missing = [program for program in (*self.needed, *self.needs) if not shutil.which(program)]
        if missing:
            raise LabError(f"not installed: {' '.join(missing)}; deploy/packages.sh test installs them")
        self.tools = _from_environment("DNSEXP_TOOLS", "the folder of dns_flood and dns_reflect")
        self.folder = tempfile.mkdtemp(prefix="dnsexp-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        remove_stale_namespaces()

    @property
    def binary(self):
        return _from_environment("DNSEXP_BIN", "the exporter's binary")

    def namespace(self, name):
        space = Namespace(name)
        self.addCleanup(space.remove)
        return space

    def two_hosts(self, ipv6=True):
        """Namespaces a and b with a veth: ab (10.1.0.1, fd00:1::1) in a, ba (10.1.0.2, fd00:1::2) in b."""
        a, b = self.namespace("a"), self.namespace("b")
        connect(a, "ab", b, "ba", 1, ipv6)
        return a, b

    def started(self, process_owner):
        """Ends the process of a server or exporter with the test."""
        self.addCleanup(process_owner.process.stop)
        return process_owner

    def exporter(self, space, interfaces, config=None, **kwargs):
        return self.started(Exporter(space, self.folder, self.binary, interfaces, config, **kwargs))

    def nsd(self, space, *addresses, zones=None):
        return self.started(dns.Nsd(space, self.folder, *addresses, zones=zones))

    def named(self, space, address, options=""):
        return self.started(servers.Named(space, self.folder, address, options))

    def resolver(self, space, address, lines, zones="", port=53):
        return self.started(servers.Resolver(space, self.folder, address, lines, zones, port))

    def wire(self, space, device):
        """For frames of the test's own making."""
        made = frames.Wire(space, device)
        self.addCleanup(made.close)
        return made

    def unbound(self, space, address="127.0.0.1"):
        return self.started(dns.Unbound(space, self.folder, address))

    def reflector(self, space, address, mode, *options):
        return self.started(dns.Reflector(space, self.folder, self.tools, address, mode, *options))

    def helper(self, space, script, *arguments):
        """Runs one of the laboratory's own scripts in a namespace."""
        name = f"{script}-{space.name}-{arguments[0]}"
        process = Process(name, space.command(sys.executable, f"{_FOLDER}/{script}.py", *arguments), self.folder)
        self.addCleanup(process.stop)
        device = arguments[0]
        wait_until(lambda: process.require_running() and space.ip("link", "show", "dev", device, check=False).returncode == 0,
                   f"{script} to make {device}")
        return process

    def slow_server(self, space, address, milliseconds):
        process = Process("slow-server", space.command(sys.executable, f"{_FOLDER}/slow_server.py", address, milliseconds),
                          self.folder)
        self.addCleanup(process.stop)
        space.wait_for_port(53, process)
        return process

    def named_program(self, program, name):
        """The path of a program under another name, which its process bears."""
        path = os.path.join(self.folder, name)
        os.symlink(shutil.which(program), path)
        return path

    def vlan(self, space, device, uplink, host, net, *tags):
        """A VLAN device with address 10.NET.0.HOST/24; tags are TPID:ID, the outer first."""
        self.helper(space, "vlan_port", device, uplink, *tags)
        space.ip("addr", "add", f"10.{net}.0.{host}/24", "dev", device)
        # Room for two tags: the uplink's frames end at 1500 octets plus one tag.
        space.ip("link", "set", "dev", device, "mtu", "1400", "up")

    def dnsperf(self, space, server, lines, *options):
        return dns.dnsperf(space, self.folder, server, lines, *options)

    def dnsperf_pipelined(self, space, server, lines, depth):
        return dns.dnsperf_pipelined(space, self.folder, server, lines, depth)

    def dnsperf_tcp(self, space, server, lines, *options):
        return dns.dnsperf_tcp(space, self.folder, server, lines, 4, *options)

    def flood(self, space, to, count, *options):
        return dns.flood(space, self.tools, to, count, *options)

    def check_ledgers(self, page):
        check_ledgers(self, page)


class SharedLab(unittest.TestCase):
    """Tests that share one laboratory, since to start and to stop an exporter takes seconds: prepare() builds it once, and
    each test counts from where it began."""

    needs = ()

    @classmethod
    def setUpClass(cls):
        cls.lab = LabCase()
        cls.lab.needs = cls.needs
        cls.addClassCleanup(cls.lab.doCleanups)
        cls.lab.setUp()
        cls.prepare(cls.lab)

    @classmethod
    def prepare(cls, lab):
        """Starts what the tests share, and keeps it in the class."""
        raise NotImplementedError

    def check_ledgers(self, page):
        check_ledgers(self, page)
