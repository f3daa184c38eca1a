"""What is fuzzed: each module has SEEDS, and judge(data), which raises for input that breaks a law."""

from types import ModuleType

from fuzz.targets import check_request, claims, manifests, mcp_body, scopes, token

TARGETS: dict[str, ModuleType] = {
    each.__name__.rpartition(".")[2]: each for each in (check_request, claims, manifests, mcp_body, scopes, token)
}
