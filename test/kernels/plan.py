#!/usr/bin/env python3
"""What a kernel is to run: the tests of tests.txt, with command, environment and time limit as ctest has them.
usage: plan.py BUILD KERNEL_VERSION SLOW, for example: plan.py build/release 5.10.0-46-cloud-amd64 10
Each line: name, seconds, command, between tabs."""

import json
import os
import re
import shlex
import subprocess
import sys

_LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tests.txt")
_USUAL_SECONDS = 300  # where ctest has no limit
_MOST_SECONDS = 1800  # a test that hangs should not use up the time of all
_ON_ONE_CPU = ["taskset", "1"]  # the mask of CPU 0
_PYTHON = "/usr/bin/python3"  # Debian's; the one of the build may be another


def version_of(text):
    """(5, 10) of "5.10.0-46-cloud-amd64"."""
    return tuple(int(part) for part in re.match(r"(\d+)\.(\d+)", text).groups())


def ctest_entries(build):
    """{name: entry} of every test of the build."""
    text = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], check=True, capture_output=True).stdout
    return {test["name"]: test for test in json.loads(text)["tests"]}


def wanted(entries, kernel):
    """(entry, program to run it by, names of the only tests of it to run) for each test that this kernel runs."""
    with open(_LIST, encoding="utf-8") as file:
        lines = [line.split() for line in file if line.strip() and not line.startswith("#")]
    for pattern, *only in lines:
        since = only.pop(0)[2:] if only and only[0].startswith(">=") else "0.0"
        by = []
        if only and only[0] == "one-cpu":
            by, only = _ON_ONE_CPU, only[1:]
        names = [name for name in entries if re.fullmatch(pattern, name)]
        if not names:
            sys.exit(f"plan: {_LIST}: no test is called {pattern}")
        if version_of(kernel) >= version_of(since):
            yield from ((entries[name], by, only) for name in names)


def plan(entries, kernel, slow):
    taken = set()
    for entry, by, only in wanted(entries, kernel):
        name = entry["name"]
        while name in taken:
            name += "'"
        taken.add(name)
        properties = {item["name"]: item["value"] for item in entry["properties"]}
        environment = properties.get("ENVIRONMENT", []) + [f"DNSEXP_SLOW={slow}"]
        program, *arguments = entry["command"]
        if os.path.basename(program).startswith("python3"):
            program = _PYTHON
        folder = shlex.quote(properties.get("WORKING_DIRECTORY", "/"))
        words = ["env", *environment, *by, program, *arguments, *only]
        command = f"mkdir -p {folder} && cd {folder} && {shlex.join(words)}"
        seconds = min(properties.get("TIMEOUT", _USUAL_SECONDS) * slow, _MOST_SECONDS)
        yield f"{name}\t{int(seconds)}\t{command}"


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    print("\n".join(plan(ctest_entries(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))
