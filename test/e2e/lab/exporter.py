"""The exporter under test, in a namespace."""

import http.client
import json
import os
import re
import socket

from .process import LabError, Process, wait_until
from .snapshot import Snapshot

PORT = 10153


class _InNamespace(http.client.HTTPConnection):
    """HTTP from within a namespace."""

    def __init__(self, space, port, timeout, address):
        super().__init__(address, port, timeout=timeout)
        self._space = space

    def connect(self):
        self.sock = self._space.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect((self.host, self.port))


def get(space, port, path, timeout=10, address="127.0.0.1", headers=None, method="GET"):
    """(status, text) of a page, by default of the namespace's own loopback; (0, reason) when nobody answers."""
    connection = _InNamespace(space, port, timeout, address)
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8")
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)
    finally:
        connection.close()


def alerts_of(space, **filters):
    """What /api/v1/alerts tells, the newest first; `filters` are its parameters."""
    query = "&".join(f"{name}={value}" for name, value in {"limit": 1000, **filters}.items())
    status, text = get(space, PORT, f"/api/v1/alerts?{query}")
    if status != 200:
        raise LabError(f"/api/v1/alerts answered {status}: {text[:200]}")
    return json.loads(text)["alerts"]


class Exporter:
    """Runs the exporter and waits until it is ready. `config` is a dict of the file's sections."""

    _serial = 0

    def __init__(self, space, folder, binary, interfaces, config=None, options=(), port=PORT):
        Exporter._serial += 1
        self._space, self._port = space, port
        command = [binary, f"--web.listen-address=127.0.0.1:{port}"]
        command += [f"--interface={name}" for name in interfaces]
        self.config_path = os.path.join(folder, f"exporter-{Exporter._serial}.yml")
        if config is not None:
            self.write_config(config)
            command.append(f"--config.file={self.config_path}")
        self.process = Process(f"exporter-{Exporter._serial}", space.command(*command, *options), folder)
        wait_until(lambda: self.process.require_running() and get(space, port, "/-/ready")[0] == 200,
                   "the exporter to be ready")

    def write_config(self, config):
        """Puts other sections into the file, in one step."""
        with open(f"{self.config_path}.new", "w", encoding="utf-8") as file:
            json.dump(config, file)  # JSON is YAML
        os.rename(f"{self.config_path}.new", self.config_path)

    def reload(self, config):
        """(status, text) of /-/reload after the file has other sections; the exporter needs --web.enable-lifecycle."""
        self.write_config(config)
        return get(self._space, self._port, "/-/reload", method="POST")

    @property
    def pid(self):
        return self.process.pid

    def page(self):
        status, text = get(self._space, self._port, "/metrics")
        if status != 200:
            self.process.require_running()
            raise LabError(f"/metrics answered {status}: {text[:200]}")
        return text

    def scrape(self):
        return Snapshot.parse(self.page())

    def quiet_scrape(self, timeout=15):
        """A scrape of a moment in which no query is open and no message comes: the ledgers balance exactly."""
        return self._settled(timeout, lambda page: page.sum("dns_active_queries") == 0, "no open query and no new message")

    def still_scrape(self, timeout=15):
        """A scrape of a moment in which no packet comes; queries may be open."""
        return self._settled(timeout, lambda page: True, "no new packet")

    def _settled(self, timeout, condition, what):
        last = [None]

        def settled():
            page = self.scrape()
            moving = ("dns_packets_total", "dns_queries_total", "ebpf_dns_exporter_events_total")
            state = tuple(page.sum(name) for name in moving)
            same, last[0] = state == last[0], state
            return page if same and condition(page) else None

        # Scrapes within 100 ms share one reading, so two that agree must lie further apart.
        return wait_until(settled, what, timeout, pause=0.15)

    def pss_bytes(self):
        """Memory of its own: what is mapped of BPF maps, the kernel's, is left out."""
        kilobytes, is_map = 0, False
        with open(f"/proc/{self.pid}/smaps", encoding="ascii", errors="replace") as file:
            for line in file:
                if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                    is_map = line.rstrip().endswith("anon_inode:bpf-map")
                elif line.startswith("Pss:") and not is_map:
                    kilobytes += int(line.split()[1])
        if not kilobytes:
            raise LabError("smaps has no Pss")
        return kilobytes * 1024

    def stop(self):
        return self.process.stop()
