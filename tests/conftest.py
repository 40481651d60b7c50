"""The processes that tests of several rooms look at."""

import os

import pytest
from children import Child, Lab
from hypothesis import settings
from purity import guard, is_enough_once, is_pure

settings.register_profile("fdscope", deadline=None)  # how long an example takes says how busy the machine is
settings.load_profile("fdscope")


def pytest_collection_modifyitems(items):
    """Marks the tests of which one run is enough: ``-m 'not once'`` leaves them out."""
    for one in items:
        if is_enough_once(one.path):
            one.add_marker("once")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    """Fails a pure test that looks at the live system."""
    guard(is_pure(item.path))
    try:
        return (yield)
    finally:
        guard(False)


pytest_runtest_call = pytest_runtest_setup


@pytest.fixture(scope="session")
def lab():
    """One lab with everything in it, for all tests that only look."""
    running = Lab()
    try:
        yield running
    finally:
        running.end()


@pytest.fixture
def child():
    """Starts a `Child`, as often as it is called; all of them end with the test."""
    children = []

    def start(source: str, *arguments: str, **options) -> Child:
        children.append(Child(source, *arguments, **options))
        return children[-1]

    try:
        yield start
    finally:
        for one in children:
            one.end()


HOLDER = r"""
import tempfile
folder = tempfile.mkdtemp()
path = os.path.join(os.fsencode(folder), b'a\n\x1b[31mb\xff\xe2\x80\xaec\xc2\x9bd')
os.open(path, os.O_RDWR | os.O_CREAT)
os.unlink(path)
os.rmdir(folder)
os.dup(HOLD)
ready(path=path.hex())
"""


@pytest.fixture(scope="session")
def holder():
    """A process that holds two pipes, one of them twice, and a deleted file with a hostile name."""
    one = Child(HOLDER)
    try:
        one.path = bytes.fromhex(one.told["path"])
        yield one
    finally:
        one.end()


FOREIGN = """
import threading
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
threading.Thread(target=os.read, args=(HOLD, 1), daemon=True).start()
libc.prctl(4, 1, 0, 0, 0)  # dumpable again, so that its files in /proc are its own
ready(descriptors=len(os.listdir("/proc/self/fd")) - 1)
"""


@pytest.fixture
def foreign(child):
    """A process of another user with two threads, which a program without rights may not look into."""
    if os.geteuid() != 0:
        pytest.skip("to start a process as another user takes root")
    return child(FOREIGN)
