"""`soap`: SOAP envelopes, bound to the interface description that the settings name."""

from __future__ import annotations

from afilnet_protocols.backends.base import WireBackend, required, secret, transport_for
from afilnet_protocols.backends.description import Fetched, fetch, same_origin
from afilnet_protocols.deadline import Deadline, seconds_for_call
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.retold import Retold, in_words
from afilnet_protocols.security.policy import check_settings
from afilnet_protocols.settings import Settings
from afilnet_protocols.suggestion import LONGEST_PATH, quoted
from afilnet_protocols.transport import Transport
from afilnet_protocols.wire.soap.codec import SoapCodec
from afilnet_protocols.wire.soap.description.wsdl import shown_location


class SoapBackend(WireBackend):
    """Speaks SOAP 1.1 or 1.2 as the WSDL says. The vendor's own WSDL is not public, so it is a required setting.

    A WSDL file is read here; one at an address is fetched here, under the transport's own rules.
    """

    goes_straight = True

    def __init__(self, settings: Settings) -> None:
        transport = transport_for(settings)
        try:
            codec, settings = _bound(settings, transport)
        except BaseException:
            transport.close()  # it may keep the connection over which a description came
            raise
        super().__init__(settings, codec, transport)


def _bound(settings: Settings, transport: Transport) -> tuple[SoapCodec, Settings]:
    """Return the codec for the description, and the settings with the address that requests go to."""
    source = required(settings, "soap_wsdl")
    fetched = "://" in source
    if fetched:
        wsdl = fetch(source, transport, Deadline(seconds_for_call(settings.timeout)))
    else:
        wsdl = Fetched(_read(source), charset=None)
    _check_pin(wsdl.body, settings)
    codec = SoapCodec(
        wsdl.body,
        charset=wsdl.charset,
        endpoint=settings.soap_endpoint,
        user=required(settings, "user"),
        password=secret(settings, "password"),
    )
    if settings.soap_endpoint is None:
        if fetched:
            _check_origin(codec.endpoint, source)
        # The address inside the description is held to the same rules as one that is written in the settings.
        settings = _addressed(settings, codec.endpoint)
        check_settings(settings)
    return codec, settings


def _addressed(settings: Settings, endpoint: str) -> Settings:
    place = shown_location(endpoint)
    told = f"the description that soap_wsdl names says {place}: set soap_endpoint to where SOAP requests go"
    with Retold(ConfigurationError, lambda error: ConfigurationError(f"{error}; {told}")):
        return settings.but(soap_endpoint=endpoint)


def _read(path: str) -> bytes:
    told, hint = f"soap_wsdl: cannot read {quoted(path, LONGEST_PATH)}", "set soap_wsdl to a file that can be read"
    with (
        Retold(OSError, lambda error: ConfigurationError(f"{told}: {in_words(error)}: {hint}")),
        open(path, "rb") as file,
    ):
        return file.read()


def _check_pin(wsdl: bytes, settings: Settings) -> None:
    pin = settings.soap_wsdl_sha256
    if pin is None:
        return
    import hashlib  # not loaded otherwise, and it takes a twentieth of what a first client does

    actual = hashlib.sha256(wsdl).hexdigest()
    if pin.lower() != actual:
        raise ConfigurationError(
            f"soap_wsdl: the description has SHA-256 {actual}, not the one that soap_wsdl_sha256 pins: compare the two "
            "descriptions before you change the pin"
        )


def _check_origin(endpoint: str, source: str) -> None:
    """A fetched description must not send the credentials to another origin than its own (RFC 6454)."""
    if not same_origin(endpoint, source):
        raise ConfigurationError(
            "soap_endpoint: the WSDL fetched from soap_wsdl names an address of another origin than its own: set "
            "soap_endpoint to the address that requests shall go to"
        )
