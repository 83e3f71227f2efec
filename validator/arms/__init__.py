"""One arm of an experiment: data splits, target models, and what attacks and defenses share."""
