"""Makes the pictures of the live page in docs/images from a real run: an exporter in a namespace of its own, a resolver, and
clients that ask for ordinary names for a while.
usage: screenshots.py FOLDER, with DNSEXP_BIN and DNSEXP_TOOLS set as for the tests, as root"""

import base64
import os
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lab import LabCase, dns, wait_until  # noqa: E402
from lab.browser import Browser  # noqa: E402
from lab.exporter import PORT  # noqa: E402

SECONDS = 30      # of traffic before the first picture
MORE_SECONDS = 4  # before each picture: the page refreshes itself every two
RESOLVER, SECOND, SLOW = "10.1.0.2", "10.1.0.3", "10.1.0.4"
SLOW_MS = 180
# How often each name is asked for, beside the others.
NAMES = {"www.example.com": 30, "api.example.com": 22, "cdn.example.net": 18, "mail.example.org": 9, "db.shop.example": 14,
         "queue.shop.example": 8, "old.gone.example": 4, "x.broken.example": 2}
CLIENTS = {"web-frontend": (RESOLVER, 4), "order-worker": (RESOLVER, 2), "mail-relay": (SECOND, 1)}  # server, share
PICTURES = {"live-light": ("light", 920), "live-dark": ("dark", 920), "live-phone": ("light", 360)}
LAST_SECTION = "domains-title"  # so that a picture stays small, and nothing of other processes is on it


class Scene(LabCase):
    needs = ("chromium",)

    def runTest(self):
        a, b = self.two_hosts(ipv6=False)
        for address in (SECOND, SLOW):
            b.ip("addr", "add", f"{address}/24", "dev", "ba")
        lines = """local-zone: "." redirect
    local-data: ". A 192.0.2.1"
    local-data: ". AAAA 2001:db8::1"
    local-zone: "gone.example." always_nxdomain
    local-zone: "broken.example." always_refuse"""
        for address in (RESOLVER, SECOND):
            self.resolver(b, address, lines)
        self.slow_server(b, SLOW, SLOW_MS)
        blocked = os.path.join(self.folder, "list.txt")
        with open(blocked, "w", encoding="ascii") as file:
            file.write("malware.example\n")
        self.exporter(a, ["ab"], {"security": {"blocklists": [{"name": "local", "path": blocked, "format": "plain"}]},
                                  "workload": {"top_workloads": 20}})
        browser = Browser(a, self.folder)
        self.addCleanup(browser.stop)
        browser.go(f"http://127.0.0.1:{PORT}/")
        self.programs = {name: self.named_program("dnsperf", name) for name in CLIENTS}
        self.traffic(a, SECONDS)
        a.run("dig", f"@{RESOLVER}", "+tries=1", "malware.example", check=False)
        wait_until(lambda: "malware.example" in str(browser.rows("alerts")), "the alert on the page")
        for name, (scheme, width) in PICTURES.items():
            browser.prefer(scheme)
            browser.resize(width, 800, phone=width < 500)
            self.traffic(a, MORE_SECONDS)
            self.take(browser, name, width)

    def traffic(self, space, seconds):
        chance = random.Random()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            runs = []
            for name, (server, share) in CLIENTS.items():
                count = chance.randint(20, 60) * share
                lines = [f"{asked} {chance.choice(('A', 'AAAA'))}" for asked in chance.choices(list(NAMES), NAMES.values(), k=count)]
                runs.append(dns.Dnsperf(space, self.folder, server, lines, "-Q", count, program=self.programs[name]))
            for run in runs:
                run.result()
            if chance.random() < 0.3:
                space.run("dig", f"@{SLOW}", "+tries=1", "report.shop.example", check=False)

    @staticmethod
    def take(browser, name, width):
        height = browser.run(f"document.getElementById('{LAST_SECTION}').closest('section').getBoundingClientRect().bottom + scrollY")
        path = os.path.join(sys.argv[1], f"{name}.png")
        with open(path, "wb") as file:
            file.write(base64.b64decode(browser.screenshot(width, height + 16)))
        print(f"{path}: {os.path.getsize(path)} octets")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    scene = Scene()
    try:
        scene.setUp()
        scene.runTest()
    finally:
        scene.doCleanups()
