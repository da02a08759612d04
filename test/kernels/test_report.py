#!/usr/bin/env python3
"""The report itself: what did not run, or found nothing to do, must never count as passed."""

import os
import tempfile
import unittest

import report

_BOOT = "@@ kernel 6.1.0-56-cloud-amd64\n"
_ONE = "@@ start kernel.count\nAll tests passed (768 assertions in 31 test cases)\n@@ end kernel.count 0 42\n"
_TWO = "@@ start e2e.loopback\nRan 2 tests in 9.0s\n\nOK\n@@ end e2e.loopback 0 11\n"
_DONE = "@@ done\n"
_PLANNED = ["kernel.count", "e2e.loopback"]


class ReportTest(unittest.TestCase):
    def rows(self, log):
        """{name: (result, seconds, note)}"""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "log")
            with open(path, "w", encoding="utf-8") as file:
                file.write(log)
            return {name: rest for name, *rest in report.report(_PLANNED, path)}

    def failed(self, log):
        return {name: note for name, (result, _, note) in self.rows(log).items() if result != "passed"}

    def test_all_is_well(self):
        rows = self.rows(_BOOT + _ONE + _TWO + _DONE)
        self.assertEqual(["boot", "kernel.count", "e2e.loopback", "end"], list(rows))
        self.assertEqual({"passed"}, {result for result, *_ in rows.values()})
        self.assertEqual(42, rows["kernel.count"][1])

    def test_a_guest_that_does_not_come_up(self):
        self.assertEqual({"boot", "kernel.count", "e2e.loopback", "end"}, set(self.failed("")))

    def test_a_guest_that_ends_early(self):
        self.assertEqual({"e2e.loopback": "not run", "end": "the guest did not come to its end"},
                         self.failed(_BOOT + _ONE + "@@ start e2e.loopback\nRan"))

    def test_a_test_that_fails(self):
        self.assertEqual({"e2e.loopback": "exit status 1"},
                         self.failed(_BOOT + _ONE + _TWO.replace("back 0", "back 1") + _DONE))

    def test_a_test_that_takes_too_long(self):
        self.assertEqual({"e2e.loopback": "took too long"},
                         self.failed(_BOOT + _ONE + _TWO.replace("back 0", "back 143") + _DONE))

    def test_a_test_that_runs_nothing(self):
        for words in ("Ran 0 tests in 0.0s", "No tests ran", "Ran 2 tests in 1s\nOK (skipped=1)", "SKIPPED: no root"):
            with self.subTest(words):
                log = _BOOT + _ONE.replace("All tests passed", words) + _TWO + _DONE
                self.assertEqual(["kernel.count"], list(self.failed(log)))

    def test_what_the_kernel_is_too_old_for_is_no_failure(self):
        log = _BOOT + _ONE.replace("All", "not tested: TCX, which this\n  kernel does not know (Linux\n  6.6)\nAll") + _TWO + _DONE
        self.assertEqual(["passed", 42, "without TCX"], self.rows(log)["kernel.count"])

    def test_what_the_kernel_is_new_enough_for_must_be_tested(self):
        log = _BOOT + _ONE.replace("All", "not tested: cmpxchg (Linux 5.18)\nAll") + _TWO + _DONE
        self.assertEqual(["kernel.count"], list(self.failed(log)))

    def test_what_the_kernel_complains_of(self):
        self.assertEqual({"end": "BUG: sleeping function"},
                         self.failed(_BOOT + _ONE + _TWO + "@@ trouble BUG: sleeping function\n" + _DONE))


if __name__ == "__main__":
    unittest.main()
