"""The calls of a survey, in their order, and what they found. Nothing is sent unless somebody is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from afilnet_protocols.dialects import Dialect
from afilnet_protocols.dialects.dialect import attribute_of
from afilnet_protocols.dialects.dimension import Answer
from afilnet_protocols.dialects.dimensions import BY_NAME
from afilnet_protocols.settings import Settings
from afilnet_protocols.survey import consented, json_api, purposes, soap_manner
from afilnet_protocols.survey.asking import Asker, Made, check_policy
from afilnet_protocols.survey.consented import Consent, Party
from afilnet_protocols.survey.http_api import HttpApi, credentials
from afilnet_protocols.survey.json_api import ask_json, ask_with_wrong_secret
from afilnet_protocols.survey.listings import Listings
from afilnet_protocols.survey.notes import Notes
from afilnet_protocols.survey.soap_manner import ask_soap
from afilnet_protocols.survey.ways_in import ask_every_way
from afilnet_protocols.vocabulary import Provenance

__all__ = ["Consent", "Party", "Survey", "examine", "plan"]


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What a survey found.

    Attributes:
        seen: the value of every fact that showed, by its name.
        calls: the calls that were made.
    """

    seen: Mapping[str, Answer]
    calls: tuple[Made, ...]

    @property
    def dialect(self) -> Dialect:
        """How the service speaks, as far as it showed; the rest is the default, and assumed."""
        spoken = {name: answer for name, answer in self.seen.items() if name in BY_NAME}
        values = {attribute_of(name): answer for name, answer in spoken.items()}
        known = dict.fromkeys(spoken, Provenance.OBSERVED)
        return Dialect(**values, title="what a survey saw", provenance=known)  # type: ignore[arg-type]  # of its values


def plan(settings: Settings, consent: Consent) -> dict[str, int]:
    """Return the calls that :func:`examine` would make with these settings, and how often each at most.

    Raises:
        SecurityPolicyError: the policy of the settings forbids a survey.
        ConfigurationError: they name no user or password.
    """
    check_policy(settings)
    credentials(settings)
    elsewhere = {*purposes.SOAP_CALLS, *purposes.JSON_CALLS}
    open_ones = soap_manner.calls_of(settings) | json_api.calls_of(settings)
    most = _most(consent)
    return {purpose: times for purpose, times in most.items() if purpose not in elsewhere or purpose in open_ones}


def _most(consent: Consent) -> dict[str, int]:
    return purposes.planned(
        send_to=consent.send_to is not None, wrong_password=consent.wrong_password, party=consent.party is not None
    )


def examine(settings: Settings, asker: Asker, consent: Consent | None = None) -> Survey:
    """Survey a service.

    Args:
        settings: those of a profile with user and password.
        asker: makes the calls.
        consent: what may be done beyond harmless calls; nothing by default.

    Raises:
        AfilnetError: the first call had no answer of the service, or it refused the credentials.
        ConfigurationError: the settings name no user or password.
        NotSentError: more calls would be needed than a survey makes.
    """
    consent = consent or Consent()
    notes = Notes()
    api = HttpApi(settings, asker, notes)
    most = _most(consent)
    listings = Listings(api)
    listings.ask_for_channels()
    listings.ask_wrongly()
    # Before anything is sent: which conversation has the newest message is then what the service made of it.
    listings.ask_for_chats(most[purposes.CHATS], consent.channels)
    listings.ask_for_messages(most[purposes.MESSAGES])
    if consent.send_to is not None:
        consented.send(listings, consent.send_to)
    if consent.party is not None:
        consented.read_unread(listings, consent.party, consent.written)
    ask_every_way(api)
    ask_soap(api, wrong_password=consent.wrong_password)
    ask_json(api)
    if consent.wrong_password:
        # Last, for a service that locks an account for a while.
        consented.log_in_wrongly(api)
        ask_with_wrong_secret(api)
    notes.conclude(limits=asker.limits, tls=asker.tls())
    return Survey(seen=notes.seen, calls=tuple(asker.made))
