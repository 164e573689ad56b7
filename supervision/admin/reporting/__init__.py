"""报送看板 and 产生台账: what departments report, held against what they say a month brought."""
