"""The system on one machine: what it is made of, how it is started, and the command line to it."""
