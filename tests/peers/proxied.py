"""What is played through a proxy on the way out that wants to know ``someone`` with ``some-password``."""

from __future__ import annotations

from collections.abc import Iterator

from tests.peers.scene import FORMS, Scene, clients
from tests.peers.stage import Stage

RIGHT = {"proxy_user": "someone", "proxy_password": "some-password"}
WRONG = {"proxy_user": "someone", "proxy_password": "another-password"}
GETS = frozenset({"http-get", "basic GET"})  # squid sends these again by itself
FEW = ("plain", "deny", "lost")


def through(stage: Stage, name: str, proxy: str) -> Iterator[Scene]:
    """Yield all events through tunnels and plain, and sends that the proxy refuses."""
    plain, secured = stage.service(), stage.service(tls=True)
    for label, url, more in (
        ("plain", f"http://127.0.0.1:{plain}", {}),
        ("tunnel", f"https://localhost:{secured}", {"ca_file": stage.ca_file}),
    ):
        ways = clients(url, (*FORMS, "soap"), proxy=proxy, timeout=2.5, **more, **RIGHT)
        yield Scene(f"{name}, {label}", stage.ledger, ways, repeats=GETS)
        for doubt, given in (("wrong", WRONG), ("no", {})):
            ways = clients(url, ("http-get", "http-post", "basic"), proxy=proxy, **more, **given)
            # Outside a tunnel a refusal of credentials that were given may be the service's as well.
            sure = {} if (label, doubt) == ("plain", "wrong") else dict.fromkeys(FEW, "not_sent")
            yield Scene(f"{name}, {label}, {doubt} credentials", stage.ledger, ways, FEW, (), (), sure=sure)
