"""The landing page's live view, in a real browser with real traffic: it shows what the clients say they did."""

import json
import os
import time
import unittest

from lab import LabCase, SharedLab, dns, get, wait_until
from lab.browser import Browser
from lab.exporter import PORT

ORIGIN = f"http://127.0.0.1:{PORT}"
SERVER = "10.1.0.2"
SILENT = "10.1.0.3"  # nobody listens there
HOSTILE = "<img src=x onerror=name=1>"  # would give the window a name
HOSTILE_IN_DIG = HOSTILE.replace(" ", r"\032")
CLIENT = "live-page-perf"
TIMEOUT_MS = 1000
CONTRAST = 4.5  # WCAG 2.2, 1.4.3, level AA

# The least contrast of all texts on the page to the ground behind them, with where it is (WCAG 2.2, relative luminance).
LEAST_CONTRAST = """(() => {
    const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const linear = (part) => part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4;
    const luminance = (colour) => {
        const [r, g, b] = parts(colour).map(linear);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const colour = getComputedStyle(at).backgroundColor;
            if (parts(colour)[3] !== 0) return colour;
        }
        return 'rgb(255, 255, 255)';
    };
    let least = [99, ''];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        if (!texts.currentNode.textContent.trim() || !element.checkVisibility()) continue;
        const style = getComputedStyle(element);
        const pair = [luminance(element.closest('svg') ? style.fill : style.color), luminance(ground(element))];
        const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
        if (contrast < least[0]) least = [contrast, texts.currentNode.textContent];
    }
    return least;
})()"""


def api(space, path):
    status, text = get(space, PORT, path)
    if status != 200:
        raise AssertionError(f"{path} answered {status}: {text[:300]}")
    return json.loads(text)


def number(text):
    return int(text.replace(",", ""))


