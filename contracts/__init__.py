"""The events of the partnership: one module per publishing service, pure data, no I/O."""
