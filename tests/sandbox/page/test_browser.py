"""The page in a real browser: what is said is seen at once, what is done reaches clients, everybody can use it."""

from __future__ import annotations

import json
import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from afilnet_protocols import AfilnetError, NotFoundError, connect
from afilnet_protocols.cli.app import run
from afilnet_protocols.sandbox.page.pytest_snippet import as_pytest
from afilnet_protocols.vocabulary import Protocol
from tests.sandbox.page.conftest import CONVERSATION, PERSON, Visitor
from tests.tables import table
from tests.time_limit import HANGS

WITHIN = 0.5
"""How soon a message is to be seen, in seconds; the machine may be busy, so a test allows the best of a few."""


@pytest.mark.parametrize("protocol", list(Protocol))
def test_what_is_sent_is_seen_at_once_without_a_reload(visitor: Visitor, protocol: str) -> None:
    visitor.sandbox.receive(**PERSON, message="Where is my order?")
    visitor.go(CONVERSATION)
    visitor.run("window.same = true")
    with connect(visitor.sandbox.settings(protocol)) as chat:
        took = []
        for number in range(3):
            chat.send_message(**PERSON, message=f"on its way {number}")
            took.append(visitor.until(f"document.querySelector('#bubbles').textContent.includes('way {number}')"))
    assert min(took) < WITHIN
    assert visitor.run("window.same")
    assert visitor.texts() == ["Where is my order?", *(f"on its way {number}" for number in range(3))]
    assert visitor.run("document.querySelector('.bubble:last-child .wire').textContent").startswith(protocol)
    assert visitor.browser.complaints == []


def test_an_answer_that_is_typed_is_read_by_a_client(visitor: Visitor) -> None:
    visitor.sandbox.receive(**PERSON, message="hello")
    visitor.go(CONVERSATION)
    visitor.fill("#answer", "¿Qué tal? 😀 <b>")
    visitor.browser.click(".composer button")
    visitor.until("document.querySelectorAll('#bubbles .bubble').length === 2")
    with connect(visitor.sandbox.settings("soap")) as chat:
        unread = [message.message for message in chat.get_unread_messages(**PERSON)]
    assert unread == ["hello", "¿Qué tal? 😀 <b>"]
    assert "2" in visitor.run("document.querySelector('#lines .count').textContent")
    assert visitor.run("document.querySelector('#answer').value") == ""


def test_somebody_new_can_write_and_the_conversation_opens(visitor: Visitor) -> None:
    visitor.go()
    visitor.run("document.querySelector('details').open = true")
    visitor.fill("details [name=destination]", "34611111111")
    visitor.fill("details [name=message]", "first")
    visitor.browser.click("details button")
    visitor.until("document.querySelector('#bubbles')?.textContent.includes('first')")
    assert "34611111111" in visitor.run("document.title")


def test_what_is_read_does_not_move_when_something_arrives(visitor: Visitor) -> None:
    for number in range(80):
        visitor.sandbox.receive(**PERSON, message=f"number {number}")
    visitor.go(CONVERSATION)
    visitor.run("document.getElementById('log').scrollTop = 700")
    spot = "document.getElementById('message-60').getBoundingClientRect().top"
    time.sleep(0.3)
    before = visitor.run(spot)
    visitor.sandbox.receive(**PERSON, message="late")
    visitor.until("document.getElementById('newer').hidden === false")
    visitor.until("document.getElementById('message-81')")
    assert abs(visitor.run(spot) - before) < 1
    visitor.browser.click("#newer")
    visitor.until("document.getElementById('newer').hidden")
    assert visitor.texts()[-1] == "late"


