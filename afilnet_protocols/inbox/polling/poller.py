"""`Poller`: one round over an account's channels: ask what the last messages are, read what changed, note what is new.

A round without news is one ``get_chats`` for each channel, however many conversations there are.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import partial

from afilnet_protocols.errors import AfilnetError, AuthenticationError, ConfigurationError, NotFoundError
from afilnet_protocols.inbox.identity import Sorted, Trace, Trust, is_long, newest_first, sort_unread, sort_whole, trace
from afilnet_protocols.inbox.polling.audits import Audits
from afilnet_protocols.inbox.polling.belonging import Lists, name_of, of_conversation
from afilnet_protocols.inbox.polling.echo import others_answer
from afilnet_protocols.inbox.polling.pace import Polling
from afilnet_protocols.inbox.polling.start import Start, place_of
from afilnet_protocols.inbox.polling.unlisted import Unlisted
from afilnet_protocols.inbox.store import ChannelState, Conversation
from afilnet_protocols.inbox.tables.tables import InboxTables
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.records import Channel, Chat, Message, has_more, like, skipped_in
from afilnet_protocols.vocabulary import addressee

CHANNELS_FOR = 1800.0
"""For how long the list of channels is believed, in seconds."""

LONG = 500
"""From how many messages on a conversation is read by what is unread in it, under ``read="auto"``."""


class Poller:
    """The rounds of one process, as long as it is the account's poller. It may be used by one thread at a time.

    Args:
        store: where the inbox is.
        chat: reads.
        account: whose inbox it is.
        token: the name of this process.
        start: which messages are history.
        read: ``auto``, ``messages`` or ``unread``.
        polling: when to audit.

    Attributes:
        calls: how many calls it has made.
        noticed: how many messages it has noticed that are to be handed over.
        failure: what went wrong in the last round, if anything did.
        ask_later: how long the service asked to be left alone in the last round, in seconds.
        unlisted: the lists of which the service says that they are not whole.
    """

    def __init__(
        self,
        store: InboxTables,
        chat: ChatOperations,
        *,
        account: str,
        token: str,
        start: Start,
        read: str,
        polling: Polling,
    ) -> None:
        self._store = store
        self._chat = chat
        self._account = account
        self._token = token
        self._start = start
        self._how = read
        self._audits = Audits(polling.audits)
        self._channels: list[Channel] = []
        self._people: Set[str] = frozenset()
        self._chats: Mapping[str, Chat] = {}
        self._lists = Lists(self._ask)
        self._channels_until = float("-inf")
        self._states: dict[tuple[str, str], ChannelState] = {}
        self._kept: dict[tuple[str, str], dict[str, Conversation]] = {}
        self.calls = 0
        self.noticed = 0
        self.failure: AfilnetError | None = None
        self.ask_later = 0.0
        self.unlisted = Unlisted()

    @property
    def round_calls(self) -> int:
        """How many calls a round makes at least."""
        return max(1, len(self._channels))

    def round(self, now: float) -> int:
        """Look at every channel once; return how many messages were noticed.

        A channel or a conversation that cannot be read now is left for the next round, and holds up no other.

        Args:
            now: the time, in seconds since the epoch.

        Raises:
            AuthenticationError: the credentials were refused.
            ConfigurationError: the settings cannot work, the place cannot be used, another process has taken over, or
                the service shows what the outbox sent as if the other party had written it.
        """
        before = self.noticed
        self.failure, self.ask_later = None, 0.0
        if now >= self._channels_until:
            self._list_channels(now)
        for channel in self._channels:
            if is_long(channel.platform_id):
                continue
            try:
                with self._going_on():
                    self._look(channel, now)
            except AfilnetError:
                self.forget()
                raise
        return self.noticed - before

    def forget(self) -> None:
        """Read what is kept again before the next round: it may not be what is in memory, as when others polled."""
        self._states, self._kept, self._channels_until = {}, {}, float("-inf")

    @contextlib.contextmanager
    def _going_on(self) -> Iterator[None]:
        """Note what another round may not meet; what somebody has to mend ends the round."""
        try:
            yield
        except (AuthenticationError, ConfigurationError):
            raise
        except AfilnetError as error:
            self.failure = error
            self.ask_later = max(self.ask_later, error.retry_after or 0.0)
            if isinstance(error, NotFoundError):
                self._channels_until = float("-inf")

    def _list_channels(self, now: float) -> None:
        with self._going_on():
            self.calls += 1
            self._channels = self._chat.get_chat_channels()
            self.unlisted.note("channels", (), self._channels)
            self.unlisted.note_long("channels", (), any(is_long(each.platform_id) for each in self._channels))
            self._channels_until = now + CHANNELS_FOR

    # One channel

    def _look(self, channel: Channel, now: float) -> None:
        name = name_of(channel)
        chats = self._lists.of(channel, self._channels)
        self.unlisted.note("conversations", name, chats)
        self.unlisted.note_long("conversations", name, any(is_long(chat.destination) for chat in chats))
        state = self._state(name, chats)
        if state is None:
            return
        kept = self._kept[name]
        self._chats = {chat.destination: chat for chat in chats}
        self._people = kept.keys() | self._chats.keys()
        for chat in chats:
            if is_long(chat.destination):
                continue
            place = kept.get(chat.destination) or Conversation(place=place_of(chat))
            if self._changed(place, trace(chat), state.trust, now):
                self._attend(place, chat, state, now)
        self._audit(kept.values(), self._chats.keys(), state, now)

    def _ask(self, channel: Channel) -> list[Chat]:
        self.calls += 1
        try:
            return self._chat.get_chats(**channel.address)
        except NotFoundError as error:
            if error.code != "CHAT_NOT_FOUND":
                raise
            return []

    def _state(self, name: tuple[str, str], chats: Sequence[Chat]) -> ChannelState | None:
        """Return what is kept of a channel; ``None`` if it is seen for the first time, and its answer is not enough."""
        if name not in self._states:
            state = self._store.channel(self._account, *name)
            if state is None:
                begun = self._start.begun(chats)
                if begun is None:
                    return None
                state, there = begun
                self._store.prime(self._account, self._token, name, state, there)
            self._kept[name] = {kept.place[2]: kept for kept in self._store.conversations(self._account, *name)}
            self._states[name] = state
        return self._states[name]

    def _changed(self, kept: Conversation, tip: Trace, trust: Trust, now: float) -> bool:
        if kept.intent or self._audits.is_due(kept, now):
            return True
        return not (tip.same(kept.tip, trust) or tip.same(kept.last, trust))

    def _audit(self, kept: Iterable[Conversation], shown: Set[str], state: ChannelState, now: float) -> None:
        """Read what ``get_chats`` left out, if it was seen before: when its time has come, and again and again."""
        for each in [each for each in kept if each.place[2] not in shown]:
            if each.audit_at is None:
                self._audits.plan_of_hidden(each, now)
            elif self._audits.is_due(each, now) or each.intent:
                self._attend(each, None, state, now)

    # One conversation

    def _attend(self, kept: Conversation, chat: Chat | None, state: ChannelState, now: float) -> None:
        """Read a conversation and note what is new; one that cannot be read now is left for the next round."""
        with self._going_on():
            self._read(kept, chat, state, now)

    def _read(self, kept: Conversation, chat: Chat | None, state: ChannelState, now: float) -> None:
        person = addressee(*kept.place)
        tip = trace(chat) if chat is not None else None
        known = self._store.known(kept)
        if chat is not None and self._by_unread(kept, state, trace(chat)):
            self._store.intend(self._account, self._token, kept)
            self.calls += 1
            unread = self._in_order(self._of(kept, tip, self._chat.get_unread_messages(**person)), state)
            found = sort_unread(unread, known)
            there = chat.sent or tip in known or any(trace(message) == tip for message in unread)
            echo = any(self._store.sent(kept.place, message.message)[0] for message in found.new)
            if there and not (found.doubtful or echo or skipped_in(unread) or has_more(unread)):
                self._note(kept, tip, unread, found, state, now, whole=False)
                return
            if not there:
                self._store.saw_others(self._account, now)
        self.calls += 1
        try:
            listing = self._in_order(self._of(kept, tip, self._chat.get_messages(**person), whole=True), state)
        except NotFoundError as error:
            if error.code != "CHAT_NOT_FOUND":
                raise
            listing = []
        found = sort_whole(listing, known, state.trust)
        if others_answer(self._store, kept, listing, found.new):
            self._store.saw_others(self._account, now)
        self._note(kept, tip, listing, found, state, now, whole=True)

    def _of(
        self, kept: Conversation, tip: Trace | None, listing: list[Message], *, whole: bool = False
    ) -> list[Message]:
        last_of = partial(self._last_of, kept.place[:2]) if whole else None
        return of_conversation(listing, kept.place, self._channels, self._people, tip or kept.tip, last_of)

    def _last_of(self, name: tuple[str, str], person: str) -> set[str]:
        """Return by what the messages are known that were seen to be the last ones of a person's conversation."""
        chat, kept = self._chats.get(person), self._kept[name].get(person)
        traces = [] if kept is None else [kept.tip, kept.last]
        traces += [] if chat is None else [trace(chat)]
        # By their identifiers, too: a list may show a text otherwise than its conversation does, such as cut.
        return {known for each in traces if each is not None for known in each if known}

    @staticmethod
    def _in_order(listing: list[Message], state: ChannelState) -> list[Message]:
        """Return a listing with its oldest message first, in whichever order the service has it."""
        shown = newest_first(listing)
        if shown is not None:
            state.newest_first = shown
        if not state.newest_first:
            return listing
        return like(listing, listing[::-1])

    def _by_unread(self, kept: Conversation, state: ChannelState, tip: Trace) -> bool:
        """Whether to read only what is unread: never by untrusted identifiers, after a doubt, or as an audit."""
        trusted = state.trust is Trust.TRUSTED and not kept.intent and kept.primed is None
        audit = tip.same(kept.tip, state.trust) or tip.same(kept.last, state.trust)
        wanted = self._how == "unread" or (self._how == "auto" and kept.length > LONG)
        return trusted and wanted and not audit

    def _note(
        self,
        kept: Conversation,
        tip: Trace | None,
        listing: Sequence[Message],
        found: Sorted,
        state: ChannelState,
        now: float,
        *,
        whole: bool,
    ) -> None:
        new, partial = found.new, bool(skipped_in(listing))
        wanted = self._start.handed_over(new, listing, kept, state.floor)
        lacking = whole and tip is not None and not any(trace(message).digest == tip.digest for message in listing)
        if whole:
            history = any(number not in wanted and not message.sent for number, message in enumerate(new))
            seamless = len(new) < len(listing) or history
            self.unlisted.note("messages", kept.place, listing, misses=lacking or not seamless)
            partial = partial or (lacking and has_more(listing))
        if whole and not partial and listing:
            kept.last, kept.length, kept.primed = trace(listing[-1]), len(listing), None
        elif not whole:
            kept.length += len(new)
        moved = tip is not None and not tip.same(kept.tip, state.trust)
        self._audits.plan(kept, now, news=bool(new) or moved, lacking=lacking, partial=partial)
        kept.intent, kept.tip, state.trust = False, tip or kept.tip, found.trust
        noted = [(message, trace(message), number in wanted) for number, message in enumerate(new)]
        self._store.note(self._account, self._token, kept, state, noted, now)
        self._kept[kept.place[:2]][kept.place[2]] = kept
        self.noticed += len(wanted)
