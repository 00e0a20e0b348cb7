"""The four services and the runtime under them."""
