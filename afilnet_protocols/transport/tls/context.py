"""TLS: one context per client, without a switch that weakens it and without a look at the environment."""

from __future__ import annotations

import errno
import os
import ssl
from _ssl import _SSLContext
from collections.abc import Callable

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.retold import Retold
from afilnet_protocols.transport.failure import plain
from afilnet_protocols.transport.options import TransportOptions

# Python's own default, written out because distributions and OpenSSL's configuration file may set another: keys of at
# least 112 bits of security, forward secrecy, and no SHA-1.
_CIPHERS = "@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM"


_NO_AUTHORITIES = (
    "neither this system nor the package certifi has a file of certificate authorities that can be read: name one with"
    " the setting ca_file, or install the system's (Debian: ca-certificates)"
)


class _ClientSocket(ssl.SSLSocket):
    """The standard TLS socket, but for one leak: wrapping a connection that its peer has reset leaves it open.

    ``ssl`` takes the connection over, asks for the peer's name and, where there is no peer any more, raises without
    closing what nobody else can close by then (seen in Python 3.11 to 3.13).
    """

    def getpeername(self) -> object:
        """Return the peer's address.

        Raises:
            OSError: There is no peer. The socket has been closed.
        """
        try:
            return super().getpeername()
        except OSError:
            self.close()
        # Of ENOTCONN, ``ssl`` would look into the closed socket for more.
        raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))


def context_for(options: TransportOptions) -> ssl.SSLContext:
    """Make the TLS context of a client: TLS 1.2 or later, chain and host name verified, no key log.

    ``ssl.create_default_context`` is not used: it writes session keys to the file that ``SSLKEYLOGFILE`` names, and it
    takes its authorities from wherever ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` point.

    Raises:
        ConfigurationError: ``ca_file`` or ``client_cert`` cannot be used, or there are no authorities to trust.
    """
    context = _own_class()(ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = _ClientSocket
    # Of OpenSSL itself: where another class stands for this one, the standard library's property calls itself.
    vars(_SSLContext)["minimum_version"].__set__(context, ssl.TLSVersion.TLSv1_2)
    context.set_ciphers(_CIPHERS)
    # A name in the subject alone is no longer a host name (RFC 9110 §4.3.4).
    context.hostname_checks_common_name = False
    context.set_alpn_protocols(["http/1.1"])
    if options.ca_file is None:
        trust_system(context)
    else:
        _load(lambda: context.load_verify_locations(cafile=options.ca_file), "ca_file", "certificate authorities")
        if not context.cert_store_stats()["x509"]:
            raise ConfigurationError("the file of the setting ca_file holds no certificate")
    if options.client_cert is not None:
        # Without a password OpenSSL would ask for one on the terminal, and wait.
        _load(
            lambda: context.load_cert_chain(str(options.client_cert), password=""),
            "client_cert",
            "a certificate and its unencrypted key",
        )
    return context


def _own_class() -> type[ssl.SSLContext]:
    """Return the standard library's class, also where another package has put its own in that place.

    truststore's trusts the system beside ``ca_file``; those of green threads wait where a driver is to wait.
    """
    return next((each for each in ssl.SSLContext.__mro__ if each.__module__ == "ssl"), ssl.SSLContext)


def trust_system(context: ssl.SSLContext) -> None:
    """Trust the system's certificate authorities, and where it has none, those of the certifi package.

    The places are the ones compiled into OpenSSL, so that no variable can move them. A folder is preferred to a bundle:
    it is read only as far as a handshake needs it, while reading a bundle costs tens of milliseconds of CPU.

    Raises:
        ConfigurationError: there are none at all.
    """
    paths = ssl.get_default_verify_paths()
    if _has_authorities(paths.openssl_capath):
        context.load_verify_locations(capath=paths.openssl_capath)
    elif os.path.isfile(paths.openssl_cafile):
        context.load_verify_locations(cafile=paths.openssl_cafile)
    else:
        import certifi  # most systems never come here

        # Beside its code, unless that is in an archive, or a distribution has put its own file in that place.
        beside = os.path.join(os.path.dirname(certifi.__file__), "cacert.pem")
        with Retold(OSError, lambda _: ConfigurationError(_NO_AUTHORITIES)):
            context.load_verify_locations(cafile=beside if os.path.isfile(beside) else certifi.where())


def _has_authorities(folder: str) -> bool:
    """Whether OpenSSL finds certificates in a folder, by names made from their hashes."""
    try:
        return any(name.endswith(".0") for name in os.listdir(folder))
    except OSError:
        return False


def _load(load: Callable[[], None], setting: str, content: str) -> None:
    def told(error: OSError) -> ConfigurationError:
        said = error.reason if isinstance(error, ssl.SSLError) else error.strerror
        reason = plain((said or "not readable").replace("_", " ").lower())
        return ConfigurationError(f"the setting {setting} does not name a PEM file of {content}: {reason}")

    with Retold(OSError, told):
        load()
