"""What is read about accounts and roles, beside their own rows."""
