"""What the commands about conformance share: which cases are meant, and that the extra is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afilnet_protocols.cli.parser import grammar
from afilnet_protocols.cli.parser.words import UsageError
from afilnet_protocols.extras import demand
from afilnet_protocols.suggestion import did_you_mean, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from afilnet_protocols.conformance.cases import Case

EPILOG = (
    "Exit codes: 0 proved; 1 disagreement; 2 could not run, or proves nothing; 3 incomplete; 4 wrong ledger; "
    "5 code of the backend ended the process of the run, which proves nothing."
)

case_option = grammar.option(
    "--case", "cases", multiple=True, help="Only these cases: SEND-03, or SEND-*. May be repeated."
)


def needed() -> None:
    """Refuse to begin without what the extra brings.

    Raises:
        ConfigurationError: it is not installed.
    """
    demand("conformance", "afilnet conformance")


def chosen_cases(patterns: Sequence[str]) -> list[Case]:
    """Return the cases that patterns name, in the order of the list; all without a pattern.

    Raises:
        UsageError: a pattern names no case.
    """
    from fnmatch import fnmatchcase

    from afilnet_protocols.conformance.cases import CASES

    words = [word.strip().upper() for pattern in patterns for word in pattern.split(",")]
    for word in words:
        if not any(fnmatchcase(case.id, word) for case in CASES):
            near = did_you_mean(word, [case.id for case in CASES])
            near = near if near.startswith("did") else "'afilnet conformance list' shows all"
            raise UsageError(f"no case is named {quoted(word)}: {near}")
    return [case for case in CASES if not words or any(fnmatchcase(case.id, word) for word in words)]
