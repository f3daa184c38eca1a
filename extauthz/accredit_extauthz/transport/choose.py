"""Which transport serves: the completion queue where the installed grpcio proves fit for it, else the public API."""

import logging

import grpc

from accredit_extauthz.transport.completion_queue import CompletionQueueServer
from accredit_extauthz.transport.cygrpc_contract import ContractBroken
from accredit_extauthz.transport.grpcio import GrpcServer
from accredit_extauthz.transport.port import SERVICE, ListenFailed, Transport

_log = logging.getLogger(__name__)

_WITHIN_S = 2.0
_PING, _PONG = b"ping", b"pong"


def choose(name: str, completion_queue: Transport = CompletionQueueServer) -> Transport:
    """Return the transport of a name: `grpcio`, `completion-queue`, or `auto` for the faster one that works here.

    Raises ContractBroken for a completion queue that was asked for by name and does not work here.
    """
    if name == "grpcio":
        _log.info("transport grpcio, as set")
        return GrpcServer
    try:
        _try(completion_queue)
    except ContractBroken as problem:
        if name != "auto":
            raise ContractBroken(
                f"the completion queue cannot be used: {problem}; set ACCREDIT_TRANSPORT=auto"
            ) from problem
        _log.warning("transport grpcio, at several times the cost: the completion queue cannot be used: %s", problem)
        return GrpcServer
    _log.info("transport completion-queue: grpcio %s keeps its contract", grpc.__version__)
    return completion_queue


def _try(transport: Transport) -> None:
    """Have one call answered over loopback. Raises ContractBroken."""
    try:
        server = transport(lambda data: _PONG if data == _PING else data, b"fallback", lambda: True, "127.0.0.1:0")
        address = server.start()
    except (ListenFailed, AttributeError, TypeError, ValueError) as problem:
        raise ContractBroken(f"a server on loopback did not start: {problem}") from problem
    try:
        answer = _asked(address)
    finally:
        server.stop(0, _WITHIN_S)
    if answer != _PONG:
        raise ContractBroken(f"a call over loopback was answered {answer!r}")


def _asked(address: str) -> bytes:
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        try:
            check: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(f"/{SERVICE}/Check")
            return check(_PING, timeout=_WITHIN_S)
        except grpc.RpcError as problem:
            raise ContractBroken(f"a call over loopback failed: {problem.code().name}") from problem
