"""What this process tells a monitoring system: numbers, and whether it lives and is ready (docs/adr/0042)."""
