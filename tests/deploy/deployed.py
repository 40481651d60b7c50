"""Where that stands which others put beside the program, and what is said in it."""

from pathlib import Path

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "rules.yml"
DASHBOARD = DEPLOY / "grafana" / "fdscope.json"


def unit(*files):
    """The settings of a unit of systemd and its drop-ins: all values of each name, in their order."""
    settings = {}
    for file in files:
        for line in (DEPLOY / "systemd" / file).read_text().splitlines():
            name, is_set, value = line.partition("=")
            if is_set and not line.startswith("#"):
                settings.setdefault(name, []).append(value)
    return settings
