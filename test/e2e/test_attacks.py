"""Attacks: real tunnels, and floods of random names, are told as what they are; what is ordinary is not told."""

import collections
import datetime
import json
import os
import random
import re
import time
import unittest

from lab import Process, SharedLab, alerts_of, fewer, wait_until
from lab.capture import Capture
from lab.tunnels import Dns2tcp, Iodine

SERVER, CLIENT = "10.1.0.2", "10.1.0.1"
WITHIN = 200  # queries until a tunnel must have been told


def seconds_of(alert):
    """The alert's time, in seconds since 1970."""
    text = alert["time"]
    whole, fraction = text.rstrip("Z").split(".") if "." in text else (text.rstrip("Z"), "0")
    when = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc)
    return when.timestamp() + float(f"0.{fraction}")


class Tunnels(SharedLab):
    needs = ("iodine", "iodined", "dns2tcpc", "dns2tcpd", "tcpdump")

    @classmethod
    def prepare(cls, lab):
        cls.a, cls.b = lab.two_hosts()
        cls.watch = lab.exporter(cls.b, ["ba"])

    def tunnel_is_told(self, zone, make):
        """Runs the tunnel until more than WITHIN queries have passed; the alert's query is among the first WITHIN."""
        capture = Capture(self.lab, self.b, "ba")
        tunnel = make()
        before = self.watch.scrape().sum("dns_queries_total")
        for _ in range(60):
            tunnel.exchange(10)
            if self.watch.scrape().sum("dns_queries_total") - before > WITHIN:
                break
        tunnel.stop()
        queries = [one.time for one in capture.messages() if not one.response]
        self.assertGreater(len(queries), WITHIN, "the tunnel asked too little to tell")
        found = wait_until(lambda: [one for one in alerts_of(self.b, event_type="TUNNELING", severity="high")
                                    if one["domain"] == zone], f"an alert about {zone}")
        first = min(found, key=seconds_of)
        number = sum(time <= seconds_of(first) + 0.001 for time in queries)
        self.assertLessEqual(number, WITHIN)
        self.assertEqual((CLIENT, SERVER, "server"), (first["client"], first["server"], first["role"]))
        self.assertEqual(1, len(found), found)  # once per window
        print(f"{zone}: TUNNELING, score {first['score']}, at query {number} of {len(queries)}: {first['details']}")

    def iodine(self, kind, net):
        zone = f"{kind.lower()}-{net}.example"
        self.tunnel_is_told(zone, lambda: Iodine(self.lab, self.a, self.b, SERVER, zone, kind, net))

    def test_iodine_null(self):
        self.iodine("NULL", 81)

    def test_iodine_txt(self):
        self.iodine("TXT", 82)

    def test_iodine_cname(self):
        self.iodine("CNAME", 83)

    def test_iodine_mx(self):
        self.iodine("MX", 84)

    def test_iodine_srv(self):
        self.iodine("SRV", 85)

    def test_iodine_a(self):
        self.iodine("A", 86)

    def test_iodine_private(self):
        self.iodine("PRIVATE", 87)

    def test_dns2tcp(self):
        self.tunnel_is_told("dns2tcp.example", lambda: Dns2tcp(self.lab, self.a, self.b, SERVER, "dns2tcp.example"))


ORDINARY = """google.com youtube.com facebook.com wikipedia.org amazon.com twitter.com instagram.com linkedin.com microsoft.com apple.com
netflix.com github.com stackoverflow.com mozilla.org debian.org kernel.org bbc.co.uk nytimes.com cnn.com theguardian.com spiegel.de
lemonde.fr elpais.com corriere.it yahoo.co.jp asahi.com baidu.com taobao.com weather.com imdb.com booking.com tripadvisor.com
expedia.com airbnb.com spotify.com soundcloud.com vimeo.com flickr.com dropbox.com adobe.com oracle.com ibm.com intel.com
nvidia.com samsung.com sony.com philips.com siemens.com bosch.com volkswagen.de toyota.com honda.com ford.com tesla.com
python.org ruby-lang.org golang.org rust-lang.org postgresql.org mysql.com mongodb.com redis.io nginx.org apache.org
cloudflare.com fastly.com digitalocean.com hetzner.com ovh.net linode.com redhat.com ubuntu.com archlinux.org gentoo.org""".split()
HOSTS = ("", "www.", "mail.", "api.", "static.", "m.", "shop.")


