#!/usr/bin/env python3
"""Checks the files that git knows: includes, text and Python's syntax. Exit 1 where there is a problem."""
import pathlib
import subprocess
import sys

import rooms
import text

# Packets, fuzzer inputs and pictures: not text.
BINARY = ("docs/images/", "exporter/security/dga_model.bin", "test/fuzz/corpus/", "test/golden/captures/",
          "test/truth/captures/", "test/truth/truth/")
C_AND_CPP = (".cpp", ".h", ".c")


def python_problems(path, source):
    try:
        compile(source, path, "exec")
    except SyntaxError as error:
        yield error.lineno or 1, f"Python: {error.msg}"


def problems(path, content):
    yield from text.check(path, content)
    if path.endswith(C_AND_CPP):
        yield from rooms.check(path, content)
    if path.endswith(".py"):
        yield from python_problems(path, content)


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z"], check=True, capture_output=True, text=True).stdout
    files = [path for path in listed.split("\0") if (root / path).is_file() and not path.startswith(BINARY)]
    if not files:
        sys.exit("lint: git lists no files")
    found = 0
    for path in files:
        try:
            content = (root / path).read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            print(f"{path}:1: not UTF-8: {error.reason}")
            found += 1
            continue
        for line, words in problems(path, content):
            print(f"{path}:{line}: {words}")
            found += 1
    print(f"lint: {len(files)} files, {found} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
