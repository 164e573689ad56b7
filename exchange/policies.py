"""Who sees and does what here."""
