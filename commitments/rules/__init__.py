"""Rules of commitments; nothing here knows Django."""
