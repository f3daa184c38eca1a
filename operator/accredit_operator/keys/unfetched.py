"""Why keys could not be fetched, in one sentence."""

_SHOWN = 64  # longest text of a server's own that a sentence repeats


class Unfetched(Exception):
    """A fetch has failed. The message is `subject: what was found; what to do`, fit for a condition."""

    def __init__(self, subject: object, found: str, remedy: str) -> None:
        super().__init__(f"{subject}: {found}; {remedy}")


def shown(text: object) -> str:
    """Return what a server chose in a form that is safe to print: ASCII, quoted, cut at 64 characters."""
    written = str(text)
    return ascii(written if len(written) <= _SHOWN else written[:_SHOWN] + "...")
