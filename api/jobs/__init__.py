"""Validations as durable jobs: accepted once, run by any worker, ended exactly once."""
