import threading

import grpc
import pytest

from accredit_extauthz.transport.health_pb2 import HealthCheckRequest, HealthCheckResponse
from accredit_extauthz.transport.limits import Limits
from accredit_extauthz.transport.port import SERVICE

HEALTH_CHECK = "/grpc.health.v1.Health/Check"
HEALTH_WATCH = "/grpc.health.v1.Health/Watch"
SERVING, NOT_SERVING, SERVICE_UNKNOWN = 1, 2, 3


class Switch:
    """Ready or not, as the test says."""

    def __init__(self):
        self.on = False

    def __call__(self):
        return self.on


def asked(service=""):
    return HealthCheckRequest(service=service).SerializeToString()


def status(data):
    return HealthCheckResponse.FromString(data).status


def watch(channel, service=""):
    return channel.unary_stream(HEALTH_WATCH)(asked(service), timeout=20)


@pytest.mark.parametrize("service", ["", SERVICE])
def test_it_serves_once_there_is_something_to_answer_from(served, service):
    ready = Switch()
    _, address = served(ready=ready)
    health = served.channel(address).unary_unary(HEALTH_CHECK)
    before = status(health(asked(service), timeout=5))
    ready.on = True
    assert (before, status(health(asked(service), timeout=5))) == (NOT_SERVING, SERVING)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(asked("other.Service"), grpc.StatusCode.NOT_FOUND, id="another service"),
        pytest.param(b"\xff", grpc.StatusCode.INVALID_ARGUMENT, id="no message"),
    ],
)
def test_a_check_of_something_else_is_refused(served, data, code):
    _, address = served()
    with pytest.raises(grpc.RpcError) as failed:
        served.channel(address).unary_unary(HEALTH_CHECK)(data, timeout=5)
    assert failed.value.code() is code


def test_a_watch_tells_each_change_once(served):
    ready = Switch()
    _, address = served(ready=ready)
    statuses = watch(served.channel(address))
    told = [status(next(statuses))]
    ready.on = True
    told.append(status(next(statuses)))
    ready.on = False
    told.append(status(next(statuses)))
    assert told == [NOT_SERVING, SERVING, NOT_SERVING]


def test_a_watch_of_an_unknown_service_says_so_and_stays(served):
    _, address = served()
    statuses = watch(served.channel(address), "other.Service")
    assert status(next(statuses)) == SERVICE_UNKNOWN
    assert statuses.is_active()


def test_a_watch_of_no_message_is_refused(served):
    _, address = served()
    statuses = served.channel(address).unary_stream(HEALTH_WATCH)(b"\xff", timeout=5)
    with pytest.raises(grpc.RpcError) as failed:
        next(statuses)
    assert failed.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_a_question_of_readiness_that_fails_is_an_error_and_not_the_end(served, check):
    def broken():
        raise ValueError("broken")

    _, address = served(ready=broken)
    with pytest.raises(grpc.RpcError) as failed:
        served.channel(address).unary_unary(HEALTH_CHECK)(asked(), timeout=5)
    assert failed.value.code() is grpc.StatusCode.UNKNOWN
    assert check(address) == b"answer to x"


def test_a_question_of_readiness_that_fails_during_a_watch_leaves_the_rest_alone(served, check):
    answers, failed = iter([True]), threading.Event()

    def breaking():
        try:
            return next(answers)
        except StopIteration:
            failed.set()
            raise ValueError("broken") from None

    _, address = served(ready=breaking)
    statuses = watch(served.channel(address))
    assert status(next(statuses)) == SERVING
    assert failed.wait(5)
    assert check(address) == b"answer to x"


def test_a_watch_ends_with_the_server(served):
    server, address = served()
    statuses = watch(served.channel(address))
    assert status(next(statuses)) == SERVING
    stopping = threading.Thread(target=server.stop, args=(0.5, 30))
    stopping.start()
    assert [status(data) for data in statuses] == [NOT_SERVING]
    stopping.join(5)
    assert not stopping.is_alive()


def test_watches_are_bounded_and_leave_the_workers_free(served, check):
    _, address = served(limits=Limits(workers=1))
    channel = served.channel(address)
    held = [watch(channel) for _ in range(16)]
    assert [status(next(statuses)) for statuses in held] == [SERVING] * 16
    with pytest.raises(grpc.RpcError) as failed:
        next(watch(channel))
    assert failed.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert check(address) == b"answer to x"


def test_a_watcher_that_leaves_makes_room(served):
    _, address = served()
    channel = served.channel(address)
    held = [watch(channel) for _ in range(16)]
    for statuses in held:
        next(statuses)
    for statuses in held:
        statuses.cancel()
    assert _until_told(channel) == SERVING


def _until_told(channel):
    for _ in range(50):
        try:
            return status(next(watch(channel)))
        except grpc.RpcError:
            threading.Event().wait(0.1)
    return None
