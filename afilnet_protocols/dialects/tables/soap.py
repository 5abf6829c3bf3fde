"""How the SOAP service describes itself and writes."""

from __future__ import annotations

from afilnet_protocols.dialects.dimension import Dimension, v

DIMENSIONS: tuple[Dimension, ...] = (
    Dimension(
        "soap.style",
        "how the SOAP service describes itself and writes",
        (
            v("wrapped", "document/literal wrapped; an error is a Fault with the code in its detail"),
            v("rpc", "rpc/encoded; an error is an answer"),
            v("generic", "one operation that takes `class` and `method`, and answers the JSON envelope as a text"),
            v("nusoap", "NuSOAP: rpc/encoded, UTF-8 that is labelled ISO-8859-1"),
            v("nusoap-utf8", "NuSOAP in its UTF-8 mode"),
            v("nusoap-document", "NuSOAP with document/literal"),
            v("latin1", "document/literal in ISO-8859-1"),
            v("php", "PHP's SoapServer with document/literal"),
            v("php-rpc", "PHP's SoapServer with rpc/literal"),
            v("php-encoded", "PHP's SoapServer with rpc/encoded"),
            v("jax-ws", "JAX-WS: repeated elements, a schema apart"),
            v("axis", "Axis 1: records beside the answer"),
            v("binary", "SOAP::Lite: texts beyond ASCII as base64"),
            v("qualified", "document/literal with qualified fields"),
            v("qualified-rpc", "rpc/literal with qualified fields"),
        ),
    ),
    Dimension(
        "soap.version",
        "the version of SOAP",
        (v("1.1", "SOAP 1.1"), v("1.2", "SOAP 1.2")),
    ),
)
