"""The proofs, room by room."""
