"""What the sandbox takes for granted about the service, and on what ground. Served at ``/_sandbox/provenance``."""

from __future__ import annotations

from afilnet_protocols.vocabulary import Provenance

PROVENANCE: dict[str, Provenance] = {}
