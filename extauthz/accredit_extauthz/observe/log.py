"""Log lines: one JSON object each, to standard error, with the same members in the same order, and no secrets."""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import TextIO

_MAX_TEXT = 16384  # characters of a message or a traceback; its end says most

# The one redaction list. Names: members of a line that are never written. Shapes: text that is a credential wherever
# it turns up, tracebacks included.
REDACTED_NAMES = frozenset({"authorization", "cookie", "token", "bearer", "assertion", "arguments", "act", "body"})
REDACTED_SHAPES = (
    re.compile(r"(?i)\b(?:bearer|basic)\s+[^\s\"',;]+"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){1,4}"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"),
)
_REDACTED = "[redacted]"

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def redacted(text: str) -> str:
    """Return `text` without anything that has the shape of a credential, cut to its last 16,384 characters."""
    for shape in REDACTED_SHAPES:
        text = shape.sub(_REDACTED, text)
    return text[-_MAX_TEXT:]


class JsonFormatter(logging.Formatter):
    """A log record as one line of JSON: time, level, logger, message, then what `extra` gave, then the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its newline."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage()),
        }
        for name, value in vars(record).items():
            if name not in _STANDARD:
                line[name] = _REDACTED if name.lower() in REDACTED_NAMES else _plain(value)
        if record.exc_info:
            line["traceback"] = redacted(self.formatException(record.exc_info))
        # Escaping everything beyond ASCII keeps a line one line in every viewer, and any text writable.
        return json.dumps(line, ensure_ascii=True)


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | float) else redacted(str(value))


def configure(level: str, stream: TextIO | None = None) -> None:
    """Send every log line of the process from `level` upwards to `stream` (standard error), and nothing elsewhere."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    # It logs every wake-up at debug, and each change of any file in the folder at info.
    logging.getLogger("watchfiles").setLevel(logging.WARNING)
