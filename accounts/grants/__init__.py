"""Exceptions to the rule: dated rights on single objects (docs/adr/0016).

The only package that imports django-guardian. The rooms derive their tables of grants from `rows`, register them with `reach`,
and ask `reach.granted` in their policies.
"""
