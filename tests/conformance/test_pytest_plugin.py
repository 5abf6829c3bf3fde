"""What a project gets that has the package installed: fixtures for the contract, and nothing while it does not ask."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import trustme

from afilnet_protocols.conformance.cases import CASES
from afilnet_protocols.conformance.targets import stage
from tests.nested import ONLY_OURS, WITHOUT_OTHERS
from tests.tables import table

pytest_plugins = ["pytester"]

MINE = """
    from afilnet_protocols import connect
    from afilnet_protocols.conformance.suite import BackendConformance

    class TestMine(BackendConformance):
        plain = True

        def make(self, settings):
            return connect(settings)
"""
LOADED = stage, trustme
"""What a run in this process must find loaded: some of it cannot be loaded twice."""

FEW = "SEND-01 or MSGS-01 or AUTH-05"
AGAIN = re.compile(r"--afilnet-seed=(\d+)")


def run(pytester: pytest.Pytester, *words: str, plugins: tuple[str, ...] = ONLY_OURS) -> pytest.RunResult:
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", *plugins, *words)


def run_here(pytester: pytest.Pytester, *words: str) -> pytest.RunResult:
    """Run in this process, which has loaded everything."""
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", *ONLY_OURS, *words)


def test_a_subclass_and_its_make_are_all_that_a_project_writes(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where plug-ins are loaded by themselves, pytest rewrites whole packages, which is to be kept for the next time.
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    pytester.makepyfile(test_mine=MINE)
    ended = run(pytester, "-k", FEW, plugins=WITHOUT_OTHERS)
    ended.assert_outcomes(passed=2, skipped=1, deselected=len(CASES) - 3)


def test_without_automatic_plug_ins_it_is_named(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(test_mine=MINE)
    named = pytester.runpytest_subprocess("-p", "afilnet_protocols.conformance.pytest_plugin", "-k", "SEND-01")
    named.assert_outcomes(passed=1, deselected=len(CASES) - 1)


DEAF = """
    import pytest
    from afilnet_protocols import connect
    from afilnet_protocols.conformance.suite import BackendConformance

    class TestDeaf(BackendConformance):
        plain = True
        seed = 5

        def make(self, settings):
            chat = connect(settings)
            chat.get_messages = lambda **_: []
            return chat
"""


@table(
    ("line", "says"),
    [
        ("profile = 'fast'", "a profile is one of quick, ci, long, not 'fast'"),
        ("seed = 'x'", "the seed of TestMine is a whole number or None, not 'x'"),
    ],
)
def test_what_a_class_cannot_mean_is_named(pytester: pytest.Pytester, line: str, says: str) -> None:
    pytester.makepyfile(test_mine=MINE.replace("plain = True", f"plain = True; {line}"))
    refused = run_here(pytester, "-k", "SEND-01")
    refused.assert_outcomes(errors=1, deselected=len(CASES) - 1)
    assert says in refused.stdout.str()


def test_a_failure_says_what_is_asked_and_how_to_draw_the_same_again(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_deaf=DEAF)
    usual = run_here(pytester, "-k", "MSGS-09")
    usual.assert_outcomes(failed=1, deselected=len(CASES) - 1)
    assert "every backend reads the same messages" in usual.stdout.str()
    other = run_here(pytester, "-k", "MSGS-09", "--afilnet-seed", "7")
    seeds = [AGAIN.findall(result.stdout.str()) for result in (usual, other)]
    assert [each[0] for each in seeds] == ["5", "7"]


def test_options_and_fixtures_take_the_place_of_what_the_class_says(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="class")
        def afilnet_settings():
            return {"timeout": 7.5}
        """
    )
    pytester.makepyfile(
        test_mine="""
        import pytest
        from afilnet_protocols import connect
        from afilnet_protocols.conformance.suite import BackendConformance

        class TestMine(BackendConformance):
            plain = True

            def make(self, settings):
                assert settings.timeout == 7.5
                return connect(settings)

            def test_profile(self, afilnet_profile, afilnet_player, request):
                assert afilnet_profile == "ci"
                assert afilnet_player.targets[0].name == "TestMine"

        class TestOther(BackendConformance):
            protocol = "soap"
            profile = "long"

            @pytest.fixture(scope="class")
            def afilnet_seed(self):
                return 11

            @pytest.fixture(scope="class")
            def afilnet_target(self, afilnet_stage):
                from afilnet_protocols.conformance.targets.stage import Candidate
                return afilnet_stage.target(Candidate("another", "basic", plain=True))

            def test_what_is_asked(self, afilnet_player):
                assert afilnet_player.targets[0].name == "another"
                assert afilnet_player.seed == 11
        """
    )
    words = ("-k", "SEND-01 or profile or what_is_asked", "--afilnet-profile", "ci")
    run_here(pytester, *words).assert_outcomes(passed=4, deselected=2 * (len(CASES) - 1))


