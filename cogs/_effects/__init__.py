"""Owed effects that reach Discord, one file for each kind of receiver; cogs/effects.py signs them up."""
