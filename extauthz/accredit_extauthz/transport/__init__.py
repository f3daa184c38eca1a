"""Bytes in, bytes out: gRPC and HTTP, without a word about what the bytes mean."""
