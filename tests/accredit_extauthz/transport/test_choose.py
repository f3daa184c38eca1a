import logging

import pytest

from accredit_extauthz.transport.choose import choose
from accredit_extauthz.transport.completion_queue import CompletionQueueServer
from accredit_extauthz.transport.cygrpc_contract import ContractBroken
from accredit_extauthz.transport.grpcio import GrpcServer
from accredit_extauthz.transport.port import ListenFailed


def lacking(*_arguments):
    raise ContractBroken("this grpcio has no Server.request_call")


def moved(*_arguments):
    raise TypeError("request_call() takes exactly 4 positional arguments")


def unbound(*_arguments):
    raise ListenFailed("cannot listen")


def mute(_handler, fallback, ready, listen):
    """Starts, and answers something else."""
    return GrpcServer(lambda data: b"something else", fallback, ready, listen)


BROKEN = [
    pytest.param(lacking, "no Server.request_call", id="a name is missing"),
    pytest.param(moved, "4 positional", id="a name means something else"),
    pytest.param(unbound, "cannot listen", id="no server starts"),
    pytest.param(mute, "something else", id="a call is not answered as it should be"),
]


def test_the_completion_queue_is_chosen_where_it_works(caplog):
    caplog.set_level(logging.INFO, "accredit_extauthz")
    assert choose("auto") is CompletionQueueServer
    assert ["completion-queue" in record.message for record in caplog.records] == [True]


@pytest.mark.parametrize(("transport", "why"), BROKEN)
def test_the_public_transport_is_chosen_where_it_does_not_and_the_log_says_why(transport, why, caplog):
    assert choose("auto", transport) is GrpcServer
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert why in record.message


@pytest.mark.parametrize(("transport", "why"), BROKEN)
def test_a_completion_queue_that_was_asked_for_and_does_not_work_is_refused(transport, why):
    with pytest.raises(ContractBroken, match=why) as refused:
        choose("completion-queue", transport)
    assert "ACCREDIT_TRANSPORT" in str(refused.value)


def test_the_public_transport_is_taken_when_it_is_asked_for():
    assert choose("grpcio", lacking) is GrpcServer


def test_the_completion_queue_is_taken_when_it_is_asked_for():
    assert choose("completion-queue") is CompletionQueueServer


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert choose("auto") is CompletionQueueServer
