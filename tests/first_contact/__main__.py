"""Print what every command says in every situation, and how many say what they should.

``python -m tests.first_contact`` judges all; words choose situations by a part of their name; ``-v`` prints the texts.
"""

from __future__ import annotations

import sys

from tests.first_contact.judging import told_in
from tests.first_contact.situations import SITUATIONS


def main(words: list[str]) -> int:
    """Judge, and return an exit code."""
    verbose = "-v" in words
    parts = [word for word in words if word != "-v"]
    chosen = [each for each in SITUATIONS if not parts or any(part in each.name for part in parts)]
    good = 0
    for situation in chosen:
        found = told_in(situation)
        wrong = [told for told in found if told.wrong]
        good += not wrong
        for told in found if verbose else wrong:
            print(f"{situation.name}, {told.command}: {'; '.join(told.wrong) or 'as it should be'}\n    {told.text}")
    print(f"{good} of {len(chosen)}")
    return 0 if good == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
