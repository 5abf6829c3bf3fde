"""The page on performance: the table and the plot go between its marks, what stands around them is kept."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import ssl
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import plot
from tests.benchmarks.table import HEADER, Row, as_markdown

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "performance.md"
PLOT = DOCS / "_static" / "decoding.svg"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
PACKAGES = (
    "h11",
    "lxml",
    "msgspec",
    "requests",
    "urllib3",
    "requests-oauthlib",
    "httpx",
    "zeep",
    "suds-community",
    "uvicorn",
)


def write(rows: Sequence[Row]) -> None:
    """Put what was measured into the page and the plot."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    table = HEADER + "".join(as_markdown(row) for row in rows)
    PAGE.write_text(f"{before}{BEGIN}\n{_circumstances()}\n{table}\n{_score(rows)}\n{END}{after}", encoding="utf-8")
    for row in rows:
        if row.curves:
            PLOT.parent.mkdir(exist_ok=True)
            PLOT.write_text(plot.draw("CPU for each record of a list", row.curves), encoding="utf-8")


def _circumstances() -> str:
    packages = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    today = datetime.datetime.now(datetime.UTC).date()
    return (
        f"Measured on {today} with CPython {platform.python_version()}, {ssl.OPENSSL_VERSION}, {packages}, on "
        f"{platform.system()} {platform.machine()} with {os.cpu_count()} cores ({_processor()}), {len(os.environ)} "
        f"environment variables and a load average of {os.getloadavg()[2]:.0f} during the run.\n"
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _score(rows: Sequence[Row]) -> str:
    targets = [target for row in rows for target in row.targets]
    return f"{sum(target.met for target in targets)} of {len(targets)} bounds are met.\n"