def ordinary_names():
    return [host + domain for domain in ORDINARY for host in HOSTS]


def random_domains(count, seed):
    """As generators make them: letters by chance, one of a few top-level domains."""
    draw = random.Random(seed)
    return ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(11, 17))) + draw.choice((".com", ".net", ".info"))
            for _ in range(count)]


class Names(SharedLab):
    """A resolver that has an answer to every name but to those of a list, which don't exist."""

    GENERATED = random_domains(50, 7)
    MISSING = GENERATED[:45] + [domain for domain in ORDINARY if domain.startswith(("b", "e"))]

    @classmethod
    def prepare(cls, lab):
        cls.a, cls.b = lab.two_hosts()
        missing = "".join(f'    local-zone: "{name}." always_nxdomain\n' for name in cls.MISSING)
        lab.resolver(cls.b, SERVER, f"""local-zone: "." redirect
    local-data: ". A 192.0.2.1"
    local-data: ". AAAA 2001:db8::1"
{missing}""")
        cls.list = os.path.join(lab.folder, "list.txt")
        cls.write_list("bad.example\n")
        cls.log = os.path.join(lab.folder, "alerts.json")
        cls.watch = lab.exporter(cls.b, ["ba"], {
            "security": {"blocklists": [{"name": "local", "path": cls.list, "format": "plain"},
                                        {"name": "below", "path": f"{cls.list}.wild", "format": "adblock", "severity": 2}]},
            "alerting": {"destinations": [{"type": "file", "path": cls.log}]}})

    @classmethod
    def write_list(cls, text):
        with open(f"{cls.list}.wild", "w", encoding="ascii") as file:
            file.write("||evil.example^\n")
        with open(f"{cls.list}.new", "w", encoding="ascii") as file:
            file.write(text)
        os.rename(f"{cls.list}.new", cls.list)

    def list_is(self, text, entries):
        self.write_list(text)
        wait_until(lambda: self.watch.scrape().sum("dns_blocklist_entries", list="local") == entries, "the list to be read again")

    def ask(self, names, qtype="A", client=None):
        options = ("-a", client) if client else ()
        done = self.lab.dnsperf(self.a, SERVER, [f"{name} {qtype}" for name in names], *options)
        self.assertEqual((len(names), 0), (done.completed, done.lost))
        return done

    def address(self, client):
        self.a.ip("addr", "add", f"{client}/24", "dev", "ab")
        return client

    def alerts_about(self, client, **filters):
        return [one for one in alerts_of(self.b, **filters) if one["client"] == client]

    def test_ordinary_names_raise_nothing(self):
        client = self.address("10.1.0.20")
        for qtype in ("A", "AAAA", "HTTPS"):
            self.ask(ordinary_names(), qtype, client)
        self.watch.quiet_scrape()
        time.sleep(1.5)  # what is judged once a second
        self.assertEqual([], self.alerts_about(client, severity="medium"))
        self.assertEqual([], self.alerts_about(client, event_type="TUNNELING"))

    def test_a_client_that_runs_a_generator(self):
        client = self.address("10.1.0.21")
        names = ordinary_names() + self.GENERATED
        random.Random(3).shuffle(names)
        self.ask(names, client=client)
        found = wait_until(lambda: self.alerts_about(client, event_type="DGA", severity="high"), "the client to be told")
        self.assertEqual(1, len(found))
        self.assertIsNone(found[0]["domain"])
        self.assertTrue(any(name in found[0]["details"] for name in self.GENERATED), found[0])
        print(f"DGA, client: score {found[0]['score']}: {found[0]['details']}")

    def test_names_on_lists(self):
        client = self.address("10.1.0.22")
        self.list_is("bad.example\n", 1)
        before = self.watch.quiet_scrape()
        self.ask(["bad.example"] * 10 + ["www.bad.example"] * 3 + ["evil.example"] * 2 + ["a.b.evil.example"] * 5, client=client)
        page = self.watch.quiet_scrape() - before
        # A plain list means its names, an adblock list what is below them too.
        self.assertEqual({"local": 10, "below": 7}, page.by("dns_blocklist_matches_total", "list"))
        self.assertEqual({"local": 1, "below": 1}, self.watch.scrape().by("dns_blocklist_entries", "list"))
        found = {one["domain"]: one for one in self.alerts_about(client, event_type="BLOCKLISTED")}
        self.assertEqual({"bad.example": "high", "evil.example": "medium"},
                         {domain: one["severity"] for domain, one in found.items()})

    def test_a_list_that_changes_counts_from_then_on(self):
        client = self.address("10.1.0.23")
        self.list_is("bad.example\nlater.example\n", 2)
        before = self.watch.quiet_scrape()
        self.ask(["later.example"], client=client)
        self.assertEqual({"local": 1}, {name: count for name, count in (self.watch.quiet_scrape() - before).by(
            "dns_blocklist_matches_total", "list").items() if count})
        # What is no list leaves the last good one in force.
        self.write_list("<html><head><title>Please log in</title></head><body>" + "x" * 200 + "</body></html>\n")
        wait_until(lambda: self.watch.scrape().sum("dns_blocklist_update_failures_total", list="local") == 1,
                   "the page to be refused")
        self.assertEqual(2, self.watch.scrape().sum("dns_blocklist_entries", list="local"))

    def test_what_the_api_has_is_delivered_and_counted(self):
        client = self.address("10.1.0.24")
        self.list_is("bad.example\n", 1)
        self.ask(["bad.example", "evil.example", "bad.example"], client=client)
        wait_until(lambda: len(self.alerts_about(client)) == 2, "two alerts")
        def delivered():
            with open(self.log, encoding="ascii") as file:
                return [one for one in map(json.loads, file) if one["client"] == client]
        wait_until(lambda: len(delivered()) == 2, "two lines")
        self.assertCountEqual(self.alerts_about(client), delivered())

        def told():
            return collections.Counter((one["event_type"], one["severity"]) for one in alerts_of(self.b))

        def counted():
            return {(labels["event_type"], labels["severity"]): count
                    for labels, count in self.watch.scrape().series("dns_security_alerts_total") if count}
        wait_until(lambda: told() == counted(), "as many counted as told")  # some are judged once a second


    def test_watch_shows_them_as_they_come(self):
        client = self.address("10.1.0.25")
        self.list_is("bad.example\n", 1)
        watch = Process("watch", self.b.command(self.lab.binary, "watch", "--duration=20", "--interval=300"), self.lab.folder)
        self.lab.addCleanup(watch.stop)
        wait_until(lambda: watch.require_running() and watch.out(), "watch to begin")
        self.ask(["bad.example"], client=client)
        line = re.compile(rf"alert=BLOCKLISTED severity=high domain=bad\.example client={re.escape(client)}$", re.MULTILINE)
        wait_until(lambda: line.search(watch.out()), "watch to show the alert")
        watch.stop()
        self.assertEqual(1, len(line.findall(watch.out())))


