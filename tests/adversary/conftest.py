import os
import pathlib

import pytest

_BESIDE = pathlib.Path(__file__).parents[3] / "shared" / "corpora"


@pytest.fixture(scope="session")
def corpora() -> pathlib.Path:
    """Test vectors of others: the folder in ACCREDIT_CORPORA, else the one beside the checkout."""
    folder = pathlib.Path(os.environ.get("ACCREDIT_CORPORA") or _BESIDE)
    if not folder.is_dir():
        told = f"{folder} has no test vectors; put Wycheproof and JSONTestSuite there, or set ACCREDIT_CORPORA"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    return folder
