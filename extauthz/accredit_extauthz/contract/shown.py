"""How a sentence repeats what a stranger wrote."""

_SHOWN = 64


def shown(text: str) -> str:
    """Return what a sender chose in a form that is safe to print: escaped, quoted, cut at 64 characters."""
    cut = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return ascii(cut) if not cut.isprintable() else f"'{cut}'"
