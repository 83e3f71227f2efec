"""Promises of every request: names of answers, problems, ids, log lines, figures, pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crosscurrent.api.rest.keys import KeyFile
from crosscurrent.api.rest.pagination import paginate
from crosscurrent.api.rest.response_cache import ResponseCache
from crosscurrent.knowledge import KnowledgeBase

PROBLEM = {"type", "title", "status", "detail", "request_id"}
JSON = {"Content-Type": "application/json"}


def problem(answer: Any, status: int, kind: str | None = None) -> dict[str, Any]:
    """Return a problem document after looking at what all of them promise."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document.keys() >= PROBLEM
    assert document["status"] == status
    assert document["type"].startswith("urn:crosscurrent:problem:")
    assert document["request_id"] == answer.headers["x-request-id"]
    assert kind is None or document["type"].endswith(f":{kind}")
    assert "Traceback" not in answer.text
    return document


@pytest.mark.parametrize(
    "path",
    [
        "predictions", "predictions/RD1", "predictions/RD1/P1", "predictions/rd1/p1", "factors",
        "factors/D2", "conflicts?defense=RD1&defense=PD1", "collusions", "plans?protect=R1",
        "knowledge/diff",
    ],
)  # fmt: skip
def test_an_answer_is_named_and_not_sent_twice(asking: Any, path: str) -> None:
    first = asking.get(f"/v1/{path}")
    etag = first.headers["etag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', etag)
    assert "no-cache" in first.headers["cache-control"]
    for held in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        again = asking.get(f"/v1/{path}", headers={"If-None-Match": held})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
    other = asking.get(f"/v1/{path}", headers={"If-None-Match": '"other"'})
    assert other.content == first.content


def test_other_questions_and_other_knowledge_have_other_names(kb: KnowledgeBase) -> None:
    answers = ResponseCache("code")
    names = {
        answers.etag(kb, "plan", {"protect": ["R1"]}),
        answers.etag(kb, "plan", {"protect": ["R2"]}),
        answers.etag(kb, "combine", {"protect": ["R1"]}),
        ResponseCache("other code").etag(kb, "plan", {"protect": ["R1"]}),
    }
    assert len(names) == 4


def test_answers_are_kept_within_bounds(kb: KnowledgeBase) -> None:
    answers, made = ResponseCache("code", max_bytes=100), []

    def ask(number: int) -> None:
        def build() -> dict[str, Any]:
            made.append(number)
            return {"text": "x" * 38}

        answers.make(kb, "question", {"number": number}, build)

    for number in (1, 2, 1, 3, 1, 2):
        ask(number)
    assert made == [1, 2, 3, 2]


def test_head_is_get_without_a_body(asking: Any) -> None:
    for path in ("/v1/predictions/RD1/P1", "/v1/factors", "/health/live"):
        head = asking.head(path)
        assert head.status_code == 200
        assert head.headers.get("etag") == asking.get(path).headers.get("etag")


def test_what_is_allowed_is_what_works(asking: Any) -> None:
    for path, expected in (
        ("/v1/predictions", "GET, HEAD"),
        ("/v1/knowledge/team", "DELETE, GET, HEAD, PUT"),
        ("/v1/validations", "GET, HEAD, POST"),
        ("/v1/validations/0123", "DELETE, GET, HEAD"),
        ("/v1/what-if", "POST"),
        ("/v1/assessments", "POST"),
        ("/v1/checks", "POST"),
        ("/health/live", "GET, HEAD"),
    ):
        for method in ("PATCH", "FETCH"):
            answer = asking.request(method, path)
            problem(answer, 405, "method-not-allowed")
            assert answer.headers["allow"] == expected


def test_no_page_is_served_that_fetches_from_elsewhere(asking: Any) -> None:
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
        assert "/openapi.json" in problem(asking.get(path), 404)["detail"]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("predictions/RD1?knowledge=a&knowledge=b", "knowledge"),
        ("factors?limit=1&limit=2", "limit"),
        ("plans?protect=R1&protect=R2&max=1&max=2", "max"),
        ("collusions/chains?target=P1&target=P1", "target"),
        ("knowledge/diff?from=a&from=b", "from"),
        ("validations?limit=1&limit=2", "limit"),
        ("knowledge/team?version=1", "version"),
        ("validations/0123?wait=1", "wait"),
        ("validations/0123/events?after=1", "after"),
    ],
)
def test_a_parameter_that_would_be_ignored_is_refused(asking: Any, path: str, field: str) -> None:
    told = problem(asking.get(f"/v1/{path}"), 422, "invalid")
    assert [each["field"] for each in told["errors"]] == [f"query.{field}"]


