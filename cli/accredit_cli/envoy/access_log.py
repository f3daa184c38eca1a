"""One JSON line a request, with the decision's id: the join between what was decided and what came of it."""

import betterproto2
from envoy_data_plane.envoy.config.accesslog import v3 as accesslog
from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.envoy.extensions.access_loggers.file import v3 as file_log
from envoy_data_plane.envoy.extensions.access_loggers.stream import v3 as stream_log
from envoy_data_plane.google.protobuf import Struct

from accredit_cli.envoy.sockets import packed

_DECIDED = ("decision_id", "decision", "reason", "user", "agent", "chain", "policy", "rule")
_FIELDS = {
    "time": "%START_TIME%",
    "method": "%REQ(:METHOD)%",
    "host": "%REQ(:AUTHORITY)%",
    "path": "%PATH(NQ)%",  # without the query: it may carry what no log should
    "status": "%RESPONSE_CODE%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "flags": "%RESPONSE_FLAGS%",
    "duration_ms": "%DURATION%",
    "request_id": "%REQ(X-REQUEST-ID)%",
    "peer": "%DOWNSTREAM_PEER_URI_SAN%",
} | {name: f"%DYNAMIC_METADATA(envoy.filters.http.ext_authz:{name})%" for name in _DECIDED}


def access_log(destination: str) -> accesslog.AccessLog:
    """Return a JSON access log to `stdout`, or to the file at a path."""
    line = core.SubstitutionFormatString(json_format=Struct.from_dict(_FIELDS))
    if destination == "stdout":
        return _logger("envoy.access_loggers.stdout", stream_log.StdoutAccessLog(log_format=line))
    return _logger("envoy.access_loggers.file", file_log.FileAccessLog(path=destination, log_format=line))


def _logger(name: str, settings: betterproto2.Message) -> accesslog.AccessLog:
    return accesslog.AccessLog(name=name, typed_config=packed(settings))
