#!/usr/bin/env python3
"""What became of a kernel's tests, from the log of its console.
usage: report.py PLAN LOG SERIES: a line for each test, "SERIES NAME passed|failed SECONDS NOTE", between tabs.
Exit status 1 unless all of them passed. What did not run has failed, and so has a test that found nothing to do."""

import re
import sys

from plan import version_of

# "not tested: WHAT (Linux X.Y)" says that WHAT came with that kernel. It holds only on an older one.
_NOT_TESTED = re.compile(r"not tested: (.*?) \(Linux (\d+\.\d+)\)")
_NOTHING_RAN = ("No tests ran", "No test cases matched", "Ran 0 tests", "skipped=", "SKIPPED:", "not tested:")
_ENDED_BY_TIMEOUT = (124, 137, 143)  # timeout's own status, SIGKILL, SIGTERM


def read_log(path):
    """(kernel's release, {test: (status, seconds, output)}, troubles, whether it came to its end)."""
    release, tests, troubles, lines, done = "", {}, [], [], False
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            line = line.rstrip("\r\n")
            words = line.split()
            if line.startswith("@@ kernel "):
                release = words[2]
            elif line.startswith("@@ start "):
                lines = []
            elif line.startswith("@@ end ") and len(words) == 5:
                tests[words[2]] = (int(words[3]), int(words[4]), "\n".join(lines))
            elif line.startswith("@@ trouble "):
                troubles.append(line[len("@@ trouble "):])
            elif line == "@@ done":
                done = True
            else:
                lines.append(line)
    return release, tests, troubles, done


def verdict(release, status, output):
    """("passed" or "failed", note) of a test that ended."""
    notes = []

    def weigh(match):  # leaves what is no excuse on this kernel
        if version_of(release) >= version_of(match.group(2)):
            return match.group()
        notes.append(match.group(1).split(",")[0])
        return ""

    rest = _NOT_TESTED.sub(weigh, " ".join(output.split()))  # Catch breaks its lines
    if status in _ENDED_BY_TIMEOUT:
        return "failed", "took too long"
    if status != 0:
        return "failed", f"exit status {status}"
    for words in _NOTHING_RAN:
        if words in rest:
            return "failed", rest[rest.index(words):][:60]
    return "passed", f"without {', '.join(dict.fromkeys(notes))}" if notes else ""


def report(planned, log):
    """[(name, "passed" or "failed", seconds, note)]: the boot, each planned test, and what the kernel says of itself."""
    release, tests, troubles, done = read_log(log)
    rows = [("boot", "passed" if release else "failed", 0, release or "the guest did not come up")]
    for name in planned:
        if name in tests:
            status, seconds, output = tests[name]
            result, note = verdict(release, status, output)
            rows.append((name, result, seconds, note))
        else:
            rows.append((name, "failed", 0, "not run"))
    if troubles or not done:
        rows.append(("end", "failed", 0, "; ".join(troubles[:3]) or "the guest did not come to its end"))
    else:
        rows.append(("end", "passed", 0, "the kernel has nothing to complain of"))
    return rows


def main(plan, log, series):
    with open(plan, encoding="utf-8") as file:
        planned = [line.split("\t")[0] for line in file if line.strip()]
    rows = report(planned, log)
    for name, result, seconds, note in rows:
        print(series, name, result, seconds, note, sep="\t")
    return 0 if planned and all(row[1] == "passed" for row in rows) else 1


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
