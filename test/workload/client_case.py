"""What the tests of the client have in common: pods, a server and the client."""
import json
import pathlib
import tempfile
import unittest

import fake_api_server as api
from probe import Probe

PODS = json.loads((pathlib.Path(__file__).parent / "pods.json").read_text())["items"]
SHOP_UID = PODS[0]["metadata"]["uid"]
UIDS = [pod["metadata"]["uid"] for pod in PODS]


def pod(number, version="", name=None, container=None):
    """A small pod; its uid ends with the number."""
    made = {"metadata": {"name": name or f"pod-{number}", "namespace": "default", "uid": uid(number),
                         "resourceVersion": version},
            "spec": {"nodeName": "node-1"}, "status": {"phase": "Running"}}
    if container:
        made["status"]["containerStatuses"] = [{"name": "main", "containerID": f"containerd://{container}"}]
    return made


def uid(number):
    return f"00000000-0000-4000-8000-{number:012}"


class ClientTest(unittest.TestCase):
    # Short delays, so that a test takes tenths of a second; the real ones are some 20 times as long.
    OPTIONS = {"node": "node-1", "backoff_min_ms": 50, "backoff_max_ms": 400, "connect_timeout_ms": 2000,
               "request_timeout_ms": 5000, "watch_timeout_s": 30}

    def server(self, **options):
        server = api.FakeApiServer(**options)
        self.addCleanup(server.close)
        return server

    def probe(self, server, **options):
        probe = Probe(url=server.url, **{**self.OPTIONS, **options})
        self.addCleanup(probe.stop)
        return probe

    def folder(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return pathlib.Path(folder.name)
