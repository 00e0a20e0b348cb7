"""Proof that the guarantees hold under faults: what a run left behind, and an independent judgement of it."""
