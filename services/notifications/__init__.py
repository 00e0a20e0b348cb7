"""Notifications: every organisation is told in writing, with proof."""
