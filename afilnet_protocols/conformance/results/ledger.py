"""The ledger of known deviations: what is known to fail, how exactly, why, and until when that is accepted.

It is a TOML file that stands beside a backend::

    [[deviation]]
    case = "MSGS-*"
    backend = "soap"
    reason = "the service drops blanks at the end of a text"
    link = "https://example.com/tickets/123"
    since = 2026-10-01
    expires = 2027-01-01
    signature = { operation = "get_messages", field = "returned[0].message" }
    example = "replay/blanks.json"

An entry excuses exactly the failure that it describes, and rots visibly: when it has expired, matches nothing, fails
otherwise, or no longer fails.
"""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from afilnet_protocols.conformance.results.outcome import CaseResult, Outcome, RunReport
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.suggestion import LONGEST_PATH, did_you_mean, named

_REQUIRED = ("case", "reason", "link", "since", "expires", "signature")
_KNOWN = (*_REQUIRED, "backend", "example")
_SIGNATURE = ("operation", "field")
_LARGEST = 1024 * 1024
"""How long a ledger may be, in bytes."""


@dataclass(frozen=True, slots=True)
class Signature:
    """How a known deviation fails; an empty word leaves that open.

    Attributes:
        operation: the operation at fault.
        field: the first place that differs; ``*`` stands for anything, as in ``returned[*].message``.
    """

    operation: str = ""
    field: str = ""

    def fits(self, result: CaseResult) -> bool:
        """Whether a failure is this one."""
        return self.operation in ("", result.operation) and (not self.field or _matches(self.field, result.field))

    def __str__(self) -> str:
        return " ".join(part for part in (self.operation, self.field) if part) or "any failure"


@dataclass(frozen=True, slots=True)
class Deviation:
    """One entry.

    Attributes:
        case: a pattern of case ids.
        backend: a pattern of backend names.
        reason: why the failure is accepted.
        link: where it is tracked.
        since: when it was accepted.
        expires: the first day on which it is accepted no more.
        signature: how it fails.
        example: a replay file that shows it; ``None`` for a case that always does the same.
    """

    case: str
    backend: str
    reason: str
    link: str
    since: date
    expires: date
    signature: Signature
    example: Path | None = None

    def covers(self, case: str, backend: str) -> bool:
        """Whether the entry speaks of this case on this backend."""
        return _matches(self.case, case) and _matches(self.backend, backend)

    def __str__(self) -> str:
        return f"{self.case} on {self.backend}"


