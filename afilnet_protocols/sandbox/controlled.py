"""`Controlled`: a sandbox as its control endpoint and its page see it, so that neither needs to know how it is made."""

from __future__ import annotations

import abc
from os import PathLike

from afilnet_protocols.dialects import Dialect
from afilnet_protocols.sandbox.contents import Contents
from afilnet_protocols.sandbox.faults.arming import Arming


class Controlled(Contents, Arming, abc.ABC):
    """What can be asked of a running sandbox, and done to it."""

    dialect: Dialect
    """How it speaks."""

    @abc.abstractmethod
    def speak_like(self, like: str | PathLike[str] | Dialect) -> None:
        """Speak another dialect from now on, as :class:`~afilnet_protocols.sandbox.Sandbox` says."""
