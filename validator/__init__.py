"""Validation of predictions by training models: the optional extra ``validate``.

Nothing is imported here: what needs that extra is imported where something is measured.
"""
