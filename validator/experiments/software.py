"""Software and kernels that a result was judged with: where numbers may differ in the last bits."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from . import document_types as shapes

__all__ = ["software"]


def software() -> shapes.Software:
    """Return the machine's kind, versions, and the instructions that kernels use; for JSON."""
    return {
        "machine": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
        "kernels": torch.backends.cpu.get_cpu_capability(),
    }