class LivePage(SharedLab):
    needs = ("chromium",)

    @classmethod
    def prepare(cls, lab):
        cls.a, cls.b = lab.two_hosts()
        cls.b.ip("addr", "add", f"{SILENT}/24", "dev", "ba")
        lab.resolver(cls.b, SERVER, """local-zone: "." redirect
    local-data: ". A 192.0.2.1"
    local-zone: "missing.example." always_nxdomain
    local-zone: "broken.example." always_refuse""")
        blocked = os.path.join(lab.folder, "list.txt")
        with open(blocked, "w", encoding="ascii") as file:
            file.write("bad.example\n")
        cls.watch = lab.exporter(cls.a, ["ab"], {
            "capture": {"query_timeout_ms": TIMEOUT_MS},
            "security": {"blocklists": [{"name": "local", "path": blocked, "format": "plain"}]}})
        cls.browser = Browser(cls.a, lab.folder)
        lab.addCleanup(cls.browser.stop)
        cls.browser.go(f"{ORIGIN}/")
        cls.whole_round()
        cls.empty = {body: cls.browser.rows(body) for body in ("domains", "servers", "alerts")}
        lines = [f"h{i}.example.com A" for i in range(600)] + [f"h{i}.missing.example A" for i in range(100)]
        client = lab.named_program("dnsperf", CLIENT)
        cls.first = dns.Dnsperf(cls.a, lab.folder, SERVER, lines, "-q", 20, program=client).result()
        for name in ("bad.example", "none.missing.example", "x.broken.example", f"{HOSTILE_IN_DIG}.hostile-names"):
            cls.dig(name)
        cls.dig("unanswered.example", server=SILENT, tries=("+tries=1", "+time=1"))
        cls.queries = cls.first.sent + 5
        cls.page_shows("all queries", lambda: number(cls.browser.text("#queries")) == cls.queries)
        cls.whole_round()

    @classmethod
    def dig(cls, name, server=SERVER, tries=("+tries=1", "+time=5")):
        cls.a.run("dig", f"@{server}", *tries, name, check=False)

    @classmethod
    def page_shows(cls, what, condition):
        wait_until(condition, f"the page to show {what}", 15)

    @classmethod
    def whole_round(cls):
        """Waits until the page has gone through its questions: the slow queries are the last, after the tables."""
        def rounds():
            return cls.browser.run("1") and sum(url.endswith("/slow") for url in cls.browser.requests)
        done = rounds()
        cls.page_shows("all its tables", lambda: rounds() > done)

    def row(self, body, first):
        found = [row for row in self.browser.rows(body) if row[0] == first]
        self.assertEqual(1, len(found), (body, first, self.browser.rows(body)))
        return found[0]

    def test_an_empty_exporter_says_so(self):
        self.assertEqual({"domains": [["No queries yet"]], "servers": [["No queries yet"]], "alerts": [["No alerts"]]}, self.empty)

    def test_outcomes_are_what_the_clients_say(self):
        self.assertEqual(self.first.sent, self.first.completed)
        self.assertEqual({"NOERROR": 600, "NXDOMAIN": 100}, self.first.rcodes)
        answered = self.first.rcodes["NOERROR"] + 2  # the blocked name and the hostile one
        self.assertEqual(f"{answered:,}", self.row("outcomes", "NOERROR")[1])
        self.assertEqual("101", self.row("outcomes", "NXDOMAIN")[1])
        self.assertEqual("1", self.row("outcomes", "REFUSED")[1])
        self.assertEqual("1", self.row("outcomes", "TIMEOUT")[1])
        self.assertEqual(f"{answered / self.queries * 100:.1f} %", self.row("outcomes", "NOERROR")[3])
        self.assertEqual("0", self.browser.text("#active"))
        self.assertRegex(self.browser.text("#failed"), r"^0\.\d %$")  # 2 of 705

    def test_domains_and_servers_are_those_that_were_asked(self):
        self.assertEqual("600", self.row("domains", "example.com")[1])
        self.assertEqual(["101", "100 %", "0 %"], [self.row("domains", "missing.example")[i] for i in (1, 3, 4)])
        self.assertEqual("100 %", self.row("domains", "broken.example")[4])
        server = self.row("servers", SERVER)
        self.assertEqual(["client", f"{self.queries - 1:,}"], server[1:3])
        for shown in server[5:8]:
            self.assertRegex(shown, r"^[\d.]+ (µs|ms|s)$")
        self.assertEqual("100 %", self.row("servers", SILENT)[4])

    def test_the_client_is_among_the_workloads(self):
        self.assertEqual(["client", f"{self.first.sent:,}"], self.row("workloads", CLIENT)[2:4])

    def test_the_alert_and_the_hooks_are_there(self):
        (alert,) = [row for row in self.browser.rows("alerts") if row[3] == "bad.example"]
        self.assertEqual(["high", "BLOCKLISTED", "bad.example", "10.1.0.1"], alert[1:5])
        hooks = {(row[0], row[1], row[3]) for row in self.browser.rows("hooks")}
        self.assertEqual({("ab", "ingress", "attached"), ("ab", "egress", "attached")}, hooks)
        modes = {(one["hook"], one["mode"]) for one in api(self.a, "/api/v1/summary")["hooks"]}
        self.assertEqual(modes, {(row[1], row[2]) for row in self.browser.rows("hooks")})

    def test_latency_lies_where_the_api_says(self):
        latency = api(self.a, "/api/v1/servers")["servers"][0]["latency"]
        bars = self.browser.run("[...document.querySelectorAll('#latency-chart title')].map((one) => one.textContent)")
        shown = [number(bar.split(": ")[1]) for bar in bars]
        self.assertEqual([count for count in latency["buckets"] if count], [count for count in shown if count])
        self.assertRegex(self.browser.text("#p95"), r"^[\d.]+ (µs|ms|s)$")
        self.assertIn("now", self.browser.run("document.getElementById('rate-chart').getAttribute('aria-label')"))

    def test_the_scripts_reckon_right(self):
        # The same histogram as in summary_test.cpp: the 28th of 56 is the 13th of 40 between 10 ms and 1 s.
        # A tenth is the 5.6th of 10 up to 1 ms, and what is above the last edge counts as it.
        for share, seconds in ((0.5, 0.01 + 0.99 * 13 / 40), (0.1, 0.00056), (1, 1)):
            self.assertAlmostEqual(seconds, self.browser.run(
                f"import('/assets/history.js').then(({{quantile}}) => quantile([0.001, 0.01, 1], [10, 5, 40, 1], {share}))"))
        self.assertEqual([0.25, None], self.browser.run("import('/assets/history.js').then(({failedShare}) => "
                                                        "[failedShare({NOERROR: 2, NXDOMAIN: 1, SERVFAIL: 1}), failedShare({})])"))
        self.assertEqual(["62.5 µs", "1.5 ms", "2 s", "<0.1 %", "12,345", "–"], self.browser.run(
            "import('/assets/format.js').then((f) => [f.duration(0.0000625), f.duration(0.0015), f.duration(2), "
            "f.percent(0.0004), f.count(12345), f.rate(null)])"))

    def test_rates_are_differences_within_one_life_of_the_exporter(self):
        told = self.browser.run("""import('/assets/history.js').then(({History, domainKey}) => {
            const summary = (start, seconds, queries, domains) => ({
                exporter: {start_unix_ns: start}, monotonic_ns: seconds * 1e9, totals: {queries}, outcomes: {NOERROR: queries},
                latency: {edges_seconds: [1], buckets: [queries, 0]}, servers: [], workloads: [],
                domains: Object.entries(domains).map(([domain, queries]) => ({domain, queries}))});
            const key = (domain) => domainKey({domain});
            const history = new History();
            const told = [];
            history.add(summary(1, 100, 1000, {'a.test': 900}));
            told.push(history.rate(), history.window().seconds);
            history.add(summary(1, 104, 1040, {'a.test': 920, 'new.test': 20}));
            told.push(history.rate(), history.rateOf(key('a.test')), history.rateOf(key('new.test')));
            told.push(history.rateOf(key('none.test')), history.rateOfOutcome('NOERROR'), history.window().outcomes.NOERROR);
            history.add(summary(2, 106, 1050, {}));  // begun anew, though its counts are higher
            told.push(history.rate());
            return told;
        })""")
        self.assertEqual([None, None, 10, 5, 5, 0, 10, 40, None], told)

    def test_a_hostile_name_is_text(self):
        shown = [row[0] for row in self.browser.rows("domains") if "hostile-names" in row[0]]
        self.assertEqual([f"{HOSTILE}.hostile-names"], [name.replace("\\032", " ") for name in shown])
        self.assertEqual(0, self.browser.run("document.images.length"))
        self.assertEqual("", self.browser.run("window.name"))

    def test_nothing_is_too_wide_for_a_phone_or_too_pale(self):
        self.addCleanup(self.browser.resize, 1000)
        for scheme, darker in (("light", False), ("dark", True)):
            self.browser.prefer(scheme)
            ground = self.browser.run("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
            self.assertEqual(darker, sum(ground) < 3 * 128, ground)
            contrast, where = self.browser.run(LEAST_CONTRAST)
            self.assertLessEqual(CONTRAST, contrast, (scheme, where))
        for width in (360, 768, 1000):
            self.browser.resize(width, 740, phone=width == 360)
            self.assertLessEqual(self.browser.run("document.documentElement.scrollWidth"), width)

    def test_tables_and_charts_have_names(self):
        self.assertEqual([], self.browser.run("""[...document.querySelectorAll('table, [role=region], svg[role=img]')].filter(
            (one) => !(one.caption || one.getAttribute('aria-label') ||
                       document.getElementById(one.getAttribute('aria-labelledby')))).map((one) => one.outerHTML)"""))
        self.assertEqual(0, self.browser.run("document.querySelectorAll('thead th:not([scope=col]), tbody th:not([scope=row])').length"))
        self.assertEqual("", self.browser.text("#notice"))
        self.assertIn("watched", self.browser.text("#state"))

    def test_zz_it_follows_new_queries_and_rests_while_hidden(self):
        second = self.lab.dnsperf(self.a, SERVER, [f"again{i}.second.example A" for i in range(300)])
        self.page_shows("the second burst", lambda: number(self.browser.text("#queries")) == self.queries + second.sent)
        self.page_shows("its domain", lambda: "second.example" in str(self.browser.rows("domains")))
        self.assertEqual("300", self.row("domains", "second.example")[1])
        self.assertNotEqual("0.0", self.browser.text("#rate"))
        self.browser.hide(True)
        time.sleep(1)  # a round that is under way ends
        self.browser.run("1")
        asked = len(self.browser.requests)
        time.sleep(3)
        self.browser.run("1")
        self.assertEqual(asked, len(self.browser.requests))
        self.browser.hide(False)
        self.page_shows("that it asks again", lambda: self.browser.run("1") and len(self.browser.requests) > asked)

    def test_zzz_nothing_was_wrong_and_nobody_else_was_asked(self):
        self.browser.run("1")
        self.assertEqual([], self.browser.problems)
        self.assertLess(20, len(self.browser.requests))
        self.assertEqual(set(), {url for url in self.browser.requests if not url.startswith(f"{ORIGIN}/")})


class Trouble(LabCase):
    needs = ("chromium",)

    def setUp(self):
        super().setUp()
        self.a, _ = self.two_hosts()

    def open(self, address="127.0.0.1"):
        browser = Browser(self.a, self.folder)
        self.addCleanup(browser.stop)
        browser.go(f"http://{address}:{PORT}/")
        return browser

    def test_who_may_not_ask_is_told_why_and_what_to_do(self):
        self.exporter(self.a, ["ab"], options=("--web.listen-address=10.1.0.1:10153",))
        browser = self.open("10.1.0.1")
        wait_until(lambda: "127.0.0.1" in browser.text("#notice"), "the reason")
        self.assertIn("ask from this host", browser.text("#notice"))
        self.assertIn(f"ssh -L {PORT}:127.0.0.1:{PORT} 10.1.0.1", browser.text("#notice"))
        self.assertIn("watched", browser.text("#state"))
        self.assertTrue(browser.run("document.getElementById('live').hidden"))
        self.assertIn("/metrics", browser.text("nav"))

    def test_an_exporter_that_goes_away_and_comes_back(self):
        watch = self.exporter(self.a, ["ab"])
        browser = self.open()
        wait_until(lambda: browser.text("#queries") == "0", "the numbers")
        watch.stop()
        wait_until(lambda: "does not answer" in browser.text("#notice"), "the notice")
        self.assertEqual("0", browser.text("#queries"))
        self.exporter(self.a, ["ab"])
        wait_until(lambda: browser.text("#notice") == "", "the notice to go", 20)

    def test_without_scripts_the_page_says_where_the_numbers_are(self):
        self.exporter(self.a, ["ab"])
        browser = self.open()
        browser.scripts(False)
        browser.go(f"http://127.0.0.1:{PORT}/?again")
        self.assertIn("needs JavaScript", browser.text("noscript"))
        self.assertIn("/api/v1/summary", browser.text("nav"))


if __name__ == "__main__":
    unittest.main()
