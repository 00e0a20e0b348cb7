"""What breaks the system on purpose, and what looks afterwards at whether it held."""
