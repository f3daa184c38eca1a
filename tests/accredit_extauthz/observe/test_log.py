import io
import json
import logging
from collections.abc import Iterator

import pytest

from accredit_extauthz.observe.log import REDACTED_NAMES, JsonFormatter, configure, redacted
from fakes.issuer import FakeIssuer

TOKEN = FakeIssuer().mint()
LOG = logging.getLogger("accredit_extauthz.test")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure("info", stream)
    yield stream
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_has_what_was_said_and_what_was_given(stream):
    LOG.info("serving %s", "it", extra={"sequence": 7, "path": ["a"], "age_s": 0.5, "none": None})
    (line,) = lines(stream)
    assert list(line)[:4] == ["time", "level", "logger", "message"]
    assert (line["level"], line["message"], line["sequence"], line["path"]) == ("info", "serving it", 7, "['a']")
    assert (line["age_s"], line["none"]) == (0.5, None)


def test_a_fault_has_its_traceback_in_the_same_line(stream):
    try:
        {}["missing"]
    except KeyError:
        LOG.exception("it failed")
    (line,) = lines(stream)
    assert "KeyError: 'missing'" in str(line["traceback"])


def test_lower_levels_are_left_out(stream):
    LOG.debug("nobody asked")
    assert lines(stream) == []


def test_text_of_any_origin_stays_on_one_line():
    # Formatted here and not logged: what a test logs is also reported, and a lone surrogate cannot be.
    record = logging.makeLogRecord({"msg": "a\nb\u2028c\ud800", "levelname": "INFO"})
    line = JsonFormatter().format(record)
    assert len(line.splitlines()) == 1
    assert json.loads(line)["message"] == "a\nb\u2028c\ud800"


@pytest.mark.parametrize("name", sorted(REDACTED_NAMES - {"body", "act"}))
def test_members_of_the_redaction_list_are_never_written(stream, name):
    LOG.info("said", extra={name: "secret-value"})
    assert "secret-value" not in stream.getvalue()
    assert lines(stream)[0][name] == "[redacted]"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"header was Bearer {TOKEN}", id="a bearer header"),
        pytest.param(f"token {TOKEN} of alice", id="a token alone"),
        pytest.param(f"{{'authorization': 'bearer {TOKEN}'}}", id="a mapping that was printed"),
        pytest.param(f"-----BEGIN PRIVATE KEY-----\n{TOKEN}\n-----END PRIVATE KEY-----", id="a private key"),
        pytest.param(f"-----BEGIN EC PRIVATE KEY-----\n{TOKEN}", id="a private key that was cut"),
    ],
)
def test_what_has_the_shape_of_a_credential_is_never_written(text):
    found = redacted(text)
    assert TOKEN.rpartition(".")[2] not in found
    assert TOKEN.partition(".")[0] not in found
    assert "[redacted]" in found


def test_a_credential_in_a_traceback_is_never_written(stream):
    try:
        int(TOKEN[:200])
    except ValueError:
        LOG.exception("it failed")
    assert TOKEN[:100] not in stream.getvalue()
    assert "[redacted]" in str(lines(stream)[0]["traceback"])


def test_a_long_text_is_cut_to_its_end():
    assert redacted("a" * 20_000 + "the end").endswith("the end")
    assert len(redacted("a" * 20_000)) == 16_384