def test_ten_thousand_messages_are_a_window(visitor: Visitor) -> None:
    store = visitor.sandbox._store
    account = visitor.sandbox._seeded
    visitor.sandbox.receive(**PERSON, message="m1")
    with store._transaction() as db:
        (conversation,) = db.execute("SELECT number FROM conversations WHERE account = ?", (account.number,)).fetchone()
        rows = (
            (account.number, n, conversation, f"m{n}", n % 2, "sent", "2026-01-01 00:00:00", 0)
            for n in range(2, 10_001)
        )
        db.executemany("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    visitor.go(CONVERSATION)
    assert visitor.texts()[-1] == "m10000"
    for _ in range(8):
        visitor.run("document.getElementById('log').scrollTop = 0")
        visitor.run("new Promise((go) => setTimeout(go, 60))")
    assert visitor.run("document.querySelectorAll('.bubble').length") <= 240
    assert int(visitor.texts()[0][1:]) < 9_800
    visitor.run("document.getElementById('log').focus()")
    visitor.browser.press("Home", 36)
    visitor.until("document.querySelector('.bubble .text').textContent === 'm1'")
    visitor.browser.press("End", 35)
    visitor.until("document.querySelector('.bubble:last-child .text').textContent === 'm10000'")
    visitor.go(f"{CONVERSATION}&message=5000#message-5000")
    assert visitor.run("document.querySelector('.marked .text').textContent") == "m5000"
    assert visitor.browser.complaints == []


def test_text_is_exact_and_the_unseen_can_be_shown(visitor: Visitor) -> None:
    text = " a\r\nb\t\u202ec\u200b\u00a0 😀 "
    visitor.sandbox.receive(**PERSON, message=text)
    visitor.go(CONVERSATION)
    assert visitor.texts() == [text]
    shown = "getComputedStyle(document.querySelector('.bubble .unseen'), '::before').content"
    assert visitor.run(shown) == "none"
    visitor.browser.click("#reveal")
    visitor.until(f"{shown} !== 'none'")
    signs = visitor.run("[...document.querySelectorAll('.bubble .unseen')].map((each) => each.dataset.sign).join('')")
    assert signs == "·␍↵→[U+202E][U+200B]⍽···"[:-1]
    assert visitor.texts() == [text]


def test_a_search_finds_and_leads_there(visitor: Visitor) -> None:
    for message in ("apples", "pears", "more apples"):
        visitor.sandbox.receive(**PERSON, message=message)
    visitor.go("?q=APPLES")
    assert visitor.run("[...document.querySelectorAll('.found .text')].map((each) => each.textContent)") == [
        "more apples",
        "apples",
    ]
    visitor.browser.click(".found a")
    visitor.until("document.querySelector('.marked')")
    assert visitor.run("document.querySelector('.marked .text').textContent") == "more apples"


def test_a_file_is_a_card_and_is_never_fetched(visitor: Visitor) -> None:
    visitor.sandbox.receive(**PERSON, message="hello")
    with connect(visitor.sandbox.settings("http-post")) as chat:
        chat.send_file(**PERSON, file_type="image", file_url="https://example.com/a.png", message="look")
    visitor.go(CONVERSATION)
    assert "https://example.com/a.png" in visitor.run("document.querySelector('.file').textContent")
    assert not [each for each in visitor.browser.requests if not each.startswith(visitor.sandbox.page_url)]


@pytest.mark.parametrize(("kind", "delivery"), [("silence", "unknown")])
def test_a_fault_that_is_armed_in_the_page_meets_a_client(visitor: Visitor, kind: str, delivery: str) -> None:
    visitor.go("faults")
    visitor.fill("#kind", kind)
    assert visitor.run(f"!document.querySelector('[data-kind={json.dumps(kind)}]').hidden")
    visitor.fill("#arm [name=operation]", "send_message")
    visitor.browser.click("#arm > button")
    visitor.until(f"document.querySelector('#armed table')?.textContent.includes('{kind}')")
    with (
        connect(visitor.sandbox.settings("http-post", timeout=3)) as chat,
        pytest.raises(AfilnetError) as raised,
    ):
        chat.send_message(**PERSON, message="lost?")
    assert raised.value.delivery == delivery
    visitor.until("document.querySelector('#armed .hits').textContent === '1'")
    visitor.browser.click("#armed button")
    visitor.until("!document.querySelector('#armed table')")
    wire = visitor.sandbox._wires.all()[-1]
    visitor.go(f"call/{wire.number}")
    assert delivery in visitor.run("document.querySelector('.facts').textContent")


def test_an_error_code_that_is_armed_in_the_page_is_answered(visitor: Visitor) -> None:
    visitor.go("faults")
    visitor.fill("[data-do=answer] [name=code]", "CHAT_NOT_FOUND")
    visitor.browser.click("[data-do=answer] button")
    visitor.until("document.querySelector('#armed table')")
    with connect(visitor.sandbox.settings("json")) as chat, pytest.raises(AfilnetError) as raised:
        chat.get_chat_channels()
    assert raised.value.delivery == "rejected"


def done(visitor: Visitor, selector: str) -> None:
    """Click on something that changes the sandbox, and wait until the page says that it has."""
    visitor.run("document.getElementById('said').textContent = ''")
    visitor.browser.click(selector)
    visitor.until("document.getElementById('said').textContent")


def test_the_clock_is_moved_stopped_and_let_run(visitor: Visitor) -> None:
    clock = visitor.sandbox.clock
    visitor.go("faults")
    before = clock.timestamp()
    visitor.fill("[data-do=clock] [name=advance]", "-7200")
    done(visitor, "[data-do=clock] button")
    assert -7201 < clock.timestamp() - before < -7100
    done(visitor, "[data-do=clock]:has([name=frozen][value=true]) button")
    assert clock.frozen
    visitor.until("document.querySelector('#armed').textContent.includes('⏸')")
    stopped = clock.timestamp()
    visitor.sandbox.receive(**PERSON, message="stamped")
    with connect(visitor.sandbox.settings("json")) as chat:
        (message,) = chat.get_messages(**PERSON)
    assert message.timestamp == datetime.fromtimestamp(stopped, UTC).replace(tzinfo=None, microsecond=0)
    assert clock.timestamp() == stopped
    done(visitor, "[data-do=clock]:has([name=frozen][value='']) button")
    assert not clock.frozen


def test_tokens_expire_by_the_clock_and_by_a_button(visitor: Visitor) -> None:
    visitor.go("faults")
    with connect(visitor.sandbox.settings("json")) as chat:
        chat.get_chat_channels()
        done(visitor, "[data-do=revoke] button")
        chat.get_chat_channels()
        assert visitor.sandbox.tokens_issued() == 2
        visitor.fill("[data-do=clock] [name=advance]", "4000")
        done(visitor, "[data-do=clock] button")
        chat.get_chat_channels()
        assert visitor.sandbox.tokens_issued() == 3


def test_an_account_or_all_is_emptied(visitor: Visitor) -> None:
    other = visitor.sandbox.account("emptied")
    for account in (None, other):
        visitor.sandbox.receive(**PERSON, message="to be forgotten", account=account)
    visitor.go("faults?account=emptied")
    done(visitor, "[data-do=reset]:has([name=account]) button")
    rows = visitor.sandbox._store.rows
    assert rows("SELECT count(*) FROM messages WHERE account = ?", (other.number,)) == [(0,)]
    assert rows("SELECT count(*) FROM messages") == [(1,)]
    visitor.sandbox.answer("CHAT_NOT_FOUND")
    done(visitor, "[data-do=reset]:has([name=everything]) button")
    assert rows("SELECT count(*) FROM messages") == [(0,)]
    assert visitor.sandbox.faults() == []
    visitor.sandbox.drop(other)


def test_the_options_of_an_account_are_set(visitor: Visitor) -> None:
    account = visitor.sandbox.account("with options")
    account.receive(**PERSON, message="hello")
    visitor.go("faults?account=with+options")
    visitor.browser.click("[name=reading_marks_read]")
    visitor.browser.click("[name=ids_as_numbers]")
    visitor.fill("[name=empty_chats]", "error")
    done(visitor, "[data-do=options] button")
    with connect(account.settings("http-post")) as chat:
        assert [message.message for message in chat.get_unread_messages(**PERSON)] == ["hello"]
        assert chat.get_unread_messages(**PERSON) == []
        with pytest.raises(NotFoundError):
            chat.get_chats(platform="telegram", platform_id="200")
    assert b'"messageid":1' in visitor.sandbox._wires.all()[0].answer.body
    visitor.sandbox.drop(account)


def test_a_state_goes_out_by_its_link_and_comes_back_by_the_form(visitor: Visitor) -> None:
    visitor.sandbox.receive(**PERSON, message="kept")
    visitor.go("faults")
    # what a click on the link saves, as text that can be put back into the form's field
    saved = "fetch(document.querySelector('a[download$=\".db\"]').href).then((answer) => answer.blob())"
    visitor.run(f"{saved}.then((blob) => {{ window.saved = blob; }})")
    visitor.sandbox.reset()
    visitor.run(
        "(() => { const files = new DataTransfer(); files.items.add(new File([window.saved], 'sandbox.db'));"
        "document.querySelector('#import [name=file]').files = files.files; })()"
    )
    visitor.browser.click("#import button")
    visitor.until("document.querySelector('#lines a')")
    with connect(visitor.sandbox.settings("soap")) as chat:
        assert [message.message for message in chat.get_messages(**PERSON)] == ["kept"]


def test_a_file_that_is_no_state_is_refused_with_words(visitor: Visitor) -> None:
    visitor.sandbox.receive(**PERSON, message="kept")
    visitor.go("faults")
    visitor.run(
        "(() => { const files = new DataTransfer(); files.items.add(new File(['nonsense'], 'x'));"
        "document.querySelector('#import [name=file]').files = files.files; })()"
    )
    visitor.browser.click("#import button")
    visitor.until("document.querySelector('#import .problem').textContent.includes('no state of a sandbox')")
    assert visitor.sandbox._store.rows("SELECT message FROM messages") == [("kept",)]


def test_the_dialect_is_switched(visitor: Visitor) -> None:
    visitor.sandbox.receive(**PERSON, message="hello")
    visitor.go("faults")
    try:
        visitor.fill("#dialect [name=like]", "gaps")
        done(visitor, "#speak")
        # What the user chose stands in the field at once; the option is marked by the service.
        visitor.until("document.querySelector('#dialect option[selected]')?.value === 'gaps'")
        with connect(visitor.sandbox.settings("soap")) as chat:
            assert [message.message for message in chat.get_messages(**PERSON)] == ["hello"]
        assert visitor.sandbox.dialect.title.startswith("PHP that filters")
    finally:
        visitor.sandbox.speak_like("samples")
    visitor.until("document.querySelector('#dialect option[selected]')?.value === 'samples'")


def test_a_recording_is_started_stopped_saved_and_played(
    visitor: Visitor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    visitor.sandbox.receive(**PERSON, message="before")
    visitor.go("faults")
    done(visitor, "#record")
    visitor.until("document.querySelector('#recording time')")
    with connect(visitor.sandbox.settings("basic")) as chat:
        chat.get_unread_messages(**PERSON)
        chat.send_message(**PERSON, message="¿Dígame?")
    done(visitor, "#record")
    visitor.until("document.getElementById('recorded')")
    text = visitor.run("fetch(document.getElementById('recorded').href).then((answer) => answer.text())")
    file = tmp_path / "recording.json"
    file.write_text(text, "utf-8")
    assert [step["do"] for step in json.loads(text)["steps"]] == ["receive", "get_unread_messages", "send_message"]
    assert run(["conformance", "replay", str(file)]) == 0, capsys.readouterr()


def test_traffic_shows_every_call_also_refused_and_malformed(visitor: Visitor) -> None:
    visitor.go("traffic")
    with connect(visitor.sandbox.settings("basic", password="wrong")) as chat, pytest.raises(AfilnetError):
        chat.get_chat_channels()
    with connect(visitor.sandbox.settings("json")) as chat:
        chat.get_chat_channels()
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    with pytest.raises(HTTPError):
        urlopen(Request(visitor.sandbox.plain_url + "/api/json/", data=b"{", headers={"authorization": "Bearer no"}))
    port = urlsplit(visitor.sandbox.plain_url).port
    with socket.create_connection(("127.0.0.1", port), timeout=HANGS) as connection:
        connection.sendall(b"EHLO example.com\r\n\r\n")
        connection.recv(100)
    visitor.until("document.querySelectorAll('#figures tbody tr').length >= 5")
    shown = visitor.run("document.querySelector('#figures').textContent")
    assert "INCORRECT_USER_PASSWORD" in shown
    assert "Invalid HTTP request" in shown
    assert visitor.run("document.querySelectorAll('#figures svg rect').length") >= 3
    visitor.go("traffic?protocol=basic")
    assert visitor.run("document.querySelectorAll('#figures tbody tr').length") == 1


def test_the_test_of_a_call_is_copied_as_it_is_written(visitor: Visitor) -> None:
    # That such tests pass when they are run is shown in test_copied_tests.py.
    visitor.sandbox.fault("silence", operation="send_message")
    with connect(visitor.sandbox.settings("soap", timeout=3)) as chat, pytest.raises(AfilnetError):
        chat.send_message(**PERSON, message="it's \u202e 'quoted' \"so\" \\ é")
    wire = visitor.sandbox._wires.all()[-1]
    visitor.go(f"call/{wire.number}")
    visitor.run("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    visitor.browser.click("[data-copy=as-pytest]")
    visitor.until("window.copied")
    assert visitor.run("window.copied") == as_pytest(wire)


VIEWS = ("", CONVERSATION, "?q=order", "faults", "traffic", "call/{wire}", "nowhere")


@pytest.fixture
def talked(visitor: Visitor) -> Visitor:
    """A visitor of a sandbox that has something to show in every view."""
    visitor.sandbox.receive(**PERSON, message=f"Where is my order? {'a' * 300}")
    with connect(visitor.sandbox.settings("json")) as chat:
        chat.send_file(**PERSON, file_type="image", file_url="https://example.com/a.png")
        chat.send_message(**PERSON, message="b" * 300)
    visitor.sandbox.answer("CHAT_NOT_FOUND")
    return visitor


def looked_at(visitor: Visitor, view: str) -> None:
    visitor.go(view.format(wire=visitor.sandbox._wires.all()[-1].number))


# In the dark only colours are others.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
ASKED = {"light": {"resultTypes": ["violations"]}, "dark": {"resultTypes": ["violations"], "runOnly": OF_COLOURS}}


def hard_for_somebody(visitor: Visitor, axe: str) -> dict[str, list[str]]:
    """Return what axe finds in the document that is shown, by whether it is light or dark."""
    visitor.run(f"{axe}; 0")
    found = {}
    for scheme, asked in ASKED.items():
        visitor.browser.prefer(dark=scheme == "dark")
        visitor.until(f"matchMedia('(prefers-color-scheme: {scheme})').matches")
        found[scheme] = visitor.run(
            f"axe.run({json.dumps(asked)})"
            ".then(({violations}) => violations.map((each) => `${each.id}: ${each.nodes[0].html}`))"
        )
    visitor.browser.prefer(dark=False)
    return found


def test_a_page_that_is_hard_to_read_in_the_dark_is_found(talked: Visitor, axe: str) -> None:
    looked_at(talked, "nowhere")
    talked.run(
        "(() => { const sheet = new CSSStyleSheet();"
        "sheet.replaceSync('@media (prefers-color-scheme: dark) { h1 { color: #777; background: #888; } }');"
        "document.adoptedStyleSheets = [sheet]; })()"
    )
    found = hard_for_somebody(talked, axe)
    assert found["light"] == []
    assert "color-contrast" in found["dark"][0]


MOVING = (
    "[...document.querySelectorAll('*')].map((each) => getComputedStyle(each)).filter((style) =>"
    " style.transitionDuration.split(',').some((each) => parseFloat(each) > 0) || style.animationName !== 'none'"
    " || style.scrollBehavior === 'smooth').length"
)


def test_nothing_moves_for_whoever_wants_no_motion(visitor: Visitor) -> None:
    visitor.sandbox.receive(**PERSON, message="Where is my order?")
    found = {False: 0, True: 0}
    for view in ("", CONVERSATION, "faults", "traffic"):
        visitor.go(view)
        for motion in found:
            visitor.browser.prefer(dark=False, motion=motion)
            wanted = "no-preference" if motion else "reduce"
            visitor.until(f"matchMedia('(prefers-reduced-motion: {wanted})').matches")
            found[motion] += visitor.run(MOVING)
    assert found[False] == 0
    assert found[True] > 0  # with motion something does, or the question finds nothing


WIDTHS = (320, 390, 768)


def scrolls_sideways_at(visitor: Visitor) -> list[int]:
    """Return the widths of a window at which the document that is shown scrolls sideways."""
    found = []
    for width in WIDTHS:
        visitor.browser.resize(width, 700)
        visitor.until(f"innerWidth === {width}")
        if visitor.run("document.documentElement.scrollWidth") > width:
            found.append(width)
    return found


@table("view", VIEWS)
def test_nothing_scrolls_sideways_and_axe_finds_nothing(
    talked: Visitor, request: pytest.FixtureRequest, view: str
) -> None:
    # One visit for both: to go there costs more than to look at all the widths.
    talked.browser.resize(WIDTHS[0], 700)
    looked_at(talked, view)
    assert scrolls_sideways_at(talked) == []
    talked.browser.resize(1200, 900)
    talked.until("innerWidth === 1200")
    assert hard_for_somebody(talked, request.getfixturevalue("axe")) == {"light": [], "dark": []}


def test_a_page_that_is_too_wide_is_found(talked: Visitor) -> None:
    looked_at(talked, "nowhere")
    talked.run("document.body.style.minWidth = '500px'")
    assert scrolls_sideways_at(talked) == [320, 390]


def test_a_conversation_is_held_by_keyboard_alone(visitor: Visitor) -> None:
    visitor.sandbox.receive(**PERSON, message="hello")
    visitor.go()
    for _ in range(20):
        visitor.browser.press("Tab", 9)
        if visitor.run("document.activeElement.matches('#lines a')"):
            break
    visitor.browser.press("Enter", 13, "\r")
    visitor.until("document.querySelector('#answer') && document.documentElement.dataset.live")
    for _ in range(40):
        visitor.browser.press("Tab", 9)
        if visitor.run("document.activeElement.id === 'answer'"):
            break
    visitor.browser.ask("Input.insertText", text="by keys")
    visitor.browser.press("Enter", 13, "\r")
    visitor.until("document.querySelectorAll('.bubble').length === 2")
    assert visitor.texts()[-1] == "by keys"
    visitor.until("document.getElementById('said').textContent.includes('by keys')")


def test_it_speaks_spanish_when_asked(visitor: Visitor) -> None:
    visitor.go("?lang=es")
    assert visitor.run("document.documentElement.lang") == "es"
    visitor.go("faults")
    assert visitor.run("document.querySelector('h1').textContent") == "Fallos y tiempo"
    visitor.fill("#kind", "silence")
    explained = visitor.run("document.querySelector('[data-kind=silence]').innerText")
    assert "nunca llega una respuesta" in explained
    assert visitor.run("document.querySelectorAll('main [lang=en]:not(label span)').length") == 0
    visitor.go("?lang=en")
    assert visitor.run("document.querySelector('h1').textContent") == "Conversations"


def test_the_whole_page_is_small(visitor: Visitor) -> None:
    visitor.sandbox.receive(**PERSON, message="hello")
    visitor.go(CONVERSATION)
    size = visitor.run(
        "performance.getEntries().filter((each) => 'decodedBodySize' in each)"
        ".reduce((sum, each) => sum + each.decodedBodySize, 0)"
    )
    assert 1_000 < size < 150_000
