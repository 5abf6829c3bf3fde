#!/usr/bin/env bash
# throttled-py 3.5.0 (PyPI): a limit of so many calls a minute, and a caller that asks once a second for an hour
#
# Expected: with 45 a minute 45 are let through, with 59 it is 59, and with 60 all of them: so it is with the library's own GCRA, and
#           a bucket is filled by the time that goes by, whether it is asked or not
# Seen:     with its token bucket, which is the one it takes by itself, and its leaking bucket, 30 are let through with 45 a minute,
#           30 with 59, and 60 with 60. What a second brings is rounded down to a whole number of calls, and each call that is let
#           through sets the time anew, so the rest is thrown away: of a limit that is not a multiple of 60, up to half is never
#           given out, and who asks more slowly, at the very pace that is allowed, does not notice
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet throttled-py==3.5.0 || exit 2
cat >try.py <<'PYTHON'
import sys

from throttled import Throttled, rate_limiter, store, utils

now = 0.0
utils.now_sec = lambda: int(now)  # its own clocks, so that an hour takes no hour
utils.now_mono_f = lambda: now

def let_through(algorithm, limit):
    """How many calls of sixty are let through in a minute, over an hour."""
    global now
    now = 1_000_000_020.0
    quota = rate_limiter.per_min(limit, burst=10)
    throttled = Throttled(using=algorithm, quota=quota, store=store.MemoryStore())
    passed = 0
    for _ in range(3600):
        now += 1
        passed += not throttled.limit("ann").limited
    return round(passed / 60)

seen = {}
for algorithm in ("token_bucket", "leaking_bucket", "gcra"):
    for limit in (30, 45, 59, 60):
        seen[algorithm, limit] = let_through(algorithm, limit)
        print(f"{algorithm}, {limit} a minute: {seen[algorithm, limit]} of 60 are let through")
wanted = {"token_bucket": (30, 30, 30, 60), "leaking_bucket": (30, 30, 30, 60), "gcra": (30, 45, 59, 60)}
sys.exit(0 if seen == {(name, limit): each for name, row in wanted.items() for limit, each in zip((30, 45, 59, 60), row)} else 1)
PYTHON
venv/bin/python try.py
