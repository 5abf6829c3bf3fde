"""A file that is mounted by itself is known by what the system says of its mounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from afilnet_protocols.process import mounted

LINE = "698 697 8:1 /srv/{0} {0} rw,relatime master:1 - ext4 /dev/{0} rw\n"


@pytest.fixture
def mount(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Have the system say what is mounted."""
    monkeypatch.setattr(mounted, "MOUNTS", tmp_path / "mountinfo")

    def said(*places: str) -> None:
        (tmp_path / "mountinfo").write_text("".join(LINE.format(place) for place in places))

    return said


def test_a_file_is_mounted_if_it_is_said_to_be_and_not_its_folder_or_neighbours(mount, tmp_path) -> None:
    path = tmp_path / "tokens.json"
    assert not mounted.is_mounted(path), "nobody says anything"
    mount("/", str(tmp_path), f"{path}2", str(path)[:-1])
    assert not mounted.is_mounted(path)
    mount(str(tmp_path), str(path))
    assert mounted.is_mounted(path)


def test_the_name_is_compared_as_the_system_writes_it_and_without_links(mount, tmp_path) -> None:
    path = tmp_path / "a b\\c\td\ne"
    mount(rf"{tmp_path}/a\040b\134c\011d\012e")
    assert mounted.is_mounted(path)
    link = tmp_path / "link"
    link.symlink_to(path)
    assert mounted.is_mounted(str(link))


def test_a_line_that_says_less_is_passed_over(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(mounted, "MOUNTS", tmp_path / "mountinfo")
    (tmp_path / "mountinfo").write_text(f"1 2\n\n{LINE.format(tmp_path / 'x')}")
    assert mounted.is_mounted(tmp_path / "x")
