"""A VLAN device: the kernel's own where it has them (module 8021q), else one in user space: what the tap device DEVICE
sends leaves UPLINK with the given tags, and what arrives on UPLINK with those tags comes out of DEVICE.
usage: vlan_port.py DEVICE UPLINK TPID:ID [TPID:ID], the outer tag first, e.g. 88a8:200 8100:100"""

import fcntl
import os
import select
import signal
import socket
import struct
import subprocess
import sys

TUNSETIFF = 0x400454CA  # linux/if_tun.h
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
ETH_P_ALL = 0x0003
SOL_PACKET, PACKET_AUXDATA = 263, 8  # linux/if_packet.h
TP_STATUS_VLAN_VALID = 0x10
AUXDATA = struct.Struct("=IIIHHHH")  # struct tpacket_auxdata: status, len, snaplen, mac, net, vlan_tci, vlan_tpid
MAX_FRAME = 65536
PROTOCOLS = {0x8100: "802.1Q", 0x88A8: "802.1ad"}  # IEEE 802.1Q, table 9-1


def kernel_device(device, uplink, tags):
    """Makes the kernel's device, with one between for an outer tag; False where the kernel has no such devices."""
    for number, (tpid, vid) in enumerate(tags, 1):
        name = device if number == len(tags) else f"{device}o{number}"
        made = subprocess.run(["ip", "link", "add", "link", uplink, "name", name, "type", "vlan", "protocol",
                               PROTOCOLS[tpid], "id", str(vid)], stderr=subprocess.DEVNULL, check=False)
        if made.returncode != 0:
            return False
        subprocess.run(["ip", "link", "set", "dev", name, "up"], check=True)
        uplink = name
    return True


def open_tap(name):
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return tap


def open_uplink(name):
    uplink = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    uplink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    uplink.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    uplink.bind((name, 0))
    uplink.setblocking(False)
    return uplink


def whole_frame(frame, ancillary):
    """The frame as it was on the wire: the kernel takes the outer tag out of a frame that it receives."""
    for level, kind, data in ancillary:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, *_, tci, tpid = AUXDATA.unpack(data[:AUXDATA.size])
            if status & TP_STATUS_VLAN_VALID:
                return frame[:12] + struct.pack("!HH", tpid, tci) + frame[12:]
    return frame


def main(device, uplink_name, *texts):
    tags = [(int(tpid, 16), int(vid)) for tpid, vid in (text.split(":") for text in texts)]
    # Not only for speed: a packet socket is given a frame before the TC hooks are, so that on a machine that pauses its
    # processors the answer can leave before the query is seen.
    if kernel_device(device, uplink_name, tags):
        signal.pause()
    tag = b"".join(struct.pack("!HH", *pair) for pair in tags)
    tap, uplink = open_tap(device), open_uplink(uplink_name)
    while True:
        readable, _, _ = select.select([tap, uplink], [], [])
        if tap in readable:
            frame = os.read(tap, MAX_FRAME)
            uplink.send(frame[:12] + tag + frame[12:])
        if uplink in readable:
            frame, ancillary, _, address = uplink.recvmsg(MAX_FRAME, 256)
            if address[2] != socket.PACKET_OUTGOING:
                frame = whole_frame(frame, ancillary)
                if frame[12:12 + len(tag)] == tag:
                    os.write(tap, frame[:12] + frame[12 + len(tag):])


main(*sys.argv[1:])
