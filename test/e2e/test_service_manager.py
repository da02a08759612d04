"""What the exporter tells a service manager, on a real socket: that it watches, that it reloads, that it lives, and that it
stops."""

import contextlib
import ctypes
import os
import re
import signal
import socket
import time
import unittest

from lab import Exporter, LabCase, wait_until

WATCHDOG = 0.6  # seconds within which a sign of life must come

# linux/ptrace.h
PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
WALL = 0x40000000  # linux/wait.h: __WALL, of a thread that is no child

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


def ptrace(request, thread):
    if _libc.ptrace(request, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")


@contextlib.contextmanager
def stopped(thread):
    """One thread stands still, and the others run."""
    ptrace(PTRACE_SEIZE, thread)
    ptrace(PTRACE_INTERRUPT, thread)
    os.waitpid(thread, WALL)
    try:
        yield
    finally:
        ptrace(PTRACE_DETACH, thread)


class ServiceManagerTest(LabCase):
    def setUp(self):
        super().setUp()
        self.a, _ = self.two_hosts()
        path = os.path.join(self.folder, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.close)
        self.socket.bind(path)
        self.socket.setblocking(False)
        wrapper = os.path.join(self.folder, "service")
        with open(wrapper, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nNOTIFY_SOCKET={path} WATCHDOG_USEC={int(WATCHDOG * 1e6)} exec "{self.binary}" "$@"\n')
        os.chmod(wrapper, 0o755)
        self.watch = self.started(Exporter(self.a, self.folder, wrapper, ["ab"]))

    def messages(self):
        """What has come since the last time."""
        found = []
        with contextlib.suppress(BlockingIOError):
            while True:
                found.append(self.socket.recv(4096).decode("utf-8"))
        return found

    def until(self, start):
        """All up to a message that begins so, without signs of life."""
        found = []

        def has_come():
            found.extend(message for message in self.messages() if message != "WATCHDOG=1")
            return any(message.startswith(start) for message in found)
        wait_until(has_come, f"the message {start}")
        return found

    def test_ready_reload_and_stop(self):
        ready = ["READY=1\nSTATUS=Watching DNS; listening on 127.0.0.1:10153"]
        self.assertEqual(ready, self.until("READY"))
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self.watch.process.send(signal.SIGHUP)
        reloading, *rest = self.until("READY")
        self.assertEqual(ready, rest)
        told = int(re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=(\d+)", reloading)[1])
        self.assertLessEqual(before, told)
        self.assertLessEqual(told, time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000)
        self.assertEqual(0, self.watch.process.stop())
        self.assertEqual(["STOPPING=1"], self.until("STOPPING"))

    def test_signs_of_life_come_while_the_reader_runs_and_not_when_it_is_stuck(self):
        self.until("READY")
        for _ in range(5):
            wait_until(lambda: "WATCHDOG=1" in self.messages(), "a sign of life", timeout=WATCHDOG)
        with stopped(self.watch.pid):
            self.messages()
            time.sleep(3 * WATCHDOG)
            self.assertEqual([], self.messages())
        wait_until(lambda: "WATCHDOG=1" in self.messages(), "a sign of life after that")


if __name__ == "__main__":
    unittest.main()
