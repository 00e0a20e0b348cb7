"""Monitoring agreed, reports due, given and answered: the facts of contract managers and partners."""
