"""`Intake`: how entries come into an outbox: checked like a call, and on disk when it returns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from afilnet_protocols import catalogue
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.outbox.checks import OPERATIONS, check_arguments, check_key
from afilnet_protocols.outbox.store import Store
from afilnet_protocols.security.unshown import unshown
from afilnet_protocols.vocabulary import FileType, Platform


class Intake:
    """What puts entries into an :class:`~afilnet_protocols.Outbox`."""

    _store: Store

    def enqueue(
        self,
        *,
        platform: Platform | str,
        platform_id: str,
        destination: str,
        message: str,
        key: str | None = None,
        connection: object | None = None,
    ) -> int:
        """Put a message in. When this returns it is on disk, unless a connection was given.

        Args:
            platform: the platform of the channel.
            platform_id: the identifier of the channel on its platform.
            destination: the recipient.
            message: the text, under the rules of :meth:`ChatOperations.send_message`.
            key: a name of the caller's choice: putting in the same entry under the same key again does nothing.
            connection: the application's connection to the same database, of the driver, SQLAlchemy or Django; the
                entry becomes part of its transaction, and is there when the caller commits.

        Returns:
            The entry's number.

        Raises:
            InvalidRequestError: an argument cannot be sent, or another entry has this key.
            ConfigurationError: the file cannot be written, or the connection is to another one.
        """
        arguments = {"platform": platform, "platform_id": platform_id, "destination": destination, "message": message}
        return self._put(catalogue.SEND_MESSAGE, arguments, key, connection)[0]

    def enqueue_file(
        self,
        *,
        platform: Platform | str,
        platform_id: str,
        destination: str,
        file_type: FileType | str,
        file_url: str,
        thumb_url: str | None = None,
        message: str | None = None,
        key: str | None = None,
        connection: object | None = None,
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
            connection: as for :meth:`enqueue`.

        Returns:
            The entry's number.

        Raises:
            InvalidFileUrlError: an address is not a public ``https`` address.
            InvalidRequestError: another argument cannot be sent, or another entry has this key.
            ConfigurationError: the file cannot be written, or the connection is to another one.
        """
        file_url, thumb_url = unshown(file_url), unshown(thumb_url)
        arguments = {
            "platform": platform,
            "platform_id": platform_id,
            "destination": destination,
            "file_type": file_type,
            "file_url": file_url,
            "thumb_url": thumb_url,
            "message": message,
        }
        return self._put(catalogue.SEND_FILE, arguments, key, connection)[0]

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
        for name, arguments, key in entries:
            operation = next((operation for operation in OPERATIONS if operation.name == name), None)
            if operation is None:
                raise InvalidRequestError(f"an outbox holds send_message and send_file, not {name!r}")
            checked.append((name, check_arguments(operation, arguments), check_key(key)))
        return [new for _, new in self._store.enqueue_all(checked)]

    def _put(
        self,
        operation: Operation[None],
        arguments: Mapping[str, str | None],
        key: str | None,
        connection: object | None,
    ) -> tuple[int, bool]:
        checked = check_arguments(operation, arguments)
        return self._store.enqueue(operation.name, checked, key=check_key(key), connection=connection)
