"""Real servers that take alerts: rsyslog, Alertmanager and a webhook's server with TLS. Each can end and begin again."""

import json
import os
import sys

from .exporter import get
from .process import Process, run, wait_until

_FOLDER = os.path.dirname(os.path.abspath(__file__))

# What rsyslog understood of a message, a line each. The special parser of local sockets knows the old form only.
_RSYSLOG = """
global(workDirectory="{folder}")
module(load="imuxsock" SysSock.Use="off")
module(load="imudp")
module(load="imtcp")
template(name="fields" type="string"
  string="%pri% %hostname% %app-name% %procid% %msgid% %structured-data%%msg%\\n")
ruleset(name="local") {{ action(type="omfile" file="{folder}/local.log" template="fields") }}
ruleset(name="udp") {{ action(type="omfile" file="{folder}/udp.log" template="fields") }}
ruleset(name="tcp") {{ action(type="omfile" file="{folder}/tcp.log" template="fields") }}
input(type="imuxsock" Socket="{folder}/log" UseSpecialParser="off" ParseHostname="on" ruleset="local")
input(type="imudp" address="127.0.0.1" port="5514" ruleset="udp")
input(type="imtcp" address="127.0.0.1" port="5515" ruleset="tcp")
"""


class Server:
    """Subclasses say which command it is and how one knows that it serves."""

    name = ""

    def __init__(self, space, folder):
        self._space = space
        self.folder = os.path.join(folder, self.name)
        os.mkdir(self.folder)
        self.prepare()
        self.process = None
        self.start()

    def prepare(self):
        """Writes the server's files."""

    def start(self):
        self.process = Process(self.name, self._space.command(*self.command()), self.folder)
        wait_until(lambda: self.process.require_running() and self.serves(), f"{self.name} to serve", timeout=30)

    def stop(self):
        return self.process.stop()

    def lines(self, name):
        """The lines of one of its files, without those that are not complete yet."""
        path = os.path.join(self.folder, name)
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            return file.read().split("\n")[:-1]


class Rsyslog(Server):
    """Listens on the socket `log` of its folder, on UDP port 5514 and on TCP port 5515."""

    name = "rsyslogd"

    def prepare(self):
        with open(f"{self.folder}/rsyslog.conf", "w", encoding="utf-8") as file:
            file.write(_RSYSLOG.format(folder=self.folder))

    def command(self):
        return ("rsyslogd", "-n", "-f", f"{self.folder}/rsyslog.conf", "-i", f"{self.folder}/pid")

    def serves(self):
        sockets = self._space.run("ss", "-Hlntu").stdout
        return "127.0.0.1:5514" in sockets and "127.0.0.1:5515" in sockets and os.path.exists(f"{self.folder}/log")


class Alertmanager(Server):
    """On port 9093, alone, telling nobody."""

    name = "prometheus-alertmanager"
    url = "http://127.0.0.1:9093"

    def prepare(self):
        with open(f"{self.folder}/config.yml", "w", encoding="utf-8") as file:
            json.dump({"route": {"receiver": "none"}, "receivers": [{"name": "none"}]}, file)

    def command(self):
        return (self.name, f"--config.file={self.folder}/config.yml", f"--storage.path={self.folder}/data",
                "--web.listen-address=127.0.0.1:9093", "--cluster.listen-address=")

    def serves(self):
        return get(self._space, 9093, "/-/ready")[0] == 200

    def alerts(self):
        """As amtool sees them."""
        done = self._space.run("amtool", f"--alertmanager.url={self.url}", "alert", "query", "-o", "json")
        return json.loads(done.stdout)


class Webhook(Server):
    """Python's own HTTP server behind TLS, on port 8443; its certificate is its authority. Keeps what was posted."""

    name = "webhook"
    url = "https://127.0.0.1:8443/alerts"

    def prepare(self):
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=webhook", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{self.folder}/key.pem",
            "-out", f"{self.folder}/cert.pem")

    @property
    def certificate(self):
        return f"{self.folder}/cert.pem"

    def command(self):
        return (sys.executable, "-B", f"{_FOLDER}/webhook_server.py", self.folder, "8443")

    def serves(self):
        return "127.0.0.1:8443" in self._space.run("ss", "-Hlnt").stdout

    def answer(self, status):
        """The status of all answers from now on."""
        with open(f"{self.folder}/status.new", "w", encoding="utf-8") as file:
            file.write(str(status))
        os.replace(f"{self.folder}/status.new", f"{self.folder}/status")

    def posts(self):
        """(headers, body) of each request that was answered with a 2xx."""
        return [(post["headers"], json.loads(post["body"])) for post in map(json.loads, self.lines("posts"))]
