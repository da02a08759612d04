"""Tunnels through DNS: iodine and dns2tcp, server in one namespace and client in another, and traffic through them."""

import os
import socket
import threading

from .process import Process, wait_until

PASSWORD = "secret"


class Iodine:
    """IP over DNS. `kind` is the query type, as iodine's -T has it."""

    PORT = 5000  # of the echo server at the far end

    def __init__(self, lab, client, server, address, zone, kind, net):
        self._lab, self._client = lab, client
        self._near, self._far, self._domain = f"10.{net}.0.2", f"10.{net}.0.1", f"t.{zone}"
        self.ends = [Process(f"iodined-{kind}", server.command("iodined", "-f", "-c", "-P", PASSWORD, "-l", address,
                                                               self._far, self._domain), lab.folder)]
        server.wait_for_port(53, self.ends[0])
        # -r: through DNS, though the server could be reached by plain UDP.
        self.ends.append(Process(f"iodine-{kind}", client.command("iodine", "-f", "-r", "-P", PASSWORD, "-T", kind, address,
                                                                  self._domain), lab.folder))
        for end in self.ends:
            lab.addCleanup(end.stop)
        wait_until(lambda: self.ends[1].require_running() and "Connection setup complete" in self.ends[1].err(),
                   f"iodine to connect by {kind}", timeout=60)
        self._echo = server.socket()
        self._echo.bind((self._far, self.PORT))
        self._echo.settimeout(1)
        self._here = client.socket()
        self._here.settimeout(1)
        lab.addCleanup(self._echo.close)
        lab.addCleanup(self._here.close)

    def exchange(self, count):
        """Datagrams of random octets there and back; those that are lost, as in any such tunnel, don't matter."""
        for _ in range(count):
            try:
                self._here.sendto(os.urandom(150), (self._far, self.PORT))
                data, peer = self._echo.recvfrom(1500)
                self._echo.sendto(data, peer)
                self._here.recvfrom(1500)
            except TimeoutError:
                pass

    def stop(self):
        for end in reversed(self.ends):
            end.stop()


class Dns2tcp:
    """A TCP port over DNS."""

    PORT, ECHO = 8888, 7777

    def __init__(self, lab, client, server, address, zone):
        domain = f"t.{zone}"
        path = os.path.join(lab.folder, "dns2tcpd.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(f"listen = {address}\nport = 53\nuser = root\nchroot = /\ndomain = {domain}\n"
                       f"resources = echo:127.0.0.1:{self.ECHO}\n")
        self._listener = server.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.bind(("127.0.0.1", self.ECHO))
        self._listener.listen()
        lab.addCleanup(self._listener.close)
        threading.Thread(target=self._echo, daemon=True).start()
        self.ends = [Process("dns2tcpd", server.command("dns2tcpd", "-F", "-f", path), lab.folder)]
        server.wait_for_port(53, self.ends[0])
        self.ends.append(Process("dns2tcpc", client.command("dns2tcpc", "-z", domain, "-r", "echo", "-l", str(self.PORT), address),
                                 lab.folder))
        for end in self.ends:
            lab.addCleanup(end.stop)
        self._stream = wait_until(lambda: self.ends[1].require_running() and self._connected(client), "dns2tcp to listen")
        lab.addCleanup(self._stream.close)

    def _connected(self, client):
        stream = client.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            stream.connect(("127.0.0.1", self.PORT))
        except ConnectionRefusedError:
            stream.close()
            return None
        stream.settimeout(30)
        return stream

    def _echo(self):
        try:
            stream, _ = self._listener.accept()
            with stream:
                while data := stream.recv(4096):
                    stream.sendall(data)
        except OSError:
            pass  # the test is over

    def exchange(self, count):
        for _ in range(count):
            sent, back = os.urandom(100), b""
            self._stream.sendall(sent)
            while len(back) < len(sent):
                piece = self._stream.recv(4096)
                if not piece:
                    raise AssertionError("dns2tcp closed the connection")
                back += piece

    def stop(self):
        for end in reversed(self.ends):
            end.stop()
