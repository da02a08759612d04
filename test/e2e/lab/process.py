"""Child processes with a bounded life: each ends with the test, whatever happens to the test."""

import ctypes
import os
import signal
import subprocess
import time

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1  # linux/prctl.h

# How many times slower than usual this machine is, 1 to 100: an emulated one, say. Where it matters, tests take more time
# and send less; what is checked stays the same.
SLOW = min(max(int(os.environ.get("DNSEXP_SLOW") or 1), 1), 100)


def fewer(count):
    """So many queries, or as many as a slow machine sends in the same time."""
    return count // SLOW


class LabError(AssertionError):
    """Something the test needs is missing or did not come: a failure, never a skip."""


def die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def wait_until(condition, what, timeout=10.0, pause=0.05):
    """Returns the first true value of condition(); a LabError that names `what` after `timeout` seconds (of a machine
    that is not slow)."""
    end = time.monotonic() + timeout * SLOW
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise LabError(f"waited {timeout} s in vain for: {what}")
        time.sleep(pause)


def run(*command, timeout=60, check=True, **kwargs):
    """Runs a command to its end and returns the CompletedProcess with its text."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=timeout,
                          preexec_fn=die_with_parent, **kwargs)
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


class Process:
    """A process that runs beside the test; stdout and stderr go to files of the lab's folder."""

    def __init__(self, name, command, folder, env=None):
        self.name = name
        self._out, self._err = (os.path.join(folder, f"{name}.{kind}") for kind in ("out", "err"))
        with open(self._out, "wb") as out, open(self._err, "wb") as err:
            self._popen = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out,
                                           stderr=err, preexec_fn=die_with_parent, env=env)

    @property
    def pid(self):
        return self._popen.pid

    def returncode(self):
        return self._popen.poll()

    def running(self):
        return self._popen.poll() is None

    def out(self):
        with open(self._out, encoding="utf-8", errors="replace") as file:
            return file.read()

    def err(self):
        with open(self._err, encoding="utf-8", errors="replace") as file:
            return file.read()

    def send(self, number):
        if self.running():
            os.kill(self.pid, number)

    def wait(self, timeout=60):
        """Waits for the end and returns the exit status."""
        try:
            return self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise LabError(f"{self.name} still runs after {timeout} s\n{self.out()}{self.err()}") from None

    def stop(self, number=signal.SIGTERM, timeout=10):
        """Ends the process: politely first, then not."""
        self.send(signal.SIGCONT)
        self.send(number)
        try:
            self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        return self._popen.returncode

    def require_running(self):
        if not self.running():
            raise LabError(f"{self.name} ended with {self.returncode()}\n{self.out()}{self.err()}")
        return True
