"""Proofs of how the shop speaks."""
