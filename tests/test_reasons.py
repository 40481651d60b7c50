"""What could not be read is a problem, with its reason as people know it."""

import errno

import pytest

from fdscope.model import Problem
from fdscope.problems import problem_of
from fdscope.raw import Unread


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.EACCES, "permission-denied"),
        (errno.EPERM, "permission-denied"),
        (errno.ENOENT, "vanished"),
        (errno.ESRCH, "vanished"),
        (errno.ETIMEDOUT, "timed-out"),
        (errno.ENAMETOOLONG, "too-long"),
        (errno.ENOSYS, "unsupported"),
        (errno.EOPNOTSUPP, "unsupported"),
        (errno.EINVAL, "not-understood"),
    ],
)
def test_an_error_of_the_kernel_has_a_reason_that_people_know(number, reason):
    assert problem_of(Unread("exe", number, 1, 2)) == Problem(what="exe", reason=reason, pid=1, fd=2)


def test_another_error_is_told_by_name_and_a_detail_as_it_is():
    assert problem_of(Unread("exe", errno.EIO)) == Problem(
        what="exe", reason="failed", detail="Input/output error"
    )
    assert problem_of(Unread("exe", errno.EIO, detail="why")).detail == "why"
    assert problem_of(Unread("exe", errno.EPERM, detail="why")).detail == "why"
