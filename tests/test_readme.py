"""The Python of the README runs as it stands there, on this machine."""

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from program import ENVIRONMENT

README = Path(__file__).parent.parent / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)


def missing(block):
    """What a block imports and this machine has not."""
    names = []
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module)
    return [name for name in names if importlib.util.find_spec(name.partition(".")[0]) is None]


def test_it_has_python():
    assert BLOCKS


@pytest.mark.parametrize("block", BLOCKS, ids=[f"block {number}" for number, _ in enumerate(BLOCKS, 1)])
def test_a_block_runs_without_a_word_of_complaint(block, tmp_path):
    if lacking := missing(block):
        pytest.skip(f"{', '.join(lacking)}: not installed; fdscope[frames] has what the README shows")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
