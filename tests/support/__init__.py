"""Real things for tests to lean on: databases, a mail server, a browser, the running service."""
