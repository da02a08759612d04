"""Answers each DNS query over UDP at ADDRESS, port 53, with an empty NOERROR, MILLISECONDS after it came, one after the
other. usage: slow_server.py ADDRESS MILLISECONDS"""

import socket
import sys
import time


def main(address, milliseconds):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))
    while True:
        message, client = server.recvfrom(512)
        time.sleep(int(milliseconds) / 1000)
        server.sendto(message[:2] + bytes([message[2] | 0x80, 0x80]) + message[4:], client)


main(*sys.argv[1:])
