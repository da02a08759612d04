#!/usr/bin/env bash
# What machines can check of the style: includes by the room table, text, shell scripts, Python, and with TIDY=1 clang-tidy
# (minutes). The rules are in test/lint/, with a test of each.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
failed=0

python3 -B test/lint/test_rules.py --quiet || failed=1
python3 -B test/lint/check.py || failed=1

scripts=$(git ls-files -z | xargs -0 -r grep -lIE -m 1 '^#!.*\b(ba)?sh$' --)
for script in $scripts; do
    bash -n "$script" || failed=1
    [ -x "$script" ] || { echo "$script: a script that can't be executed"; failed=1; }
done
if command -v shellcheck >/dev/null; then
    # shellcheck disable=SC2086
    shellcheck $scripts || failed=1
else
    echo "lint: shellcheck is missing; run deploy/packages.sh test"
    failed=1
fi
echo "lint: $(wc -w <<<"$scripts") shell scripts"

if [ "${TIDY:-0}" = 1 ]; then test/tidy.sh || failed=1; fi
exit "$failed"
