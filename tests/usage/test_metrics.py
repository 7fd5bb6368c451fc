"""The portal's figures for Prometheus, read as strictly as its format is written."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from almaportal.alma.caller import Caller, calling
from almaportal.alma.errors import AlmaError
from almaportal.alma.gateway import Gateway
from almaportal.jobs.models import Job, Sweep
from almaportal.usage.models import Series
from ecollections.alma import COLLECTION, COLLECTIONS
from tests.usage.counting import count, moment

pytestmark = pytest.mark.django_db
TOKEN = "a token of some length"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? ([+-]?(?:[0-9.]+(?:e[+-]?[0-9]+)?|Inf)|NaN)")
BEHIND = {"counter": ("",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


def parsed(text):
    """{(name, ((label, value), …)): number}; every metric has its help and type, stands in one place, and no sample
    comes twice."""
    assert text.endswith("\n")
    found, seen, family, kind = {}, set(), "", ""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("#"):
            family = re.fullmatch(rf"# HELP ({NAME}) (?:[^\\\n]|\\[\\n])+", line)[1]
            assert family not in seen
            seen.add(family)
            kind = re.fullmatch(rf"# TYPE {family} (counter|gauge|histogram)", next(lines))[1]
            assert family.endswith("_total") == (kind == "counter")
            continue
        name, labels, *_groups, value = SAMPLE.fullmatch(line).groups()
        assert name in [f"{family}{behind}" for behind in BEHIND[kind]]
        key = (name, tuple((label, _plain(said)) for label, said in re.findall(LABEL, labels or "")))
        assert key not in found
        found[key] = float(value)
    return found


def _plain(said):
    return re.sub(r"\\(.)", lambda mark: "\n" if mark[1] == "n" else mark[1], said)


@pytest.fixture(autouse=True)
def _token(settings):
    settings.METRICS_TOKEN = TOKEN
    settings.SECURE_SSL_REDIRECT = False


@pytest.fixture
def read(client):
    def read():
        response = client.get("/metrics", headers=BEARER)
        assert response.status_code == 200
        assert response["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return parsed(response.content.decode())

    return read


def one(found, name, **labels):
    return found[f"almaportal_{name}", tuple(labels.items())]


def test_without_a_token_that_is_set_there_is_no_such_page(client, settings):
    settings.METRICS_TOKEN = ""
    for headers in ({}, BEARER, {"Authorization": "Bearer "}, {"Authorization": "Bearer"}):
        assert client.get("/metrics", headers=headers).status_code == 404


@pytest.mark.parametrize(
    "said",
    [
        *("", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer \xfc"),
        *(f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN[1:]}"),
    ],
)
def test_who_does_not_know_the_token_learns_nothing(client, said):
    response = client.get("/metrics", headers={"Authorization": said} if said else {})
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="metrics"'
    assert b"almaportal_" not in response.content
    assert "no-store" in response["Cache-Control"]


def test_a_session_opens_nothing(admin):
    assert admin.get("/metrics").status_code == 401


def test_by_plain_http_the_token_is_not_even_looked_at(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/metrics", headers=BEARER).status_code == 403
    assert client.get("/metrics", headers=BEARER, secure=True).status_code == 200


def test_it_is_asked_by_any_host_name_and_never_posted_to(client, settings):
    settings.ALLOWED_HOSTS = ["portal.example"]
    assert client.get("/metrics", headers=BEARER | {"Host": "10.0.0.7:8000"}).status_code == 200
    assert client.head("/metrics", headers=BEARER).status_code == 200
    assert client.post("/metrics", headers=BEARER).status_code == 405


def test_before_the_first_call_the_text_stands_and_says_nothing_it_does_not_know(read):
    found = read()
    assert one(found, "answer_seconds_count") == one(found, "calls_saved_total") == 0
    names = {name for name, _labels in found}
    assert not names & {f"almaportal_{name}" for name in ("calls_left", "calls_limit", "worker_sweep_age_seconds")}
    assert one(found, "worker_up") == one(found, "oldest_queued_job_seconds") == 0


def test_calls_are_told_as_they_were_made(read, transport, emulator, clock, django_assert_max_num_queries):
    gateway, ids = Gateway(), {"collection_id": emulator.collections()[0]}
    emulator.spend(7)
    with calling(Caller("jobs", 5, 41, role="viewer", feature="edit-portfolios")):
        emulator.faults.add(kind="slow", seconds=1.2)
        gateway.put(COLLECTION, ids, gateway.get(COLLECTION, ids).data)
    for _n in range(3):
        gateway.get(COLLECTIONS, fresh_for=60)
    with pytest.raises(AlmaError):
        gateway.get("/users/{user_id}", {"user_id": "nobody"})
    asked = len(emulator.calls)
    with django_assert_max_num_queries(8):
        found = read()
    assert len(emulator.calls) == asked == 4
    names = ("area", "method", "outcome", "lane")
    calls = {labels: value for (name, labels), value in found.items() if name == "almaportal_calls_total"}
    assert calls == {
        tuple(zip(names, of, strict=True)): 1.0
        for of in (
            ("electronic", "GET", "ok", "jobs"),
            ("electronic", "PUT", "ok", "jobs"),
            ("electronic", "GET", "ok", "people"),
            ("users", "GET", "not_found", "people"),
        )
    }
    assert one(found, "calls_saved_total") == 2
    assert one(found, "other_programs_calls") == 0  # nobody knows what was spent before the first call
    assert (one(found, "calls_left"), one(found, "calls_limit")) == (99_989, 99_993)
    assert one(found, "pace_calls_per_second") == 20
    assert one(found, "calls_reset_timestamp_seconds") == moment("2027-01-16").timestamp()
    assert one(found, "answer_seconds_bucket", le="0.05") == one(found, "answer_seconds_bucket", le="1.0") == 3
    assert one(found, "answer_seconds_bucket", le="1.5") == one(found, "answer_seconds_bucket", le="+Inf") == 4
    assert one(found, "answer_seconds_count") == 4
    assert one(found, "answer_seconds_sum") == pytest.approx(1.2)


def test_what_others_spend_what_is_refused_and_what_is_waited_for_is_told(read, transport, emulator, settings):
    settings.ALMA_CALLS_PER_DAY = 100_000
    emulator.spend(7)
    emulator.faults.add(kind="429")
    Gateway().get(COLLECTIONS)
    found = read()
    assert one(found, "calls_too_fast_total") == 1
    assert one(found, "wait_seconds_total") == pytest.approx(1.0, abs=0.01)
    assert one(found, "pace_calls_per_second") < 20
    assert one(found, "other_programs_calls") == 8  # and the emulator's planned 429, which it counts
    emulator.spend(100_000)
    for _n in range(4):
        with pytest.raises(AlmaError):
            Gateway().get(COLLECTIONS)
    found = read()
    assert one(found, "calls_not_made_total", outcome="quota_spent", lane="people") == 3
    assert one(found, "calls_left") == 0


def test_yesterday_s_calls_are_over(read, clock):
    count(moment("2027-01-14 23:50"), 5)
    assert one(read(), "answer_seconds_count") == 0


def test_words_from_elsewhere_cannot_break_the_text(read, clock):
    odd = 'a"b\\c\nd} 5\n# TYPE x gauge'
    count(moment("2027-01-15 12:00"), 3, of={"area": odd})
    Series.objects.filter(area=odd).update(outcome="\\")
    assert one(read(), "calls_total", area=odd, method="GET", outcome="\\", lane="people") == 3


def test_jobs_and_their_worker_are_told(read, clock):
    now = moment("2027-01-15 12:00")
    job = {"kind": "edit-portfolios", "created": now - timedelta(days=3)}
    Job.objects.create(state="done", **job)
    Job.objects.create(state="queued", started=now - timedelta(minutes=9), **job)
    Job.objects.create(state="queued", heartbeat=now - timedelta(minutes=2), **job)
    Sweep.objects.create(pk=1, at=timezone.now() - timedelta(minutes=2))
    found = read()
    states = {dict(labels)["state"]: value for (name, labels), value in found.items() if name == "almaportal_jobs"}
    assert states == dict.fromkeys(Job.State.values, 0) | {"done": 1, "queued": 2}
    assert one(found, "oldest_queued_job_seconds") == 540
    assert one(found, "worker_up") == 1
    assert one(found, "worker_sweep_age_seconds") == pytest.approx(120, abs=30)
    Sweep.objects.update(at=timezone.now() - timedelta(minutes=6))
    assert one(read(), "worker_up") == 0


@pytest.mark.parametrize(
    "bad",
    [
        "x 1",
        "# HELP x y\n# TYPE x gauge\nx{a=b} 1\n",
        "# HELP x y\n# TYPE x gauge\nx 1\nx 2\n",
        "# TYPE x gauge\nx 1\n",
    ],
)
def test_the_parser_can_fail(bad):
    with pytest.raises((AssertionError, AttributeError, TypeError)):
        parsed(bad)
