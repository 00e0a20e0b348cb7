"""Benchmarks, each beside the bare library that does the same work in the same run on the same broker and database."""
