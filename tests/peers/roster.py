"""Who is in: every folder and file beside this one that has a ``NAME`` and ``scenes``."""

from __future__ import annotations

import importlib

from tests.peers.scene import Peer

PEERS = (
    "nginx.plain",
    "nginx.caching",
    "nginx.error_pages",
    "nginx.upstreams",
    "nginx.tls",
    "apache.proxy",
    "apache.tls",
    "apache.mod_php",
    "apache.mod_security",
    "apache.fcgi",
    "php.fpm",
    "php.own",
    "caddy.peer",
    "envoy.peer",
    "haproxy.peer",
    "varnish.peer",
    "lighttpd.peer",
    "squid.peer",
    "tinyproxy.peer",
    "stunnel.peer",
    "hitch.peer",
    "trafficserver.peer",
    "nghttpx.peer",
    "h2o.peer",
    "python.gunicorn",
    "python.waitress",
    "python.uvicorn",
    "python.hypercorn",
    "python.http_server",
    "node.http_proxy",
    "soap.php_soap",
    "soap.nusoap_peer",
    "soap.soap_lite_peer",
    "soap.spyne_peer",
    "soap.npm_soap",
    "soap.npm_strong_soap",
    "oauth.authlib_peer",
    "oauth.django_peer",
    "oauth.flask_jwt_peer",
    "oauth.glewlwyd_peer",
    "oauth.mock_server",
    "oauth.oauth2_server",
    "oauth.node_oauth",
    "oauth.oidc_provider_peer",
)


def peers() -> list[Peer]:
    """Return all peers, in the order of the table."""
    return [importlib.import_module(f"tests.peers.{name}") for name in PEERS]
