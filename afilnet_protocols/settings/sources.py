"""`resolve`: from keyword arguments, environment and profile to settings, remembering where each value came from.

Highest first: keyword arguments; ``AFILNET_*`` variables; the chosen profile in the file that ``AFILNET_CONFIG`` names,
then in the user's configuration folder; then defaults. What is wrong with a source is kept beside what the others say,
so that ``afilnet config`` can show both.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal

import msgspec

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.plural import several
from afilnet_protocols.security.safe_repr import NamesOnly
from afilnet_protocols.settings import FIELDS, Settings, check_given, refuse_unknown, wrap_secrets
from afilnet_protocols.settings.environment import (
    CONFIG,
    CREDENTIALS,
    PROFILE,
    empty_variables,
    other_variables,
    passed_over,
    read_environment,
)
from afilnet_protocols.settings.given_value import Fault, Given
from afilnet_protocols.settings.private_file import Place, working_folder
from afilnet_protocols.settings.profiles import FILE_NAME, Search, search
from afilnet_protocols.settings.validation import Problem, complaint, problems
from afilnet_protocols.suggestion import MOST_KNOWN, named

if TYPE_CHECKING:
    from afilnet_protocols.settings.chosen_profile import Chosen
    from afilnet_protocols.settings.profile_file import Table

Source = Literal["keyword", "environment", "profile", "default"]
"""The kinds of places that a setting can come from, highest first."""


class Origin(msgspec.Struct, frozen=True):
    """Where the value of a setting came from: the kind of place, and the place in words."""

    source: Source
    text: str

    def __str__(self) -> str:
        return self.text


DEFAULT = Origin("default", "default")


class Resolved(msgspec.Struct, frozen=True):
    """What is in effect, and why.

    Attributes:
        values: every setting's value; secrets as :class:`~afilnet_protocols.security.secret.Secret`.
        origins: where each came from.
        profile: the chosen profile; ``None`` if there is none.
        migration: the ``migration`` table that holds for it, unchecked; its ``state`` starts from the file's folder.
        migrating: the profile that has that table, itself or one that it builds on.
        faults: what is wrong with the sources, each with its remedy.
        files: the files of profiles that were read.
        unread: an ``afilnet.toml`` in the current folder, which nobody said to read.
        unchosen: the profiles of the files, if none of them was chosen.
        ignored: variables that begin as ours do and are somebody else's.
        empty: variables of ours that are set to nothing, and so count as absent.
        passed_over: the credentials that the environment gives and that are not taken, because a secret of the account
            was given by keyword; each with its variable.
    """

    values: Mapping[str, object]
    origins: Mapping[str, Origin]
    profile: str | None
    migration: Table
    faults: tuple[Fault, ...] = ()
    files: tuple[str, ...] = ()
    unread: str | None = None
    ignored: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    passed_over: Mapping[str, str] = {}
    migrating: str | None = None
    unchosen: tuple[str, ...] = ()

    def problems(self) -> tuple[Problem, ...]:
        """Return everything that keeps these values from working, but for what a fault already explains."""
        spoilt = {fault.setting.name for fault in self.faults if fault.setting}
        return tuple(
            problem
            for problem in problems(FIELDS, self.values)
            if problem.setting not in spoilt and not (self.faults and self.values[problem.setting] is None)
        )

    def complaints(self) -> tuple[str, ...]:
        """Return all that is wrong, sources and values, as sentences that name what to change."""
        of_values = [
            f"{each.setting}{self._where(each.setting)} {each.text}{self._passed_over(each.setting)}"
            for each in self.problems()
        ]
        return (*(fault.text for fault in self.faults), *of_values)

    def hint(self) -> str | None:
        """Return what to know of a settings file that is not read, or gives nothing; ``None`` if there is none."""
        if self.unread is None:
            return None if self.faults else self._unchosen()
        return (
            f"./{FILE_NAME} is not read, because it may be whoever's this folder is; "
            f"if it is yours, set {CONFIG}=./{FILE_NAME}"
        )

    def _unchosen(self) -> str | None:
        if not self.unchosen:
            return None
        there = ", ".join(map(named, self.unchosen[:MOST_KNOWN]))
        has = f"{self.files[0]} has {several(len(self.unchosen), 'profile')} ({there})"
        return f"{has}, and none is chosen: name one, set {PROFILE}, or write default_profile into the file"

    @property
    def settings(self) -> Settings:
        """The settings.

        Raises:
            ConfigurationError: they cannot work; says which, where each came from, and what would be right.
        """
        refused = ""
        if not self.faults:
            given = {name: value for name, value in self.values.items() if value is not None}
            try:
                return Settings(**given)  # type: ignore[arg-type]  # it checks every type itself
            except ConfigurationError as fault:
                refused = str(fault)
        # The same again, but with the places that the values came from.
        error = complaint(self.complaints() or (refused,))
        absent = bool(self.faults) or any(self.values[each.setting] is None for each in self.problems())
        hint = self.hint() if absent and self.profile is None else None
        hints = [*self._demanded(), *([hint] if hint else [])]
        try:
            raise ConfigurationError(f"{error} ({'; '.join(hints)})") if hints else error
        finally:
            del error  # or its own frame keeps it

    def _demanded(self) -> Iterator[str]:
        """Yield where those settings come from that make others missing, unless the caller has just written them."""
        for name in dict.fromkeys(each.cause for each in self.problems() if each.cause):
            if self.came_from(name):
                yield f"{name} comes from {self.origins[name]}"

    def came_from(self, name: str) -> str:
        """Return where a setting came from, in brackets; nothing for a default, or what the caller has just written."""
        return f" ({self.origins[name]})" if self.origins[name].source in ("environment", "profile") else ""

    def _passed_over(self, name: str) -> str:
        """Return why a setting is missing whose variable is set."""
        variable = self.passed_over.get(name)
        if variable is None or self.values[name] is not None:
            return ""
        return f"; {variable} is set, but no credential is taken from the environment beside a secret given by keyword"

    def _where(self, name: str) -> str:
        origin = self.origins[name]
        return "" if origin.source == "default" else f" ({origin})"


def resolve(
    profile: str | None,
    overrides: Mapping[str, object],
    *,
    environ: Mapping[str, str] | None = None,
    cwd: Place | None = None,
    user_folder: Place | None = None,
    overrides_are: str = "keyword argument",
    beside: Iterable[str] | None = None,
) -> Resolved:
    """Bring together what all sources say.

    Args:
        profile: the profile's name; without it ``AFILNET_PROFILE``, then a file's ``default_profile``.
        overrides: settings by name; ``None`` means not given. If a secret of the account is among them, no credential
            is taken from the environment: credentials of two callers are never mixed.
        environ: the environment, by default the process's.
        cwd: the working directory, by default the process's.
        user_folder: the user's configuration folder, by default the platform's ``afilnet``.
        overrides_are: what messages call the overrides.
        beside: what else can be given by name where they are, and may have been meant.

    Raises:
        ConfigurationError: an override is no setting, or the profile no name. What is wrong with other sources is in
            :attr:`Resolved.faults`, and raised by :attr:`Resolved.settings`.
    """
    check_given(profile)
    environ = NamesOnly(os.environ if environ is None else environ)
    cwd = working_folder() if cwd is None else cwd
    gathered = _Gathered()
    for name, value in _given(overrides, overrides_are, cwd, beside).items():
        gathered.values[name], gathered.origins[name] = value, Origin("keyword", overrides_are)
    own = any(setting.secret and setting.name in gathered.values for setting in FIELDS if setting.name in CREDENTIALS)
    others = other_variables(FIELDS, environ)
    found = read_environment(FIELDS, environ, others=others, cwd=cwd, credentials=not own)
    gathered.add(found, "environment")
    searched = search(FIELDS, environ, cwd=cwd, user_folder=user_folder)
    chosen = _chosen(gathered, searched, profile, environ)
    if chosen is not None:
        from afilnet_protocols.settings.chosen_profile import read_chosen

        known = frozenset(gathered.origins)
        gathered.add(read_chosen(chosen, fields=FIELDS, environ=environ, skip=known), "profile")
    return Resolved(
        values={setting.name: gathered.values.get(setting.name, setting.default) for setting in FIELDS},
        origins={setting.name: gathered.origins.get(setting.name, DEFAULT) for setting in FIELDS},
        profile=chosen.name if chosen else None,
        migration=chosen.migration if chosen else {},
        migrating=chosen.migrating if chosen else None,
        unchosen=() if chosen else searched.profiles,
        faults=tuple(gathered.faults),
        files=tuple(file.shown for file in searched.files),
        unread=searched.unread,
        ignored=tuple(name for name, meant in others.items() if meant is None),
        empty=empty_variables(FIELDS, environ),
        passed_over=passed_over(FIELDS, environ) if own else {},
    )


class _Gathered:
    """What the sources have said so far. Its repr, which tracebacks may print, shows nothing of it."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self.origins: dict[str, Origin] = {}
        self.faults: list[Fault] = []

    def add(self, found: Iterable[Given | Fault], source: Source) -> None:
        """Take what a source says of settings that no higher one gives."""
        given = frozenset(self.origins)
        for each in found:
            if each.setting is not None and each.setting.name in given:
                continue
            if each.setting is not None:
                self.origins[each.setting.name] = Origin(source, each.where)
            if isinstance(each, Fault):
                self.faults.append(each)
            else:
                self.values[each.setting.name] = each.value


def _chosen(gathered: _Gathered, searched: Search, profile: str | None, environ: Mapping[str, str]) -> Chosen | None:
    gathered.faults.extend(searched.faults)
    try:
        return searched.choose(profile, environ)
    except ConfigurationError as error:
        # A profile that is not found may well be in a file that cannot be read.
        if not searched.faults:
            gathered.faults.append(Fault(str(error)))
    return None


def _given(
    overrides: Mapping[str, object], overrides_are: str, cwd: Place, beside: Iterable[str] | None
) -> dict[str, object]:
    given = wrap_secrets(dict(overrides))
    refuse_unknown(given, overrides_are, beside=beside)
    for field in FIELDS:
        if field.names_a_file(given.get(field.name)):
            given[field.name] = os.path.join(cwd, str(given[field.name]))
    return {name: value for name, value in given.items() if value is not None}
