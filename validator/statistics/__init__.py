"""Statistics: confidence intervals, outcomes and trends."""
