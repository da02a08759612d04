"""The zones of a small internet: a root, the TLDs test. and cdn., leaf zones z<i>.test. whose names are partly aliases of
names in e<k>.cdn., and what a lookup of each name must come to. The same numbers give the same zones."""

import collections
import itertools
import random

SEED = 1035
TTLS = (2, 10, 300)    # seconds: some expire within a run, some never
ALIAS_TTL = 300
TARGET_TTL = 5         # of what aliases lead to, so that a chain is often half in the cache
NEGATIVE_TTL = 10      # of NXDOMAIN and NODATA (RFC 2308, 5)
EDGES = 10             # zones e<k>.cdn.
ALIASES = 0.3          # share of names
ALIAS_LENGTHS, ALIAS_WEIGHTS = (1, 2, 3), (7, 2, 1)  # CNAMEs from name to address, and how often
DEEP = 20              # every n-th name has two labels more, whose names are empty non-terminals

ROOT = ("10.53.0.1", "10.53.0.2")
TEST, CDN, LEAF, EDGE, DEAD = "10.53.0.3", "10.53.0.4", "10.53.0.5", "10.53.0.6", "10.53.0.7"

# What a lookup must come to. `aliases` are the names that the CNAMEs lead through, the last of them the one that has the
# records or not; `records` is how many of the type there are.
Lookup = collections.namedtuple("Lookup", "name type rcode aliases records")

_ROOT_TEXT = f"""$ORIGIN .
$TTL 3600
@ SOA a.root-servers. nobody.root-servers. 1 3600 600 86400 {NEGATIVE_TTL}
@ NS a.root-servers.
@ NS b.root-servers.
a.root-servers. A {ROOT[0]}
b.root-servers. A {ROOT[1]}
test. NS ns.nic.test.
ns.nic.test. A {TEST}
cdn. NS ns.nic.cdn.
ns.nic.cdn. A {CDN}
"""

HINTS = f""". 3600 NS a.root-servers.
. 3600 NS b.root-servers.
a.root-servers. 3600 A {ROOT[0]}
b.root-servers. 3600 A {ROOT[1]}
"""

# Names that single tests ask for. All below ANY have an address, so a test can have names that nobody else asks for.
KNOWN = "known.test"
ANY = f"any.{KNOWN}"
_KNOWN_RECORDS = ["www 300 A 192.0.2.1", "one 300 CNAME www.e0.cdn.", "two 300 CNAME two.e1.cdn.", "empty 300 TXT empty",
                  "a.b.c 300 A 192.0.2.2", "*.any 300 A 192.0.2.3"] + [f"cold{i} 300 A 192.0.2.{i + 1}" for i in range(200)]
_EDGE_RECORDS = {0: ["www 300 A 198.51.100.1"], 1: ["two 300 CNAME www.e0.cdn."]}


class Zones:
    """`leaves` zones with `names` names each, and KNOWN; dead.test. is delegated to a server that must not answer.
    `lookups` holds one for each type that a name is asked for."""

    def __init__(self, leaves=50, names=40):
        self._random = random.Random(SEED)
        self.lookups = []
        self._edges = {number: list(_EDGE_RECORDS.get(number, [])) for number in range(EDGES)}
        self.leaf = {f"z{i}.test": self._leaf(i, names) for i in range(leaves)}
        self.leaf[KNOWN] = _zone_text(KNOWN, LEAF, _KNOWN_RECORDS)
        self.edge = {f"e{number}.cdn": _zone_text(f"e{number}.cdn", EDGE, lines) for number, lines in self._edges.items()}
        self.root = {".": _ROOT_TEXT}
        delegations = [line for zone in self.leaf for line in _delegation(zone, LEAF)] + _delegation("dead.test", DEAD)
        self.test = {"test": _zone_text("test", TEST, delegations, "ns.nic")}
        delegations = [line for zone in self.edge for line in _delegation(zone, EDGE)]
        self.cdn = {"cdn": _zone_text("cdn", CDN, delegations, "ns.nic")}

    def stream(self, count):
        """`count` lookups, of which the n-th most frequent one comes with probability 1/n (Zipf, s = 1)."""
        chosen = random.Random(SEED)
        ranked = chosen.sample(self.lookups, len(self.lookups))
        weights = list(itertools.accumulate(1 / rank for rank in range(1, len(ranked) + 1)))
        return chosen.choices(ranked, cum_weights=weights, k=count)

    def _leaf(self, number, names):
        zone, lines = f"z{number}.test", []
        for index in range(names):
            label = f"w.x.n{index}" if index % DEEP == DEEP - 1 else f"n{index}"
            lines += self._name(f"{label}.{zone}", f"n{index}-z{number}")
        return _zone_text(zone, LEAF, lines)

    def _name(self, name, unique):
        kind, ttl = self._random.random(), self._random.choice(TTLS)
        if kind < ALIASES:
            first, *others = aliases = self._aliases(unique)
            self._add(name, "A", aliases)
            if self._random.random() < 0.2:  # NODATA behind a CNAME that is often in the cache already
                self._add(name, "AAAA", aliases, records=0)
            return [f"{name}. {ALIAS_TTL} CNAME {first}."]
        if kind < 0.8:
            self._add(name, "A")
            self._add(name, "AAAA")
            return [f"{name}. {ttl} A {self._ipv4()}", f"{name}. {ttl} AAAA {self._ipv6()}"]
        if kind < 0.9:
            self._add(name, "A")
            self._add(name, "AAAA", records=0)
            return [f"{name}. {ttl} A {self._ipv4()}"]
        self._add(name, "A", rcode="NXDOMAIN", records=0)
        return []

    def _aliases(self, unique):
        """The names that an alias leads through, entered into the zones of the TLD cdn: each in another zone than the one
        before, since a server that knows both names answers for both."""
        length = self._random.choices(ALIAS_LENGTHS, ALIAS_WEIGHTS)[0]
        zones = self._random.sample(range(EDGES), length)
        aliases = [f"{unique}.e{zone}.cdn" for zone in zones]
        for zone, name, following in zip(zones, aliases, aliases[1:]):
            self._edges[zone].append(f"{name}. {ALIAS_TTL} CNAME {following}.")
        self._edges[zones[-1]].append(f"{aliases[-1]}. {TARGET_TTL} A {self._ipv4()}")
        return aliases

    def _add(self, name, kind, aliases=(), rcode="NOERROR", records=1):
        self.lookups.append(Lookup(name, kind, rcode, tuple(aliases), records))

    def _ipv4(self):
        return f"192.0.2.{self._random.randint(1, 254)}"  # RFC 5737

    def _ipv6(self):
        return f"2001:db8::{self._random.getrandbits(16):x}"  # RFC 3849


def _zone_text(zone, address, lines, server="ns"):
    head = [f"$ORIGIN {zone}.", "$TTL 3600", f"@ {NEGATIVE_TTL} SOA {server} nobody 1 3600 600 86400 {NEGATIVE_TTL}",
            f"@ NS {server}", f"{server} A {address}"]
    return "\n".join(head + lines) + "\n"


def _delegation(zone, address):
    return [f"{zone}. NS ns.{zone}.", f"ns.{zone}. A {address}"]
