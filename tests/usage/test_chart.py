"""The chart of the usage page: what is drawn stands in proportion to the figures."""

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.utils.translation import override

from almaportal.usage import figures
from almaportal.usage.chart import HEIGHT, Bar, Chart, Stack, stacked
from almaportal.usage.models import OTHERS

NOW = datetime(2027, 1, 15, 12, 4, tzinfo=UTC)
TEN = timedelta(minutes=10)
TWO = [Stack("people", "stack-0"), Stack("other <b>", "stack-others")]


def chart(name="today", counts=None, left=None, now=NOW, stacks=TWO, **more):
    """counts, left: number of the bar → its figures."""
    over = figures.period(name, now)
    bars = [
        Bar(start, (counts or {}).get(n, [0] * len(stacks)), (left or {}).get(n)) for n, start in enumerate(over.bars())
    ]
    return Chart(over, stacks, bars, now, **more)


def drawn(one):
    return ElementTree.fromstring(str(one.svg()))


def boxes(picture):
    """Title → [(class, x, y, height)] of the layers of a bar."""
    return {
        bar.findtext("title"): [
            (box.get("class"), box.get("x"), float(box.get("y")), float(box.get("height")))
            for box in bar.findall("rect")[1:]
            if box.get("class") != "edge"
        ]
        for bar in picture.findall("g")
    }


def lines(picture):
    return [one.get("points").split() for one in picture.find("svg") if one.get("class") != "under"]


def scale(picture, which="scale"):
    return [one.text for one in picture.findall(f"text[@class='{which}']")]


def times(picture):
    return [
        one.text for one in picture.findall("text") if one.get("class", "").startswith("time") and one.text != "now"
    ]


def test_bars_stand_on_each_other_at_the_height_of_their_figures_and_empty_ones_are_not_drawn():
    picture = drawn(chart(counts={0: [100, 0], 72: [100, 300]}))
    assert scale(picture) == ["0", "100", "200", "300", "400"]
    assert boxes(picture) == {
        "00:00: people 100": [("stack-0", "0.0694%", 135.0, 45.0)],
        "12:00: people 100, other <b> 300": [
            ("stack-0", "50.0694%", 135.0, 45.0),
            ("stack-others", "50.0694%", 0.0, 135.0),
        ],
    }


@pytest.mark.parametrize(
    ("most", "top"),
    [
        (0, "4"),
        (1, "4"),
        (5, "8"),
        (41, "60"),
        (1000, "1,000"),
        (1210, "1,600"),
        (3_000_000, "3.2 M"),
        (12_000_000, "12 M"),
    ],
)
def test_the_scale_ends_at_a_round_figure_at_or_above_the_highest_bar(most, top):
    assert scale(drawn(chart(counts={3: [most, 0]})))[-1] == top


def test_a_scale_of_millions_is_told_in_one_unit_and_in_the_readers_language():
    picture = chart(counts={3: [3_000_000, 0]})
    assert scale(drawn(picture)) == ["0", "0.8 M", "1.6 M", "2.4 M", "3.2 M"]
    with override("de"):
        assert scale(drawn(picture))[-1] == "3,2 M"


def test_layers_are_told_apart_without_colours_and_a_thin_one_is_not_hidden_by_its_edge():
    picture = drawn(chart(counts={0: [1, 399], 1: [399, 1], 2: [0, 7]}))
    edges = [[box.get("y") for box in bar.findall("rect[@class='edge']")] for bar in picture.findall("g")]
    assert edges == [["178.55"], ["0.45"], []], "in the thicker of the two layers"
    assert picture.find("defs/pattern[@id='stripes']/rect").get("class") == "stack-others"
    [halo, line] = drawn(chart(left={3: 5})).find("svg")
    assert (halo.get("class"), halo.get("points")) == ("under", line.get("points"))


def test_the_picture_is_told_in_a_sentence_and_its_words_are_only_text():
    one = chart(counts={1: [10, 5], 2: [20, 0]})
    assert one.sentence == (
        "Calls in ten minutes: people 30, other <b> 5; the most, 20, at 00:20. The table below has the figures."
    )
    assert drawn(one).get("aria-label") == one.sentence
    assert chart().sentence == "Calls in ten minutes: people 0, other <b> 0. The table below has the figures."