def test_a_misspelt_field_is_answered_with_what_may_have_been_meant(asking: Any) -> None:
    told = problem(asking.get("/v1/plans?protct=R1"), 422)
    assert told["suggestions"] == ["protect"]
    assert "there is no such field (did you mean protect?)" in told["detail"]
    told = problem(asking.post("/v1/what-if", json={"defense": "RD1", "lowr": [], "hodl": []}), 422)
    assert told["suggestions"] == ["lower", "hold"]
    told = problem(asking.put("/v1/knowledge/team", json={"file": {}}), 422)
    assert told["suggestions"] == ["files"]


BAD: list[tuple[str, str, dict[str, Any], int, str]] = [
    ("GET", "/nowhere", {}, 404, "not-found"),
    ("GET", "/v1/predictions/", {}, 404, "not-found"),
    ("GET", "/v1/predictions/RD9", {}, 404, "unknown-name"),
    ("GET", "/v1/predictions/RD1/nothing", {}, 404, "unknown-name"),
    ("GET", "/v1/predictions/P1", {}, 422, "invalid"),
    ("GET", "/v1/predictions/" + "x" * 300, {}, 422, "invalid"),
    ("GET", "/v1/predictions/RD1?knowlege=team", {}, 422, "invalid"),
    ("GET", "/v1/predictions?knowledge=team", {}, 404, "unknown-name"),
    ("GET", "/v1/predictions?knowledge=../../etc", {}, 404, "unknown-name"),
    ("GET", "/v1/factors/RD1", {}, 404, "unknown-name"),
    ("GET", "/v1/correlations/tail_length", {}, 404, "unknown-name"),
    ("GET", "/v1/factors?limit=0", {}, 422, "invalid"),
    ("GET", "/v1/factors?limit=many", {}, 422, "invalid"),
    ("GET", "/v1/factors?next=MTIz", {}, 400, "page-token"),
    ("GET", "/v1/factors?next=%00", {}, 400, "page-token"),
    ("GET", "/v1/knowledge?next=zz", {}, 400, "page-token"),
    ("GET", "/v1/conflicts?tensions=true", {}, 422, "invalid"),
    ("GET", "/v1/conflicts?defense=RD1@mid", {}, 422, "invalid"),
    ("GET", "/v1/collusions?attack=evasion&attack=evasion", {}, 422, "invalid"),
    ("GET", "/v1/collusions?adversary=blind", {}, 422, "invalid"),
    ("GET", "/v1/collusions/chains", {}, 422, "invalid"),
    ("GET", "/v1/plans", {}, 422, "invalid"),
    ("GET", "/v1/plans?protect=R1&avoid=R1", {}, 422, "invalid"),
    ("GET", "/v1/plans?protect=R1&max=0", {}, 422, "invalid"),
    ("GET", "/v1/published-attacks?capability=none", {}, 422, "unknown-name"),
    ("GET", "/v1/backtest?resamples=1000000", {}, 422, "invalid"),
    ("GET", "/v1/predictions", {"headers": {"Accept": "text/html"}}, 406, "not-acceptable"),
    ("GET", "/v1/predictions", {"headers": {"Accept": "application/json;q=0"}}, 406,
     "not-acceptable"),
    ("POST", "/v1/predictions", {}, 405, "method-not-allowed"),
    ("DELETE", "/v1/factors", {}, 405, "method-not-allowed"),
    ("POST", "/v1/what-if", {"json": {}}, 422, "invalid"),
    ("POST", "/v1/what-if", {"json": [1]}, 422, "invalid"),
    ("POST", "/v1/what-if", {"json": {"defense": "RD1"}}, 422, "invalid"),
    ("POST", "/v1/what-if", {"json": {"defense": 1, "hold": ["D2"]}}, 422, "invalid"),
    ("POST", "/v1/what-if", {"json": {"defense": "RD1", "hold": "D2"}}, 422, "invalid"),
    ("POST", "/v1/what-if", {"json": {"defense": "RD1", "hold": ["D99"]}}, 422, "unknown-name"),
    ("POST", "/v1/what-if", {"json": {"defense": "RD1", "holds": ["D2"]}}, 422, "invalid"),
    ("POST", "/v1/what-if", {"content": "{", "headers": JSON}, 422, "invalid"),
    ("POST", "/v1/what-if", {"content": "\xff", "headers": JSON}, 422, "invalid"),
    ("POST", "/v1/what-if", {"content": '{"a":' * 50_000, "headers": JSON}, 400, "bad-request"),
    ("POST", "/v1/what-if", {"content": "[" * 3_000_000, "headers": JSON}, 413, "too-large"),
    ("POST", "/v1/what-if", {"content": '{"defense": "\\ud800", "hold": ["D2"]}',
                             "headers": JSON}, 422, "invalid"),
    ("POST", "/v1/what-if", {"content": "defense=RD1"}, 415, "media-type"),
    ("POST", "/v1/what-if", {"data": {"defense": "RD1"}}, 415, "media-type"),
    ("PUT", "/v1/knowledge/team", {"json": {"files": {}}}, 422, "invalid"),
    ("DELETE", "/v1/knowledge/team", {}, 404, "unknown-name"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "more", "status", "kind"),
    BAD,
    ids=[f"{bad[0]} {bad[1][:40]} {bad[4]}" for bad in BAD],
)
def test_whatever_is_wrong_is_told_as_a_problem(
    asking: Any, method: str, path: str, more: dict[str, Any], status: int, kind: str
) -> None:
    problem(asking.request(method, path, **more), status, kind)


