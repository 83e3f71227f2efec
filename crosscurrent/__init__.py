"""Crosscurrent: what one ML defense does to every other risk, predicted, explained and cited."""

import os

__all__ = ["__version__"]

__version__ = "0.1.0"

# In a clone the packages lie beside this folder; installed, they lie in it.
if not os.path.isdir(os.path.join(__path__[0], "knowledge")):
    __path__.append(os.path.dirname(__path__[0]))
