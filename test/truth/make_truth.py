#!/usr/bin/env python3
"""Writes what tshark says of a capture to standard output: one JSON object for each DNS message, with the fields that
compare.py looks at. For the captures that were made for this project; those of others came with their truth.

usage: make_truth.py CAPTURE | gzip -n > truth/CAPTURE.jsonl.gz        needs tshark
"""
import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

DISSECTORS = ("dns", "mdns", "llmnr")
HEADER = (("qdcount", "dns.count.queries"), ("ancount", "dns.count.answers"))


def shown(proto, name):
    """The first field of this name, however deep."""
    return next((field for field in proto.iter("field") if field.get("name") == name), None)


def number(proto, name):
    field = shown(proto, name)
    return None if field is None else int(field.get("show"), 0)


def addresses(before):
    """Addresses and ports as they stood last before the message."""
    line = {}
    for proto in before:
        kind = proto.get("name")
        if kind in ("ip", "ipv6"):
            line.update(ip_version=4 if kind == "ip" else 6, src=shown(proto, kind + ".src").get("show"),
                        dst=shown(proto, kind + ".dst").get("show"))
        if kind in ("udp", "tcp"):
            line.update(proto=kind, sport=number(proto, kind + ".srcport"), dport=number(proto, kind + ".dstport"))
            if kind == "udp":
                line["udp_len"] = number(proto, "udp.length")
    return line


def questions(proto):
    for field in proto.iter("field"):
        if field.get("name") == "dns.qry.name":
            yield {"name": field.get("show"), "wire": field.get("value")}
        if field.get("name") in ("dns.qry.type", "dns.qry.class"):
            yield {field.get("name").split(".")[-1]: int(field.get("show"), 0)}


def message(packet, at):
    """The message that is the packet's protocol number `at`."""
    proto, frame = packet[at], packet.find("proto[@name='geninfo']")
    line = {"frame": int(shown(frame, "num").get("show")),
            "time": shown(packet.find("proto[@name='frame']"), "frame.time_epoch").get("show")}
    line.update(addresses(packet[:at]))
    flags = number(proto, "dns.flags")
    line.update(dissector=proto.get("name"), id=number(proto, "dns.id"), flags=flags, qr=flags >> 15,
                opcode=flags >> 11 & 15, rcode=flags & 15)
    line.update((name, number(proto, field)) for name, field in HEADER)
    if line.get("proto") == "tcp":
        line["tcp_len"] = number(proto, "dns.length")
    line["questions"] = []
    for part in questions(proto):
        if "wire" in part:
            line["questions"].append(part)
        elif line["questions"]:
            line["questions"][-1].update(part)
    return line


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    pdml = subprocess.run(["tshark", "-n", "-r", sys.argv[1], "-T", "pdml"], capture_output=True, check=True).stdout
    for packet in ElementTree.fromstring(pdml).iter("packet"):
        for at, proto in enumerate(packet):
            if proto.get("name") in DISSECTORS:
                print(json.dumps(message(packet, at)))


if __name__ == "__main__":
    main()
