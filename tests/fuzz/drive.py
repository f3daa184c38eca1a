"""One target under atheris: `python -m fuzz.drive NAME SECONDS`. Ends with a status other than 0 at the first crash.

The input that crashed is left in `crashes/NAME`, where every later run of the tests tries it again.
"""

import sys
import tempfile
from pathlib import Path

import atheris

CRASHES = Path(__file__).parent / "crashes"


def main(name: str, seconds: str) -> None:
    """Fuzz one target for that long, from its seeds and from all that ever crashed it."""
    with atheris.instrument_imports(include=["accredit_extauthz", "accredit_operator"]):
        from fuzz.targets import TARGETS  # noqa: PLC0415 - atheris instruments what is imported in here

        target = TARGETS[name]
    known = CRASHES / name
    known.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"accredit-fuzz-{name}-") as corpus:
        for number, seed in enumerate(target.SEEDS):
            Path(corpus, f"seed-{number}").write_bytes(seed)
        atheris.Setup(
            [
                sys.argv[0],
                f"-max_total_time={seconds}",
                "-max_len=8192",
                f"-artifact_prefix={known}/",
                corpus,
                str(known),
            ],
            target.judge,
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
