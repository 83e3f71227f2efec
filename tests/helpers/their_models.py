"""Models as people bring them: they drop, normalise, remember, attend, and name their outputs."""

from __future__ import annotations

import warnings
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = [
    "Attentive",
    "Credit",
    "Fields",
    "Frozen",
    "Items",
    "Masked",
    "Normed",
    "Pair",
    "Recurrent",
    "ResNet",
    "compiled",
    "hooked",
    "pruned",
]


class _Block(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(channels) for _ in range(2)])

    def forward(self, x: Tensor) -> Tensor:
        hidden = torch.relu(self.norms[0](self.first(x)))
        return torch.relu(x + self.norms[1](self.second(hidden)))


class ResNet(nn.Module):
    """A residual net with batch normalisation and dropout, also of whole channels."""

    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(shape[0], 4, 3, padding=1, bias=False),
            nn.BatchNorm2d(4),
            nn.ReLU(inplace=True),
        )
        self.blocks = nn.Sequential(_Block(4), nn.Dropout2d(0.2), _Block(4))
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(0.3), nn.Linear(16, classes)
        )

    def forward(self, x: Tensor) -> Any:
        return self.head(self.blocks(self.stem(x)))


class Recurrent(nn.Module):
    """An LSTM over attributes, each of which is embedded by the bin that it is in."""

    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(9, 4)
        self.memory = nn.LSTM(4, 6, num_layers=2, dropout=0.2, batch_first=True)
        self.last = nn.Linear(6, classes)

    def forward(self, x: Tensor) -> Any:
        bins = (x.flatten(1).clamp(-2, 2) * 2 + 4).long()
        _, (hidden, _) = self.memory(self.embedding(bins))
        return self.last(hidden[-1])


class Attentive(nn.Module):
    """A transformer encoder with dropout; attributes are its tokens."""

    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.lift = nn.Linear(1, 8)
        self.place = nn.Parameter(0.1 * torch.randn(prod(shape), 8))
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 1)
        self.last = nn.Linear(8, classes)

    def forward(self, x: Tensor) -> Any:
        return self.last(self.encoder(self.lift(x.flatten(1)[..., None]) + self.place).mean(1))


class Credit(nn.Module):
    """One logit, as for ``BCEWithLogitsLoss``."""

    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(shape[0], 8, bias=False),  # after it, a gradient would be rounding alone
            nn.BatchNorm1d(8),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(8, 1),
        )

    def forward(self, x: Tensor) -> Any:
        return self.net(x).squeeze(-1)


class Normed(nn.Module):
    """Batch normalisation without dropout; of one layer the running statistics are averages."""

    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(shape[0], 8, bias=False), nn.Linear(8, classes)
        self.norm = nn.BatchNorm1d(8)  # the other one subtracts its bias again
        self.norm.bias.requires_grad_(False)
        self.plain = nn.BatchNorm1d(8, affine=False, momentum=None, eps=1e-3)

    def forward(self, x: Tensor) -> Any:
        return self.last(torch.relu(self.plain(self.norm(self.first(x)))))


class Fields(nn.Module):
    """Names what it returns, as models of Hugging Face do."""

    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.last = nn.Linear(shape[0], classes)

    def forward(self, x: Tensor) -> Any:
        return {"hidden": x, "logits": self.last(x)}


class Pair(Fields):
    """Returns something beside the logits."""

    def forward(self, x: Tensor) -> Any:
        return self.last(x), x


class Masked(Fields):
    """Dropout by a function, which only training has."""

    def forward(self, x: Tensor) -> Any:
        return self.last(functional.dropout(x, 0.5, training=self.training))


class Items(Fields):
    """Takes a number out of a tensor."""

    def forward(self, x: Tensor) -> Any:
        return self.last(x) * (1 + self.last.bias[0].item())


class Frozen(Fields):
    """A frozen extractor that is run without gradients, before a layer that learns."""

    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        super().__init__((8,), classes)
        self.first = nn.Linear(shape[0], 8).requires_grad_(False)

    def forward(self, x: Tensor) -> Any:
        with torch.no_grad():
            hidden = torch.relu(self.first(x))
        return self.last(hidden)


def _plain(shape: tuple[int, ...], classes: int) -> nn.Sequential:
    return nn.Sequential(nn.Flatten(), nn.Linear(prod(shape), 8), nn.ReLU(), nn.Linear(8, classes))


def _thirtyfold(layer: nn.Module, given: tuple[Tensor, ...], out: Tensor) -> Tensor:
    del layer, given
    return out * 30


def hooked(shape: tuple[int, ...], classes: int) -> nn.Module:
    """Return a perceptron with a hook that scales what a layer gives."""
    made = _plain(shape, classes)
    made[1].register_forward_hook(_thirtyfold)
    return made


def pruned(shape: tuple[int, ...], classes: int) -> nn.Module:
    """Return a perceptron half of whose weights are masked, by a hook."""
    from torch.nn.utils.prune import l1_unstructured

    made = _plain(shape, classes)
    l1_unstructured(made[1], "weight", amount=0.5)
    return made


def compiled(shape: tuple[int, ...], classes: int) -> Any:
    """Return a compiled perceptron."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what torch itself imports
        return torch.compile(_plain(shape, classes))
