"""What a source gives: the value of a setting, or why it could not be had."""

from __future__ import annotations

import msgspec

from afilnet_protocols.settings.fields import SettingField


class Given(msgspec.Struct, frozen=True):
    """The value of a setting, and where it stands in words.

    Attributes:
        setting: which setting.
        value: its value, wrapped if it is a secret; unchecked.
        where: such as ``environment AFILNET_USER``.
    """

    setting: SettingField
    value: object
    where: str


class Fault(msgspec.Struct, frozen=True):
    """Why something that a source says cannot be used.

    Attributes:
        text: what is wrong and how to mend it; never a secret.
        setting: the setting that it would have given, if it is about one.
        where: the place, as in :class:`Given`.
    """

    text: str
    setting: SettingField | None = None
    where: str = ""
