"""`Fact`: one thing that a survey can find out, which calls answer it, what these take, and what stays open."""

from __future__ import annotations

from typing import Literal, NamedTuple

from afilnet_protocols.dialects.dimension import Answer, Dimension, Value

Permission = Literal["", "send_to", "wrong_password", "party"]
"""What has to be permitted for a fact to show: a field of :class:`Consent`; empty for nothing."""

Setting = Literal["", "soap_wsdl", "json_url"]
"""The setting without which the calls are not made; empty for none."""


class Fact(NamedTuple):
    """One thing that a survey can find out.

    Attributes:
        dimension: its name, the question, and the answers; the first is what is assumed, if anything is.
        asked_by: which calls answer it.
        consent: what these take beyond what is harmless.
        setting: the setting without which they are not made.
        stays: what stays open all the same, or when all of it does.
        assumes: whether the first answer is what this library assumes.
    """

    dimension: Dimension
    asked_by: str
    consent: Permission = ""
    setting: Setting = ""
    stays: str = ""
    assumes: bool = True

    @property
    def name(self) -> str:
        """Its name, such as ``json.status``."""
        return self.dimension.name

    @property
    def assumed(self) -> Answer | None:
        """What is assumed; ``None`` for nothing."""
        return self.dimension.values[0].value if self.assumes else None

    def value(self, answer: Answer) -> Value | None:
        """Return a value by how it is written; ``None`` if it is none of this fact's."""
        return self.dimension.value(answer)


def calls_of(*purposes: str) -> str:
    """Return the purposes of several calls as one text."""
    return "; ".join(purposes)
