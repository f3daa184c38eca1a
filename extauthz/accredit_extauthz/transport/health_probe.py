"""`python -m accredit_extauthz.transport.health_probe HOST:PORT`: asks grpc.health.v1 once, as Envoy does.

Exit status 0: SERVING; 1: another status, or no answer within the time limit.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import grpc

from accredit_extauthz.transport import health_pb2

_CHECK = "/grpc.health.v1.Health/Check"


def ask(address: str, ca: Path | None, within_s: float) -> str:
    """Return the name of the status. Raises grpc.RpcError, and OSError for a CA file that cannot be read."""
    if ca is None:
        channel = grpc.insecure_channel(address)
    else:
        channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(ca.read_bytes()))
    with channel:
        check = channel.unary_unary(
            _CHECK,
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        answer = check(health_pb2.HealthCheckRequest(), timeout=within_s, wait_for_ready=True)
    return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, print the status, and return the exit status."""
    parser = argparse.ArgumentParser(prog="health_probe", description="Asks a data plane for its health, once.")
    parser.add_argument("address", metavar="HOST:PORT")
    parser.add_argument("--ca", type=Path, metavar="FILE", help="PEM CAs of the listener; plaintext without")
    parser.add_argument("--within", type=float, default=10.0, metavar="SECONDS", help="time limit (10)")
    given = parser.parse_args(arguments)
    try:
        status = ask(given.address, given.ca, given.within)
    except OSError as error:
        sys.stderr.write(f"{given.ca}: {error.strerror}\n")
        return 1
    except grpc.RpcError as error:
        sys.stderr.write(f"{given.address}: {error.details()}\n")
        return 1
    sys.stdout.write(f"{status}\n")
    return 0 if status == "SERVING" else 1


if __name__ == "__main__":
    sys.exit(main())
