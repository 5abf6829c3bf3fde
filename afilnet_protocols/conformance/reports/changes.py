"""Two reports of the same service or backend at different times: what became worse, what better, what is not known."""

from __future__ import annotations

import json
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, cast

from afilnet_protocols.conformance.reports.document import FORMAT, VERSION, Document
from afilnet_protocols.conformance.results.outcome import NOT_SHOWN, ExitCode, Outcome
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.suggestion import LONGEST_PATH, named

LARGEST = 256 * 1024 * 1024
"""The largest report that is read, in bytes."""

_FINE = frozenset({Outcome.PASS, Outcome.NOT_DECLARED, Outcome.KNOWN_DEVIATION})


class Kind(StrEnum):
    """What became of a case."""

    REGRESSION = "regression"
    """It was fine, or not known, and is wrong."""
    LOST = "no longer shown"
    """It was shown, and nobody knows now."""
    REPAIRED = "repaired"
    GAINED = "newly shown"
    OTHER = "otherwise"
    """It was fine and is fine in another way, such as a capability that is no longer declared."""


class Change(NamedTuple):
    """One case on one backend that ended otherwise.

    Attributes:
        case: its id.
        backend: the backend's name in the newer report.
        before: how it ended; ``absent`` if it was not among the cases.
        after: how it ends.
        kind: what that means.
    """

    case: str
    backend: str
    before: str
    after: str
    kind: Kind


ABSENT = "absent"


def read(file: Path) -> Document:
    """Read a JSON report.

    Raises:
        ConfigurationError: it cannot be read, or it is no report of a version that is known here.
    """
    problem = ""
    try:
        with file.open("rb") as stream:
            raw = stream.read(LARGEST + 1)
        data = json.loads(raw) if len(raw) <= LARGEST else None
        if (
            isinstance(data, dict)
            and data.get("format") == FORMAT
            and data.get("version") == VERSION
            and _is_whole(data)
        ):
            return cast("Document", data)
        problem = f"it is no {FORMAT} of version {VERSION}"
    except OSError as error:
        problem = error.strerror or type(error).__name__
    except (ValueError, RecursionError):
        problem = "it is no JSON"
    raise ConfigurationError(
        f"the report {named(file, LONGEST_PATH)}: {problem}; 'afilnet conformance run --report json=FILE' writes one"
    )


def _is_whole(data: dict[str, object]) -> bool:
    targets, results = data.get("targets"), data.get("results")
    return (
        isinstance(targets, list)
        and isinstance(results, list)
        and all(
            isinstance(each, dict) and all(isinstance(each.get(name), str) for name in ("case", "backend", "outcome"))
            for each in results
        )
    )


def changes(old: Document, new: Document) -> list[Change]:
    """Return what ended otherwise, the worst first, then in the order of the newer report.

    Two reports of one backend each are of the same one, whatever it is called.
    """
    renamed = {new["targets"][0]: old["targets"][0]} if len(old["targets"]) == len(new["targets"]) == 1 else {}
    before = {(each["case"], each["backend"]): each["outcome"] for each in old["results"]}
    after = {
        (each["case"], renamed.get(each["backend"], each["backend"])): (each["backend"], each["outcome"])
        for each in new["results"]
    }
    found = [
        Change(key[0], name, before.get(key, ABSENT), outcome, kind)
        for key, (name, outcome) in after.items()
        if (kind := _kind(before.get(key, ABSENT), outcome)) is not None
    ]
    found += [
        Change(case, backend, outcome, ABSENT, Kind.LOST)
        for (case, backend), outcome in before.items()
        if (case, backend) not in after and outcome not in NOT_SHOWN
    ]
    return sorted(found, key=lambda change: list(Kind).index(change.kind))


def _kind(before: str, after: str) -> Kind | None:
    if before == after:
        return None
    was_known, is_known = before not in (*NOT_SHOWN, ABSENT), after not in NOT_SHOWN
    if not is_known:
        return Kind.LOST if was_known else None
    if after not in _FINE:
        # From one way of being wrong to another is no regression, but no repair either.
        return Kind.REGRESSION if before in _FINE or not was_known else Kind.OTHER
    if not was_known:
        return Kind.GAINED
    return Kind.OTHER if before in _FINE else Kind.REPAIRED


def meaning(found: list[Change]) -> ExitCode:
    """Return what a comparison means for a program: a regression counts before what is no longer shown."""
    kinds = Counter(change.kind for change in found)
    if kinds[Kind.REGRESSION]:
        return ExitCode.DISAGREEMENT
    return ExitCode.INCOMPLETE if kinds[Kind.LOST] else ExitCode.PROVED


def unlike(before: Document, after: Document) -> dict[str, tuple[str, str]]:
    """Return under what other conditions two runs were made, each with the earlier and the later one.

    What ended otherwise may be due to these: the version of the suite, and the dialect that the service was held to.
    """
    told = [
        {"version": str(each["suite"]["version"]), "dialect": str(each.get("dialect") or "samples")}
        for each in (before, after)
    ]
    return {name: (told[0][name], told[1][name]) for name in told[0] if told[0][name] != told[1][name]}