ENDS = """
    import os
    from afilnet_protocols import connect
    from afilnet_protocols.conformance.suite import BackendConformance

    def end(**_):
        {how}

    class TestEnds(BackendConformance):
        plain = True

        def make(self, settings):
            chat = connect(settings)
            chat.get_messages = end
            return chat
"""
HOWS = {
    "os._exit(0)": "os._exit",
    "os.abort()": "os.abort",
    "os.execv('/bin/true', ['true'])": "os.execv",
    "os.execl('/bin/true', 'true')": "os.execv",
}


@pytest.mark.parametrize("how", HOWS)
def test_a_backend_that_ends_the_process_fails_and_does_not_end_pytest(pytester: pytest.Pytester, how: str) -> None:
    pytester.makepyfile(test_ends=ENDS.format(how=how))
    ended = run_here(pytester, "-k", "SEND-01 or CHAN-01")
    ended.assert_outcomes(passed=1, failed=1, deselected=len(CASES) - 2)
    assert HOWS[how] in ended.stdout.str()


def test_what_a_backend_starts_may_end_as_it_likes(pytester: pytest.Pytester) -> None:
    child = "child = os.fork() or os._exit(3); assert os.waitpid(child, 0)[1] == 3 << 8; return []"
    pytester.makepyfile(test_ends=ENDS.format(how=child))
    ended = run_here(pytester, "-k", "SEND-01")
    ended.assert_outcomes(failed=1, deselected=len(CASES) - 1)
    assert "{'returned': []}" in ended.stdout.str()


def test_sabotage_without_it_a_backend_decides_how_pytest_ends(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_ends=ENDS.format(how="os._exit(0)"))
    pytester.makeconftest(
        "import contextlib\nfrom afilnet_protocols.conformance import exit_guard\n"
        "exit_guard.staying = contextlib.nullcontext"
    )
    assert run(pytester, "-k", "SEND-01").ret == 0


def test_the_fixtures_are_for_the_suite_and_say_so(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(afilnet_seed): pass")
    ended = run_here(pytester)
    ended.assert_outcomes(errors=1)
    assert "BackendConformance" in ended.stdout.str()


def test_a_project_that_does_not_use_it_neither_pays_nor_needs_anything(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As where the extra is not installed: whoever imports Hypothesis fails.
    broken = pytester.mkdir("broken")
    (broken / "hypothesis.py").write_text("raise ImportError('not installed')")
    pytester.makepyfile(
        """
        import sys

        def test_one():
            ours = {name for name in sys.modules if name.startswith("afilnet_protocols.conformance")}
            assert ours == {"afilnet_protocols.conformance", "afilnet_protocols.conformance.pytest_plugin"}
            assert not {"hypothesis", "requests", "zeep", "lxml"} & set(sys.modules)
        """
    )
    pytester.syspathinsert(broken)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    run(pytester, "-p", "afilnet_protocols.conformance.pytest_plugin", plugins=()).assert_outcomes(passed=1)


def test_it_is_declared() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")
    declared = text.partition("[project.entry-points.pytest11]")[2].partition("\n[")[0]
    assert 'afilnet-conformance = "afilnet_protocols.conformance.pytest_plugin"' in declared
