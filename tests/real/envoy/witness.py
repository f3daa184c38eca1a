"""The upstream as a witness: of each request that reaches it, what the audit records said of it at that moment."""

import http.server
from dataclasses import dataclass

from fakes.loopback import Loopback

NUMBER = "x-number"


@dataclass(frozen=True)
class Arrival:
    number: int  # of the request, by its sender
    decision_id: str
    recorded: tuple  # the decisions of the records that were there when it arrived


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        decision_id = self.headers.get("x-accredit-decision", "")
        self.server.trail.catch_up()
        recorded = self.server.trail.decisions(decision_id)
        self.server.arrivals.append(Arrival(int(self.headers.get(NUMBER, "-1")), decision_id, recorded))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.do_GET()

    def log_message(self, *arguments):
        pass


class Witness(Loopback):
    """Answers everything with an empty 200; `arrivals` holds every request that reached it."""

    def __init__(self, trail):
        super().__init__(_Handler)
        self._server.trail = trail
        self._server.arrivals = []

    @property
    def arrivals(self):
        return self._server.arrivals
