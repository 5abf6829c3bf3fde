"""What the base install weighs, and whether it can stand beside what applications pin.

Run as ``python -m tests.footprint WHEEL``: installs the wheel in an environment of its own, prints the figures, and
lets pip resolve it beside ten applications' requirements. Ends with 1 if a limit is exceeded or a resolution fails.
"""

from __future__ import annotations

import argparse
import json
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

MOST_PACKAGES = 17
MOST_BYTES = 30 * 10**6
"""The files themselves, bytecode included: 28.3 MB. lxml, which zeep needs, has 11.9 of them, ours 8.3; of ours 2.9 are
the sandbox and the contract, which would go if they were distributions of their own."""
MOST_ON_DISK = 35 * 2**20
"""What a disk gives them in blocks of 4 KiB: 33.0 MiB. A small file fills half a block, and ours are many and small."""

APPLICATIONS = {
    "FastAPI of 2024": ["fastapi==0.115.0", "uvicorn[standard]", "httpx"],
    "FastAPI": ["fastapi", "uvicorn[standard]", "pydantic-settings"],
    "Django": ["django", "gunicorn", "psycopg[binary]"],
    "Django REST framework": ["djangorestframework", "celery", "redis"],
    "Celery": ["celery[redis]", "flower"],
    "Flask": ["flask", "gunicorn", "requests"],
    "Litestar": ["litestar", "msgspec"],
    "Typer": ["typer", "rich"],
    "AWS": ["boto3", "requests"],
    "Airflow's shape": ["click>=8.1,<8.2", "rich<14", "starlette<0.46", "httpx<0.28", "requests<3", "lxml<7"],
}
"""What stands in the requirements of popular kinds of applications."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--python", default=sys.executable)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        empty, base = Path(folder, "empty"), Path(folder, "base")
        for place in (empty, base):
            subprocess.run([given.python, "-m", "venv", place], check=True)
        pip = [base / "bin/python", "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "-q", given.wheel], check=True)
        listed = subprocess.run([*pip, "list", "--format=json"], check=True, capture_output=True, text=True).stdout
        names = [each["name"] for each in json.loads(listed) if each["name"] not in ("pip", "setuptools")]
        size, on_disk = (mine - bare for mine, bare in zip(_weight(base), _weight(empty), strict=True))
        light = len(names) <= MOST_PACKAGES and size <= MOST_BYTES and on_disk <= MOST_ON_DISK
        weight = f"{size / 10**6:.1f} MB of files, {on_disk / 2**20:.1f} MiB of disk"
        print(f"base install: {len(names)} packages, {weight}: {'ok' if light else 'TOO MUCH'}")
        beside = [_resolves(pip, given.wheel, name, wanted) for name, wanted in APPLICATIONS.items()]
    return 0 if light and all(beside) else 1


def _weight(folder: Path) -> tuple[int, int]:
    """Return how many bytes the files of a folder have, and how many of a disk they and the folders take."""
    found = [path.lstat() for path in folder.rglob("*")]
    return sum(each.st_size for each in found if stat.S_ISREG(each.st_mode)), sum(
        each.st_blocks * 512 for each in found
    )


def _resolves(pip: list[object], wheel: Path, name: str, wanted: list[str]) -> bool:
    words = [*pip, "install", "-q", "--dry-run", "--ignore-installed", wheel, *wanted]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    print(f"beside {name} ({', '.join(wanted)}): {'ok' if done.returncode == 0 else done.stderr.strip()[-500:]}")
    return done.returncode == 0


if __name__ == "__main__":
    raise SystemExit(main())
