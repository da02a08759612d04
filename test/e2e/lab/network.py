"""Network namespaces of a test and what lies between them. Names begin with dnsexp-PID, so that what a killed test
left behind is known and removed by the next."""

import contextlib
import ctypes
import os
import socket
import threading

from .process import LabError, run, wait_until

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000  # linux/sched.h
_NETNS_FOLDER = "/run/netns"
_PREFIX = "dnsexp"
_here = threading.Lock()


def remove_stale_namespaces():
    """Removes the namespaces of tests that are no longer there."""
    for name in os.listdir(_NETNS_FOLDER) if os.path.isdir(_NETNS_FOLDER) else []:
        parts = name.split("-")
        if parts[0] == _PREFIX and len(parts) > 2 and not os.path.exists(f"/proc/{parts[1]}"):
            run("ip", "netns", "del", name, check=False)


class Namespace:
    """A network namespace with loopback up and without the kernel's own IPv6 chatter."""

    def __init__(self, name):
        self.name = f"{_PREFIX}-{os.getpid()}-{name}"
        run("ip", "netns", "add", self.name)
        # Router solicitations and neighbour probes would blur the packet counts of the devices.
        self.sysctl("net.ipv6.conf.default.accept_dad", 0)
        self.sysctl("net.ipv6.conf.default.router_solicitations", 0)
        self.sysctl("net.ipv6.conf.default.addr_gen_mode", 1)
        self.ip("link", "set", "dev", "lo", "up")

    def remove(self):
        run("ip", "netns", "del", self.name, check=False)

    def command(self, *words):
        """The command line that runs `words` in this namespace. `ip` becomes the command, so its pid is the same."""
        return ("ip", "netns", "exec", self.name) + words

    def run(self, *words, **kwargs):
        return run(*self.command(*words), **kwargs)

    def ip(self, *words, **kwargs):
        return run("ip", "-n", self.name, *words, **kwargs)

    def sysctl(self, key, value):
        self.run("sysctl", "-q", "-w", f"{key}={value}")

    @contextlib.contextmanager
    def entered(self):
        """The calling thread is in the namespace for the length of the block; sockets made there stay there."""
        with _here, open("/proc/thread-self/ns/net") as home, open(f"{_NETNS_FOLDER}/{self.name}") as there:
            self._setns(there.fileno())
            try:
                yield
            finally:
                self._setns(home.fileno())

    @staticmethod
    def _setns(fd):
        if _libc.setns(fd, _CLONE_NEWNET) != 0:
            raise LabError(f"setns: {os.strerror(ctypes.get_errno())}; the end-to-end tests need root")

    def socket(self, family=socket.AF_INET, kind=socket.SOCK_DGRAM, protocol=0):
        with self.entered():
            return socket.socket(family, kind, protocol)

    def counter(self, device, name):
        """One of the device's statistics: tx_packets, tx_dropped, rx_packets, ..."""
        return int(self.run("cat", f"/sys/class/net/{device}/statistics/{name}").stdout)

    def mac(self, device):
        return self.run("cat", f"/sys/class/net/{device}/address").stdout.strip()

    def listens(self, port, protocol="udp"):
        flag = "-u" if protocol == "udp" else "-t"
        return bool(self.run("ss", "-Hln", flag, f"sport = :{port}").stdout.strip())

    def wait_for_port(self, port, process, protocol="udp"):
        wait_until(lambda: process.require_running() and self.listens(port, protocol),
                   f"{process.name} to open {protocol} port {port}")


def connect(left, left_device, right, right_device, net, ipv6=True):
    """A veth pair with addresses 10.N.0.1/24, fd00:N::1/64 on the left and .2, ::2 on the right. Neighbours are
    entered by hand; without IPv6, whose multicast reports cannot be turned off, every packet on the link is one that
    the test sent."""
    left.ip("link", "add", "name", left_device, "type", "veth", "peer", "name", right_device, "netns", right.name)
    for space, device, host in ((left, left_device, 1), (right, right_device, 2)):
        space.ip("addr", "add", f"10.{net}.0.{host}/24", "dev", device)
        if ipv6:
            space.ip("addr", "add", f"fd00:{net}::{host}/64", "dev", device, "nodad")
        else:
            space.sysctl(f"net.ipv6.conf.{device}.disable_ipv6", 1)
        space.ip("link", "set", "dev", device, "up")
    for space, device, peer, peer_device, host in ((left, left_device, right, right_device, 2),
                                                   (right, right_device, left, left_device, 1)):
        for address in (f"10.{net}.0.{host}", f"fd00:{net}::{host}")[:2 if ipv6 else 1]:
            space.ip("neigh", "replace", address, "lladdr", peer.mac(peer_device), "dev", device, "nud", "permanent")


def join(net, bridge, port, space, addresses):
    """Plugs the namespace's new device eth0, with these IPv4 addresses of one /24, into a new port of the bridge in
    `net`."""
    net.ip("link", "add", "name", port, "type", "veth", "peer", "name", "eth0", "netns", space.name)
    for side, device in ((net, port), (space, "eth0")):
        side.sysctl(f"net.ipv6.conf.{device}.disable_ipv6", 1)
    for address in addresses:
        space.ip("addr", "add", f"{address}/24", "dev", "eth0")
    net.ip("link", "set", "dev", port, "master", bridge, "up")
    space.ip("link", "set", "dev", "eth0", "up")
