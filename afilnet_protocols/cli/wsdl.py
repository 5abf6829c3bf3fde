"""`afilnet wsdl bundle`: an interface description in several documents becomes one file that can be pinned."""

from __future__ import annotations

import contextlib
import hashlib
import os
from json import dumps  # `json` is an option here
from pathlib import Path
from typing import TYPE_CHECKING

from afilnet_protocols.cli.options.connection import Connection, connected
from afilnet_protocols.cli.options.output_file import write_output
from afilnet_protocols.cli.parser import grammar, kinds
from afilnet_protocols.cli.terminal.output import print_json, print_line, print_text
from afilnet_protocols.cli.terminal.progress import at_work
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.plural import several
from afilnet_protocols.retold import Retold

if TYPE_CHECKING:
    from afilnet_protocols.settings import Settings
    from afilnet_protocols.wire.soap.description.wsdl_bundle import Bundle


_TERMS = ("tls13", "pin", "ca_file", "client_cert")
"""What ``require`` may name that is about the way to the description, and not about the calls."""

_NOT_JOINED = "the description cannot be joined"


def command(name: str) -> grammar.Command:
    """Return the group."""
    return wsdl


@grammar.group()
def wsdl() -> None:
    """Prepare an interface description for the protocol soap."""


@wsdl.command()
@grammar.argument("url", metavar="URL", help="Where the description is, such as https://host/chat?wsdl, or its file.")
@grammar.option(
    "-o", "--output", kind=kinds.OUTPUT, required=True, help="The file to write; it replaces one that is there."
)
@grammar.option(
    "--without-policies",
    flag=True,
    help="Leave its policies out, for a service that does not enforce what they demand.",
)
@grammar.json_option
@connected
def bundle(*, connection: Connection, url: str, output: Path, without_policies: bool, json: bool) -> None:
    """Join a description and all that it refers to into one file, and print the file's digest for soap_wsdl_sha256."""
    from afilnet_protocols.wire.soap.binding import bind

    with at_work("fetching the description", silent=json):
        made = (
            _bundled(url, _settings(connection, url), policies=not without_policies)
            if "://" in url
            else _joined(Path(url), policies=not without_policies)
        )
        address = bind(made.document).address
    write_output(output, made.document)
    digest = hashlib.sha256(made.document).hexdigest()
    if json:
        print_json(
            {
                "file": str(output),
                "sha256": digest,
                "documents": list(made.sources),
                "soap_endpoint": address,
                "binds": True,
            }
        )
        return
    print_text(f"{output}: {several(len(made.sources), 'document')} in one; it binds")
    for source in made.sources:
        print_line(f"  {source}")
    print_line(f"soap_wsdl = {_in_toml(str(output))}")
    print_line(f'soap_wsdl_sha256 = "{digest}"')
    if without_policies:
        print_text("its policies are left out: only the service knows whether it answers without what they demand")
    print_text(f"calls go to {address or 'no address that it names: set soap_endpoint'}")


def _in_toml(text: str) -> str:
    # A string of JSON is one of TOML, but for DEL, which has to be escaped there.
    return dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _bundled(url: str, settings: Settings, *, policies: bool) -> Bundle:
    from afilnet_protocols.backends.description import fetch, same_origin
    from afilnet_protocols.deadline import Deadline
    from afilnet_protocols.security.gate import PolicyGate
    from afilnet_protocols.transport import Transport, TransportOptions
    from afilnet_protocols.wire.soap.description.wsdl import shown_location
    from afilnet_protocols.wire.soap.description.wsdl_bundle import Source, bundle
    from afilnet_protocols.wire.soap.not_usable import NotUsable

    limit = Deadline(settings.timeout)
    with contextlib.closing(Transport(TransportOptions.of(settings), gate=PolicyGate(settings))) as transport:

        def load(address: str) -> Source:
            if not same_origin(address, url):
                raise NotUsable(
                    f"it refers to {shown_location(address)}, which is of another origin than the description itself: "
                    "nothing is fetched from there; join the two by hand"
                )
            with Retold(ConfigurationError, lambda error: refusal(address, error)):
                fetched = fetch(address, transport, limit)
            return Source(fetched.body, fetched.charset)

        def refusal(address: str, error: ConfigurationError) -> Exception:
            return error if address == url else NotUsable(f"{shown_location(address)} cannot be had: {error}")

        with Retold(NotUsable, lambda error: ConfigurationError(f"{_NOT_JOINED}: {error}")):
            return bundle(url, load, policies=policies)


def _joined(path: Path, *, policies: bool) -> Bundle:
    """Join a description in files: they stand beside the first one, below it, or in a folder beside its own."""
    from urllib.request import url2pathname

    from afilnet_protocols.retold import in_words
    from afilnet_protocols.wire.soap.description.wsdl import shown_location
    from afilnet_protocols.wire.soap.description.wsdl_bundle import Source, bundle
    from afilnet_protocols.wire.soap.not_usable import NotUsable
    from afilnet_protocols.wire.soap.strict_xml import DESCRIPTION

    # A relative path has none in a working folder that was removed.
    gone = f"the file {shown_location(str(path))} cannot be read"
    with Retold(OSError, lambda error: ConfigurationError(f"{_NOT_JOINED}: {gone}: {in_words(error)}")):
        first = Path(os.path.realpath(path))
    around = first.parent.parent

    def load(address: str) -> Source:
        place, _, _ = address.removeprefix("file://").partition("?")
        file = Path(os.path.realpath(url2pathname(place)))
        if not address.startswith("file:///") or not file.is_relative_to(around):
            raise NotUsable(f"it refers to {shown_location(address)}, which is not among its files: put it there")
        told = f"the file {shown_location(str(file))} cannot be read"
        with Retold(OSError, lambda error: NotUsable(f"{told}: {in_words(error)}")), file.open("rb") as opened:
            return Source(opened.read(DESCRIPTION.size + 1))

    with Retold(NotUsable, lambda error: ConfigurationError(f"{_NOT_JOINED}: {error}")):
        return bundle(first.as_uri(), load, policies=policies)


def _settings(connection: Connection, url: str) -> Settings:
    """Return the settings for the way there. No call is made, so they need no account, and its level is of no matter.

    Raises:
        ConfigurationError: the address or the settings cannot work.
    """
    from afilnet_protocols.security.levels import Level
    from afilnet_protocols.security.policy import check_settings
    from afilnet_protocols.settings import Settings
    from afilnet_protocols.settings.validation import complaint

    kept = ("ca_file", "pin_sha256", "client_cert", "proxy", "proxy_user", "proxy_password", "timeout")
    resolved = connection.resolved()
    # Of what a profile says, most is about calls and of no matter here; what the command line says, is meant.
    wrong = [
        f"{each.setting} ({resolved.origins[each.setting]}) {each.text}"
        for each in resolved.problems()
        if connection.overrides.get(each.setting) is not None
    ]
    if wrong:
        raise complaint(wrong)
    values = resolved.values
    given = {name: values[name] for name in (*kept, "connect_timeout") if values[name] is not None}
    # What is fetched and not pinned reaches the level medium; the file that is made of it reaches more.
    required = tuple(term for term in values["require"] if term in _TERMS)  # type: ignore[attr-defined]
    level = min(Level.of(str(values["minimum_security"])), Level.MEDIUM)
    settings = Settings(
        protocol="soap",
        soap_wsdl=url,
        user="nobody",
        password="none is sent",  # noqa: S106 -- it never leaves the process
        minimum_security=level.word,
        require=required,
        **given,  # type: ignore[arg-type]  # it checks every type itself
    )
    check_settings(settings)
    return settings
