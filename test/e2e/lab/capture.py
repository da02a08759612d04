"""What passed on a device, as tcpdump wrote it: DNS over UDP and IPv4, with the kernel's times."""

import collections
import os
import signal
import struct
import time

from .dns import TYPES
from .process import LabError, Process, wait_until

# `time` in seconds since 1970. Of a response `server` is who sent it, of a query whom it was sent to.
Message = collections.namedtuple("Message", "time client port server response ident name type rcode authoritative")

_TYPE_NAMES = {number: name for name, number in TYPES.items()}
_ETHERNET, _IPV4_UDP = 14, 28


class Capture:
    """tcpdump on a device of a namespace, from the making on."""

    def __init__(self, lab, space, device):
        self._path = os.path.join(lab.folder, f"{device}-{time.monotonic_ns()}.pcap")
        # Nothing is held back until a block is full. Each packet takes the room of the longest, so that is kept short.
        self._process = Process(f"tcpdump-{os.path.basename(self._path)}", space.command(
            "tcpdump", "-n", "-U", "--immediate-mode", "-B", 16384, "-s", 1600, "-Z", "root", "-i", device, "-w", self._path, "udp port 53"), lab.folder)
        lab.addCleanup(self._process.stop)
        wait_until(lambda: self._process.require_running() and "listening on" in self._process.err(), "tcpdump to listen")

    def messages(self):
        """Ends the capture and returns what was seen, in its order."""
        time.sleep(0.2)  # what tcpdump has not read yet
        self._process.stop(signal.SIGINT)
        if "\n0 packets dropped by kernel" not in self._process.err():
            raise LabError(f"tcpdump lost packets: {self._process.err()}")
        with open(self._path, "rb") as file:
            content = file.read()
        return [message for message in map(_parsed, *_records(content)) if message]


def _records(content):
    """The times and the frames of a pcap file (pcap-savefile(5))."""
    magic, *_ = struct.unpack_from("<I", content)
    if magic != 0xA1B2C3D4:
        raise LabError(f"not a capture in microseconds of this byte order: {magic:x}")
    times, frames, at = [], [], 24
    while at + 16 <= len(content):
        seconds, micros, length, _ = struct.unpack_from("<IIII", content, at)
        times.append(seconds + micros / 1e6)
        frames.append(content[at + 16:at + 16 + length])
        at += 16 + length
    return times, frames


def _parsed(when, frame):
    """The message in an Ethernet frame, or None where there is none with a question."""
    payload = frame[_ETHERNET + _IPV4_UDP:]
    if len(payload) < 12:
        return None
    source, target = (".".join(map(str, frame[at:at + 4])) for at in (_ETHERNET + 12, _ETHERNET + 16))
    source_port, target_port = struct.unpack_from("!HH", frame, _ETHERNET + 20)
    ident, flags, questions = struct.unpack_from("!HHH", payload)
    if questions != 1:
        return None
    labels, at = [], 12
    while payload[at]:
        labels.append(payload[at + 1:at + 1 + payload[at]].decode("ascii", "backslashreplace"))
        at += 1 + payload[at]
    kind, = struct.unpack_from("!H", payload, at + 1)
    response = bool(flags & 0x8000)
    client, port, server = (target, target_port, source) if response else (source, source_port, target)
    return Message(when, client, port, server, response, ident, ".".join(labels).lower() or ".", _TYPE_NAMES.get(kind, str(kind)),
                   flags & 15, bool(flags & 0x0400))
