"""Proofs of how the house runs."""
