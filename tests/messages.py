"""What a process of several tells the first one of a test: how it ended, and all of it if that was badly.

Six messages a test take as long as many a test: that it begins and ends, and how each of its three parts ended.
"""

from __future__ import annotations

import pytest
from _pytest.runner import runtestprotocol


def suffice(config: pytest.Config) -> bool:
    """Whether a process is one of several, and nobody asked for the parts of a test that pass."""
    option = config.option
    return hasattr(config, "workerinput") and option.durations is None and not option.xmlpath and option.verbose < 1


class Messages:
    """Runs a test as pytest does, and reports what is not as it should be, and otherwise the call alone."""

    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        failed = any(report.failed for report in reports)
        for report in reports:
            if failed or report.when == "call" or not report.passed:
                item.ihook.pytest_runtest_logreport(report=report)
        return True
