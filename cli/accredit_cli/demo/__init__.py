"""The demo: the three programs, a real Envoy and a real MCP server on loopback, and a story played through them."""
