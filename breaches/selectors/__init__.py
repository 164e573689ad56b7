"""What breaches answer to questions: readings, no writing."""
