"""`run.py backup` and `run.py restore`: the embedded database as one file, and back (docs/adr/0027)."""
