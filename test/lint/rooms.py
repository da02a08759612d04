"""Which part of the house may include which: the table of README.md as data, held to the #include lines."""
import re

# Headers of ebpf/ that compile on both sides: x.h, while x.bpf.h is for the kernel side alone.
DUAL = re.compile(r"ebpf/\w+\.h")
ABI = re.compile(r"ebpf/dns_abi\.h")
PLATFORM = "ebpf/dns_platform.h"

# Room of exporter/ -> rooms that it may include, besides itself.
ROOMS = {
    "base": set(),
    "config": {"base", "metrics", "os"},  # the catalogue: names of metrics and labels are checked where they are set
    "source": {"base"},
    "net": {"base", "config"},
    "bpf": {"base", "config", "source", "net"},
    "fold": {"base", "source"},
    "chains": {"base", "source", "fold"},
    "metrics": {"base", "fold"},
    "api": {"base", "fold", "chains", "security", "alerts"},
    "http": {"base", "metrics", "web"},
    "os": {"base"},
    "web": {"base", "config", "os"},
    "fetch": {"base"},
    "workload": {"base", "config", "fetch", "source"},
    "blocklist": {"base", "config", "fold", "fetch"},
    "security": {"base", "config", "source", "fold", "blocklist"},
    "alerts": {"base", "config", "fetch"},
    "redact": {"base", "config", "fold"},
    "query_log": {"base", "config", "fold", "redact", "api"},
    "event_stream": {"base", "fold", "api"},
    "terminal": {"base", "fold"},
    "app": {"base", "config", "source", "net", "bpf", "fold", "chains", "workload", "metrics", "api", "http", "os",
            "fetch", "terminal", "security", "blocklist", "alerts", "redact", "query_log", "event_stream", "web"},
    "main.cpp": {"app", "config", "base", "os", "web"},
}
# Rooms that know the kernel side's types, and by which headers. A room that isn't here knows none.
KERNEL_TYPES = {"source": ABI, "net": ABI, "bpf": DUAL, "fold": DUAL, "chains": ABI,
                "security": ABI, "metrics": DUAL}

# Library header -> the room that alone uses it, or the rooms.
LIBRARIES = {
    "bpf/": "bpf",
    "libmnl/": "net",
    "libpsl.h": "fold",
    "prometheus/": "metrics",
    "civetweb.h": "http",
    "zlib.h": "http",
    "yaml-cpp/": {"config", "web"},
    "openssl/": {"web", "redact"},
    "crypt.h": "web",
    "CLI/": "config",
    "curl/": "fetch",
    "seccomp.h": "os",
    "nlohmann/": {"base", "api", "http", "workload", "terminal", "alerts"},
}
# What belongs to the system: the C++ library's headers have no suffix.
SYSTEM = re.compile(r"[a-z_]+|(sys|linux|netinet|arpa)/[a-z_0-9]+\.h|"
                    r"(dirent|fcntl|fnmatch|malloc|netdb|poll|pthread|sched|signal|strings|termios|time|unistd)\.h")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def includes(text):
    """(line number, quoted or not, what) of each #include."""
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start(2)) + 1, match.group(1) == '"', match.group(2)


def check(path, text):
    """Problems of one C or C++ file, as (line number, words)."""
    parts = path.split("/")
    if parts[0] == "ebpf":
        rule = _kernel_side
    elif parts[0] == "exporter":
        rule = _user_side
    else:
        return
    for line, quoted, what in includes(text):
        problem = rule(path, quoted, what)
        if problem:
            yield line, problem
    if DUAL.fullmatch(path) and path != PLATFORM and "__bpf__" in text:
        line = text[:text.index("__bpf__")].count("\n") + 1
        yield line, f"only {PLATFORM} may tell the BPF target from the host"


def _kernel_side(path, quoted, what):
    if DUAL.fullmatch(path):
        if quoted and DUAL.fullmatch(what) or what == "linux/types.h":
            return None
        return f"a dual header includes dual headers and <linux/types.h>, not {what}"
    if quoted:
        return None if what.startswith("ebpf/") else f"the kernel side includes headers of ebpf/, not {what}"
    return None if what.startswith(("linux/", "bpf/")) else f"the kernel side has no use for <{what}>"


def _user_side(path, quoted, what):
    room = path.split("/")[1]
    if room not in ROOMS:
        return f"exporter/{room} is in no line of test/lint/rooms.py"
    return _own_header(path, room, what) if quoted else _library(room, what)


def _own_header(path, room, what):
    parts = what.split("/")
    if what == "exporter/version.h":
        return None
    if what.endswith(".skel.h"):
        return None if path == "exporter/bpf/skeleton.h" else "only exporter/bpf/skeleton.h includes a skeleton"
    if parts[0] == "ebpf" and len(parts) == 2:
        known = KERNEL_TYPES.get(room)
        return None if known and known.fullmatch(what) else f"{room} may not include {what}"
    if parts[0] != "exporter" or len(parts) != 3:
        return f'"{what}" is not a path from the root to a header of exporter/ or ebpf/'
    return None if parts[1] == room or parts[1] in ROOMS[room] else f"{room} may not include {parts[1]}"


def users(library):
    """The rooms that may include a library's headers."""
    owners = LIBRARIES[library]
    return {owners} if isinstance(owners, str) else owners


def _library(room, what):
    for library in LIBRARIES:
        if what == library or library.endswith("/") and what.startswith(library):
            owners = users(library)
            return None if room in owners else f"only {' and '.join(sorted(owners))} may include <{what}>"
    if SYSTEM.fullmatch(what):
        return None
    return f"<{what}> is no system header and no library of test/lint/rooms.py"
