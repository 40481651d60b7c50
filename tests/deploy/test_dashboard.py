"""The dashboard by itself; that its expressions have answers is tested with a running Prometheus."""

import json
import re

import pytest
from deployed import DASHBOARD, DEPLOY, RULES

from fdscope.metrics import METRICS

BOARD = json.loads(DASHBOARD.read_text())
PANELS = {one["title"]: one for one in BOARD["panels"] if one["type"] != "row"}


@pytest.mark.parametrize("title", PANELS)
def test_a_panel_says_what_it_answers_and_in_which_unit(title):
    panel = PANELS[title]
    assert title.endswith("?") or title == "Descriptors by kind"
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["datasource"]["uid"] == "${datasource}"


@pytest.mark.parametrize("title", PANELS)
def test_what_is_chosen_above_chooses_in_every_panel(title):
    for target in PANELS[title]["targets"]:
        selectors = re.findall(r"(fdscope_\w+)(\{.*?\})?", target["expr"])
        assert selectors
        for metric, selector in selectors:
            assert 'instance=~"$instance"' in selector
            assert ('group=~"$group"' in selector) == metric.startswith("fdscope_group_")


def test_panels_have_their_own_numbers_and_places():
    panels = BOARD["panels"]
    assert len({one["id"] for one in panels}) == len(panels)
    taken = set()
    for one in panels:
        place = one["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken
        taken |= cells


def test_what_is_deployed_knows_every_metric_and_no_others():
    names = {f"{one.name}_total" if one.type == "counter" else one.name for one in METRICS}
    asks = DASHBOARD.read_text() + (DEPLOY / "prometheus" / "consoles" / "fdscope.html").read_text()
    used = set(re.findall(r"(?<!:)fdscope_[a-z_]*[a-z]", asks))
    assert used == names
    assert set(re.findall(r"(?<!:)fdscope_[a-z_]*[a-z]", RULES.read_text())) <= names
