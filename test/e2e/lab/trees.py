"""What the command `chains` prints, read."""

import re

_HEAD = re.compile(r"\d\d:\d\d:\d\d\.\d{3}  (\S+?)(?: (\S+))?  ([A-Z]\w*)  (no answer|[\d.]+(?:us|ms|s))  .*")
_STEP = re.compile(r" *\+[\d.]+(?:us|ms|s)( +)([A-Z_]+) +(\S+)(?: (\w+))?(  .*)?")


class Tree:
    """A printed chain: its first line, and [(event, depth, name, server)]."""

    def __init__(self, text):
        self.head, *lines = text.split("\n")
        self.name, self.type, self.result, self.duration = _HEAD.fullmatch(self.head).groups()
        self.steps = []
        for line in lines:
            blanks, event, name, _, rest = _STEP.fullmatch(line).groups()
            server = re.search(r"  @(\S+):53\b", rest or "")
            self.steps.append((event, len(blanks) // 2 - 1, name, server and server[1]))


def trees(text):
    """The trees of an output, without the summary."""
    return [Tree(part) for part in text.split("\n\n")[:-1]]


def summary(text):
    """The lines of the summary, which stand behind the last tree."""
    return text.split("\n\n")[-1].splitlines()


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]


def printable(text):
    return all(" " <= character <= "~" or character == "\n" for character in text)
