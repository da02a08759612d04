"""What workloads are called: real processes in cgroups that are named as container runtimes and systemd name theirs, and a
server that speaks as the Kubernetes API does."""

import contextlib
import os
import pathlib
import stat
import subprocess
import sys
import threading
import unittest

from lab import LabCase
from lab.exporter import Exporter
from lab.process import wait_until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "workload"))
import fake_api_server as api  # noqa: E402

QUERIES = "dns_workload_queries_total"
LABELS = ("container", "namespace", "pod", "workload")
CONTAINER = "0123456789ab" + "cd" * 26
POD = "0f5c1a52-7d5e-4c0b-9a51-3c6f0c6f1a01"
SCOPE = (f"kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{POD.replace('-', '_')}.slice/"
         f"cri-containerd-{CONTAINER}.scope")


def mounts(kind, option=None):
    """Where file systems of this kind are mounted."""
    with open("/proc/self/mounts", encoding="utf-8") as file:
        for _, path, found, options, *_ in map(str.split, file):
            if found == kind and (option is None or option in options.split(",")):
                yield path


def pod(labels, containers, phase="Running"):
    """A pod of a Deployment, as the API server tells of it."""
    return {"metadata": {"name": "shop-7d4b9c6f5d-x2x9k", "namespace": "store", "uid": POD, "resourceVersion": "5",
                         "labels": labels,
                         "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "shop-7d4b9c6f5d",
                                              "uid": POD[:-1] + "f", "controller": True}]},
            "spec": {"nodeName": "node-1"},
            "status": {"phase": phase, "containerStatuses": [{"name": name, "containerID": f"containerd://{ident}"}
                                                             for name, ident in containers]}}


SHOP = pod({"pod-template-hash": "7d4b9c6f5d"}, [("web", CONTAINER)])


class SameMounts:
    """A namespace that is entered without hiding the mounts below /sys, as `ip netns exec` does."""

    def __init__(self, space):
        self._space = space

    def command(self, *words):
        return ("nsenter", f"--net=/run/netns/{self._space.name}", *words)

    def socket(self, *arguments):
        return self._space.socket(*arguments)


class PodsTest(LabCase):
    def setUp(self):
        super().setUp()
        self.a, b = self.two_hosts(ipv6=False)
        self.nsd(b)

    def cgroup(self, root, path):
        """A cgroup below one of the test's own, which goes with the test."""
        folder = pathlib.Path(root)
        for part in (f"dnsexp-{os.getpid()}", *path.split("/")):
            folder /= part
            if not folder.exists():
                folder.mkdir()
                self.addCleanup(self.remove, folder)
        return folder

    @staticmethod
    def remove(folder):
        """A cgroup can be removed when the last of its processes has been reaped."""
        def gone():
            with contextlib.suppress(OSError):
                folder.rmdir()
            return not folder.exists()
        wait_until(gone, f"{folder} to be empty")

    def ask_in(self, folder, name, queries):
        """A process of this name that asks from the cgroup."""
        into = f'echo $$ > "{folder}/cgroup.procs"; exec "$@"'
        ask = (f"{self.tools}/dns_ask", "--name", name, "--to", "10.1.0.2", "--udp", str(queries))
        subprocess.run(["sh", "-c", into, "sh", *self.a.command(*ask)], check=True, capture_output=True, timeout=60)

    def labels_of(self, watch, name, total):
        """The labels under which the process's queries are all counted."""
        def counted():
            series = [(labels, n) for labels, n in watch.scrape().series(QUERIES, comm=name, role="client") if n]
            return series if sum(n for _, n in series) == total else None
        series = wait_until(counted, f"{name} to count {total}")
        self.assertEqual(1, len(series), series)
        return {label: series[0][0][label] for label in LABELS}

    def run_exporter(self, space=None, binary=None):
        return self.started(Exporter(space or self.a, self.folder, binary or self.binary, ["ab"],
                                     {"workload": {"top_workloads": 1000}}))

    def exporter_in_a_pod(self, server, tls):
        """With the service account and the environment that a pod has; the server's certificate is its own authority."""
        account = "/run/secrets/kubernetes.io/serviceaccount"
        host, port = server.url.removeprefix("https://").split(":")
        inside = (f"mount -t tmpfs t /run && mkdir -p {account} && cp {tls}/cert.pem {account}/ca.crt && "
                  f'echo secret > {account}/token && exec {self.binary} "$@"')
        path = os.path.join(self.folder, "exporter.sh")
        with open(path, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\n"
                       f"export KUBERNETES_SERVICE_HOST={host} KUBERNETES_SERVICE_PORT_HTTPS={port} NODE_NAME=node-1\n"
                       f"exec unshare -m sh -c '{inside}' sh \"$@\"\n")
        os.chmod(path, stat.S_IRWXU)
        return self.run_exporter(binary=path)

    def test_a_container_and_a_unit_without_kubernetes(self):
        root = next(mounts("cgroup2"))
        watch = self.run_exporter()
        self.ask_in(self.cgroup(root, SCOPE), "in-pod", 3)
        self.ask_in(self.cgroup(root, "system.slice/mail.service"), "in-unit", 2)
        self.assertEqual({"container": CONTAINER[:12], "namespace": "", "pod": "", "workload": ""},
                         self.labels_of(watch, "in-pod", 3))
        self.assertEqual({"container": "", "namespace": "", "pod": "", "workload": "mail.service"},
                         self.labels_of(watch, "in-unit", 2))

    def test_a_container_of_cgroup_version_1(self):
        """On a host that has both versions, where the process is in the root of version 2."""
        root = next(mounts("cgroup", "pids"), None)
        self.assertTrue(root or list(mounts("cgroup2")), "no cgroups at all")
        if root is None:
            return  # the host has version 2 alone, of which the other tests tell
        watch = self.run_exporter(SameMounts(self.a))
        self.ask_in(self.cgroup(root, f"docker/{CONTAINER}"), "in-docker", 3)
        self.assertEqual({"container": CONTAINER[:12], "namespace": "", "pod": "", "workload": ""},
                         self.labels_of(watch, "in-docker", 3))

    def test_a_pod_of_kubernetes(self):
        """Known before its first query, known a second after it, and gone before the last scrape: one series each time."""
        tls = api.certificate(os.path.join(self.folder, "tls"))
        with self.a.entered():
            server = api.FakeApiServer(tls_folder=tls)
        self.addCleanup(server.close)
        server.script("list", api.pod_list([], "4"))
        told = threading.Event()
        server.script("watch", api.watch(lambda: told.wait(30) and api.event("ADDED", SHOP),
                                         lambda: gone.wait(30) and api.event("DELETED", SHOP), end="hold"))
        gone = threading.Event()
        watch = self.exporter_in_a_pod(server, tls)
        server.wait_for("watch", 1, 20)
        folder = self.cgroup(next(mounts("cgroup2")), SCOPE)
        self.ask_in(folder, "shopper", 3)
        watch.scrape()  # not settled yet: nothing may be shown under other labels
        told.set()
        shop = {"container": "web", "namespace": "store", "pod": "shop-7d4b9c6f5d-x2x9k", "workload": "shop"}
        self.assertEqual(shop, self.labels_of(watch, "shopper", 3))
        self.ask_in(folder, "shopper", 2)
        self.assertEqual(shop, self.labels_of(watch, "shopper", 5))
        self.ask_in(folder, "shopper", 1)
        gone.set()
        self.remove(folder)
        self.assertEqual(shop, self.labels_of(watch, "shopper", 6))


if __name__ == "__main__":
    unittest.main()
