#!/usr/bin/env bash
# limits 5.8.0, a fixed window, and hits that have a cost: five a year, of which three are used
#
# Expected: a hit of three is refused, and one of two is then taken: a hit is promised to be taken where its cost can be deducted,
#           and what was refused was not deducted. So it is with the other two strategies
# Seen:     what is refused is deducted all the same: two are left before the refusal and none after it, says
#           `get_window_stats`, and whatever would have fitted is refused until the window ends
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet limits==5.8.0 || exit 2
cat >try.py <<'PYTHON'
import asyncio
import sys

import limits
from limits import aio, storage, strategies

FIVE = limits.parse("5/year")
COSTS = (3, 3, 2)
NAMES = ("FixedWindowRateLimiter", "MovingWindowRateLimiter", "SlidingWindowCounterRateLimiter")

def threads(name):
    limiter = getattr(strategies, name)(storage.MemoryStorage())
    seen = []
    for cost in COSTS:
        taken = limiter.hit(FIVE, "ann", cost=cost)
        seen.append((taken, limiter.get_window_stats(FIVE, "ann").remaining))
    return seen

async def tasks(name):
    limiter = getattr(aio.strategies, name)(aio.storage.MemoryStorage())
    seen = []
    for cost in COSTS:
        taken = await limiter.hit(FIVE, "ann", cost=cost)
        seen.append((taken, (await limiter.get_window_stats(FIVE, "ann")).remaining))
    return seen

same = True
for name in NAMES:
    for kind, seen in {"": threads(name), "asyncio's ": asyncio.run(tasks(name))}.items():
        told = [f"{cost} {'taken' if taken else 'refused'}, {left} left" for cost, (taken, left) in zip(COSTS, seen)]
        print(f"{kind}{name}: {'; '.join(told)}")
        end = [(False, 0), (False, 0)] if name.startswith("Fixed") else [(False, 2), (True, 0)]
        same = same and seen == [(True, 2), *end]
sys.exit(0 if same else 1)
PYTHON
venv/bin/python try.py
