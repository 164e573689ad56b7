"""The rules of credit repair, pure Python."""
