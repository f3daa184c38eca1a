"""A small customer database as an MCP server. It checks nothing: each tool answers with the headers it was given."""

import argparse
from collections.abc import Mapping

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette

_TOLD = ("x-user", "x-agent", "x-tenant", "x-accredit", "authorization")
_CONTACTS = {"ada": "Ada, London", "grace": "Grace, New York", "barbara": "Barbara, Boston"}


def told(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Return the headers that say who calls, under the names they came with."""
    return {name: value for name, value in (headers or {}).items() if name.lower().replace("_", "-").startswith(_TOLD)}


def application(hosts: list[str]) -> Starlette:
    """Return the server as an ASGI application that answers to these Host headers."""
    server = MCPServer("crm", instructions="A customer database.", log_level="WARNING")

    @server.tool(name="contacts.search")
    def search(query: str, ctx: Context) -> dict[str, object]:
        """Find contacts by name."""
        found = [entry for name, entry in _CONTACTS.items() if query.lower() in name]
        return {"found": found, "told": told(ctx.headers)}

    @server.tool(name="contacts.update")
    def update(name: str, entry: str, ctx: Context) -> dict[str, object]:
        """Change a contact."""
        _CONTACTS[name] = entry
        return {"updated": name, "told": told(ctx.headers)}

    @server.tool(name="contacts.delete")
    def delete(name: str, ctx: Context) -> dict[str, object]:
        """Delete a contact."""
        return {"deleted": _CONTACTS.pop(name, None), "told": told(ctx.headers)}

    @server.tool(name="contacts.export")
    def export(ctx: Context) -> dict[str, object]:
        """Export everything."""
        return {"contacts": _CONTACTS, "told": told(ctx.headers)}

    return server.streamable_http_app(transport_security=TransportSecuritySettings(allowed_hosts=hosts))


def main() -> None:
    """Serve on loopback until a signal comes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", action="append", required=True, help="a Host header to answer to")
    arguments = parser.parse_args()
    uvicorn.run(application(arguments.host), host="127.0.0.1", port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
