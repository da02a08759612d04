"""A DNS client over TCP that decides what goes into which segment."""

import socket
import struct

from .process import LabError

_TCP_INFO_SIZE = 160
_RETRANSMISSIONS, _DATA_SEGMENTS_IN, _DATA_SEGMENTS_OUT = 100, 152, 156  # offsets in struct tcp_info of linux/tcp.h


class Stream:
    """One connection. Each write is a segment of its own as long as the peer keeps up (TCP_NODELAY)."""

    def __init__(self, space, address, port=53, source=None):
        self._socket = space.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        self._socket.settimeout(10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if source:
            self._socket.bind(source)
        self._socket.connect((address, port))

    def write(self, *pieces):
        for piece in pieces:
            self._socket.sendall(piece)

    def read(self, count):
        """The next `count` messages."""
        return [self._exactly(struct.unpack("!H", self._exactly(2))[0]) for _ in range(count)]

    def _exactly(self, octets):
        data = b""
        while len(data) < octets:
            piece = self._socket.recv(octets - len(data))
            if not piece:
                raise LabError("the server closed the connection before its answer was complete")
            data += piece
        return data

    def payload_segments(self):
        """(sent, received, of those sent how many again): segments with payload as the kernel counts them."""
        info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_SIZE)
        return tuple(struct.unpack_from("=I", info, offset)[0]
                     for offset in (_DATA_SEGMENTS_OUT, _DATA_SEGMENTS_IN, _RETRANSMISSIONS))

    def close(self):
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
