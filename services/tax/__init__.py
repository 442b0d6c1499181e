"""Who computes tax for shops, one file each, found by being there (see services/partners.py)."""
