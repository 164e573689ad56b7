"""The working-day clock: calendars of working days, dated limits, and the one function from facts to a deadline."""
