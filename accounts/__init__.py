"""Departments, people, their roles, and the policies that say who may do what to which rows."""
