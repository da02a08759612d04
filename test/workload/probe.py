"""The client under test, as a process that can be asked for what it knows."""
import json
import os
import subprocess
import tempfile
import time

PROBE = os.environ.get("DNSEXP_KUBERNETES_PROBE", "")


class Probe:
    def __init__(self, **options):
        self.log = tempfile.TemporaryFile(mode="w+")
        environment = {**os.environ, "no_proxy": "*", "NO_PROXY": "*"}
        self.process = subprocess.Popen([PROBE] + [f"{key}={value}" for key, value in options.items()],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True,
                                        env=environment)

    def state(self, uids=(), containers=()):
        self.process.stdin.write(json.dumps({"uids": list(uids), "containers": list(containers)}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def wait(self, condition, uids=(), containers=(), seconds=5):
        """The first state that the condition holds of; fails with the last one."""
        end = time.monotonic() + seconds
        while True:
            state = self.state(uids, containers)
            if condition(state):
                return state
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds} s: {state}\n{self.logged()}")
            time.sleep(0.005)

    def logged(self):
        self.log.seek(0)
        return self.log.read()

    def warnings(self):
        return [line for line in self.logged().splitlines() if "level=warn" in line]

    def stop(self):
        """Ends it and returns how many seconds that took."""
        if self.process.poll() is None:
            begin = time.monotonic()
            self.process.stdin.close()
            self.process.wait(10)
            took = time.monotonic() - begin
            assert self.process.returncode == 0, f"exit {self.process.returncode}\n{self.logged()}"
        else:
            took = 0.0
        self.process.stdout.close()
        self.log.close()
        return took
