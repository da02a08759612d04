#!/usr/bin/env python3
"""Each rule finds what it is there for, and lets pass what is right."""
import unittest
import unittest.mock

import check
import rooms
import text


def found(path, content):
    return [words for _, words in check.problems(path, content)]


class Rooms(unittest.TestCase):
    RIGHT = [
        ("exporter/fold/a.cpp", '#include "exporter/source/source.h"'),
        ("exporter/fold/a.cpp", '#include "exporter/fold/b.h"'),
        ("exporter/fold/a.cpp", '#include "ebpf/dns_classify.h"'),
        ("exporter/fold/a.cpp", "#include <libpsl.h>"),
        ("exporter/bpf/a.cpp", "#include <bpf/libbpf.h>"),
        ("exporter/bpf/skeleton.h", '#include "dns_exporter.skel.h"'),
        ("exporter/main.cpp", '#include "exporter/app/serve.h"'),
        ("exporter/workload/a.cpp", '#include "exporter/fetch/fetch.h"\n#include <nlohmann/json.hpp>'),
        ("exporter/workload/a.cpp", "#include <sys/inotify.h>\n#include <sys/statfs.h>"),
        ("exporter/fetch/a.cpp", "#include <curl/curl.h>"),
        ("exporter/os/a.cpp", "#include <sys/mman.h>\n#include <string_view>\n#include <unistd.h>"),
        ("ebpf/dns_frame.h", '#include "ebpf/dns_cursor.h"\n#include <linux/types.h>'),
        ("ebpf/dns_platform.h", "#ifdef __bpf__"),
        ("ebpf/wire.bpf.c", '#include <bpf/bpf_helpers.h>\n#include "ebpf/observe.bpf.h"'),
        ("test/kernel/a.cpp", '#include <bpf/libbpf.h>\n#include "exporter/bpf/loader.h"'),
    ]
    WRONG = [
        ("exporter/base/a.h", '#include "exporter/config/config.h"', "base may not include config"),
        ("exporter/fold/a.cpp", '#include "exporter/bpf/loader.h"', "fold may not include bpf"),
        ("exporter/http/a.cpp", '#include "exporter/fold/fold.h"', "http may not include fold"),
        ("exporter/main.cpp", '#include "exporter/bpf/loader.h"', "main.cpp may not include bpf"),
        ("exporter/os/a.cpp", '#include "ebpf/dns_abi.h"', "os may not include ebpf/dns_abi.h"),
        ("exporter/net/a.h", '#include "ebpf/dns_frame.h"', "net may not include ebpf/dns_frame.h"),
        ("exporter/bpf/a.cpp", '#include "ebpf/maps.bpf.h"', "bpf may not include ebpf/maps.bpf.h"),
        ("exporter/bpf/a.cpp", '#include "dns_exporter.skel.h"', "only exporter/bpf/skeleton.h"),
        ("exporter/bpf/a.cpp", '#include "loader.h"', "not a path from the root"),
        ("exporter/fold/a.cpp", '#include "test/support/snapshots.h"', "not a path from the root"),
        ("exporter/new/a.cpp", '#include "exporter/base/log.h"', "in no line of"),
        ("exporter/fetch/a.cpp", '#include "exporter/workload/pods.h"', "fetch may not include workload"),
        ("exporter/http/a.cpp", "#include <curl/curl.h>", "only fetch may include"),
        ("exporter/fetch/a.cpp", "#include <nlohmann/json.hpp>", "only alerts and api and base and http"),
        ("exporter/http/a.cpp", "#include <event2/http.h>", "no library of"),
        ("ebpf/dns_frame.h", '#include "ebpf/maps.bpf.h"', "a dual header includes"),
        ("ebpf/dns_frame.h", "#include <string.h>", "a dual header includes"),
        ("ebpf/dns_frame.h", "#ifdef __bpf__", "only ebpf/dns_platform.h"),
        ("ebpf/wire.bpf.c", "#include <stdio.h>", "has no use for"),
        ("ebpf/wire.bpf.c", '#include "exporter/base/result.h"', "the kernel side includes"),
    ]

    def test_lets_pass_what_the_table_allows(self):
        for path, content in self.RIGHT:
            self.assertEqual(found(path, content + "\n"), [], (path, content))

    def test_finds_what_the_table_forbids(self):
        for path, content, words in self.WRONG:
            with self.subTest(path=path, content=content):
                problems = found(path, content + "\n")
                self.assertEqual(len(problems), 1)
                self.assertIn(words, problems[0])

    def test_only_its_own_rooms_include_a_library(self):
        for library in rooms.LIBRARIES:
            owners = rooms.users(library)
            self.assertTrue(owners and owners <= rooms.ROOMS.keys(), library)
            header = library + "x.h" if library.endswith("/") else library
            for room in rooms.ROOMS:
                problems = found(f"exporter/{room}/a.cpp" if "." not in room else f"exporter/{room}", f"#include <{header}>\n")
                allowed = " and ".join(sorted(owners))
                self.assertEqual(problems, [] if room in owners else [f"only {allowed} may include <{header}>"])

    def test_a_library_may_belong_to_several_rooms(self):
        with unittest.mock.patch.dict(rooms.LIBRARIES, {"shared/": {"os", "http"}}):
            for room in ("os", "http"):
                self.assertEqual(found(f"exporter/{room}/a.cpp", "#include <shared/a.h>\n"), [])
            self.assertEqual(found("exporter/fold/a.cpp", "#include <shared/a.h>\n"),
                             ["only http and os may include <shared/a.h>"])

    def test_the_rooms_have_no_circle(self):
        left = dict(rooms.ROOMS)
        while left:
            free = [room for room, needs in left.items() if not needs & left.keys()]
            self.assertTrue(free, f"a circle among {sorted(left)}")
            for room in free:
                del left[room]


class Text(unittest.TestCase):
    def test_finds_leftovers(self):
        for word in ("TO" + "DO", "FIX" + "ME", "X" * 3):
            self.assertEqual(found("README.md", f"a {word}: b\n"), [f"a leftover: {word}"])
        self.assertEqual(found("a.sh", "mktemp /var/dir.XXXXXX\n"), [])

    def test_finds_white_space(self):
        self.assertEqual(found("README.md", "a \n"), ["white space at the end of the line"])
        self.assertEqual(found("test/unit/a.cpp", "\tint a;\n"), ["a tab"])
        self.assertEqual(found("ebpf/wire.bpf.c", "\tint a;\n"), [])
        self.assertEqual(found("README.md", "a"), ["no newline at the end of the file"])

    def test_finds_paths_of_a_machine(self):
        for folder in ("work", "root", "home", "tmp"):
            line = f'"/{folder}/x"\n'
            self.assertEqual(len(found("exporter/base/a.cpp", line)), 1, folder)
            self.assertEqual(len(found("test/unit/a.cpp", line)), 0 if folder == "tmp" else 1, folder)
        self.assertEqual(found("README.md", "https://example.com/root/ and /workload and $dir/tmp and ../work\n"), [])

    def test_finds_long_files(self):
        self.assertEqual(found("a.md", "x\n" * text.MAX_LINES), [])
        self.assertEqual(len(found("a.md", "x\n" * (text.MAX_LINES + 1))), 1)
        self.assertEqual(found("test/golden/expected/a.prom", "x\n" * 5000), [])

    def test_finds_bad_python(self):
        self.assertEqual(len(found("a.py", "def f(:\n")), 1)
        self.assertEqual(found("a.py", "def f(): pass\n"), [])


if __name__ == "__main__":
    unittest.main()
