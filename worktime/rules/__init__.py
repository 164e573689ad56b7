"""What a working day is and when a period ends: pure functions, no Django."""
