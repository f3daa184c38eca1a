"""What a reader needs to go on alone: a request to send, files to edit, records to read, and how to end it."""

import json
import os
import shlex

from accredit_cli.demo.player import mint
from accredit_cli.demo.senders import message, protocol_headers
from accredit_cli.demo.stack import HOST, Stack
from accredit_cli.demo.steps import Call, Token

_TOKEN_LIFETIME_S = 3600


def invitation(stack: Stack, now: int) -> str:
    """Return the text, with a token that is good for an hour."""
    workspace = stack.workspace
    return f"""
Call it (the token is alice's through planner, for an hour):

{curl(stack, now)}

Edit    {workspace.manifests}/   for instance `suspended: true` in agents/planner.yaml
Audit   {workspace.audit}
Logs    {workspace.root}/*.log, access.jsonl
Stop    Ctrl-C, or: kill {os.getpid()}
"""


def curl(stack: Stack, now: int) -> str:
    """Return a shell command that searches the contacts as alice, through the planner."""
    call = Call()
    token = mint(stack.workspace.key, Token(lifetime_s=_TOKEN_LIFETIME_S), now)
    headers = {"host": HOST, "authorization": f"Bearer {token}", **protocol_headers(call.tool)}
    words = ["curl", "-s", "-i", stack.url]
    for name, value in headers.items():
        words += ["-H", f"{name}: {value}"]
    return shlex.join([*words, "-d", json.dumps(message(call))])
