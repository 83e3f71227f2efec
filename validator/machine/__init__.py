"""The machine: free memory, cores and parent processes."""
