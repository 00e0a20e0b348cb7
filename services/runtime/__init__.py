"""The mechanism that all services share; each module opens with its guarantee."""
