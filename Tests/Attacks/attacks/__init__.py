"""Attacks on the release binary: random trees with faults, and an attacker beside it. See ../README.md."""
