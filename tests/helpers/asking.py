"""A client of a service in this process."""

from __future__ import annotations

import io
import json
from typing import Any

from fastapi.testclient import TestClient

from crosscurrent.api.app import create_app
from crosscurrent.api.logs import logger
from crosscurrent.api.rest.service import Service
from crosscurrent.api.rest.settings import Settings

__all__ = ["Asking"]


class Asking(TestClient):
    """A client of a service, with the lines that the service has logged."""

    def __init__(self, settings: Settings) -> None:
        self.log = io.StringIO()
        app = create_app(settings, logger("info", self.log))
        self.service: Service = app.state.service
        super().__init__(
            app,
            base_url="http://127.0.0.1",
            raise_server_exceptions=False,
        )

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]
