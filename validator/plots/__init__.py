"""Pictures of results: PNG, SVG and PDF."""
