"""What the package's own author writes to hold it to the contract."""

from __future__ import annotations

from afilnet_example import ExampleBackend

from afilnet_protocols.conformance.suite import BackendConformance


class TestExample(BackendConformance):
    plain = True

    def make(self, settings):
        return ExampleBackend(settings)
