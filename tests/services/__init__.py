"""Proofs of what the shop does."""
