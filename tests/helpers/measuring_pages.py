"""Somebody with a browser, in this process, of a service that measures."""

from __future__ import annotations

import re
from typing import Any

from asking import Asking

from crosscurrent.api.jobs.service import Jobs
from crosscurrent.api.rest.settings import Settings

__all__ = ["HERE", "PAGE", "SMALL", "Reader", "key_of", "listed"]

PAGE = {"Accept": "text/html"}
HERE = "http://127.0.0.1"
SMALL = {"settings": "training.epochs=1\nattack.steps=1", "seeds": "2", "model": "mlp-s"}


class Reader:
    """Somebody with a browser, and the service that it asks."""

    def __init__(self, settings: Settings) -> None:
        self.asking = Asking(settings)
        self.service = self.asking.service

    @property
    def jobs(self) -> Jobs:
        found: Jobs = self.service.jobs()
        return found

    def get(self, address: str, status: int = 200) -> str:
        answer = self.asking.get(address, headers=PAGE)
        assert answer.status_code == status, answer.text
        return answer.text

    def post(self, address: str, data: Any = None, **headers: str) -> Any:
        return self.asking.post(
            address, data=data, headers={**PAGE, **headers}, follow_redirects=False
        )

    def form(self, query: str = "") -> dict[str, str]:
        """Return what a new form is known by."""
        return {"key": key_of(self.get(f"/validate{query}"))}

    def start(self, **fields: Any) -> str:
        """Send a form; return where it leads."""
        answer = self.post("/validate", {**self.form(), "what": "verdict", **SMALL, **fields})
        assert answer.status_code == 303, answer.text
        place: str = answer.headers["location"]
        return place


def key_of(page: str) -> str:
    (found,) = re.findall(r'name="key" value="([0-9a-f]{32})"', page)
    return str(found)


def listed(page: str) -> str:
    return page.partition('<div id="list"')[2]
