import threading
from contextlib import ExitStack, suppress

import grpc
import pytest

from accredit_extauthz.transport.completion_queue import CompletionQueueServer
from accredit_extauthz.transport.grpcio import GrpcServer

CHECK = "/envoy.service.auth.v3.Authorization/Check"


@pytest.fixture(
    params=[pytest.param(GrpcServer, id="grpcio"), pytest.param(CompletionQueueServer, id="completion queue")]
)
def transport(request):
    """Every transport: whatever is tested of one holds for each."""
    return request.param


@pytest.fixture
def served(transport):
    """Starts servers on loopback, opens channels to them, and ends both."""
    with ExitStack() as stack:

        def serve(handler=lambda data: b"answer to " + data, *, ready=lambda: True, listen="127.0.0.1:0", **more):
            server = transport(handler, b"fallback", ready, listen, **more)
            address = server.start()
            stack.callback(server.stop, 0, 0)
            return server, address

        def channel(address, credentials=None):
            opened = (
                grpc.insecure_channel(address) if credentials is None else grpc.secure_channel(address, credentials)
            )
            return stack.enter_context(opened)

        serve.channel = channel
        yield serve


@pytest.fixture
def check(served):
    """Asks Check once over a new channel."""

    def ask(address, data=b"x", *, timeout=5):
        return served.channel(address).unary_unary(CHECK)(data, timeout=timeout)

    return ask


@pytest.fixture
def hold():
    """Opens a call whose message comes when the test says so; both ends count it as under way until then."""
    events = []

    def opened(channel, data):
        event = threading.Event()
        events.append(event)

        def messages():
            if event.wait(20):
                yield data

        with suppress(grpc.RpcError):  # calls keep their order only on a connection that is there
            channel.unary_unary("/none.None/None")(b"", timeout=5)
        return channel.stream_unary(CHECK).future(messages(), timeout=20), event.set

    yield opened
    for event in events:
        event.set()
