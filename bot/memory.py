"""Keeps the search for garbage short: what was there at the start is not looked through again."""

import gc


def set_apart() -> None:
    """Take everything that exists by now as needed to the end; a full search took 110 ms before."""
    gc.collect()
    gc.freeze()
