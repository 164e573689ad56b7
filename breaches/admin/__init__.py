"""The pages of breaches."""
