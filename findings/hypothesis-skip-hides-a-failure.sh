#!/usr/bin/env bash
# Hypothesis 6.170.17 with pytest 9.2.0: a property fails, and on the way to a smaller example it meets pytest.skip()
#
# Expected: the test fails with the smallest example that is not skipped: as with assume(), the one that is skipped has
#           nothing to say about those that failed
# Seen:     the search for a smaller example ends at the first that is skipped, and what failed before is forgotten: the
#           test is reported as skipped, pytest exits with 0, and so it does the next time, when the example database begins
#           with one that fails. With assume() in its place the same property fails both times
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet hypothesis==6.170.17 pytest==9.2.0 || exit 2
cat >test_limit.py <<'PYTHON'
import pathlib

import pytest
from hypothesis import assume, given, seed, settings, strategies
from hypothesis.database import DirectoryBasedExampleDatabase

database = DirectoryBasedExampleDatabase("examples")
property_of_lengths = given(length=strategies.integers(0, 100_000))

def accepts(length):
    if length >= 5000:
        pathlib.Path("failures").open("a").write(f"{length}\n")
    return length < 5000

@seed(1)
@settings(database=database)
@property_of_lengths
def test_with_skip(length):
    if length == 5000:
        pytest.skip("the limit itself is checked elsewhere")
    assert accepts(length)

@seed(1)
@settings(database=database)
@property_of_lengths
def test_with_assume(length):
    assume(length != 5000)
    assert accepts(length)
PYTHON
same=0
for run in first second; do
    for test in skip assume; do
        code=0
        rm -f failures
        venv/bin/python -m pytest -q -p no:cacheprovider "test_limit.py::test_with_$test" >report || code=$?
        echo "$run run with $test: $(wc -l <failures) examples failed; exit code $code, $(tail -1 report)"
        [ "$test $code" = "skip 0" ] || [ "$test $code" = "assume 1" ] || same=1
        [ -s failures ] || same=1
    done
done
exit $same
