"""The register of a place: who is a partner, which rules hold, who holds which office."""
