"""Proofs of the pages that open outside Discord."""
