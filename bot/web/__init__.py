"""The listener: the few pages that open outside Discord."""
