"""Background work of the exchange."""
