"""The interface descriptions that the sandbox serves of itself: one WSDL for each SOAP dialect, and OpenAPI."""

from __future__ import annotations


def document(address: str) -> str:
    """Return the WSDL of the document/literal dialect."""
    from afilnet_protocols.render import wsdl

    return wsdl.render(address)


def rpc(address: str) -> str:
    """Return the WSDL of the rpc/encoded dialect."""
    raise NotImplementedError


def generic(address: str) -> str:
    """Return the WSDL of the generic dialect."""
    raise NotImplementedError


def openapi(base_url: str) -> str:
    """Return the OpenAPI description of everything that is not SOAP."""
    from afilnet_protocols.render import openapi as description

    return description.render(base_url)
