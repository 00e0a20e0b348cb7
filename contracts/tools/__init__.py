"""What is derived from the event classes and committed: schemas, samples, pages, the AsyncAPI document."""
