"""char-device: numbers, drivers, the lines of graphics drivers."""

import stat

from placing import DEVICES, HEAD, Machine, placed, told

MACHINE = Machine({(False, 1): b"mem", (False, 10): b"misc", (False, 243): b"ttyGS"}, misc={235: b"autofs"})
DEVFS = {"filesystem": "devtmpfs", "source": "devtmpfs", "mount_point": "/dev"}
DRM = (
    HEAD + b"drm-driver:\ti915\ndrm-client-id:\t7\ndrm-pdev:\t0000:00:02.0\ndrm-total-system0:\t125 MiB\n"
    b"drm-engine-render:\t9288864723 ns\n"
)


def device(link, number, fdinfo=HEAD, **more):
    return {
        "link": link,
        "fdinfo": fdinfo,
        "machine": MACHINE,
        "mount": DEVICES,
        "file_type": stat.S_IFCHR,
        "number": number,
        **more,
    }


def test_a_device_is_told_by_its_number_and_driver():
    null = device(b"/dev/null", (1, 3))
    assert told(**null) == DEVFS | {
        "kind": "char-device",
        "name": "/dev/null",
        "device_number": "1:3",
        "driver": "mem",
    }
    assert placed(**null).describe() == "/dev/null, driver mem"


def test_a_device_of_the_shared_number_10_has_a_name_of_its_own():
    autofs = device(b"/dev/autofs", (10, 235))
    found = placed(**autofs)
    assert (found.driver, found.misc_device, found.describe()) == ("misc", "autofs", "/dev/autofs, driver autofs")


def test_a_position_is_told_where_the_driver_moves_it():
    memory = device(b"/dev/mem", (1, 1), HEAD.replace(b"pos:\t0", b"pos:\t4096"))
    assert placed(**memory).position == 4096
    assert placed(**memory).describe() == "/dev/mem, driver mem, at 4,096"


def test_the_lines_of_a_graphics_driver_are_kept_word_for_word():
    card = placed(**device(b"/dev/dri/card0", (226, 0), DRM))
    assert card.details == {
        "drm-driver": "i915",
        "drm-client-id": "7",
        "drm-pdev": "0000:00:02.0",
        "drm-total-system0": "125 MiB",
        "drm-engine-render": "9288864723 ns",
    }
    assert card.describe() == "/dev/dri/card0, graphics driver i915"
    lock = b"lock:\t1: FLOCK  ADVISORY  WRITE 42 fe:00:99 0 EOF\n"
    assert placed(**device(b"/dev/null", (1, 3), HEAD + lock)).details is None


def test_a_terminal_without_a_fixed_number_is_known_by_its_driver():
    gadget = placed(**device(b"/dev/ttyGS0", (243, 0)))
    assert (type(gadget).__name__, gadget.driver) == ("Tty", "ttyGS")
    assert gadget.describe() == "/dev/ttyGS0, terminal of driver ttyGS"
