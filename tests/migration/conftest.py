"""The commands' fixture is that of their own tests."""

from tests.cli.conftest import afilnet

__all__ = ["afilnet"]
