"""Whatever bytes a kernel gives, every kind makes a descriptor of them, and says it in one line."""

import os
import stat

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from reading import Silence
from test_bpf import HASH, TAGGED
from test_epoll import TARGETS
from test_fanotify import MARKS
from test_inotify import WATCHES
from test_io_uring import NOW
from test_timerfd import TIMER

from fdscope.kinds import KINDS, decode
from fdscope.raw import RawDescriptor, RawMount

HEAD = b"pos:\t0\nflags:\t02000002\nmnt_id:\t17\nino:\t1039\n"
RECORDED = {
    b"anon_inode:[eventpoll]": HEAD + TARGETS,
    b"anon_inode:[timerfd]": HEAD + TIMER,
    b"anon_inode:[signalfd]": HEAD + b"sigmask:\t0000000800000201\n",
    b"anon_inode:inotify": HEAD + WATCHES,
    b"anon_inode:[fanotify]": HEAD + MARKS,
    b"anon_inode:[pidfd]": HEAD + b"Pid:\t7524\nNSpid:\t7524\t1\n",
    b"anon_inode:[io_uring]": NOW,
    b"anon_inode:[userfaultfd]": HEAD + b"pending:\t1\ntotal:\t3\nAPI:\taa:80000103:80000000000001ff\n",
    b"anon_inode:[perf_event]": HEAD,
    b"anon_inode:bpf-map": HEAD + HASH,
    b"anon_inode:bpf-prog": HEAD + b"prog_type:\t17\nprog_tag:\t59f4a931744dcdc6\nrun_time_ns:\t9\n" + TAGGED,
    b"anon_inode:bpf_link": HEAD + b"link_type:\tkprobe_multi\n" + TAGGED + b"cookie\t func\n7\t f+0x0/0x1\n",
    b"anon_inode:btf": HEAD + b"btf_id:\t14\n",
    b"anon_inode:seccomp notify": HEAD,
    b"anon_inode:[landlock-ruleset]": HEAD,
    b"anon_inode:[eventfd]": HEAD + b"eventfd-count:                7\neventfd-id: 12\neventfd-semaphore: 1\n",
    b"pipe:[123]": HEAD,
    b"anon_inode:kvm-vcpu:3": HEAD,
    b"/dmabuf:camera": HEAD + b"size:\t8294400\ncount:\t2\nexp_name:\tvb2_dma_contig\nname:\tcamera\n",
    b"net:[4026531840]": HEAD,
    b"socket:[123]": HEAD + b"scm_fds: 0\n",
    b"/tmp/file": HEAD + b"lock:\t1: FLOCK  ADVISORY  WRITE 42 fe:00:1234 0 EOF\n",
}
NUMBERS = st.integers(min_value=-(2**70), max_value=10**320)


def status(file_type, device):
    """What fstat(2) says of a file of this type, or of this device."""
    return os.stat_result((file_type | 0o600, 7, 2049, 1, 0, 0, 10, 0, 0, 0), {"st_rdev": device, "st_blocks": 8})


@st.composite
def links(draw):
    """A descriptor's link and what comes with it, such that any one of the kinds may be meant."""
    form, *rest = draw(st.sampled_from([key for kind in KINDS for key in kind.known_by]))
    more = draw(st.binary(max_size=30))
    file = {"link": draw(st.sampled_from([b"/a", b"/a (deleted)", b"/" + more, b"(unreachable)/a", b""]))}
    if form == "anon_inode":
        return {"link": draw(st.sampled_from([b"anon_inode:[%s]", b"anon_inode:%s"])) % rest[0] + more}
    if form == "scheme":
        return {"link": rest[0] + draw(st.sampled_from([b":[123]", b":", b" (deleted)", b"", b":" + more]))}
    if form == "filesystem":
        return file | {"mount": RawMount(b"0:1", b"/", b"/", rest[0], b"none"), "status": status(stat.S_IFREG, 0)}
    if form == "magic":
        return file | {"magic": rest[0], "status": status(stat.S_IFREG, 0)}
    if form == "device":
        file_type, major, *minor = rest
        device = os.makedev(major, minor[0] if minor else draw(st.integers(0, 300)))
        return file | {"status": status(file_type, device)}
    if form == "type":
        return file | {"status": status(rest[0], 0)}
    return {"link": more}


@st.composite
def mutated(draw):
    """A recorded text in which some bytes, lines or numbers are others."""
    link = draw(st.sampled_from(list(RECORDED)))
    text = bytearray(RECORDED[link])
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(text)))
        end = min(len(text), begin + draw(st.integers(0, 12)))
        text[begin:end] = draw(
            st.one_of(
                st.binary(max_size=6),
                st.sampled_from([b"\n", b":", b" ", b"\t", b"-1", b"0x", b"_", b",", b"(", b"e9", b""]),
                NUMBERS.map(lambda number: b"%d" % number),
            )
        )
    return link, bytes(text)


def answers(raw):
    """Nothing is raised; what comes out is a row of the right number that can be said and written."""
    found, problem = decode(raw, Silence(processes={7524: b"\xff"}))
    assert isinstance(found, tuple(KINDS))
    assert found.fd == raw.fd
    assert isinstance(found.describe(), str)
    assert isinstance(msgspec.to_builtins(found), dict)
    assert problem is None or problem.reason == "not-understood"


@given(links(), st.binary(max_size=200))
def test_arbitrary_text_is_a_row_of_every_kind(link, fdinfo):
    answers(RawDescriptor(42, 3, fdinfo=fdinfo, **link))


@given(links(), st.sampled_from(list(RECORDED.values())))
def test_the_text_of_another_kind_is_a_row_too(link, fdinfo):
    answers(RawDescriptor(42, 3, fdinfo=fdinfo, **link))


@given(mutated())
def test_a_text_that_is_nearly_right_is_a_row(case):
    link, fdinfo = case
    answers(RawDescriptor(42, 3, link, fdinfo))


@given(st.binary(max_size=60), st.binary(max_size=200))
def test_an_arbitrary_link_is_a_row(link, fdinfo):
    answers(RawDescriptor(42, 3, link, fdinfo))
