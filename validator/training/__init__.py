"""Training: many models of one architecture as one batched program."""
