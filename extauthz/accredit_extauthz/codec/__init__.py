"""The only home of protobuf: Envoy's messages in, Envoy's messages out."""
