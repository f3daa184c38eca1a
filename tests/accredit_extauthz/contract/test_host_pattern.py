import pytest

from accredit_extauthz.contract.host_pattern import is_host, is_host_pattern, patterns_over


@pytest.mark.parametrize(
    "text", ["mcp.example", "a-b.c1.example", "crm.tools.svc", "1a.example", "xn--mller-kva.example"]
)
def test_canonical_names_are_hosts(text: str) -> None:
    assert is_host(text)


@pytest.mark.parametrize(
    "text",
    ["crm", "", "MCP.example", "mcp.example.", "mcp.example:80", "a..b", "-a.b", "a-.b", "10.0.0.1", "1.0x7f", "[::1]"]
    + ["a_b.example", "a,b.example", "mcp.example,evil.example", "é.example", f"{'a' * 64}.b", f"{'a.' * 127}b"],
)
def test_what_is_not_canonical_is_no_host(text: str) -> None:
    assert not is_host(text)


@pytest.mark.parametrize(
    ("text", "pattern"), [("*.mcp.example", True), ("*.example", False), ("*", False), ("a.*.b", False)]
)
def test_a_wildcard_stands_once_before_a_host(text: str, pattern: bool) -> None:
    assert is_host_pattern(text) is pattern


@pytest.mark.parametrize(
    ("host", "patterns"),
    [
        ("a.b.example", ["a.b.example", "*.b.example", "*.example"]),
        ("*.b.example", ["*.b.example", "*.example"]),
        ("crm", ["crm"]),
    ],
)
def test_patterns_over_a_host_run_from_exact_to_broad(host: str, patterns: list[str]) -> None:
    assert list(patterns_over(host)) == patterns
