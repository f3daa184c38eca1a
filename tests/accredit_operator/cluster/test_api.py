"""The client against a server that answers badly: refusals, cut bodies, dribble, silence, and no server at all."""

import socket
import threading
from contextlib import contextmanager

import pytest

from accredit_operator.app import SystemClock
from accredit_operator.cluster import connect
from accredit_operator.ports import (
    CONFIG_MAPS,
    AlreadyExists,
    ClusterError,
    Conflict,
    Forbidden,
    NotFound,
    Rejected,
    TransientError,
)

HEAD = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "accredit-system", "name": "accredit-head"}}


class Server:
    """Says `answer` to every request, whatever it is; keeps what it heard."""

    def __init__(self, answer, *, dribble_s=None):
        self.answer = answer
        self.dribble_s = dribble_s
        self.heard = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._gone = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._gone.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self):
        while not self._gone.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self.heard.append(connection.recv(65536))
                self._say(connection)

    def _say(self, connection):
        if self.dribble_s is None:
            connection.sendall(self.answer)
            return
        for byte in self.answer:
            if self._gone.wait(self.dribble_s):
                return
            try:
                connection.sendall(bytes([byte]))
            except OSError:
                return


@contextmanager
def client_of(port, tmp_path, call_s=5.0):
    path = tmp_path / "kubeconfig"
    path.write_text(
        f"""
apiVersion: v1
kind: Config
current-context: test
clusters: [{{name: test, cluster: {{server: "http://127.0.0.1:{port}"}}}}]
users: [{{name: test, user: {{token: secret}}}}]
contexts: [{{name: test, context: {{cluster: test, user: test}}}}]
"""
    )
    cluster = connect({"KUBECONFIG": str(path)}, SystemClock(), call_s=call_s)
    try:
        yield cluster
    finally:
        cluster.close()


def answer(status, body, *, length=None, extra=""):
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body) if length is None else length}\r\n{extra}"
    return f"{head}Connection: close\r\n\r\n{body}".encode()


def refusal(status, reason, extra=""):
    body = f'{{"kind":"Status","status":"Failure","reason":"{reason}","message":"because","code":{status}}}'
    return answer(status, body, extra=extra)


ANSWERS = [
    pytest.param(refusal(409, "AlreadyExists"), AlreadyExists, id="the name is taken"),
    pytest.param(refusal(409, "Conflict"), Conflict, id="another version stands there"),
    pytest.param(refusal(404, "NotFound"), NotFound, id="there is no such thing"),
    pytest.param(refusal(401, "Unauthorized"), Forbidden, id="the token is not known"),
    pytest.param(refusal(403, "Forbidden"), Forbidden, id="the role does not allow it"),
    pytest.param(refusal(422, "Invalid"), Rejected, id="the object is invalid"),
    pytest.param(refusal(413, "RequestEntityTooLarge"), Rejected, id="the object is too large"),
    pytest.param(refusal(400, "BadRequest"), Rejected, id="the request makes no sense"),
    pytest.param(refusal(429, "TooManyRequests"), TransientError, id="the API server is busy"),
    pytest.param(refusal(500, "InternalError"), TransientError, id="the API server fails"),
    pytest.param(refusal(504, "Timeout"), TransientError, id="etcd does not answer"),
    pytest.param(answer(503, "<html>no backend</html>"), TransientError, id="a proxy answers for it"),
    pytest.param(answer(200, "<html>please log in</html>"), TransientError, id="a portal answers for it"),
    pytest.param(answer(200, "[]"), TransientError, id="JSON that is no object"),
    pytest.param(answer(200, "{}"), TransientError, id="an object that has no metadata"),
    pytest.param(answer(200, '{"metadata": {"na', length=100), TransientError, id="the body is cut short"),
    pytest.param(answer(200, '{"metadata": {"na'), TransientError, id="the body is whole and its JSON is not"),
    pytest.param(b"", TransientError, id="the connection closes without an answer"),
    pytest.param(b"SSH-2.0-OpenSSH\r\n", TransientError, id="something else listens there"),
    pytest.param(answer(302, "", extra="Location: http://169.254.169.254/\r\n"), TransientError, id="a redirect"),
]


@pytest.mark.parametrize(("said", "error"), ANSWERS)
def test_every_bad_answer_has_one_meaning_and_is_asked_for_once(said, error, tmp_path):
    with Server(said) as server, client_of(server.port, tmp_path) as cluster:
        with pytest.raises(ClusterError, match="configmaps") as raised:
            cluster.create(CONFIG_MAPS, HEAD)
        assert type(raised.value) is error
        assert len(server.heard) == 1


def test_the_token_is_sent_and_never_said(tmp_path):
    with Server(refusal(403, "Forbidden")) as server, client_of(server.port, tmp_path) as cluster:
        with pytest.raises(Forbidden) as raised:
            cluster.probe(CONFIG_MAPS, namespace="accredit-system")
        assert b"Bearer secret" in server.heard[0]
        assert "secret" not in str(raised.value)


def test_the_api_server_says_when_to_come_back(tmp_path):
    busy = refusal(429, "TooManyRequests", extra="Retry-After: 7\r\n")
    with Server(busy) as server, client_of(server.port, tmp_path) as cluster:
        with pytest.raises(TransientError) as raised:
            cluster.read(CONFIG_MAPS, "accredit-system", "accredit-head")
        assert raised.value.retry_after_s == 7


def test_a_dribbling_answer_is_given_up(tmp_path):
    slow = answer(200, '{"metadata": {"name": "x"}}' + " " * 1000)
    with Server(slow, dribble_s=0.002) as server, client_of(server.port, tmp_path, call_s=0.3) as cluster:
        began = SystemClock().ticks_ns()
        with pytest.raises(TransientError):
            cluster.read(CONFIG_MAPS, "accredit-system", "accredit-head")
        assert SystemClock().ticks_ns() - began < 1_500_000_000


def test_silence_is_given_up(tmp_path):
    with (
        Server(b"H", dribble_s=30) as server,
        client_of(server.port, tmp_path, call_s=0.3) as cluster,
        pytest.raises(TransientError),
    ):
        cluster.probe(CONFIG_MAPS)


def test_no_server_is_transient(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with client_of(taken.getsockname()[1], tmp_path) as cluster, pytest.raises(TransientError):
            cluster.probe(CONFIG_MAPS)


def test_a_list_whose_items_are_null_is_empty(tmp_path):
    listed = answer(200, '{"metadata": {"resourceVersion": "7"}, "items": null}')
    with Server(listed) as server, client_of(server.port, tmp_path) as cluster:
        listing = cluster.list_all(CONFIG_MAPS)
    assert (listing.items, listing.resource_version) == ((), "7")


def test_a_name_cannot_leave_its_place_in_the_path(tmp_path):
    with Server(refusal(404, "NotFound")) as server, client_of(server.port, tmp_path) as cluster:
        with pytest.raises(NotFound):
            cluster.read(CONFIG_MAPS, "a/../b", "c?d")
        assert server.heard[0].startswith(b"GET /api/v1/namespaces/a%2F..%2Fb/configmaps/c%3Fd ")


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"KUBECONFIG": "/nowhere/kubeconfig"}, id="a file that is not there"),
        pytest.param(
            {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}, id="a pod without token"
        ),
    ],
)
def test_no_cluster_is_said_at_once(environment, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ClusterError, match="set KUBECONFIG"):
        connect(environment, SystemClock())
