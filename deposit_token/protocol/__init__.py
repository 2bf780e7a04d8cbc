"""The protocol: what is signed, sent and kept at the contracts."""
