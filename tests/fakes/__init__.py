"""Real local servers that behave as the outside services do, also when those behave badly.

They carry no test of their own: the tests of the adapters and the demo put them where the service would be.
"""
