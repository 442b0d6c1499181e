"""Who sells labels and follows parcels for shops, one file each, found by being there (see services/partners.py)."""
