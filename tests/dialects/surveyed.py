"""A service that is surveyed: a sandbox that speaks a dialect, with something in it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from afilnet_protocols.dialects import DIMENSIONS, Dialect
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.state.listing import REUSED_AFTER
from afilnet_protocols.survey.asking import asking
from afilnet_protocols.survey.examination import Consent, Party, Survey, examine
from tests.dialects.generated import made

if TYPE_CHECKING:
    from collections.abc import Callable

PARTY = Party("whatsapp", "100", "34600000000")
NAME = "Zoë / Canary"


def survey(
    dialect: Dialect, *, consent: bool = True, sleep: Callable[[float], object] = lambda seconds: None
) -> Survey:
    """Survey a sandbox that speaks a dialect and holds conversations with a slash and a letter beyond ASCII."""
    with Sandbox(like=dialect) as sandbox:
        where = {"platform": "whatsapp", "platform_id": "100"}
        # Enough of them, one second after another, to show whether identifiers begin again.
        for destination, count in (("34600000000", REUSED_AFTER + 1), ("34600000001", REUSED_AFTER + 1)):
            for _ in range(count):
                sandbox.clock.advance(1)
                sandbox.receive(**where, destination=destination, message=NAME)  # type: ignore[arg-type]
        settings = sandbox.settings("http-post", plain=True)

        def written() -> None:
            sandbox.receive(**where, destination="34600000002", message=NAME)  # type: ignore[arg-type]

        party = Party("whatsapp", "100", "34600000002")
        given = Consent(send_to=party, wrong_password=True, party=party, written=written) if consent else Consent()
        with asking(settings, sleep=sleep) as asker:
            return examine(settings, asker, given)


def drawn(seed: int) -> Dialect:
    """Return a dialect drawn at random; of two names for one behaviour, a refusal as every error, the plain one."""
    chance = random.Random(seed)
    while True:
        answers = {
            dimension.name: chance.choice([value.value for value in dimension.values if not value.refused])
            for dimension in DIMENSIONS
        }
        found = made(dict(answers))
        doubled = {401: "bare", 403: "forbidden"}
        if found is not None and doubled.get(found.json_error_http) != found.basic_refusal:
            return found
