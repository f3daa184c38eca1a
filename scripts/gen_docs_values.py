"""The page of the chart's values, from the comments in values.yaml."""
# ruff: noqa: INP001 (a script, no package)

import json

from gen_chart import values
from gen_docs_markdown import code, page, table

_OPENING = """\
A name that does not exist, or a value of the wrong type, is refused with its path; values that cannot work together are
refused with a sentence. [Install with Helm](../helm.md) says which ones to look at first. Files for the shapes that are
tested stand in `charts/accredit/ci`."""


def values_page() -> str:
    """Return the page."""
    rows = ((code(".".join(value.path)), code(json.dumps(value.default)), value.description) for value in values())
    return page("Helm values", _OPENING, table(("value", "default", "what it does"), rows))
