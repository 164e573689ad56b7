"""The rules of breaches, pure Python."""
