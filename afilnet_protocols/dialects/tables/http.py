"""What is spoken over HTTP: which requests are read there, and how credentials are refused."""

from __future__ import annotations

from afilnet_protocols.catalogue import VENDOR_PAGE
from afilnet_protocols.dialects.dimension import DOCUMENTED, OBSERVED, Dimension, v

DIMENSIONS: tuple[Dimension, ...] = (
    Dimension(
        "http.post_query",
        "whether pairs in the query of a POST without a body are read",
        (v(True, "yes", DOCUMENTED, "the vendor's samples for Node"), v(False, "no")),
    ),
    Dimension(
        "http.multipart",
        "whether a multipart body is read",
        (v(True, "yes", OBSERVED, "the vendor's libraries for PHP"), v(False, "no")),
    ),
    Dimension(
        "http.get_limit",
        "what becomes of a GET of 4,001 characters",
        (
            v("refused", "HTTP 414", DOCUMENTED, f'{VENDOR_PAGE} ("~4000 characters"; the status is assumed)'),
            v("served", "it is served"),
        ),
    ),
    Dimension(
        "http.slashless",
        "what is at the address without its last slash",
        (v("nothing", "HTTP 404"), v("redirect", "HTTP 301"), v("served", "the same")),
    ),
    Dimension(
        "basic.refusal",
        "how missing or wrong credentials are answered at `/api/basic/`",
        (
            v("challenge", "HTTP 401 with a challenge that names realm and encoding, and the envelope"),
            v("realm", "HTTP 401 with a challenge that names a realm, and the envelope"),
            v("bare", "HTTP 401 with the envelope"),
            v("envelope", "the envelope, as every other error"),
            v("forbidden", "HTTP 403 with the envelope"),
            v("page", "HTTP 401 with a challenge and a web page"),
        ),
    ),
    Dimension(
        "basic.get",
        "whether `/api/basic/` serves GET",
        (v(True, "yes", DOCUMENTED, "the vendor's sample for Ruby"), v(False, "HTTP 405")),
    ),
)
