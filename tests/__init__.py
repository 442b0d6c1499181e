"""The proofs, room by room."""

import models  # noqa: F401 - before Motor, as run.py does: it says how many threads Motor may use
