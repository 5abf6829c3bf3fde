"""The wheel alone is enough: a backend in another package, installed beside it, runs the suite of the wheel."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
THEIRS = Path(__file__).parent / "packages/afilnet-example"


class Installed:
    """An environment of its own that pip installed both wheels to, and an empty folder to work in.

    The libraries below are those of this environment. Naming their folder brings in what lies there and nothing that it
    points to, so the repository, if it is installed in editable form, does not come along.
    """

    def __init__(self, folder: Path) -> None:
        venv.create(folder / "environment")
        self.python = folder / "environment/bin/python"
        self.packages = next((folder / "environment/lib").glob("python*/site-packages"))
        below = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
        (self.packages / "below.pth").write_text("\n".join(sorted(below)), "utf-8")
        self.empty = folder / "empty"
        self.empty.mkdir()
        words = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--disable-pip-version-check"]
        if importlib.util.find_spec("hatchling"):
            words.append("--no-build-isolation")
        # Copies, so that building leaves nothing in the repository, and only what belongs to a package is there.
        own = folder / "own"
        for name in ("pyproject.toml", "README.md", "LICENSE", "afilnet_protocols"):
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            own.mkdir(exist_ok=True)
            copy(ROOT / name, own / name)
        theirs = shutil.copytree(THEIRS, folder / "theirs")
        subprocess.run([*words, "--target", self.packages, own, theirs], check=True, capture_output=True, timeout=300)
        shutil.rmtree(own)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a module of what is installed, where no file of the repository is."""
        without = ("AFILNET_", "PYTEST_", "PYTHON")
        environ = {name: value for name, value in os.environ.items() if not name.startswith(without)}
        return subprocess.run(
            [self.python, *words],
            cwd=self.empty,
            env={**environ, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("installed"))


def test_what_is_imported_is_the_wheel_and_the_repository_is_nowhere(installed: Installed) -> None:
    script = "import sys, afilnet_protocols; print(afilnet_protocols.__file__, *sys.path, sep='\\n')"
    where, *path = installed.run("-c", script).stdout.splitlines()

    assert where.startswith(str(installed.packages))
    assert str(ROOT) not in path
    assert len(path) > 2


def test_a_foreign_backend_runs_the_suite_by_its_entry_point_and_by_its_factory(installed: Installed) -> None:
    words = ("-m", "afilnet_protocols", "conformance", "run", "sandbox:example", "entry:afilnet_example:ExampleBackend")
    ended = installed.run(
        *words, "--case", "SEND-*,MSGS-01,LIMIT-01", "--seed", "7", "--plain", "--report", "html=a.html"
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "proved" in ended.stdout
    assert (installed.empty / "a.html").read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.proof(
    "test_a_foreign_backend_runs_the_suite_by_its_entry_point_and_by_its_factory",
    "tests/conformance/test_pytest_plugin.py::test_a_subclass_and_its_make_are_all_that_a_project_writes",
)
def test_a_foreign_backend_runs_the_suite_by_subclass(installed: Installed) -> None:
    shutil.copy(THEIRS / "suite_of_example.py", installed.empty / "test_example.py")
    ended = installed.run(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_example.py", "-k", "SEND or CHAN or MSGS"
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert " passed" in ended.stdout