def test_what_was_left_is_a_line_from_the_days_calls_to_now_and_the_forecast_goes_on_from_there():
    ahead = [(NOW, 750), (datetime(2027, 1, 16, tzinfo=UTC), 250)]
    picture = drawn(chart(left={0: 990, 71: 800, 72: 750}, limit=1000, ahead=ahead))
    assert scale(picture, "scale left")[-1] == "1,000"
    top, end = 0, HEIGHT
    assert lines(picture) == [
        [f"0.00,{top:.2f}", "1.00,1.80", "72.00,36.00", "72.40,45.00"],  # of ten minutes that go on: until now
        ["72.40,45.00", f"144.00,{end * 0.75:.2f}"],
    ]
    assert picture.find("line[@class='now']").get("x1") == "50.2778%"


def test_over_midnight_what_was_left_is_two_lines():
    picture = drawn(chart("24h", left={0: 100, 70: 60, 71: 50, 72: 990, 80: 980}, limit=1000))
    midnight = chart("24h").bars[71].start
    assert midnight == datetime(2027, 1, 15, tzinfo=UTC)
    assert [len(line) for line in lines(picture)] == [2, 4]
    assert lines(picture)[1][0] == "71.00,0.00", "the day's calls are there again"
    assert picture.find("line[@class='now']") is None


@pytest.mark.parametrize(
    ("zone", "name", "expected"),
    [
        ("UTC", "today", "00:00 04:00 08:00 12:00 16:00 20:00"),
        ("Europe/Zurich", "today", "04:00 08:00 12:00 16:00 20:00 00:00"),
        ("Asia/Kathmandu", "today", "08:05 12:05 16:05 20:05 00:05 04:05"),  # 5 h 45 min ahead: no bar begins at 08:00
        ("America/New_York", "7d", "Sat 9 Sun 10 Mon 11 Tue 12 Wed 13 Thu 14 Fri 15"),
        ("America/New_York", "13m", "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Jan"),  # of Alma's days
    ],
)
def test_the_axis_tells_the_librarys_times(db, settings, zone, name, expected):
    settings.TIME_ZONE = zone
    assert " ".join(times(drawn(chart(name)))) == expected


def test_a_day_that_is_an_hour_longer_here_is_told_as_its_clocks_show_it(settings):
    settings.TIME_ZONE = "Europe/Zurich"
    one = chart(now=datetime(2026, 10, 25, 12, tzinfo=UTC))
    assert [one.words(bar.start) for bar in one.bars[::6]][:3] == ["02:00 CEST", "02:00 CET", "03:00"]
    assert times(drawn(one)) == ["04:00", "08:00", "12:00", "16:00", "20:00", "00:00"]


def test_a_day_of_almas_that_is_two_days_here_tells_which(settings):
    settings.TIME_ZONE = "Pacific/Auckland"
    one = chart(now=datetime(2027, 1, 15, 23, 30, tzinfo=UTC))
    assert [one.words(bar.start) for bar in one.bars[60:72:6]] == ["Fri 23:00", "00:00"]


def test_the_five_largest_parts_have_a_layer_of_their_own():
    counted = {NOW: {f"part{n}": n for n in range(1, 8)} | {OTHERS: 50}, NOW + TEN: {"part1": 1, "part7": 2}}
    stacks, bars = stacked(counted, "feature", with_others=True)
    assert [one.label for one in stacks] == [f"part{n}" for n in (7, 6, 5, 4, 3)] + ["other parts", "other programs"]
    assert [bar.counts for bar in bars] == [[7, 6, 5, 4, 3, 3, 50], [2, 0, 0, 0, 0, 1, 0]]
    assert [sum(bar.values()) for bar in counted.values()] == [bar.total for bar in bars]


def test_by_lane_there_are_always_people_and_jobs():
    stacks, bars = stacked({NOW: {}}, "lane", with_others=False)
    assert [one.label for one in stacks] == ["people", "jobs"]
    assert bars[0].counts == [0, 0]


def test_nothing_in_the_picture_is_styled_or_runs_by_itself():
    text = str(chart(counts={1: [1, 1]}, left={1: 5}).svg())
    assert not re.search(r"style=|<script|\son\w+=|href", text)
