"""A migration that a profile configures: its table ``[profiles.x.migration]``, checked, and the client that it makes.

::

    [profiles.prod.migration]
    mode = "shadow"
    candidate = "prod-json"
    sample = 0.1
    state = "/var/lib/billing/afilnet-migration.json"
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.migration.canary import CanaryChat
from afilnet_protocols.migration.coverage import LEFT_OUT
from afilnet_protocols.migration.shadow import ShadowChat
from afilnet_protocols.migration.share import may_be_salt
from afilnet_protocols.migration.state import StateFile, check_folder
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.retold import Retold
from afilnet_protocols.seconds import LONGEST, is_count, is_within
from afilnet_protocols.settings import FIELDS, Settings
from afilnet_protocols.settings.private_file import working_folder
from afilnet_protocols.settings.profiles import search
from afilnet_protocols.settings.sources import Resolved, resolve
from afilnet_protocols.suggestion import did_you_mean, named, quoted

SHADOW = "shadow"
CANARY = "canary"
MODES = (SHADOW, CANARY)

ENOUGH = 1000
"""How many verdicts on the candidate say enough, unless the table says otherwise."""

_FLAG = "true or false"
_SHARE = "a number from 0 to 1"
_COUNT = "a whole number, at least 1"
_COUNT_OR_NONE = "a whole number, at least 0"
_SECONDS = "a number of seconds, more than 0"
_SECONDS_OR_NONE = "a number of seconds, 0 or more"
_NAME = "a text that is not empty"
_SALT = "a text of at most 64 bytes"

_BOTH = {"mode": _NAME, "candidate": _NAME, "state": _NAME, "enough": _COUNT, "left_out": _SHARE}
KEYS: dict[str, dict[str, str]] = {
    SHADOW: _BOTH
    | {
        "sample": _SHARE,
        "concurrency": _COUNT,
        "timeout": _SECONDS,
        "journal": _COUNT_OR_NONE,
        "queued": _COUNT,
        "unread": _FLAG,
        "rest": _SECONDS_OR_NONE,
        "grace": _SECONDS_OR_NONE,
    },
    CANARY: _BOTH | {"share": _SHARE, "window": _COUNT, "threshold": _SHARE, "rest": _SECONDS_OR_NONE, "salt": _SALT},
}
"""The keys of each mode, and what their values have to be."""


@dataclass(frozen=True, slots=True)
class Migration:
    """What a profile's table says.

    Attributes:
        mode: ``shadow`` or ``canary``.
        profile: the profile with the table. Those that build on it share what is counted.
        candidate: the profile that may replace it.
        enough: how many verdicts on the candidate say enough.
        left_out: the share of the calls that may be left without a verdict.
        state: where the counts are kept; ``None`` for nowhere.
        numbers: the other keys of the table, which are parameters of the client.
    """

    mode: str
    profile: str
    candidate: str
    enough: int = ENOUGH
    left_out: float = LEFT_OUT
    state: Path | None = None
    numbers: Mapping[str, object] = field(default_factory=dict)

    def state_file(self) -> StateFile | None:
        """Return what writes the counts; ``None`` if they are kept nowhere."""
        if self.state is None:
            return None
        return StateFile(self.state, mode=self.mode, profile=self.profile, candidate=self.candidate)


def migration_of(resolved: Resolved) -> Migration | None:
    """Return the migration that a profile configures; ``None`` if there is none.

    A profile that builds on the one in use inherits its table; the candidate and what builds on it migrate nowhere.

    Raises:
        ConfigurationError: the table has an unknown key or a value that cannot be.
    """
    table = resolved.migration
    if not table or resolved.migrating is None:
        return None
    mode, candidate = table.get("mode"), table.get("candidate")
    wrong = [*_wrong_mode(table), *_wrong_keys(table)]
    if candidate is None or candidate == resolved.migrating:
        wrong.append("candidate must name another profile, which may replace this one")
    if mode == CANARY and "share" not in table:
        wrong.append(f"a canary needs share, {_SHARE}: the share of the candidate")
    if wrong:
        raise ConfigurationError(f"{_where(resolved.migrating)}: {'; '.join(wrong)}")
    state, enough, left_out = table.get("state"), table.get("enough", ENOUGH), table.get("left_out", LEFT_OUT)
    return Migration(
        mode=str(mode),
        profile=resolved.migrating,
        candidate=str(candidate),
        enough=enough if isinstance(enough, int) else ENOUGH,
        left_out=float(left_out) if isinstance(left_out, int | float) else LEFT_OUT,
        state=Path(state) if isinstance(state, str) else None,
        numbers={key: value for key, value in table.items() if key not in _BOTH},
    )


def check_migration(resolved: Resolved) -> None:
    """Refuse what keeps a profile's table from working, for those who only look at settings.

    Raises:
        ConfigurationError: as for :func:`migration_of`, the candidate is no profile, its settings cannot work or are
            those of this profile, or ``state`` is in no folder.
    """
    migration = migration_of(resolved)
    if migration is None:
        return
    if migration.state is not None:
        check_folder(migration.state)
    check_candidate(migration)
    with Retold(
        ConfigurationError, lambda error: ConfigurationError(f"{_where(migration.profile)}: candidate: {error}")
    ):
        theirs = resolve(migration.candidate, {}).settings
        if not resolved.complaints():
            _check_unlike(migration, resolved.settings, theirs)


def _where(profile: str) -> str:
    return f"profile {named(profile)}, migration"


def check_candidate(migration: Migration, environ: Mapping[str, str] | None = None, cwd: str | None = None) -> None:
    """Refuse a candidate that is no profile.

    Args:
        migration: what names it.
        environ: the environment; without it the process's.
        cwd: the folder that relative paths start from; without it the process's.

    Raises:
        ConfigurationError: there is no such profile.
    """
    environ, cwd = os.environ if environ is None else environ, working_folder() if cwd is None else cwd
    where = _where(migration.profile)
    with Retold(ConfigurationError, lambda error: ConfigurationError(f"{where}: candidate: {error}")):
        search(FIELDS, environ, cwd=cwd).choose(migration.candidate, environ)


def _check_unlike(migration: Migration, settings: Settings, theirs: Settings) -> None:
    """Refuse two sides that are one, of which a comparison would say nothing."""
    if theirs == settings:
        raise ConfigurationError(
            f"profile {named(migration.candidate)} has the same settings as {named(migration.profile)}: does an "
            "AFILNET_ variable override both?"
        )


def migrating(
    resolved: Resolved, overrides: Mapping[str, object], make: Callable[[Settings], ChatOperations]
) -> ChatOperations:
    """Make the client of a profile, with its candidate beside it if the profile configures one.

    Args:
        resolved: the profile's settings and table.
        overrides: the settings that the caller gave by keyword; all but ``protocol`` hold for the candidate too.
        make: makes a client from settings.

    Raises:
        ConfigurationError: the settings cannot work, or the table is wrong.
    """
    migration = migration_of(resolved)
    if migration is None:
        return make(resolved.settings)
    settings = resolved.settings
    # The candidate is made later, wherever the process has gone meanwhile.
    environ, cwd = dict(os.environ), working_folder()
    check_candidate(migration, environ, cwd)
    given = {name: value for name, value in overrides.items() if name != "protocol"}

    def candidate() -> ChatOperations:
        theirs = resolve(migration.candidate, given, environ=environ, cwd=cwd).settings
        _check_unlike(migration, settings, theirs)
        return make(theirs)

    primary, state = make(settings), migration.state_file()
    numbers: dict[str, object] = dict(migration.numbers)
    if migration.mode == CANARY:
        numbers["timeout"] = settings.timeout
        return CanaryChat(primary, candidate, state=state, **numbers)  # type: ignore[arg-type]  # _check() has seen to the types
    return ShadowChat(primary, candidate, state=state, **numbers)  # type: ignore[arg-type]  # as above


def _wrong_mode(table: Mapping[str, object]) -> Iterator[str]:
    mode = table.get("mode")
    if "mode" not in table:
        yield 'mode is missing: write mode = "shadow" or mode = "canary"'
    elif mode not in MODES:
        hint = did_you_mean(mode, MODES) if isinstance(mode, str) else f"known are {', '.join(MODES)}"
        yield f'mode must be "shadow" or "canary", not {quoted(mode)}: {hint}'


def _wrong_keys(table: Mapping[str, object]) -> Iterator[str]:
    mode = table.get("mode")
    # Of a mode that there is not, any key may be meant.
    known = KEYS[str(mode)] if mode in MODES else KEYS[SHADOW] | KEYS[CANARY]
    for key, value in table.items():
        if key not in known:
            other = next((name for name in MODES if key in KEYS[name]), None)
            yield f"unknown key {quoted(key)}: " + (
                f"it belongs to mode {other!r}" if other else did_you_mean(key, known)
            )
        elif key != "mode" and not _fits(known[key], value):
            yield f"{key} must be {known[key]}"


def _fits(form: str, value: object) -> bool:
    if form == _FLAG:
        return isinstance(value, bool)
    if form == _NAME:
        return isinstance(value, str) and bool(value)
    if form == _SALT:
        return may_be_salt(value)
    if form in (_COUNT, _COUNT_OR_NONE):
        return is_count(value, 1 if form == _COUNT else 0)
    return is_within(value, 0, 1 if form == _SHARE else LONGEST) and (form != _SECONDS or bool(value))
