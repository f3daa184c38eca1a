"""TLS with certificates that are replaced on disk while the server runs."""

import logging
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path

import grpc

_log = logging.getLogger(__name__)


class TlsInvalid(Exception):
    """Certificate, key or client CA cannot be used; the message names the file and says why."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files. With `client_ca` a client must present a certificate that it signed."""

    certificate: Path
    key: Path
    client_ca: Path | None


@dataclass(frozen=True, slots=True)
class _Material:
    certificate: bytes
    key: bytes
    client_ca: bytes | None

    def configuration(self) -> grpc.ServerCertificateConfiguration:
        return grpc.ssl_server_certificate_configuration(
            [(self.key, self.certificate)], root_certificates=self.client_ca
        )


def server_credentials(files: TlsFiles) -> grpc.ServerCredentials:
    """Return credentials that follow the files: each new connection gets the newest pair that is good.

    Raises TlsInvalid when the files are not good to begin with. Later, what cannot be used is logged once and the
    certificate in use stays.
    """
    followed = _Followed(files)
    return grpc.dynamic_ssl_server_credentials(
        followed.current.configuration(),
        followed.changed,  # type: ignore[arg-type]  # None, for no change, is missing from the stubs
        require_client_authentication=files.client_ca is not None,
    )


class _Followed:
    """What is in use, and what was last said of files that are not."""

    def __init__(self, files: TlsFiles) -> None:
        self._files = files
        self._said = ""
        self._lock = threading.Lock()
        self.current = _read(files)
        _check(files, self.current)

    def changed(self) -> grpc.ServerCertificateConfiguration | None:
        """Return the new configuration, None when there is none to take. Never raises: grpc would drop the client."""
        with self._lock:
            try:
                return self._newer()
            except TlsInvalid as problem:
                if str(problem) != self._said:
                    self._said = str(problem)
                    _log.error("the certificate in use stays: %s", problem)
                return None

    def _newer(self) -> grpc.ServerCertificateConfiguration | None:
        found = _read(self._files)
        if found == self.current:
            return None
        _check(self._files, found)
        self.current, self._said = found, ""
        _log.info("serving the new certificate of %s", self._files.certificate)
        return found.configuration()


def _read(files: TlsFiles) -> _Material:
    return _Material(
        certificate=_bytes_of(files.certificate),
        key=_bytes_of(files.key),
        client_ca=None if files.client_ca is None else _bytes_of(files.client_ca),
    )


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise TlsInvalid(f"{path} cannot be read: {problem.strerror}") from problem


def _check(files: TlsFiles, material: _Material) -> None:
    """Refuse what OpenSSL refuses, a key of another certificate included, and files that changed underneath."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(files.certificate, files.key)
        if files.client_ca is not None:
            context.load_verify_locations(files.client_ca)
    except (ssl.SSLError, OSError) as problem:
        raise TlsInvalid(f"{files.certificate} with {files.key} cannot be used: {problem}") from problem
    if _read(files) != material:
        raise TlsInvalid(f"{files.certificate} changed while it was read; the next connection reads it again")
