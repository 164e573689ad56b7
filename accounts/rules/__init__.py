"""What roles mean together, without a database."""
