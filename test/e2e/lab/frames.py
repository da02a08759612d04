"""Frames made octet by octet, for what no tool sends at will, and the packet socket that puts them on a device."""

import ipaddress
import socket
import struct

# IANA's protocol numbers, IEEE's Ethernet types and the tunnels' ports.
PROTO_IPV4, PROTO_TCP, PROTO_UDP, PROTO_IPV6, PROTO_GRE = 4, 6, 17, 41, 47
TYPE_IPV4, TYPE_IPV6, TYPE_PPPOE, TYPE_BRIDGED = 0x0800, 0x86DD, 0x8864, 0x6558
PORT_VXLAN, PORT_VXLAN_LINUX, PORT_GENEVE = 4789, 8472, 6081
_TUNNEL_SOURCE = 50000
SYN, PSH_ACK = 0x02, 0x18
# Of nobody on the link: so the host's own stack lets the frames go by, and sends no resets.
NOBODY = b"\x02\0\0\0\0\x77"


def ethernet(ethertype, payload, to=NOBODY):
    return to + b"\x02\0\0\0\0\x01" + struct.pack("!H", ethertype) + payload


def _checksum(data):
    """RFC 1071."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip(source, destination, protocol, payload):
    """An IPv4 or IPv6 packet, as the addresses say."""
    ends = ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
    if ":" in source:
        return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + ends + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0) + ends
    return head[:10] + struct.pack("!H", _checksum(head)) + head[12:] + payload


def ip_type(packet):
    return TYPE_IPV6 if packet[0] >> 4 == 6 else TYPE_IPV4


def udp(source_port, destination_port, payload):
    """Without a checksum: nothing on these links looks at it."""
    return struct.pack("!4H", source_port, destination_port, 8 + len(payload), 0) + payload


def tcp(source_port, destination_port, sequence, payload=b"", flags=PSH_ACK):
    return struct.pack("!HHIIBBHHH", source_port, destination_port, sequence & 0xFFFFFFFF, 1, 0x50, flags, 0xFFFF, 0,
                       0) + payload


def prefixed(message):
    """A message as it goes over TCP (RFC 1035, 4.2.2)."""
    return struct.pack("!H", len(message)) + message


# ---- tunnels: each from an inner packet to the outer frame, whose ends are `outer` ----

def gre(inner, outer, options=False, bridged=False):
    """RFC 2784; with key, checksum and sequence number (RFC 2890) where `options` says so."""
    ethertype = TYPE_BRIDGED if bridged else ip_type(inner)
    head = struct.pack("!HH", 0xB000 if options else 0, ethertype) + (b"\0" * 12 if options else b"")
    return ethernet_ip(ip(*outer, PROTO_GRE, head + (ethernet(ip_type(inner), inner) if bridged else inner)))


def in_ip(inner, outer):
    """IP in IP, in each of the four ways (RFC 2003, RFC 2473, RFC 4213)."""
    return ethernet_ip(ip(*outer, PROTO_IPV6 if ip_type(inner) == TYPE_IPV6 else PROTO_IPV4, inner))


def pppoe(inner):
    """RFC 2516, 4: version 1, type 1, session data; RFC 1661's protocol number."""
    protocol = 0x0057 if ip_type(inner) == TYPE_IPV6 else 0x0021
    return ethernet(TYPE_PPPOE, struct.pack("!BBHHH", 0x11, 0, 7, len(inner) + 2, protocol) + inner)


def vxlan(inner, outer, port=PORT_VXLAN):
    """RFC 7348, 5: flag I and network 42."""
    return ethernet_ip(ip(*outer, PROTO_UDP, udp(_TUNNEL_SOURCE, port, struct.pack("!II", 0x08000000, 42 << 8) +
                                                 ethernet(ip_type(inner), inner))))


def geneve(inner, outer, options=b"", bridged=True):
    """RFC 8926, 3.4; `options` is a multiple of four octets."""
    head = struct.pack("!BBHI", len(options) // 4, 0, TYPE_BRIDGED if bridged else ip_type(inner), 42 << 8) + options
    return ethernet_ip(ip(*outer, PROTO_UDP, udp(_TUNNEL_SOURCE, PORT_GENEVE,
                                                 head + (ethernet(ip_type(inner), inner) if bridged else inner))))


def ethernet_ip(packet):
    return ethernet(ip_type(packet), packet)


class Wire:
    """Puts frames on a device of a namespace, and counts them."""

    def __init__(self, space, device):
        self._socket = space.socket(socket.AF_PACKET, socket.SOCK_RAW)  # protocol 0: it receives nothing
        self._socket.bind((device, 0))
        self.sent = 0

    def send(self, *frames):
        for frame in frames:
            self._socket.send(frame)
            self.sent += 1

    def close(self):
        self._socket.close()


class Listener:
    """Sees what passes a device, as Ethernet frames."""

    ETH_P_ALL = 3  # linux/if_ether.h

    def __init__(self, space, device):
        self._socket = space.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(self.ETH_P_ALL))
        self._socket.bind((device, self.ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.setblocking(False)

    def frames(self):
        """Those that came since the last call."""
        seen = []
        while True:
            try:
                seen.append(self._socket.recv(65536))
            except BlockingIOError:
                return seen

    def close(self):
        self._socket.close()
