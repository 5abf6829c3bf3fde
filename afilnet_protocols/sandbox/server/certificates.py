"""The certificates of a sandbox: made for it, trusted by whoever names its authority, and gone with it."""

from __future__ import annotations

import os
from pathlib import Path

import trustme

from afilnet_protocols.sandbox.server.listener import HOST


def write_certificates(directory: Path) -> tuple[Path, Path]:
    """Write a throw-away certificate authority, and a certificate for loopback with its key; return both files."""
    authority = trustme.CA(organization_name="afilnet-protocols sandbox")
    certificate = authority.issue_cert(HOST, "localhost", "::1")
    ca_file, own_file = directory / "ca.pem", directory / "server.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    descriptor = os.open(own_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(certificate.private_key_and_cert_chain_pem.bytes())
    return ca_file, own_file
