import http.client
import socket

import pytest

from accredit_extauthz.transport.admin import AdminServer, Pages
from accredit_extauthz.transport.port import ListenFailed


@pytest.fixture
def serve():
    running = []

    def start(ready=lambda: True, metrics=lambda: b"accredit_leader 1\n"):
        server = AdminServer(Pages(metrics, "text/plain; version=0.0.4", ready), "127.0.0.1", 0)
        port = server.start()
        running.append(server)
        return port

    yield start
    for server in running:
        server.stop()


def ask(port, path, method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("content-type"), answer.read()
    finally:
        connection.close()


def test_metrics_come_as_they_were_rendered(serve):
    assert ask(serve(), "/metrics?name=x") == (200, "text/plain; version=0.0.4", b"accredit_leader 1\n")


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        pytest.param("/healthz", "GET", 200, id="it lives"),
        pytest.param("/healthz", "HEAD", 200, id="without a body"),
        pytest.param("/other", "GET", 404, id="another page"),
        pytest.param("/metrics/", "GET", 404, id="a slash too many"),
        pytest.param("/metrics", "POST", 501, id="another method"),
    ],
)
def test_a_page_has_its_status(serve, path, method, status):
    assert ask(serve(), path, method)[0] == status


def test_readiness_follows_the_server_and_health_does_not(serve):
    port = serve(ready=lambda: False)
    assert [ask(port, "/readyz")[0], ask(port, "/healthz")[0], ask(serve(), "/readyz")[0]] == [503, 200, 200]


def test_a_page_that_fails_is_logged_and_the_server_lives(serve, caplog):
    def broken():
        raise ValueError("no metrics")

    port = serve(metrics=broken)
    with pytest.raises(http.client.RemoteDisconnected):
        ask(port, "/metrics")
    assert ask(port, "/healthz")[0] == 200
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_clients_that_say_nothing_hold_a_bounded_number_of_connections(serve):
    port = serve()
    held = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(16)]
    try:
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            ask(port, "/healthz")
    finally:
        for connection in held:
            connection.close()


def test_a_port_in_use_is_named(serve):
    port = serve()
    with pytest.raises(ListenFailed, match=f"127.0.0.1:{port}"):
        AdminServer(Pages(bytes, "text/plain", bool), "127.0.0.1", port)
