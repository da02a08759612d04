"""Answers each DNS query that leaves through the tun device DEVICE (packets without an Ethernet header), over IPv4 and
UDP, with NXDOMAIN. Prints the number of queries answered at SIGTERM. usage: tun_responder.py DEVICE"""

import fcntl
import os
import select
import signal
import struct
import sys

TUNSETIFF = 0x400454CA  # linux/if_tun.h
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
IPPROTO_UDP = 17
NXDOMAIN = 3


def checksum(data):
    """RFC 1071."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def answer(packet):
    """The response's packet, or None where the packet is no DNS query over IPv4 and UDP."""
    if packet[0] != 0x45 or packet[9] != IPPROTO_UDP or packet[22:24] != b"\x00\x35":
        return None
    dns = packet[28:]
    dns = dns[:2] + bytes([dns[2] | 0x80, 0x80 | NXDOMAIN]) + dns[4:]
    head = packet[:10] + b"\0\0" + packet[16:20] + packet[12:16]
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return head + packet[22:24] + packet[20:22] + packet[24:26] + b"\0\0" + dns  # UDP over IPv4 may go without checksum


def main(device):
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
    answered = 0

    def finish(*_):
        print(answered, flush=True)
        os._exit(0)

    signal.signal(signal.SIGTERM, finish)
    while True:
        select.select([tun], [], [])
        response = answer(os.read(tun, 65536))
        if response:
            os.write(tun, response)
            answered += 1


main(sys.argv[1])
