"""Resolvers of the hierarchy, one class a program, and what each says itself about its cache."""

import collections
import json
import re
import signal

from .exporter import get
from .process import LabError, Process, run, wait_until
from .servers import wait_for_address, written

# Client queries that a resolver answered from what it had, and those for which it had to ask.
Lookups = collections.namedtuple("Lookups", "hits misses")

_STATISTICS_PORT = 8053


def difference(after, before):
    return Lookups(after.hits - before.hits, after.misses - before.misses)


def hits_and_misses(messages, resolver):
    """What a capture at the resolver shows of lookups that came one by one: a hit is an answer before which it asked
    nobody."""
    counts = {False: 0, True: 0}
    asked = False
    for message in messages:
        if message.client == resolver:
            asked = True
        elif message.server == resolver:
            if message.response:
                counts[asked] += 1
            else:
                asked = False
    return Lookups(counts[False], counts[True])


class _Recursor:
    _serial = 0

    def __init__(self, hierarchy, space, address, program):
        _Recursor._serial += 1
        self.name = f"{program}-{_Recursor._serial}"
        self.space, self.address, self.folder = space, address, hierarchy.lab.folder

    def _start(self, *command):
        self.process = Process(self.name, self.space.command(*command), self.folder)
        wait_for_address(self.space, self.address, 53, self.process)


class Unbound(_Recursor):
    """Without a list of servers to forward to it asks from the root down. `lines` are more of the server block."""

    def __init__(self, hierarchy, space, address, *lines, forward=None):
        super().__init__(hierarchy, space, address, "unbound")
        zones = f'forward-zone:\n    name: "."\n    forward-addr: {forward}\n' if forward else ""
        more = "\n    ".join(lines)
        self._config = written(self.folder, f"{self.name}.conf", f"""server:
    interface: {address}
    access-control: 0.0.0.0/0 allow
    do-daemonize: no
    username: ""
    chroot: ""
    directory: "{self.folder}"
    pidfile: ""
    use-syslog: no
    num-threads: 1
    module-config: "iterator"
    root-hints: "{hierarchy.hints}"
    local-zone: "test." nodefault
    do-ip6: no
    extended-statistics: yes
    log-replies: yes
    {more}
{zones}remote-control:
    control-enable: yes
    control-use-cert: no
    control-interface: "{self.folder}/{self.name}.control"
""")
        self._start("unbound", "-d", "-c", self._config)

    def control(self, *words):
        return run("unbound-control", "-c", self._config, *words).stdout

    def forget(self):
        """Empties the cache."""
        self.control("flush_zone", ".")

    def stats(self):
        pairs = (line.split("=") for line in self.control("stats_noreset").splitlines())
        return {key: float(value) for key, value in pairs}

    def lookups(self):
        """Its hits are answers from the cache of whole messages. Those that it puts together from the cache of records,
        without asking anybody, are misses to it: the middle of a chain of CNAMEs, say, if somebody asks for it."""
        stats = self.stats()
        return Lookups(int(stats["total.num.cachehits"]), int(stats["total.num.cachemiss"]))

    def replies(self):
        """[(name, type, rcode)] of the answers that it logged."""
        return re.findall(r"info: \S+ (\S+)\. (\w+) IN (\w+) ", self.process.err())


class Named(_Recursor):
    """BIND. `options` are more lines of the options block."""

    def __init__(self, hierarchy, space, address, *options):
        super().__init__(hierarchy, space, address, "named")
        more = "\n    ".join(options)
        self._control = f"{self.folder}/{self.name}"
        path = written(self.folder, f"{self.name}.conf", f"""options {{
    directory "{self.folder}"; pid-file none; session-keyfile none; lock-file none;
    listen-on {{ {address}; }}; listen-on-v6 {{ none; }};
    recursion yes; allow-query {{ any; }}; allow-recursion {{ any; }}; dnssec-validation no; empty-zones-enable no;
    {more}
}};
controls {{ }};
statistics-channels {{ inet 127.0.0.1 port {_STATISTICS_PORT} allow {{ 127.0.0.1; }}; }};
zone "." {{ type hint; file "{hierarchy.hints}"; }};
""")
        self._start("named", "-g", "-4", "-n", 1, "-c", path)

    def stats(self):
        status, text = get(self.space, _STATISTICS_PORT, "/json/v1/server")
        if status != 200:
            raise LabError(f"{self.name}: its statistics answered {status}: {text[:200]}")
        return json.loads(text).get("nsstats", {})  # without one before the first query

    def lookups(self):
        """Its CacheStats count lookups of record sets, several for a query. QryRecursion counts the client queries that
        could not be answered without asking, each once however often it had to."""
        stats = self.stats()
        misses = stats.get("QryRecursion", 0)
        return Lookups(stats.get("Requestv4", 0) - misses, misses)


class Dnsmasq(_Recursor):
    """It forwards to one server."""

    def __init__(self, hierarchy, space, address, forward):
        super().__init__(hierarchy, space, address, "dnsmasq")
        # More room than there are names, and for more queries at a time than the default of 150. A file named as pid-file would
        # be removed at its end, /dev/null too: none is.
        self._start("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--bind-interfaces",
                    "--except-interface=none", f"--listen-address={address}", f"--server={forward}", "--cache-size=10000",
                    "--dns-forward-max=2000", "--log-facility=-", "--user=root", "--pid-file=")

    def lookups(self):
        told = re.compile(r"queries forwarded (\d+), queries answered locally (\d+)")
        before = len(told.findall(self.process.err()))
        self.process.send(signal.SIGUSR1)
        found = wait_until(lambda: told.findall(self.process.err())[before:], f"{self.name} to tell its statistics")
        forwarded, locally = map(int, found[0])
        return Lookups(locally, forwarded)
