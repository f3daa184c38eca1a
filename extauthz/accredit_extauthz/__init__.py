"""The data plane: answers Envoy's ext_authz Check from the snapshot it holds.

It owns the snapshot contract (`contract`), decides in pure code (`model`, `decide`), and meets the world at the
edges: `codec` (protobuf), `serve` (state and time), `transport`, `source`, `audit`, `observe`, wired by `app`.
"""
