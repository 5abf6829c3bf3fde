"""The packages themselves that stand-ins take the place of: each in a process of its own, over TLS."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from tests.time_limit import HANGS

PERSON = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
FIRST = {
    "gevent": "from gevent import monkey; monkey.patch_all()",
    "truststore": "import truststore; truststore.inject_into_ssl()",
    "freezegun": "import freezegun; freezegun.freeze_time('2026-01-01', tick=False).start()",
}
"""What an application does before it has calls made."""

PROGRAM = """
{before}
from afilnet_protocols import OutcomeUnknownError, connect
{after}
with connect(**{settings}) as chat:
    chat.send_message(**{person}, message="hola")
with connect(**{settings} | {{"timeout": 0.3}}) as chat:
    try:
        chat.send_message(**{person}, message="late")
    except OutcomeUnknownError as error:
        print(error.delivery)
"""


def ended(sandbox, before: str = "", after: str = "") -> str:
    """Return what a process prints that sends twice, to a service that answers the second time too late."""
    given = sandbox.settings("http-post")
    settings = {
        "protocol": "http-post",
        "user": "user",
        "password": "password",
        "base_url": given.base_url,
        "ca_file": given.ca_file,
    }
    program = PROGRAM.format(before=before, after=after, settings=settings, person=PERSON)
    with sandbox.fault("late_answer", operation="send_message", after=1):
        told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=HANGS)
    return told.stdout + told.stderr


@pytest.mark.parametrize("package", FIRST)
def test_a_call_keeps_its_promises_in_a_process_of(package, sandbox):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    assert ended(sandbox, before=FIRST[package]) == "unknown\n"
    assert ended(sandbox, after=FIRST[package]) == "unknown\n"
