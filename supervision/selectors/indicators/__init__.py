"""The indicators of the plan that can be computed here, one module a field; `registry` holds them all."""
