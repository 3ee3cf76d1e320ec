"""What the tests in Python share: a server of their own, raw HTTP, the published contract."""
