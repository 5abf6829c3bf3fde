"""`Intake`: how entries come into an outbox: checked like a call, and on disk when it returns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from afilnet_protocols import catalogue
from afilnet_protocols.callers import check_flags
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.outbox.checks import OPERATIONS, check_arguments, check_key, check_times
from afilnet_protocols.outbox.new_entry import NewEntry
from afilnet_protocols.outbox.store import Store
from afilnet_protocols.security.safe_repr import origin_only
from afilnet_protocols.suggestion import quoted
from afilnet_protocols.vocabulary import AnyFileType, AnyPlatform


class Intake:
    """What puts entries into an :class:`~afilnet_protocols.Outbox`."""

    _store: Store

    def enqueue(
        self,
        *,
        platform: AnyPlatform,
        platform_id: str,
        destination: str,
        message: str,
        key: str | None = None,
        not_before: datetime | None = None,
        expires: datetime | None = None,
        connection: object | None = None,
        strict_order: bool = False,
    ) -> int:
        """Put a message in. When this returns it is on disk, unless a connection was given.

        Args:
            platform: the platform of the channel.
            platform_id: the identifier of the channel on its platform.
            destination: the recipient.
            message: the text, under the rules of :meth:`ChatOperations.send_message`.
            key: a name of the caller's choice: putting in the same entry under the same key again does nothing.
            not_before: when it may be sent at the earliest, with a time zone. What is put into the same conversation
                after it waits for it.
            expires: from when on it is not to be sent any more, with a time zone: it is then ``REJECTED`` when its
                turn comes.
            connection: the application's connection to the same database, of the driver, SQLAlchemy or Django; the
                entry becomes part of its transaction, and is there when the caller commits.
            strict_order: whether others who put into the same conversation with ``strict_order`` wait until this
                transaction ends. Without it, the order of entries that are put in by transactions at the same time is
                the one in which workers see them. An SQLite file lets one at a time write anyhow.

        Returns:
            The entry's number.

        Raises:
            InvalidRequestError: an argument cannot be sent, or another entry has this key.
            ConfigurationError: the file cannot be written, or the connection is to another one.
            NotSentError: another transaction was in the way of the caller's, which has to be run again.
        """
        arguments = {"platform": platform, "platform_id": platform_id, "destination": destination, "message": message}
        check_flags(strict_order=strict_order)
        entry = _checked(catalogue.SEND_MESSAGE, arguments, key, not_before, expires)
        return self._store.enqueue(entry, connection=connection, strict_order=strict_order)[0]

    def enqueue_file(
        self,
        *,
        platform: AnyPlatform,
        platform_id: str,
        destination: str,
        file_type: AnyFileType,
        file_url: str,
        thumb_url: str | None = None,
        message: str | None = None,
        key: str | None = None,
        not_before: datetime | None = None,
        expires: datetime | None = None,
        connection: object | None = None,
        strict_order: bool = False,
    ) -> int:
        """Put a file in, by its public address.

        Args:
            platform: the platform of the channel.
            platform_id: the identifier of the channel on its platform.
            destination: the recipient.
            file_type: what kind of file it is.
            file_url: the file's public ``https`` address, at most 2,048 characters.
            thumb_url: the address of a thumbnail, under the same rules; ``None`` for none.
            message: a text that accompanies the file; ``None`` for none.
            key: as for :meth:`enqueue`.
            not_before: as for :meth:`enqueue`.
            expires: as for :meth:`enqueue`.
            connection: as for :meth:`enqueue`.
            strict_order: as for :meth:`enqueue`.

        Returns:
            The entry's number.

        Raises:
            InvalidFileUrlError: an address is not a public ``https`` address.
            InvalidRequestError: another argument cannot be sent, or another entry has this key.
            ConfigurationError: the file cannot be written, or the connection is to another one.
            NotSentError: another transaction was in the way of the caller's, which has to be run again.
        """
        file_url, thumb_url = origin_only(file_url), origin_only(thumb_url)
        arguments = {
            "platform": platform,
            "platform_id": platform_id,
            "destination": destination,
            "file_type": file_type,
            "file_url": file_url,
            "thumb_url": thumb_url,
            "message": message,
        }
        check_flags(strict_order=strict_order)
        entry = _checked(catalogue.SEND_FILE, arguments, key, not_before, expires)
        return self._store.enqueue(entry, connection=connection, strict_order=strict_order)[0]

    def put(self, entries: Iterable[tuple[str, Mapping[str, str], str | None]]) -> list[bool]:
        """Put many entries in, all or none.

        Args:
            entries: for each the operation's name, its arguments, and its key.

        Returns:
            For each entry whether it is new; one with a known key is not.

        Raises:
            InvalidRequestError: an argument cannot be sent, or another entry has a key; nothing was put in.
            ConfigurationError: the file cannot be written.
        """
        checked = []
        for name, arguments, key in checked_entries(entries):
            operation = next((operation for operation in OPERATIONS if operation.name == name), None)
            if operation is None:
                raise InvalidRequestError(f"an outbox holds send_message and send_file, not {quoted(name)}")
            checked.append(_checked(operation, arguments, key))
        return [new for _, new in self._store.enqueue_all(checked)]


def checked_entries(entries: object) -> list[tuple[str, Mapping[str, str], str | None]]:
    """Return entries as they were given, if that is what they are.

    Raises:
        InvalidRequestError: they are none.
    """
    checked = []
    for each in entries if isinstance(entries, Iterable) else [entries]:
        if not (isinstance(each, tuple | list) and len(each) == 3 and isinstance(each[1], Mapping)):
            raise InvalidRequestError(
                "an entry is an operation's name, its arguments by their names, and a key or None"
            )
        checked.append((each[0], each[1], each[2]))
    return checked


def _checked(
    operation: Operation[None],
    arguments: Mapping[str, str | None],
    key: str | None,
    not_before: datetime | None = None,
    expires: datetime | None = None,
) -> NewEntry:
    earliest, latest = check_times(not_before, expires)
    return NewEntry(
        operation=operation.name,
        arguments=check_arguments(operation, arguments),
        key=check_key(key),
        not_before=earliest,
        expires=latest,
    )
