"""A client of a service in this process."""

from __future__ import annotations

import io
import json
from functools import cache
from typing import Any

import pytest
from fastapi.testclient import TestClient

from crosscurrent.api.app import create_app
from crosscurrent.api.logs import logger
from crosscurrent.api.rest.response_cache import ResponseCache
from crosscurrent.api.rest.service import Service
from crosscurrent.api.rest.settings import Settings

__all__ = ["Asking"]

# the name of a response tells code, knowledge and question, so that services of one process can
# share what each of them would compute ahead
_responses = cache(ResponseCache)


class Asking(TestClient):
    """A client of a service, with the lines that the service has logged."""

    def __init__(self, settings: Settings) -> None:
        self.log = io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("crosscurrent.api.rest.service.ResponseCache", _responses)
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
