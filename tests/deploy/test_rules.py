"""The alert rules by themselves, judged by promtool, without a running Prometheus."""

import re
import shlex
import subprocess

import pytest
import yaml
from deployed import DEPLOY, RULES
from program import found

from fdscope.options import COMMANDS
from fdscope.parsing import understood

GROUPS = yaml.safe_load(RULES.read_text())["groups"]
ALERTS = {rule["alert"]: rule for group in GROUPS for rule in group["rules"] if "alert" in rule}


def promtool(*words):
    done = subprocess.run(
        [found("promtool"), *words], cwd=RULES.parent, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


def test_the_example_of_a_configuration_and_its_rules_are_in_order():
    status, told = promtool("check", "config", "--lint=all", "prometheus.yml")
    assert (status, "SUCCESS: 1 rule files found" in told) == (0, True), told
    assert f"SUCCESS: {sum(len(group['rules']) for group in GROUPS)} rules found" in told


def test_rules_fire_in_the_cases_they_are_for_and_in_no_others():
    status, told = promtool("test", "rules", "rules-test.yml")
    assert status == 0, told


def test_every_alert_has_a_case_in_which_it_fires():
    cases = yaml.safe_load((RULES.parent / "rules-test.yml").read_text())["tests"]
    fire = {one["alertname"] for case in cases for one in case["alert_rule_test"] if one["exp_alerts"]}
    assert fire == set(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_waits_has_a_severity_and_says_what_to_do(name):
    rule = ALERTS[name]
    assert name.startswith("Fdscope")
    assert re.fullmatch(r"\d+m", rule["for"])
    assert rule["labels"]["severity"] in ("info", "warning", "critical")
    assert set(rule["annotations"]) == {"summary", "description", "next", "runbook"}
    assert all(
        text.endswith(".") for word, text in rule["annotations"].items() if word in ("description", "runbook")
    )


@pytest.mark.parametrize("name", ALERTS)
def test_what_to_type_next_is_a_command_that_there_is(name):
    line = re.sub(r"\{\{.*?\}\}", "web", ALERTS[name]["annotations"]["next"])
    program, *words = shlex.split(line)
    if program == "systemctl":
        assert (DEPLOY / "systemd" / f"{words[-1]}.service").exists()
        return
    assert program == "fdscope"
    assert words[0] in {command.name for command in COMMANDS} | {"export"}
    if words[1:] != ["--help"]:
        understood(words[0], words[1:])


@pytest.mark.parametrize("name", ALERTS)
def test_a_group_whose_name_somebody_chose_is_one_quoted_word_of_what_to_type(name):
    line = ALERTS[name]["annotations"]["next"]
    assert "$labels" not in line.replace("""'{{ $labels.group | reReplaceAll "'" "'\\\\''" }}'""", "")


def test_the_table_of_alerts_names_them_all_with_their_severity():
    told = {}
    for line in (DEPLOY / "README.md").read_text().splitlines():
        if line.startswith("| `Fdscope"):
            names, severities = line.split("|")[1:3]
            names, severities = re.findall(r"\w+", names), severities.split(",")
            told.update(zip(names, (one.strip() for one in severities * len(names)), strict=False))
    assert told == {name: rule["labels"]["severity"] for name, rule in ALERTS.items()}
