"""Pages ask for a key where keys are asked for; and nobody else can use it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from asking import Asking

from crosscurrent.api.rest.keys import KeyFile
from crosscurrent.api.rest.settings import Settings

SET = {"files": {"works.yaml": "references: [{id: a2026, status: confirmed, title: A}]"}}
PAGES = ["/", "/combinations", "/why/RD1/P1", "/what-if?tail_length=hold", "/combine", "/plan"]


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(str(tmp_path / "keys.json"))


@pytest.fixture
def secret(keys: KeyFile) -> str:
    return keys.add("anna")


@pytest.fixture
def locked(tmp_path: Path, keys: KeyFile, secret: str) -> Asking:
    client = Asking(Settings(data=str(tmp_path / "data"), keys=keys.path))
    client.follow_redirects = False
    client.headers["Accept"] = "text/html"
    return client


def test_a_stranger_is_asked_for_a_key_and_then_sees_what_was_asked_for(
    locked: Asking, secret: str
) -> None:
    for path in PAGES:
        locked.cookies.clear()
        sent_to = locked.get(path)
        assert sent_to.status_code == 303, path
        form = locked.get(sent_to.headers["location"])
        assert form.status_code == 200, path
        assert "asks for a key" in form.text, path
        assert "knowledge" not in form.text.partition("<footer>")[0], path
        onward = locked.post("/sign-in", data={"key": secret, "next": path})
        assert (onward.status_code, onward.headers["location"]) == (303, path)
        assert locked.get(path).status_code == 200, path
        assert "Sign out anna" in locked.get(path).text, path


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(
    locked: Asking, secret: str
) -> None:
    kept = locked.post("/sign-in", data={"key": secret}).headers["set-cookie"]
    assert "HttpOnly" in kept
    assert "SameSite=lax" in kept
    assert "Secure" not in kept
    safe = locked.post("https://127.0.0.1/sign-in", data={"key": secret}).headers["set-cookie"]
    assert "Secure" in safe
    for headers in ({"X-Forwarded-Proto": "https"}, {"Origin": "https://127.0.0.1"}):
        behind = locked.post("/sign-in", data={"key": secret}, headers=headers)
        assert "Secure" in behind.headers["set-cookie"]


def test_a_wrong_key_opens_nothing(locked: Asking, secret: str) -> None:
    answer = locked.post("/sign-in", data={"key": secret[:-1], "next": "/plan"})
    assert answer.status_code == 401
    assert "no key of this service" in answer.text
    assert "set-cookie" not in answer.headers
    assert locked.get("/plan").status_code == 303
    for cookie in ("crosscurrent=", "crosscurrent=nonsense", "a=b; crosscurrent", "\x7f"):
        assert locked.get("/plan", headers={"Cookie": cookie}).status_code == 303


def test_the_cookie_opens_pages_only_and_a_key_in_a_header_the_api_only(
    locked: Asking, secret: str
) -> None:
    bearer = {"Authorization": f"Bearer {secret}"}
    assert locked.get("/v1/risks", headers={**bearer, "Accept": "*/*"}).status_code == 200
    assert locked.get("/", headers=bearer).status_code == 303
    locked.post("/sign-in", data={"key": secret})
    assert locked.get("/").status_code == 200
    assert locked.get("/v1/risks").status_code == 401


def test_signing_out_forgets_the_key(locked: Asking, secret: str) -> None:
    locked.post("/sign-in", data={"key": secret})
    assert locked.post("/sign-out").headers["location"] == "/sign-in"
    assert locked.get("/").status_code == 303


def test_a_key_that_is_taken_back_opens_no_page_any_more(
    locked: Asking, keys: KeyFile, secret: str
) -> None:
    locked.post("/sign-in", data={"key": secret})
    assert locked.get("/").status_code == 200
    keys.remove("anna")
    assert locked.get("/").status_code == 303


def test_pages_count_against_the_quota(locked: Asking, keys: KeyFile) -> None:
    locked.post("/sign-in", data={"key": keys.add("ben", 2)})
    assert [locked.get("/plan").status_code for _ in range(3)] == [200, 200, 429]
    told = locked.get("/plan")
    assert int(told.headers["retry-after"]) > 0
    assert "2 requests a minute are all" in told.text
    assert locked.post("/sign-out").status_code == 303


def test_signing_in_leads_to_no_other_site(locked: Asking, secret: str) -> None:
    for elsewhere in (
        "/?a=" + "%" * 1000,
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "x",
        "",
    ):
        answer = locked.post("/sign-in", data={"key": secret, "next": elsewhere})
        assert answer.headers["location"] == "/", elsewhere


def test_a_stranger_learns_of_no_knowledge_set_not_even_from_an_error(
    locked: Asking, secret: str
) -> None:
    bearer = {"Authorization": f"Bearer {secret}", "Accept": "*/*"}
    named = locked.put("/v1/knowledge/secretive", json=SET, headers=bearer)
    assert named.status_code == 201
    for method, path, status in (
        ("GET", "/sign-in-or-not", 404),
        ("GET", "/sign-in-or-not?knowledge=secretive@1", 404),
        ("PUT", "/sign-in", 405),
        ("GET", "/sign-out", 405),
    ):
        answer = locked.request(method, path)
        assert answer.status_code == status
        assert "Crosscurrent" in answer.text
        assert "secretive" not in answer.text.replace(path, "")
        assert "sha256" not in answer.text
    refused = locked.post("/sign-in", data={"key": "x" * 5000})
    assert (refused.status_code, "sha256" in refused.text) == (413, False)
    locked.post("/sign-in", data={"key": secret})
    assert "/nowhere?knowledge=secretive" in locked.get("/nowhere").text


def test_a_form_of_many_fields_is_read_as_any_other(locked: Asking, secret: str) -> None:
    answer = locked.post("/sign-in", content=f"{'a=1&' * 50}key={secret}".encode())
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_cookies_of_others_on_this_host_do_not_matter(locked: Asking, secret: str) -> None:
    own = f"crosscurrent={secret}"
    for others in (
        f'{own}; theme={{"dark": true}}', f'a[b]={{"x":1}}; {own}', f"flag; {own}", f"a=é; {own}",
        f"=; {own}",
    ):  # fmt: skip
        answer = locked.get("/", headers={b"Cookie": others.encode()})
        assert answer.status_code == 200, others


def test_without_keys_nobody_is_asked(tmp_path: Path) -> None:
    client = Asking(Settings(data=str(tmp_path / "data")))
    assert client.get("/").status_code == 200
    assert "asks for no key" in client.get("/sign-in").text


def test_a_page_about_a_strange_path_leads_to_no_other_site(tmp_path: Path) -> None:
    client = Asking(Settings(data=str(tmp_path / "data")))
    assert client.put("/v1/knowledge/mine", json=SET).status_code == 201
    page = client.get("http://127.0.0.1//evil.example/x", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert 'href="/evil.example/x?knowledge=mine"' in page.text
    assert 'href="//' not in page.text


def test_nothing_that_a_key_opened_is_kept_by_browsers(locked: Asking, secret: str) -> None:
    locked.post("/sign-in", data={"key": secret})
    for path in (*PAGES, "/nowhere"):
        assert locked.get(path).headers.get_list("cache-control") == ["no-store"]
    asset = re.findall(r'href="(/static/[^"]+)"', locked.get("/").text)[0]
    assert "immutable" in locked.get(asset).headers["cache-control"]


def test_what_a_stranger_wanted_to_change_is_not_where_signing_in_leads(locked: Asking) -> None:
    assert locked.post("/validate/x/cancel").headers["location"] == "/sign-in"
    assert locked.post("/validate", data={"risk": "P1"}).headers["location"] == "/sign-in"
    assert locked.head("/plan").headers["location"] == "/sign-in?next=%2Fplan"


def test_however_long_an_address_is_one_can_sign_in(locked: Asking, secret: str) -> None:
    form = locked.get(locked.get(f"/what-if?x={'%2F' * 5000}").headers["location"])
    (onward,) = re.findall(r'name="next" value="([^"]*)"', form.text)
    assert locked.post("/sign-in", data={"key": secret, "next": onward}).status_code == 303
