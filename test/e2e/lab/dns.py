"""DNS of the tests: a zone with known answers, servers, clients, and what they say they did."""

import collections
import json
import os
import re
import socket
import struct

from .process import LabError, Process, run

ZONE = "example.test"
CHURN_ZONE = "churn"  # a wildcard: every name below has an address
HOSTS = 3000          # h0 .. h2999; each has A, every second AAAA, every seventh TXT, every tenth MX
TYPES = {"A": 1, "NS": 2, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "HTTPS": 65}


def questions(count, nxdomain_every=10):
    """`count` lines of dnsperf's input: mixed types, every n-th name not in the zone."""
    types = ("A", "AAAA", "A", "TXT", "MX", "A", "HTTPS")
    lines = []
    for i in range(count):
        host = f"missing{i}" if i % nxdomain_every == 0 else f"h{i % HOSTS}"
        lines.append(f"{host}.{ZONE} {types[i % len(types)]}")
    return lines


def query(ident, name, qtype="A", flags=0x0100):
    """A query's octets (RFC 1035, 4.1)."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label)
    return struct.pack("!6H", ident, flags, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", TYPES[qtype], 1)


def response(message, rcode=0):
    """The response to a query's octets: the same header and question, no answer."""
    return message[:2] + bytes([message[2] | 0x80, 0x80 | rcode]) + message[4:]


def zone_text():
    lines = [f"$ORIGIN {ZONE}.", "$TTL 300", "@ SOA ns hostmaster 1 3600 600 86400 60", "@ NS ns", "ns A 192.0.2.53"]
    for i in range(HOSTS):
        lines.append(f"h{i} A 192.0.2.{i % 250 + 1}")
        if i % 2 == 0:
            lines.append(f"h{i} AAAA 2001:db8::{i:x}")
        if i % 7 == 0:
            lines.append(f'h{i} TXT "host {i}"')
        if i % 10 == 0:
            lines.append(f"h{i} MX 10 h{(i + 1) % HOSTS}")
    return "\n".join(lines) + "\n"


_CHURN_TEXT = f"$ORIGIN {CHURN_ZONE}.\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 192.0.2.53\n* A 192.0.2.1\n"


class Nsd:
    """An authoritative server, on port 53 of every address of its namespace or of those given. `zones` is {name: text},
    by default the two zones above. The first zone may be transferred."""

    def __init__(self, space, folder, *addresses, zones=None):
        self._addresses = addresses or ("0.0.0.0", "::0")
        self._folder = os.path.join(folder, f"nsd-{space.name}")
        os.makedirs(self._folder)
        zones = zones or {ZONE: zone_text(), CHURN_ZONE: _CHURN_TEXT}
        files = {f"zone-{number}": text for number, text in enumerate(zones.values())}
        for name, text in {**files, "nsd.conf": self._config(zones)}.items():
            with open(os.path.join(self._folder, name), "w", encoding="ascii") as file:
                file.write(text)
        self.process = Process(f"nsd-{space.name}", space.command("nsd", "-d", "-c", f"{self._folder}/nsd.conf"), folder)
        space.wait_for_port(53, self.process)
        space.wait_for_port(53, self.process, "tcp")

    def _config(self, zones):
        parts = [f"zone:\n    name: {name}\n    zonefile: zone-{number}\n" for number, name in enumerate(zones)]
        parts[0] += "    provide-xfr: 0.0.0.0/0 NOKEY\n"
        listen = "".join(f"    ip-address: {address}\n" for address in self._addresses)
        return f"""server:
{listen}    server-count: 1
    tcp-count: 100
    username: ""
    chroot: ""
    database: ""
    zonesdir: "{self._folder}"
    pidfile: "{self._folder}/nsd.pid"
    xfrdfile: "{self._folder}/xfrd.state"
    zonelistfile: "{self._folder}/zone.list"
    xfrdir: "{self._folder}"
    rrl-ratelimit: 0
    rrl-whitelist-ratelimit: 0
remote-control:
    control-enable: yes
    control-interface: "{self._folder}/control"
{"".join(parts)}"""

    def stats(self):
        """The server's own counters since its start: {"num.type.A": 12, ...}."""
        text = run("nsd-control", "-c", f"{self._folder}/nsd.conf", "stats_noreset").stdout
        pairs = (line.split("=") for line in text.splitlines() if line.startswith("num."))
        return collections.Counter({key: int(value) for key, value in pairs})

    def pids(self):
        """All processes of the server, the main one first."""
        found = [self.process.pid]
        for pid in found:
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
                found += map(int, file.read().split())
        return found

    def send(self, number):
        for pid in self.pids():
            os.kill(pid, number)


class Unbound:
    """A resolver that knows its answers without asking anyone: local data for a wildcard-free zone of `HOSTS` names."""

    def __init__(self, space, folder, address="127.0.0.1"):
        self._path = path = os.path.join(folder, f"unbound-{space.name}.conf")
        data = "".join(f'    local-data: "h{i}.{ZONE}. A 192.0.2.{i % 250 + 1}"\n' for i in range(HOSTS))
        with open(path, "w", encoding="ascii") as file:
            file.write(f"""server:
    interface: {address}
    access-control: 0.0.0.0/0 allow
    access-control: ::0/0 allow
    do-daemonize: no
    username: ""
    chroot: ""
    directory: "{folder}"
    pidfile: ""
    use-syslog: no
    num-threads: 1
    module-config: "iterator"
    extended-statistics: yes
    local-zone: "{ZONE}." static
{data}remote-control:
    control-enable: yes
    control-use-cert: no
    control-interface: "{path}.control"
""")
        self.process = Process(f"unbound-{space.name}", space.command("unbound", "-d", "-c", path), folder)
        space.wait_for_port(53, self.process)

    def stats(self):
        """The server's own counters since its start, under the names of Nsd.stats()."""
        text = run("unbound-control", "-c", self._path, "stats_noreset").stdout
        counted = collections.Counter()
        for key, value in (line.split("=") for line in text.splitlines()):
            for prefix, name in (("total.num.queries", "num.queries"), ("num.answer.rcode.", "num.rcode."),
                                 ("num.query.type.", "num.type.")):
                if key == prefix or (prefix.endswith(".") and key.startswith(prefix)):
                    counted[name + key[len(prefix):]] = int(value)
        return counted


class Dnsperf:
    """A run of dnsperf over `lines`; result() waits for its end."""

    _serial = 0

    def __init__(self, space, folder, server, lines, *options, program="dnsperf"):
        Dnsperf._serial += 1
        name = f"dnsperf-{Dnsperf._serial}"
        path = os.path.join(folder, f"{name}.txt")
        with open(path, "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")
        self.process = Process(name, space.command(program, "-s", server, "-d", path, "-n", 1, *options), folder)

    def result(self, timeout=120):
        status = self.process.wait(timeout)
        text = self.process.out()
        if status != 0:
            raise LabError(f"dnsperf ended with {status}\n{text}{self.process.err()}")
        return DnsperfResult(text)


class DnsperfResult:
    def __init__(self, text):
        self.sent, self.completed, self.lost = (
            int(re.search(rf"Queries {word}:\s+(\d+)", text).group(1)) for word in ("sent", "completed", "lost"))
        codes = re.search(r"Response codes:\s+(.*)", text)
        pairs = re.findall(r"(\w+) (\d+) \(", codes.group(1)) if codes else []
        self.rcodes = {rcode: int(count) for rcode, count in pairs}
        latency = re.search(r"Average Latency \(s\):\s+([\d.]+)", text)
        self.average_latency = float(latency.group(1)) if latency else None


def dnsperf(space, folder, server, lines, *options):
    """Runs dnsperf to its end, with so many queries in flight that nothing is lost, and returns its result."""
    return Dnsperf(space, folder, server, lines, "-q", 20, *options).result()


def dnsperf_pipelined(space, folder, server, lines, depth, connections=4):
    """Over TCP with `depth` queries outstanding per connection."""
    return Dnsperf(space, folder, server, lines, "-m", "tcp", "-q", depth * connections, "-c", connections).result()


def dnsperf_tcp(space, folder, server, lines, connections=4, *options):
    """Over TCP with one query outstanding per connection, so that no segment holds two messages: -q is shared out
    among the threads."""
    return Dnsperf(space, folder, server, lines, "-m", "tcp", "-q", connections, "-c", connections, "-T", connections,
                   *options).result()


class Reflector:
    """dns_reflect: a sink that never reads, or a server that answers every query at once."""

    def __init__(self, space, folder, tools, address, mode, *options):
        self.process = Process(f"reflect-{space.name}", space.command(
            f"{tools}/dns_reflect", "--listen", address, "--mode", mode, *options), folder)
        space.wait_for_port(53, self.process)

    def stop(self):
        """Ends it and returns {"received": n, "sent": m}."""
        self.process.stop()
        return json.loads(self.process.out())


def flood(space, tools, to, count, *options, timeout=300):
    """Runs dns_flood to its end and returns {"sent": n, "received": m, "seconds": s}."""
    done = space.run(f"{tools}/dns_flood", "--to", to, "--count", str(count), *options, timeout=timeout)
    return json.loads(done.stdout)


def udp_socket(space, address, port=0):
    """A UDP socket in the namespace, bound to an address of it."""
    made = space.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    made.bind((address, port))
    made.settimeout(5)
    return made
