"""A program under a pseudo-terminal, and what a terminal would show of it."""

import codecs
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading

from .process import LabError, die_with_parent, wait_until

# What a frame is made of; all else that begins with ESC is in `strange`.
_SEQUENCE = re.compile(r"\x1b\[(\?[0-9]+[hl]|[0-9]*[HJK]|0m)")


class Screen:
    """What is shown, after the octets so far: a grid of characters without wrap at the last column."""

    def __init__(self, width, height):
        self.modes = {}      # of xterm: {"25": shown or not, ...}
        self.strange = []    # sequences and controls that no frame needs
        self.frames = 0
        self._pending = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self.resize(width, height)

    def resize(self, width, height):
        self.width, self.height = width, height
        self._x = self._y = 0
        self._grid = [[" "] * width for _ in range(height)]

    def feed(self, octets):
        text = self._pending + self._decoder.decode(octets)
        self._pending, at = "", 0
        while at < len(text):
            if text[at] == "\x1b":
                match = _SEQUENCE.match(text, at)
                if not match and len(text) - at < 16:
                    self._pending = text[at:]  # the rest may come
                    return
                if match:
                    self._control(match.group(1))
                else:
                    self.strange.append(text[at:at + 16])
                at = match.end() if match else at + 1
                continue
            self._character(text[at])
            at += 1

    def _control(self, what):
        if what.startswith("?"):
            self.modes[what[1:-1]] = what.endswith("h")
        elif what == "H":
            self._x = self._y = 0
            self.frames += 1
        elif what == "K":
            self._grid[self._y][self._x:] = [" "] * (self.width - self._x)
        elif what in ("J", "2J"):
            first = 0 if what == "2J" else self._y + (self._x > 0)
            for y in range(first, self.height):
                self._grid[y] = [" "] * self.width
            if what == "J" and self._x > 0:
                self._grid[self._y][self._x:] = [" "] * (self.width - self._x)

    def _character(self, one):
        if one == "\r":
            self._x = 0
        elif one == "\n":
            self._y = min(self._y + 1, self.height - 1)
        elif not one.isprintable():
            self.strange.append(one)
        elif self._x >= self.width:
            self.strange.append(f"beyond column {self.width}: {one}")
        else:
            self._grid[self._y][self._x] = one
            self._x += 1

    def lines(self):
        return ["".join(row).rstrip() for row in self._grid]

    def text(self):
        return "\n".join(self.lines())


class TerminalProcess:
    """Runs a command with a terminal of its own for stdin and stdout; stderr goes to a file. Its screen is kept up to date."""

    def __init__(self, name, command, folder, width=80, height=24, env=None):
        self._name = name
        self._master, self._slave = pty.openpty()
        self._set_size(width, height)
        self.modes_before = termios.tcgetattr(self._slave)
        self.raw = b""
        self._screen = Screen(width, height)
        self._lock = threading.Lock()
        self._err = os.path.join(folder, f"{name}.err")
        with open(self._err, "wb") as err:
            self._popen = subprocess.Popen([str(word) for word in command], stdin=self._slave, stdout=self._slave, stderr=err,
                                           preexec_fn=self._own_terminal, env=dict(os.environ, **(env or {})))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @staticmethod
    def _own_terminal():
        die_with_parent()
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def _set_size(self, width, height):
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def _read(self):
        while True:
            try:
                octets = os.read(self._master, 65536)
            except OSError:
                return
            if not octets:
                return
            with self._lock:
                self.raw += octets
                self._screen.feed(octets)

    @property
    def pid(self):
        return self._popen.pid

    def resize(self, width, height):
        """As somebody pulls at the window: the terminal is another size, and the program is told. What was drawn for the
        old size and is still on its way does not count."""
        with self._lock:
            self._screen.resize(width, height)
            self._screen.strange.clear()
        self._set_size(width, height)

    def press(self, keys):
        os.write(self._master, keys.encode())

    def send(self, number):
        if self._popen.poll() is None:
            os.kill(self.pid, number)

    def screen(self, read):
        """What `read` makes of the screen as it is now."""
        with self._lock:
            return read(self._screen)

    def text(self):
        return self.screen(Screen.text)

    def wait_for(self, condition, what, timeout=15):
        """Waits until condition(text of the screen) is true of it."""
        def now():
            if self._popen.poll() is not None:
                raise LabError(f"{self._name} ended with {self._popen.returncode}\n{self.text()}\n{self.err()}")
            return condition(self.text())
        try:
            return wait_until(now, what, timeout)
        except LabError as error:
            raise LabError(f"{error}\n{self.text()}\n{self.err()}") from None

    def err(self):
        with open(self._err, encoding="utf-8", errors="replace") as file:
            return file.read()

    def is_restored(self):
        """Whether cursor, wrap, screen and the terminal's modes are what they were."""
        modes = self.screen(lambda screen: dict(screen.modes))
        return modes.get("25") and modes.get("7") and not modes.get("1049") and \
            termios.tcgetattr(self._slave) == self.modes_before

    def wait(self, timeout=15):
        try:
            return self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise LabError(f"{self._name} still runs after {timeout} s\n{self.text()}\n{self.err()}") from None

    def stop(self):
        if self._popen.poll() is None:
            self._popen.kill()
            self._popen.wait()
        for fd in (self._slave, self._master):
            if fd >= 0:
                os.close(fd)
        self._slave = self._master = -1
