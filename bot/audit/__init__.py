"""`run.py audit`: whether a shop's books add up, for its owner to ask at any time (docs/adr/0038)."""
