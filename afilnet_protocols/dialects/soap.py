"""`SoapStyle`: how a SOAP service writes where SOAP leaves it a choice, and the styles of known servers.

Observed in the software itself (versions at :data:`SOAP_STYLES`); that the vendor speaks any of them is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class SoapStyle:
    """How a service describes itself and answers.

    Attributes:
        rpc: whether the style is rpc instead of document.
        encoded: whether the use is encoded (SOAP 1.1 §5): every value says its type.
        group: what describes records: ``xsd:sequence`` or ``xsd:all``.
        lists: ``item`` elements in the list, an ``array`` of SOAP 1.1 §5.4.2, or the ``list`` element ``repeated``.
        part: the element around the answer's fields, if there is one.
        references: an equal value is written once with an ``id`` and then by ``href`` (``inside``), or every record
            stands beside the answer (``beside``).
        qualified: whether the answer's fields are in its namespace, as the default one.
        binary: whether a text beyond ASCII is written as base64Binary.
        declared: the encoding that the declaration of an answer names.
        declared_else: the encoding that those of descriptions and Faults name.
        charset: the encoding that HTTP names, if it names one.
        latin1: whether the bytes are ISO 8859-1 instead of UTF-8.
        fault: where a Fault has the error code: in its ``faultcode``, in its ``detail``; ``none`` if an error is a
            normal answer with the status ERROR.
        schema_apart: whether the description imports its schema from another document.
    """

    rpc: bool = False
    encoded: bool = False
    group: Literal["sequence", "all"] = "sequence"
    lists: Literal["item", "array", "repeated"] = "item"
    part: str | None = None
    references: Literal["none", "inside", "beside"] = "none"
    qualified: bool = False
    binary: bool = False
    declared: str = "UTF-8"
    declared_else: str = "UTF-8"
    charset: str | None = "utf-8"
    latin1: bool = False
    fault: Literal["faultcode", "detail", "none"] = "detail"
    schema_apart: bool = False


_NUSOAP = SoapStyle(
    rpc=True,
    encoded=True,
    group="all",
    lists="array",
    part="return",
    declared="ISO-8859-1",
    declared_else="ISO-8859-1",
    charset="ISO-8859-1",
    fault="faultcode",
)

SOAP_STYLES: Mapping[str, SoapStyle] = MappingProxyType(
    {
        # NuSOAP 0.9.11: its default mode labels UTF-8 as ISO-8859-1; its UTF-8 mode still does so in Faults.
        "nusoap": _NUSOAP,
        "nusoap-utf8": replace(_NUSOAP, declared="UTF-8", charset="UTF-8"),
        "nusoap-document": SoapStyle(
            group="all", declared="ISO-8859-1", declared_else="ISO-8859-1", charset="ISO-8859-1", fault="faultcode"
        ),
        # What a handler in ISO 8859-1 makes of either mode.
        "latin1": SoapStyle(group="all", declared="ISO-8859-1", declared_else="ISO-8859-1", charset=None, latin1=True),
        # PHP 8.2's SoapServer writes an object that it has written as a reference, in every style.
        "php": SoapStyle(references="inside", fault="faultcode"),
        "php-rpc": SoapStyle(rpc=True, references="inside", fault="none"),
        "php-encoded": SoapStyle(rpc=True, encoded=True, lists="array", references="inside", fault="none"),
        # JAX-WS RI 2.3
        "jax-ws": SoapStyle(lists="repeated", part="return", schema_apart=True),
        # Axis 1.4
        "axis": SoapStyle(rpc=True, encoded=True, lists="array", part="return", references="beside"),
        # SOAP::Lite and PEAR write bytes; servers of several makers qualify what their description does not.
        "binary": SoapStyle(rpc=True, encoded=True, binary=True),
        "qualified": SoapStyle(group="all", qualified=True),
        "qualified-rpc": SoapStyle(rpc=True, group="all", qualified=True, fault="none"),
    }
)
"""The styles that the sandbox serves, each at ``/api/soap/NAME/``."""
