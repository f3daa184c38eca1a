"""What a gRPC listener takes on, and how it treats connections."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server takes on at a time; beyond it callers get RESOURCE_EXHAUSTED, which Envoy turns into a denial."""

    workers: int = 8  # threads of the grpcio transport; the completion queue has one
    max_request_bytes: int = 1_048_576  # headers, certificate and buffered body together
    max_in_flight: int = 1_000
    max_streams: int = 1_000  # of one connection


def channel_options(limits: Limits) -> tuple[tuple[str, int], ...]:
    """Return the channel arguments of a server within `limits`."""
    return (
        ("grpc.so_reuseport", 0),  # a second process on the port fails where it can be seen
        ("grpc.max_receive_message_length", limits.max_request_bytes),
        ("grpc.max_concurrent_streams", limits.max_streams),
        # Envoy pings idle connections; without these it is told too_many_pings and disconnected.
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", 1_000),
        ("grpc.http2.max_ping_strikes", 0),
    )
