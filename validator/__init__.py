"""Measuring whether a prediction holds, by training models: the optional extra ``validate``.

Empty so far: this release predicts and does not measure yet.
"""
