"""Words, signs and palettes that the command line, the page, jobs and reports share."""
