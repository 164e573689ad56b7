"""What the reporting board (报送看板) shows: the three rates, the reconciliation, silence, errors, codes."""
