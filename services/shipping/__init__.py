"""Who sells labels and follows parcels, one file each, found by being there (see services/partners.py)."""
