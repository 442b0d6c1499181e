"""Every check of the books, over a shop in order and with faults planted in it."""
