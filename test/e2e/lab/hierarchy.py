"""A small internet in namespaces: root, TLD and authoritative servers, each level at its own address in its own namespace,
and room for resolvers and clients. All hang on one bridge."""

import os
import struct

from . import zones
from .dns import query, udp_socket
from .network import join
from .process import LabError

CLIENT, RESOLVER, UPSTREAM = "10.53.0.20", "10.53.0.10", "10.53.0.11"
LEVELS = {**{address: "root" for address in zones.ROOT}, zones.TEST: "test", zones.CDN: "cdn", zones.LEAF: "leaf",
          zones.EDGE: "edge", zones.DEAD: "dead"}


class Hierarchy:
    """The servers of `zones.Zones(leaves, names)`, and the namespaces client, resolver and upstream."""

    def __init__(self, lab, leaves=50, names=40):
        self.lab = lab
        self.zones = zones.Zones(leaves, names)
        self.net = lab.namespace("net")
        self.net.ip("link", "add", "br0", "type", "bridge")
        self.net.ip("link", "set", "dev", "br0", "up")
        self.hints = os.path.join(lab.folder, "root.hints")
        with open(self.hints, "w", encoding="ascii") as file:
            file.write(zones.HINTS)
        self.servers = {level: self._server(level, *addresses) for level, addresses in (
            ("root", zones.ROOT), ("test", (zones.TEST,)), ("cdn", (zones.CDN,)), ("leaf", (zones.LEAF,)),
            ("edge", (zones.EDGE,)))}
        # A server that takes queries and never answers one: a socket that nobody reads.
        silent = udp_socket(self.host("dead", zones.DEAD), zones.DEAD, 53)
        lab.addCleanup(silent.close)
        self.client, self.resolver, self.upstream = (
            self.host(name, address) for name, address in (("client", CLIENT), ("resolver", RESOLVER), ("upstream", UPSTREAM)))

    def host(self, name, *addresses):
        """A namespace with these addresses at the bridge, by its device eth0; the bridge's port has the host's name."""
        space = self.lab.namespace(name)
        join(self.net, "br0", name, space, addresses)
        return space

    def _server(self, level, *addresses):
        return self.lab.nsd(self.host(level, *addresses), *addresses, zones=getattr(self.zones, level))

    def asked(self):
        """What the authoritative servers were asked so far, by their own statistics: {level: queries}."""
        return {level: server.stats()["num.queries"] for level, server in self.servers.items()}

    def referred(self):
        """How many referrals they gave: answers without AA (RFC 1034, 4.3.1), since they know all else by themselves."""
        return sum(server.stats()["num.answer_wo_aa"] for server in self.servers.values())

    def command(self, nameserver, *words):
        """The command line that runs `words` at the client where /etc/resolv.conf names this server."""
        path = os.path.join(self.lab.folder, f"resolv-{nameserver}.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(f"nameserver {nameserver}\n")
        inside = f'mount --bind "{path}" /etc/resolv.conf && exec "$@"'
        return [str(word) for word in self.client.command("unshare", "-m", "sh", "-c", inside, "sh", *words)]

    def look_up(self, lookups, *options, server=RESOLVER):
        """Plays the lookups by dnsperf, and returns its result."""
        return self.lab.dnsperf(self.client, server, [f"{lookup.name} {lookup.type}" for lookup in lookups], *options)

    def ask_one_by_one(self, lookups, server=RESOLVER):
        """Asks for each when the one before has its answer; returns [(RCODE, number of answer records)]."""
        answers = []
        with udp_socket(self.client, CLIENT) as asker:
            asker.connect((server, 53))
            for number, lookup in enumerate(lookups):
                ident = number & 0xFFFF
                asker.send(query(ident, lookup.name, lookup.type))
                message = asker.recv(4096)
                if struct.unpack_from("!H", message)[0] != ident:
                    raise LabError(f"an answer to another query than that for {lookup.name} {lookup.type}")
                answers.append((message[3] & 15, struct.unpack_from("!H", message, 6)[0]))
        return answers
