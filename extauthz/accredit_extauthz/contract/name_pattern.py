"""Names of tools, resources and prompts in rules: a literal, or a prefix with one trailing `*`; `*` alone is all."""


def is_name_pattern(text: str) -> bool:
    """Whether a star, if there is one, stands once and last."""
    return bool(text) and "*" not in text[:-1]


def name_matches(pattern: str, name: str) -> bool:
    """Whether `name` is what `pattern` spells. Compared byte for byte; nothing in `name` is special."""
    if pattern.endswith("*"):
        return name.startswith(pattern[:-1])
    return name == pattern