Replayed = Callable[[Path, str], CaseResult]
"""Plays the replay file of an entry on a backend, by name, and says how it ended."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """All entries of a file, in order."""

    deviations: tuple[Deviation, ...] = ()
    name: str = "the ledger"

    def apply(
        self, report: RunReport, *, today: date, cases: Iterable[str] = (), replayed: Replayed | None = None
    ) -> None:
        """Judge a report's failures by the entries, and the entries by the report.

        Args:
            report: what was found; its outcomes and ``ledger`` are changed.
            today: the day by which entries expire.
            cases: the ids of all cases there are, for an entry that matches none of them.
            replayed: plays the pinned examples; without it an entry is judged by the run alone.
        """
        everything = {*cases, *(result.case for result in report.results)}
        for number, entry in enumerate(self.deviations, 1):
            report.ledger += [
                f"{self.name}, entry {number} ({entry}) {problem}"
                for problem in _problems(entry, report, today, everything)
            ]
            if today >= entry.expires:
                continue
            for result in report.results:
                if entry.covers(result.case, result.backend):
                    _judge(entry, result, replayed)


def _problems(entry: Deviation, report: RunReport, today: date, cases: set[str]) -> Iterator[str]:
    if today >= entry.expires:
        yield f"expired on {entry.expires}: fix it, or accept it anew with a reason"
    if not any(_matches(entry.case, case) for case in cases):
        yield f"matches no case: {did_you_mean(entry.case, cases)}"
    elif not any(_matches(entry.backend, target) for target in report.targets):
        yield f"matches no backend of this run: {did_you_mean(entry.backend, report.targets)}"


def _judge(entry: Deviation, result: CaseResult, replayed: Replayed | None) -> None:
    """Give a result that an entry covers the outcome that the entry makes of it."""
    judged = result
    if entry.example is not None and replayed is not None and result.outcome in (Outcome.PASS, Outcome.FAIL):
        # A search may miss what it found once; the pinned sequence does not.
        judged = replayed(entry.example, result.backend)
        if judged.outcome not in (Outcome.PASS, Outcome.FAIL):
            result.outcome, result.reason = judged.outcome, judged.reason
            return
    if judged.outcome is Outcome.PASS and result.outcome in (Outcome.PASS, Outcome.FAIL):
        if result.outcome is Outcome.FAIL and not entry.signature.fits(result):
            result.outcome = Outcome.DRIFTED
            result.reason = f"expected was {entry.signature}: {result.reason}"
            return
        result.outcome = Outcome.STALE
        result.reason = f"passes now: take the entry out of the ledger ({entry.reason}; {entry.link})"
    elif judged.outcome is Outcome.FAIL:
        failures = [each for each in (judged, result) if each.outcome is Outcome.FAIL]
        drifted = next((each for each in failures if not entry.signature.fits(each)), None)
        if drifted is None:
            result.outcome = Outcome.KNOWN_DEVIATION
            result.reason = f"{entry.reason} ({entry.link}, until {entry.expires})"
        else:
            result.outcome = Outcome.DRIFTED
            shown = f"{drifted.operation} {drifted.field}".strip()
            result.reason = f"the ledger expects {entry.signature}, and it fails with {shown}: {drifted.reason}"


def _matches(pattern: str, word: str) -> bool:
    """Whether a word fits a pattern, in which ``*`` stands for anything and nothing else is special."""
    return fnmatch.fnmatchcase(word, "".join(f"[{letter}]" if letter in "[?" else letter for letter in pattern))


# Reading


def read(path: Path) -> Ledger:
    """Read a ledger.

    Raises:
        ConfigurationError: the file cannot be read, or an entry is incomplete or says something unknown.
    """
    told, problem = f"the ledger {named(path, LONGEST_PATH)}", ""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        data = tomllib.loads(content.decode("utf-8-sig")) if len(content) <= _LARGEST else {}
        problem = f"it is longer than {_LARGEST} bytes" if len(content) > _LARGEST else ""
    except OSError as error:
        problem = error.strerror or "it cannot be read"
    except (ValueError, RecursionError) as error:
        problem = f"it is not TOML in UTF-8: {error}"
    if problem:
        raise ConfigurationError(f"{told}: {problem}")
    unknown = [name for name in data if name != "deviation"]
    if unknown:
        raise ConfigurationError(f"{told}: unknown {unknown[0]!r}; entries are [[deviation]]")
    entries = data.get("deviation", [])
    if not isinstance(entries, list):
        raise ConfigurationError(f"{told}: entries are [[deviation]], with two brackets")
    return Ledger(tuple(_Entry(path, number, entry).deviation() for number, entry in enumerate(entries, 1)), str(path))


@dataclass(slots=True)
class _Entry:
    """An entry while it is read, which knows where it stands."""

    path: Path
    number: int
    data: object
    table: dict[str, object] = field(default_factory=dict)

    def deviation(self) -> Deviation:
        self.table = self._table(self.data, _KNOWN)
        missing = [name for name in _REQUIRED if name not in self.table]
        if missing:
            raise self._wrong(f"lacks {', '.join(missing)}")
        since, expires = self._day("since"), self._day("expires")
        if expires <= since:
            raise self._wrong("expires before it begins")
        return Deviation(
            case=self._text("case"),
            backend=self._text("backend", "*"),
            reason=self._text("reason"),
            link=self._text("link"),
            since=since,
            expires=expires,
            signature=self._signature(),
            example=self._example(),
        )

    def _signature(self) -> Signature:
        words = self._table(self.table["signature"], _SIGNATURE)
        if not all(isinstance(word, str) for word in words.values()) or not any(words.values()):
            raise self._wrong('has no signature such as { operation = "get_messages", field = "returned[0].message" }')
        return Signature(**{name: str(word) for name, word in words.items()})

    def _example(self) -> Path | None:
        name = self._text("example", "")
        if not name:
            return None
        path = self.path.parent / name
        if not path.is_file():
            raise self._wrong(f"has an example that is not there: {name}")
        return path

    def _table(self, value: object, known: Sequence[str]) -> dict[str, object]:
        if not isinstance(value, dict):
            raise self._wrong("is not a table")
        for name in value:
            if name not in known:
                raise self._wrong(f"says {name!r}, which is unknown: {did_you_mean(str(name), known)}")
        return value

    def _text(self, name: str, default: str | None = None) -> str:
        value = self.table.get(name, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self._wrong(f"{name} must be a text that says something")
        return value

    def _day(self, name: str) -> date:
        value = self.table[name]
        if type(value) is not date:
            raise self._wrong(f"{name} must be a day such as 2026-10-01, without quotes")
        return value

    def _wrong(self, text: str) -> ConfigurationError:
        return ConfigurationError(f"the ledger {self.path}, entry {self.number}: {text}")
