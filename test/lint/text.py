"""What no file may have in it."""
import re

MAX_LINES = 399
# Longer files, and why. A folder ends with a slash.
LONG = {
    "test/golden/expected/": "whole expositions, byte for byte",
    "test/unit/choose_test.cpp": "one case for each rule of the choice, on machines that they share",
    "test/unit/top_k_test.cpp": "one scraper that checks every way in which keys come and go",
    "train/dga/doubtful_names.txt": "a list of names",
}

# Written in two parts, so that this file does not find itself.
LEFTOVERS = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")
MACHINE_PATHS = re.compile(r"(?<![\w.*}/-])/(work|root|home|tmp)(?![\w-])")
# Tests may make files of their own in the temporary folder.
MACHINE_PATHS_IN_TESTS = re.compile(r"(?<![\w.*}/-])/(work|root|home)(?![\w-])")
CPP = (".cpp", ".h")


def check(path, text):
    """Problems of one text file, as (line number, words)."""
    lines = text.split("\n")
    paths = MACHINE_PATHS_IN_TESTS if path.startswith("test/") else MACHINE_PATHS
    no_tabs = path.endswith(CPP) and path.startswith(("exporter/", "test/"))
    for number, line in enumerate(lines, 1):
        if line != line.rstrip():
            yield number, "white space at the end of the line"
        if no_tabs and "\t" in line:
            yield number, "a tab"
        if LEFTOVERS.search(line):
            yield number, f"a leftover: {LEFTOVERS.search(line).group()}"
        if paths.search(line) and not line.startswith("#!"):
            yield number, f"a path of somebody's machine: {paths.search(line).group()}"
    if text and not text.endswith("\n"):
        yield len(lines), "no newline at the end of the file"
    if len(lines) - 1 > MAX_LINES and not path.startswith(tuple(LONG)):
        yield len(lines) - 1, f"more than {MAX_LINES} lines; split it, or list it with a reason in test/lint/text.py"
