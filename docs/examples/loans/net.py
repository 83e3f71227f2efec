"""A credit model as people write it: batch normalisation, dropout, and one logit."""

from torch import Tensor, nn


class Net(nn.Module):
    """Gives the logit of a loan that is paid back."""

    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        assert classes == 2
        self.layers = nn.Sequential(
            nn.Linear(shape[0], 32),
            nn.BatchNorm1d(32),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(32, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of some loans: (records,)."""
        logits: Tensor = self.layers(x).squeeze(-1)
        return logits
