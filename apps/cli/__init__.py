"""The command `seqzoo`."""
