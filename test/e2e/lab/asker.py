#!/usr/bin/env python3
"""A process with a name of its own that asks, and says how often it was answered.
usage: asker.py NAME SERVER UDP TCP [OPTION]...
UDP, TCP: how many queries over each. Options: connected (UDP: connect, then send; else each datagram bears its address),
deaf (go without waiting for an answer), waits (for a line on standard input before the first query; sockets are open and
connected then), port=N."""
import ctypes
import os
import random
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lab import dns  # noqa: E402
from lab.frames import prefixed  # noqa: E402

PR_SET_NAME = 15  # linux/prctl.h
TRIES = 3         # UDP may lose


def answered_udp(sock, where, connected, message):
    for _ in range(TRIES):
        if connected:
            sock.send(message)
        else:
            sock.sendto(message, where)
        try:
            while True:
                if sock.recv(4096)[:2] == message[:2]:
                    return True
        except TimeoutError:
            continue
    return False


def answered_tcp(stream, message):
    stream.sendall(prefixed(message))
    head = stream.recv(2, socket.MSG_WAITALL)
    body = stream.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL)
    return body[:2] == message[:2]


def main():
    name, server, udp, tcp, *options = sys.argv[1:]
    ctypes.CDLL(None).prctl(PR_SET_NAME, name.encode(), 0, 0, 0)
    port = next((int(option[5:]) for option in options if option.startswith("port=")), 53)
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    where, connected = (server, port), "connected" in options
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.settimeout(20)
    if connected:
        sock.connect(where)
    stream = socket.create_connection(where, 20) if int(tcp) else None
    if "waits" in options:
        print("ready", flush=True)
        sys.stdin.readline()
    answered = 0
    for number in range(int(udp)):
        message = dns.query(random.randrange(65536), f"h{number % dns.HOSTS}.{dns.ZONE}")
        if "deaf" in options:
            sock.sendto(message, where)
        else:
            answered += answered_udp(sock, where, connected, message)
    for number in range(int(tcp)):
        answered += answered_tcp(stream, dns.query(random.randrange(65536), f"h{number % dns.HOSTS}.{dns.ZONE}"))
    print(answered, flush=True)


if __name__ == "__main__":
    main()