class Floods(SharedLab):
    """Random names, as many as a machine can ask: one alert, and no more memory."""

    @classmethod
    def prepare(cls, lab):
        cls.a, cls.b = lab.two_hosts()
        lab.reflector(cls.b, SERVER, "reflect", "--rcode", "3")
        cls.watch = lab.exporter(cls.b, ["ba"])

    def flood(self, zone):
        """Six floods, of which the first ones make the tables as large as they get."""
        sizes = []
        for _ in range(6):
            self.lab.flood(self.a, SERVER, fewer(100_000), "--random-names", "--zone", zone, "--wait")
            self.watch.quiet_scrape()
            sizes.append(self.watch.pss_bytes())
        # What threads of the HTTP server take when they are used for the first time comes on top.
        self.assertLess(max(sizes[3:]) - max(sizes[:3]), 3 << 20, sizes)
        self.assertLess(max(sizes), 32 << 20, sizes)

    def test_names_below_one_domain(self):
        self.flood("victim.example")
        found = wait_until(lambda: alerts_of(self.b, event_type="UNIQUE_SUBDOMAINS", severity="high"), "the attack to be told")
        self.assertEqual({"victim.example"}, {one["domain"] for one in found})
        self.assertEqual([], alerts_of(self.b, event_type="TUNNELING"))
        told = alerts_of(self.b)
        self.assertLess(len(told), 10, told)
        for one in told:
            print(f"flood: {one['event_type']} {one['severity']} {one['score']} {one['domain']} {one['client']}: {one['details']}")


if __name__ == "__main__":
    unittest.main()