def test_a_body_that_hides_its_size_is_refused_once_it_is_too_large(asking: Any) -> None:
    chunks = (b"[" * 100_000 for _ in range(40))
    problem(asking.post("/v1/what-if", content=chunks, headers=JSON), 413, "too-large")


def test_a_typo_is_answered_with_what_may_have_been_meant(asking: Any) -> None:
    told = problem(asking.get("/v1/predictions/adverserial_training"), 404)
    assert told["suggestions"] == ["adversarial_training"]


def test_every_wrong_field_is_named(asking: Any) -> None:
    body = {"defense": 1, "raise": "D2", "nonsense": True}
    told = problem(asking.post("/v1/what-if", json=body), 422)
    assert {each["field"] for each in told["errors"]} == {
        "body.defense", "body.raise", "body.nonsense"
    }  # fmt: skip


def test_what_fails_inside_stays_inside(asking: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr("crosscurrent.api.answers.plans.plan", broken)
    told = problem(asking.get("/v1/plans?protect=R4"), 500, "internal")
    assert "secret" not in str(told)
    (line,) = [each for each in asking.lines if each["event"] == "request failed"]
    assert line["request_id"] == told["request_id"]
    assert "the secret of the house" in line["exception"]


def test_a_page_token_serves_its_own_list_in_its_own_state_only() -> None:
    _, token = paginate(range(10), "factors A", 3, None)
    assert paginate(range(10), "factors A", 3, token)[0] == range(3, 6)
    from crosscurrent.api.rest.problems import ProblemError

    for what, given in (("factors B", token), ("risks A", token), ("factors A", f"{token}x")):
        with pytest.raises(ProblemError, match="start again"):
            paginate(range(10), what, 3, given)


def test_a_request_has_an_id_a_line_and_a_figure(asking: Any) -> None:
    given = asking.get("/v1/risks/P1", headers={"X-Request-ID": "from-our-proxy.7"})
    assert given.headers["x-request-id"] == "from-our-proxy.7"
    line = asking.lines[-1]
    assert (line["event"], line["method"], line["path"]) == ("request", "GET", "/v1/risks/P1")
    assert (line["route"], line["status"]) == ("/v1/risks/{name}", 200)
    assert line["request_id"] == "from-our-proxy.7"
    assert line["ms"] > 0
    for silly in ("a b c d e f g h", "x" * 200, "short", 'quote"quote"'):
        answer = asking.get("/v1/risks/P1", headers={"X-Request-ID": silly})
        assert re.fullmatch("[0-9a-f]{24}", answer.headers["x-request-id"])
    figures = asking.get("/metrics").text
    assert re.search(
        r'requests_total{method="GET",route="/v1/risks/{name}",status="200"} \d', figures
    )


def test_no_asker_can_make_more_figures(asking: Any) -> None:
    for number in range(20):
        asking.get(f"/v1/risks/nothing{number}")
        asking.get(f"/nowhere/{number}")
        asking.request(f"FETCH{number}", "/v1/risks")
    figures = asking.get("/metrics").text
    assert "nothing" not in figures
    assert "nowhere" not in figures
    assert "FETCH" not in figures


def test_a_web_page_from_elsewhere_cannot_ask_through_a_browser_here(
    serve: Callable[..., Any], tmp_path: Path
) -> None:
    here = serve()
    for host in ("127.0.0.1", "127.0.0.1:8000", "localhost:8000", "LOCALHOST", "[::1]:8000"):
        assert here.get("/v1/risks/P1", headers={"Host": host}).status_code == 200
    for host in (
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
        "localhost@evil",
        "",
    ):
        for path in ("/v1/risks/P1", "/v1/predictions", "/v1/knowledge"):
            answer = here.get(path, headers={"Host": host})
            assert (answer.status_code, answer.json()["status"]) == (421, 421)
    keys = KeyFile(str(tmp_path / "keys.json"))
    told = {"Host": "lab.example", "Authorization": f"Bearer {keys.add('anna')}"}
    assert serve(keys=keys.path).get("/v1/risks/P1", headers=told).status_code == 200


def test_an_open_service_is_asked_under_addresses_and_the_names_that_it_was_given(
    serve: Callable[..., Any],
) -> None:
    """As in the documented containers, which listen on all addresses without keys."""
    given = {"host": "0.0.0.0", "open": True}
    default, named, any_ = (serve(**given, hosts=hosts) for hosts in ((), ("Lab.Example",), ("*",)))
    for host in ("192.0.2.7:8000", "[2001:db8::7]:8000", "localhost:8000", "127.0.0.1"):
        assert default.get("/v1/risks/P1", headers={"Host": host}).status_code == 200
    for host in ("evil.example", "192.0.2.7.evil.example", "[evil]", "2130706433", ""):
        answer = default.get("/v1/risks/P1", headers={"Host": host})
        assert (answer.status_code, "CROSSCURRENT_HOSTS" in answer.text) == (421, True)
    assert named.get("/v1/risks/P1", headers={"Host": "lab.example"}).status_code == 200
    assert named.get("/v1/risks/P1", headers={"Host": "evil.example"}).status_code == 421
    assert any_.get("/v1/risks/P1", headers={"Host": "x.example"}).status_code == 200


def test_what_may_change_is_kept_by_nobody(asking: Any) -> None:
    for path in ("/v1/knowledge", "/health/ready", "/metrics", "/v1/nowhere"):
        assert asking.get(path).headers["cache-control"] == "no-store"
    assert asking.get("/v1/risks/P1").headers["cache-control"] == "private, no-cache"


def test_it_is_alive_and_ready(asking: Any) -> None:
    assert asking.get("/health/live").json() == {"status": "live"}
    assert asking.get("/health/ready").json() == {"status": "ready"}


def test_it_is_not_ready_without_a_folder_to_keep_things_in(
    serve: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    client = serve(data=str(tmp_path / "file"))
    problem(client.get("/health/ready"), 503, "not-ready")
    assert client.get("/v1/predictions/RD1").status_code == 200


def test_other_origins_are_let_in_only_if_that_is_set(serve: Callable[..., Any]) -> None:
    ask = {"Origin": "https://lab.example", "Access-Control-Request-Method": "GET"}
    closed = serve()
    assert closed.options("/v1/predictions", headers=ask).status_code == 405
    answer = closed.get("/v1/predictions", headers=ask)
    assert "access-control-allow-origin" not in answer.headers
    opened = serve(cors_origins=("https://lab.example",))
    before = opened.options("/v1/predictions", headers=ask)
    assert before.headers["access-control-allow-origin"] == "https://lab.example"
    for path in ("/v1/predictions", "/v1/predictions/nothing"):
        answer = opened.get(path, headers=ask)
        assert answer.headers["access-control-allow-origin"] == "https://lab.example"
    other = opened.get("/v1/predictions", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers
