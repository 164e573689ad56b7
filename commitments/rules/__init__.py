"""The field's rules of commitments: pure Python, no Django."""
