"""The man page is what mandoc calls sound, and has every option and command of --help."""

import os
import re
import subprocess
import unittest


def told_by(*arguments):
    command = [os.environ["DNSEXP_BIN"], *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


class ManPageTest(unittest.TestCase):
    def test_mandoc_has_nothing_to_say(self):
        lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"], input=told_by("--help-man"), capture_output=True,
                              text=True, timeout=60, check=False)
        self.assertEqual((0, ""), (lint.returncode, lint.stdout + lint.stderr))

    def test_it_reads_as_text_with_every_option_and_command(self):
        page = subprocess.run(["mandoc", "-T", "ascii"], input=told_by("--help-man"), capture_output=True, text=True,
                              timeout=60, check=True).stdout
        page = re.sub(r".\x08", "", page)  # bold and underlined, as overstruck letters
        usage = told_by("--help")
        options = set(re.findall(r"--[a-z][a-z.-]+", usage))
        self.assertLess(15, len(options))
        self.assertEqual(set(), {option for option in options if option not in page})
        commands = set(re.findall(r"^([a-z]+)$", usage, re.MULTILINE))
        self.assertEqual({"serve", "watch", "chains", "check"}, commands)
        self.assertEqual(set(), {command for command in commands if not re.search(rf"\b{command}\b", page)})


if __name__ == "__main__":
    unittest.main()
