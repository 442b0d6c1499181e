"""Walks over everything that /admin offers, whatever sections there are."""
