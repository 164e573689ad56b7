"""The verbs of the room: one function each, which admin, commands, jobs and (later) the API all call."""
