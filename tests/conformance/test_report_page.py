"""The HTML page in a real browser: it loads nothing, complains of nothing, opens, and fits on a phone."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from afilnet_protocols.conformance.cases import CASES
from afilnet_protocols.conformance.reports import write
from afilnet_protocols.conformance.reports.document import document_of
from afilnet_protocols.conformance.results.outcome import Outcome
from tests import browser as chromium
from tests.browser import Browser
from tests.conformance.example_report import BACKENDS, example

pytestmark = pytest.mark.skipif(chromium.FOUND is None, reason=chromium.ABSENT)

FAILING = 'button.cell[data-case="MSGS-02"][data-backend="soap"]'


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "report.html"
    write(document_of(example(), CASES), "html", file)
    return file


@pytest.fixture(scope="module")
def running() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


@pytest.fixture
def browser(running: Browser, page: Path) -> Browser:
    running.resize(1200, 900)
    running.prefer(dark=False)
    # What the test before has kept is cleared from its own page: loading this one once more would take as long again.
    running.run("try { localStorage.clear() } catch {}")
    running.open(page)
    assert running.run("localStorage.length") == 0
    return running


def shown(browser: Browser) -> str:
    return browser.run("document.querySelector('dialog[open]')?.innerText ?? ''")


def test_it_asks_for_nothing_but_itself_and_complains_of_nothing(browser: Browser, page: Path) -> None:
    browser.click(FAILING)
    assert browser.requests == [page.as_uri()]
    assert browser.complaints == []
    # Text of a service is text: nothing of it became an element or ran.
    assert browser.run("document.querySelectorAll('img, iframe, object, link').length") == 0
    assert browser.run("document.scripts.length") == 2


def test_a_request_that_somebody_slipped_in_would_be_refused_and_seen(browser: Browser) -> None:
    browser.run("{ const i = new Image(); i.src = 'https://127.0.0.1:9/x.png'; document.body.append(i); 1 }")
    browser.run("new Promise((done) => setTimeout(done, 50))")
    assert any("Content Security Policy" in complaint for complaint in browser.complaints)


def test_a_cell_opens_by_click_and_shows_the_sequence_and_every_wire(browser: Browser) -> None:
    assert shown(browser) == ""
    browser.click(FAILING)
    told = shown(browser)
    assert "MSGS-02 on soap" in told
    assert "returned[0].message" in told
    assert "get_messages(platform=" in told
    assert browser.run("[...document.querySelectorAll('dialog .wire figcaption')].map((e) => e.textContent)") == list(
        BACKENDS
    )
    assert "••••" in told
    browser.click("dialog [data-close]")
    assert shown(browser) == ""


def test_a_cell_that_holds_shows_what_was_asked_and_the_wire_of_every_protocol(browser: Browser) -> None:
    browser.click('button.cell[data-case="SEND-01"][data-backend="json"]')
    told = shown(browser)
    assert "SEND-01 on json" in told
    assert "send_message(platform=" in told
    columns = browser.run("[...document.querySelectorAll('dialog .wire figure')].map((e) => e.innerText)")
    assert [column.split("\n")[0] for column in columns] == list(BACKENDS)
    for backend, column in zip(BACKENDS, columns, strict=True):
        assert f"POST /api/{backend}/" in column
        assert "SUCCESS" in column
        assert "and 2 more" in column
    assert "••••" in told


def test_a_cell_that_holds_beside_a_finding_shows_what_the_other_does(browser: Browser) -> None:
    browser.click('button.cell[data-case="MSGS-02"][data-backend="json"]')
    assert "What soap does otherwise" in shown(browser)
    assert browser.run("document.querySelectorAll('dialog .wire figure').length") == len(BACKENDS)


def test_a_cell_opens_moves_and_closes_by_keyboard_and_gives_the_focus_back(browser: Browser) -> None:
    browser.run('document.querySelector(\'button.cell[data-case="MSGS-01"][data-backend="basic"]\').focus()')
    browser.press("ArrowDown", 40)
    browser.press("ArrowRight", 39)
    assert browser.run(f"document.activeElement === document.querySelector({FAILING!r})")
    browser.press("Enter", 13, "\r")
    assert "MSGS-02 on soap" in shown(browser)
    browser.press("ArrowRight", 39)
    assert "MSGS-02 on json" in shown(browser)
    browser.press("ArrowLeft", 37)
    browser.press("Escape", 27)
    assert shown(browser) == ""
    assert browser.run(f"document.activeElement === document.querySelector({FAILING!r})")


def test_a_finding_opens_with_its_wire_and_has_an_address(browser: Browser, page: Path) -> None:
    browser.click(".finding button[data-case='MSGS-02']")
    assert "MSGS-02 on soap" in shown(browser)
    fragment = browser.run("location.hash")
    browser.run("document.querySelector('dialog').close()")
    browser.open(page, fragment)
    assert "MSGS-02 on soap" in shown(browser)


@pytest.mark.parametrize("width", [320, 390, 768, 1400])
def test_the_page_never_scrolls_sideways(browser: Browser, width: int) -> None:
    browser.resize(width, 800)
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    browser.click(FAILING)
    assert "MSGS-02" in shown(browser)
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    box = browser.run(
        "(() => { const r = document.querySelector('dialog').getBoundingClientRect(); return [r.left, r.right]; })()"
    )
    assert 0 <= box[0] < box[1] <= width


CONTRAST = """(() => {
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const [x, y, z] = [r, g, b].map((v) => linear(v / 255));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = channels(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0.99) return c;
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility() || e.closest('script, style, noscript, svg, .skip, .visually-hidden')) continue;
    const [a, b] = [light(channels(getComputedStyle(e).color)), light(behind(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) bad.push(`${e.tagName}.${e.className} ${e.textContent.slice(0, 20)} ${ratio.toFixed(2)}`);
  }
  return bad;
})()"""


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_can_be_read_in_light_and_in_dark(browser: Browser, dark: bool) -> None:
    browser.prefer(dark=dark)
    background = browser.run("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(14, 17, 23)") is dark
    assert browser.run(CONTRAST) == []
    browser.click(FAILING)
    assert browser.run(CONTRAST) == []


def test_the_theme_can_be_chosen_against_what_the_system_says(browser: Browser) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    light = browser.run(colour)
    browser.click("#theme")
    assert browser.run(colour) == light
    browser.click("#theme")
    assert browser.run(colour) == "rgb(14, 17, 23)"
    browser.prefer(dark=True)
    browser.click("#theme")
    browser.click("#theme")
    assert browser.run(colour) == light


def test_the_grid_can_be_searched_and_narrowed_to_findings(browser: Browser) -> None:
    rows = "[...document.querySelectorAll('table.grid tr.case')].filter((e) => e.checkVisibility()).length"
    everything = browser.run(rows)
    browser.click("#only")
    findings = browser.run(rows)
    assert 0 < findings < everything
    browser.click("#search")
    browser.ask("Input.insertText", text="msgs-02")
    assert browser.run(rows) == 1


def test_headings_are_in_order_and_every_control_has_a_name(browser: Browser) -> None:
    levels = browser.run("[...document.querySelectorAll('main h1, main h2, main h3')].map((e) => Number(e.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))
    assert browser.run("[...document.querySelectorAll('button')].every((e) => e.ariaLabel || e.textContent.trim())")
    labels = browser.run("[...document.querySelectorAll('button.cell')].map((e) => e.ariaLabel)")
    assert len(set(labels)) == len(labels)
    for outcome in Outcome:
        assert any(label.endswith(f": {outcome}") for label in labels), outcome


def test_pictures_are_taken_where_somebody_asks_for_them(browser: Browser, tmp_path: Path) -> None:
    asked = os.environ.get("AFILNET_SCREENSHOTS")
    folder = Path(asked or tmp_path)
    views = (("phone", 390, False), ("light", 1280, False), ("dark", 1280, True))
    for name, width, dark in views if asked else views[:1]:
        browser.resize(width, 1000)
        browser.prefer(dark=dark)
        browser.shoot(folder / f"page-{name}.png")
        browser.click(FAILING)
        browser.shoot(folder / f"cell-{name}.png")
        browser.run("document.querySelector('dialog').close()")
        assert (folder / f"cell-{name}.png").stat().st_size > 10_000
