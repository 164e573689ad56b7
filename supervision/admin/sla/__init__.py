"""时限看板: the clocks of all cases."""
