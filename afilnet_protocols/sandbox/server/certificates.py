"""The certificates of a sandbox: made for it, trusted by whoever names its authority, and gone with it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import trustme

from afilnet_protocols.sandbox.server.listener import HOST

OF_LOOPBACK = (HOST, "localhost", "::1")


def write_certificates(directory: Path, names: Sequence[str] = OF_LOOPBACK) -> tuple[Path, Path]:
    """Write a throw-away certificate authority, and a certificate with its key; return both files.

    Args:
        directory: where to.
        names: whose certificate it is; loopback's by default.
    """
    authority = trustme.CA(organization_name="afilnet-protocols sandbox")
    certificate = authority.issue_cert(*names)
    ca_file, own_file = directory / "ca.pem", directory / "server.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    descriptor = os.open(own_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(certificate.private_key_and_cert_chain_pem.bytes())
    return ca_file, own_file
