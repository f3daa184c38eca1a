import pytest

from accredit_extauthz.contract.path_pattern import compile_path_pattern, is_path, is_path_pattern, is_under


@pytest.mark.parametrize(
    "path", ["/", "/a", "/a/", "/v1/contacts/42", "/a.b/c~d", "/J%C3%BCrgen", "/a%20b", "/..a", "/a@b:c"]
)
def test_paths_with_one_spelling_pass(path: str) -> None:
    assert is_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "a",
        "*",
        "//",
        "/a//b",
        "/.",
        "/..",
        "/a/../b",
        "/a/.",
        "/./a",
        "/a;b=c",
        "/;/a",
        "/a\\b",
        "/a?b",
        "/a#b",
        "/é",
    ]
    + ["/%2e%2e/a", "/%2E", "/a%2Fb", "/a%252e", "/%c3%bc", "/%C0%AE", "/%41", "/%00", "/%0D%0A", "/%", "/%4", "/%5C"]
    + ["/a.", "/a./b", "/...", "/a%20", "/a%20/b", "/%20a", "/a.%20/b", "/a/..%20"]
    + ["/%E2%80%AE", "/%3B", "/a%", "/%25", "/a\n", "/a ", "/%40"],
)
def test_paths_with_a_second_spelling_are_refused(path: str) -> None:
    assert not is_path(path)


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/v1/contacts/*", "/v1/contacts/42", True),
        ("/v1/contacts/*", "/v1/contacts", False),
        ("/v1/contacts/*", "/v1/contacts/", False),
        ("/v1/contacts/*", "/v1/contacts/42/x", False),
        ("/v1/*/notes", "/v1/a/notes", True),
        ("/v1/export/**", "/v1/export/a/b", True),
        ("/v1/export/**", "/v1/export", False),
        ("/v1/export/**", "/v1/export/", False),
        ("/**", "/a/b", True),
        ("/**", "/", True),
        ("/a.b", "/axb", False),
        ("/", "/", True),
    ],
)
def test_patterns_match_whole_segments(pattern: str, path: str, matches: bool) -> None:
    assert is_path_pattern(pattern)
    assert (compile_path_pattern(pattern).fullmatch(path) is not None) is matches


@pytest.mark.parametrize("pattern", ["", "a", "/a*", "/**/a", "/a/**/b", "//", "/a/../b", "/a%20b", "/***"])
def test_misplaced_stars_are_no_pattern(pattern: str) -> None:
    assert not is_path_pattern(pattern)


@pytest.mark.parametrize(
    ("path", "prefix", "under"),
    [
        ("/mcp", "/mcp", True),
        ("/mcp/x", "/mcp", True),
        ("/mcpx", "/mcp", False),
        ("/x", "", True),
        ("/x", "/", True),
        ("/mcp/", "/mcp/", True),
        ("/mcp", "/mcp/", True),
        ("/m", "/mcp", False),
    ],
)
def test_prefixes_end_on_segment_borders(path: str, prefix: str, under: bool) -> None:
    assert is_under(path, prefix) is under
