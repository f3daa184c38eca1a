"""Issuers' public keys: fetched on a schedule, kept through outages, never from an address that is not the issuer's."""
