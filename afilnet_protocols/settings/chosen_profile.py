"""`Chosen`: the profile that was chosen, and the settings that it gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.settings.fields import PREFIX, SettingField
from afilnet_protocols.settings.given_value import Fault, Given
from afilnet_protocols.settings.private_file import Place, path_from
from afilnet_protocols.settings.profile_file import EXTENDS, MIGRATION, ProfileFile, Table, is_table
from afilnet_protocols.suggestion import named, quoted

_STATE = "state"
"""The key of that table that names a file."""

_CANDIDATE = "candidate"
"""The key of that table that names a profile."""


class Chosen(msgspec.Struct, frozen=True):
    """The profile that was chosen: its name, its file, and the profiles it builds on, nearest first."""

    name: str
    file: ProfileFile
    chain: tuple[str, ...]

    @property
    def migrating(self) -> str | None:
        """The nearest profile with a ``migration`` table; ``None`` if there is none, or this profile has moved already.

        It has if it is the candidate of that table, or builds on it.
        """
        for name in self.chain:
            table = self.file.profiles[name].get(MIGRATION)
            if is_table(table):
                return None if table.get(_CANDIDATE) in self.chain[: self.chain.index(name)] else name
        return None

    @property
    def migration(self) -> Table:
        """That table, a path in it made to start from the file's folder; empty if there is none."""
        table = self.file.profiles[self.migrating].get(MIGRATION) if self.migrating is not None else None
        if not is_table(table):
            return {}
        state = table.get(_STATE)
        return {**table, _STATE: path_from(self.file.folder, state)} if isinstance(state, str) and state else table


def read_chosen(
    chosen: Chosen, *, fields: Sequence[SettingField], environ: Mapping[str, str], skip: frozenset[str]
) -> Iterator[Given | Fault]:
    """Yield the settings that a profile gives, its unknown keys, and the secrets that cannot be fetched.

    Args:
        chosen: the profile.
        fields: the settings.
        environ: the environment, for secrets that refer to it.
        skip: settings that a higher source gives, whose secrets are not fetched.
    """
    by_name = {field.name: field for field in fields}
    seen = set(skip)
    for profile in chosen.chain:
        where = f"profile {named(profile)} in {chosen.file.shown}"
        table = chosen.file.profiles[profile]
        for key in table:
            if key == MIGRATION and not is_table(table[key]):
                yield Fault(f"{where}: {MIGRATION} must be a table")
            elif key not in by_name and key not in (EXTENDS, MIGRATION):
                known = [*by_name, EXTENDS, MIGRATION]
                from afilnet_protocols.settings.foreign_names import hint  # only a mistake needs it

                meant = _as_elsewhere(key, by_name) or hint(key, known)
                yield Fault(f"{where}: unknown key {quoted(key)}; {meant}")
            elif key in by_name and key not in seen:
                seen.add(key)
                yield _given(by_name[key], table[key], where, environ, chosen.file.folder)


def _given(field: SettingField, value: object, where: str, environ: Mapping[str, str], folder: Place) -> Given | Fault:
    """Return a value of a profile as the settings take it; paths in it start from the folder of the file."""
    if field.secret and is_table(value):
        from afilnet_protocols.settings.secret_reference import fetch_secret

        try:
            secret = fetch_secret(value, named_by=f"{where}, {field.name}", environ=environ, folder=folder)
        except ConfigurationError as error:
            return Fault(str(error), field, where)
        return Given(field, secret, where)
    if isinstance(value, str) and field.names_a_file(value):
        return Given(field, path_from(folder, value), where)
    return Given(field, field.wrapped(value), where)


def _as_elsewhere(key: str, fields: Mapping[str, SettingField]) -> str | None:
    """Return how to write a key that is named as a variable is, such as ``password_file``; ``None`` if it is not."""
    from afilnet_protocols.settings.secret_reference import FORMS

    plain = key.lower().removeprefix(PREFIX.lower())
    if plain in fields:
        return f"did you mean {plain!r}?"
    name, _, form = plain.rpartition("_")
    return f"write {name} = {{ {form} = … }}" if form in FORMS and name in fields and fields[name].secret else None
