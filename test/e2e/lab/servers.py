"""Servers and clients with settings of a test's own: BIND, unbound, dig."""

import os
import re

from .dns import HOSTS, ZONE, zone_text
from .process import LabError, Process, wait_until


def wait_for_address(space, address, port, process):
    for flag in ("-u", "-t"):
        wait_until(lambda: process.require_running() and
                   space.run("ss", "-Hln", flag, f"src {address} and sport = :{port}").stdout.strip(),
                   f"{process.name} to open {address} port {port}")


def written(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


class Named:
    """BIND as the zone's primary server: it takes updates and asks its clients for cookies. `options` are more lines of
    the options block."""

    def __init__(self, space, folder, address, options=""):
        zone = written(folder, f"named-{space.name}.zone", zone_text())
        path = written(folder, f"named-{space.name}.conf", f"""options {{
    directory "{folder}"; pid-file none; session-keyfile none; lock-file none;
    listen-on {{ {address}; }}; listen-on-v6 {{ none; }};
    recursion no; dnssec-validation no; allow-transfer {{ any; }}; notify no;
    {options}
}};
controls {{ }};
zone "{ZONE}" {{ type primary; file "{zone}"; allow-update {{ any; }}; }};
zone "." {{ type hint; file "/dev/null"; }};
""")
        self.process = Process(f"named-{space.name}", space.command("named", "-g", "-n", 1, "-c", path), folder)
        wait_for_address(space, address, 53, self.process)


class Resolver:
    """unbound with `lines` as its server block, on one address."""

    _serial = 0

    def __init__(self, space, folder, address, lines, zones="", port=53):
        Resolver._serial += 1
        name = f"resolver-{Resolver._serial}"
        path = written(folder, f"{name}.conf", f"""server:
    interface: {address}@{port}
    access-control: 0.0.0.0/0 allow
    do-daemonize: no
    username: ""
    chroot: ""
    directory: "{folder}"
    pidfile: ""
    use-syslog: no
    num-threads: 1
    do-not-query-localhost: no
    {lines}
{zones}""")
        self.process = Process(name, space.command("unbound", "-d", "-c", path), folder)
        wait_for_address(space, address, port, self.process)


class DigAnswer:
    """What dig says it got: status, answer count, EDNS and Extended DNS Errors; of a transfer, its messages."""

    def __init__(self, text):
        self.text = text
        self.status = self._find(r"status: (\w+)")
        self.answers = int(self._find(r"ANSWER: (\d+)") or 0)
        self.has_opt = "; EDNS: version" in text
        self.errors = re.findall(r"; EDE: (\d+)", text)
        self.transfer_messages = int(self._find(r"\(messages (\d+), bytes") or 0)

    def _find(self, pattern):
        match = re.search(pattern, self.text)
        return match.group(1) if match else None


def dig(space, server, *words):
    """One query, sent once, without a cookie unless `words` ask for one; a LabError where no answer came."""
    done = space.run("dig", f"@{server}", "+tries=1", "+time=5", "+nocookie", *words, check=False)
    if done.returncode != 0:
        raise LabError(f"dig {' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return DigAnswer(done.stdout)
