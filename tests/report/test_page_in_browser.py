"""The page in a real browser: what it shows, what its keys do, and that foreign names cannot do anything.

Screenshots lie in the folder that FDSCOPE_SCREENSHOTS names, if it names one.
"""

import json
import os
from pathlib import Path

import pytest
from children import DEADLINE_S, Child, until
from made import KIND, process, snapshot
from program import found, run

from fdscope.model import Problem
from fdscope.report import document

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 and bool(os.environ.get("FDSCOPE_REQUIRE_PEERS")),
    reason="the page is the same whoever looks: one of two test runs is enough",
)

HOSTILE = [
    b"<script>document.title='owned'</script>",
    b'"><img src=x onerror=document.title=1>',
    b"'><svg onload=document.title=2>",
    b"<!--",
    b"]]>",
    b"${document.title=3}",
    b"{{7*7}}",
    b"&lt;b&gt;",
    b"javascript:document.title=4",
    b"new\nline",
    b"rlo\xe2\x80\xaegnp.exe",
    b"bad\xff\xfe",
    b"\xe2\x80\xa8paragraph",
]
SHOWN = {
    b"new\nline": "new\\nline",
    b"rlo\xe2\x80\xaegnp.exe": "rlo\\u202egnp.exe",
    b"bad\xff\xfe": "bad\\xff\\xfe",
}
SHOWN[b"\xe2\x80\xa8paragraph"] = "\\u2028paragraph"

HOLDER = """
import shutil, tempfile, threading
names = [bytes.fromhex(name) for name in json.loads(sys.argv[1])]
place = os.fsencode(tempfile.mkdtemp())
folder = place + b'/</script><script>document.title=5<'
paths = [folder + b'/' + name for name in names]
for path in paths:
    os.makedirs(os.path.dirname(path), exist_ok=True)
numbers = [os.open(path, os.O_RDWR | os.O_CREAT) for path in paths]
reader, writer = os.pipe()
os.write(writer, b'x' * 5000)
other, _ = os.pipe()
libc.prctl(15, b'"><b>&', 0, 0, 0)
child = os.fork()
if not child:
    os.read(other, 1)
    os._exit(0)
try:
    ready(numbers=numbers, reader=reader, writer=writer, child=child)
finally:
    os.kill(child, 9)
    shutil.rmtree(place)
"""

PLAIN_FLAGS = """--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run
--disable-background-networking --disable-component-update --disable-sync --disable-extensions
--disable-dev-shm-usage --hide-scrollbars""".split()

WATCHED = """
window.violations = [];
addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective));
addEventListener('error', (event) => violations.push(String(event.message)));
"""


class Browser:
    """One browser with one page at a time."""

    def __init__(self, folder):
        webdriver = pytest.importorskip("selenium.webdriver")
        from selenium.webdriver.chrome.service import Service

        options = webdriver.ChromeOptions()
        options.binary_location = found("chromium")
        for flag in (*PLAIN_FLAGS, f"--user-data-dir={folder / 'profile'}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        environment = {
            **os.environ,
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "XDG_CACHE_HOME": str(folder),
        }
        service = Service(found("chromedriver"), env=environment)
        self.driver = webdriver.Chrome(options=options, service=service)
        self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCHED})
        self.shots = Path(os.environ.get("FDSCOPE_SCREENSHOTS") or folder / "screenshots")
        self.shots.mkdir(parents=True, exist_ok=True)

    def show(self, path, place="", *, width=1280, height=900, scheme="light"):
        """Opens a page, in a window of this size."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.driver.get("about:blank")
        self.driver.get_log("browser")  # what was said of the page before is its own affair
        self.driver.get(f"file://{path}{place}")
        until(lambda: self.ask("return document.documentElement.hasAttribute('data-ready')"))

    def ask(self, script, *words):
        return self.driver.execute_script(script, *words)

    def choose(self, name, value):
        """Gives a field of the page another value, as people do."""
        self.ask(
            "const one = document.getElementById(arguments[0]);"
            "one.value = arguments[1]; one.dispatchEvent(new Event('input'))",
            name,
            value,
        )

    def press(self, *keys):
        from selenium.webdriver import ActionChains

        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()

    def text(self, selector):
        return self.ask("return document.querySelector(arguments[0])?.textContent ?? null", selector)

    def texts(self, selector):
        return self.ask(
            "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)", selector
        )

    def focus(self):
        return self.ask(
            "const one = document.activeElement; return one.id || one.getAttribute('aria-label') || one.tagName"
        )

    def complaints(self):
        """What the browser had to complain of since the page was opened."""
        return [one["message"] for one in self.driver.get_log("browser")] + self.ask("return window.violations")

    def shoot(self, name):
        self.driver.save_screenshot(str(self.shots / f"{name}.png"))


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    running = Browser(tmp_path_factory.mktemp("browser"))
    try:
        yield running
    finally:
        running.driver.quit()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A page of a process with hostile names, and the process."""
    one = Child(HOLDER, json.dumps([name.hex() for name in HOSTILE]))
    try:
        path = tmp_path_factory.mktemp("hostile") / "page.html"
        words = ("--source", "proc", "--for", "0.4s", str(one.pid), str(one.told["child"]))
        assert run("report", "--html", str(path), *words).returncode == 0
        one.path = path
        yield one
    finally:
        one.go_on()
        one.process.wait(DEADLINE_S)
        one.end()


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A page of 20,000 descriptors of 20 processes."""
    folder = tmp_path_factory.mktemp("many")
    kinds = (
        lambda pid, fd: KIND["regular"](fd=fd, name=f"/data/{pid}/segment-{fd:04}", access="rw", size_bytes=fd),
        lambda pid, fd: KIND["pipe"](fd=fd, name=f"pipe:[{pid}{fd:04}]", access="r"),
        lambda pid, fd: KIND["eventfd"](fd=fd, name="anon_inode:[eventfd]", access="rw", count=fd),
        lambda pid, fd: KIND["regular"](fd=fd, name=f"/log/{fd}", access="w", size_bytes=0),
    )
    processes = [
        process(
            pid=pid,
            name=f"db-{pid}",
            threads=[],
            files=None,
            descriptors=[kinds[fd % 4](pid, fd) for fd in range(1000)],
        )
        for pid in range(100, 120)
    ]
    kept = folder / "kept.json"
    kept.write_bytes(b"".join(document.snapshot(snapshot(*processes))))
    path = folder / "page.html"
    assert run("report", "--html", str(path), "--from", str(kept)).returncode == 0
    assert path.stat().st_size < 4_000_000
    return path


def test_hostile_names_are_text_wherever_they_stand(browser, hostile):
    browser.show(hostile.path)
    title = browser.driver.title
    assert title.startswith("fdscope: ")
    shown = browser.texts("#descriptor-table td.code")
    for name in HOSTILE:
        wanted = SHOWN.get(name, name.decode(errors="replace"))
        assert any(f"/</script><script>document.title=5</{wanted}, 0 B" in one for one in shown), wanted
    assert browser.text("#process-table tbody a") == '"><b>&'
    for number in hostile.told["numbers"]:
        browser.ask("location.hash = arguments[0]", f"#p{hostile.pid}-fd{number}")
        until(lambda number=number: f"descriptor {number}" in (browser.text("#detail[open] h2") or ""))
        assert "</script><script>document.title=5<" in browser.text("#detail .code")
    browser.shoot("hostile-names")
    for search in ("<script>", '"><img', "\\u202e", "\\xff\\xfe"):
        browser.choose("search", search)
        assert browser.texts("#descriptor-table td.code")
    until(lambda: browser.ask("return document.querySelectorAll('#graph-body .node').length") > 0)
    assert browser.driver.title == title
    strangers = "img, b:not(.tiles b, .share b), iframe, object"
    assert browser.ask("return document.querySelectorAll(arguments[0]).length", strangers) == 0
    assert browser.ask("return document.scripts.length") == 2
    assert browser.complaints() == []


def test_the_policy_stops_what_would_get_in_all_the_same(browser, hostile):
    browser.show(hostile.path)
    browser.ask("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"document.title=6\">')")
    browser.ask(
        "const one = document.createElement('script'); one.textContent = 'document.title = 7';"
        "document.body.append(one)"
    )
    until(lambda: len(browser.ask("return window.violations")) >= 3)
    assert {one.partition("-")[0] for one in browser.ask("return window.violations")} == {"img", "script"}
    assert browser.driver.title.startswith("fdscope: ")
    browser.complaints()


def test_everything_is_reached_by_keys(browser, hostile):
    from selenium.webdriver.common.keys import Keys

    browser.show(hostile.path)
    browser.press(Keys.TAB)
    assert browser.text(":focus") == "Skip to the content"
    browser.press(Keys.ENTER)
    assert browser.focus() == "main"
    reached = []
    for _ in range(120):
        browser.press(Keys.TAB)
        reached.append(browser.focus())
        if reached[-1] == "BODY":  # past the last
            break
    for wanted in (
        "process-search",
        "Processes",
        "search",
        "of-kind",
        "Descriptors",
        "wait-search",
        "Threads that wait",
    ):
        assert wanted in reached
    assert any(one.startswith("Graph of who talks") for one in reached)
    browser.press("/")
    assert browser.focus() == "search"
    browser.press("script>")
    assert browser.text("#descriptor-count").startswith(f"{2 * len(HOSTILE)} of ")  # the child has them, too
    browser.press(Keys.ESCAPE)
    assert browser.ask("return document.getElementById('search').value") == ""
    browser.ask("document.querySelector('#descriptor-table table').focus()")
    browser.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.END, Keys.HOME, Keys.ARROW_DOWN)
    row = browser.ask(
        "return document.getElementById(document.activeElement.getAttribute('aria-activedescendant')).textContent"
    )
    browser.press(Keys.ENTER)
    assert browser.text("#detail[open] h2").partition(" [")[0] in row
    browser.press(Keys.ESCAPE)
    assert browser.text("#detail[open] h2") is None
    assert browser.focus() == "Descriptors"
    browser.ask("document.querySelector('#descriptor-table th button').focus()")
    browser.press(Keys.ENTER)
    assert (
        browser.ask("return document.querySelector('#descriptor-table th').getAttribute('aria-sort')")
        == "descending"
    )
    assert browser.complaints() == []


def test_a_place_of_the_page_can_be_linked(browser, hostile):
    browser.show(hostile.path, f"#p{hostile.pid}-fd{hostile.told['reader']}")
    assert browser.text("#detail[open] h2").endswith(f"descriptor {hostile.told['reader']}")
    other = f"#p{hostile.pid}-fd{hostile.told['writer']}"
    assert other in browser.ask("return [...document.querySelectorAll('#detail .links a')].map((one) => one.hash)")
    browser.ask("document.querySelector('#detail .links a[href=\"' + arguments[0] + '\"]').click()", other)
    until(lambda: browser.text("#detail[open] h2").endswith(f"descriptor {hostile.told['writer']}"))
    browser.show(hostile.path, f"#p{hostile.pid}")
    assert browser.text("#descriptors-title") == f'Descriptors of "><b>& [{hostile.pid}]'
    assert browser.ask("return document.getElementById('of-process').value") == str(hostile.pid)
    browser.show(hostile.path, "#p4194999")
    assert browser.text("#detail[open] .scrolled") == "It is not in this page."


def test_descriptors_that_could_not_be_read_are_said_to_be(browser, tmp_path):
    kept = tmp_path / "kept.json"
    refused = Problem(what="descriptors", reason="permission-denied", pid=42)
    taken = snapshot(process(descriptors=None, descriptor_count=67), problems=[refused])
    kept.write_bytes(b"".join(document.snapshot(taken)))
    assert run("report", "--html", str(tmp_path / "page.html"), "--from", str(kept)).returncode == 0
    browser.show(tmp_path / "page.html", "#p42")
    told = "67 of 10 (hard limit 2,000); what they are could not be read: permission denied"
    assert browser.text("#process-card dd").startswith(told)
    assert "permission-denied" not in browser.text("main")
    assert browser.text("#descriptor-table .nothing") == "Its descriptors could not be read: permission denied."


def test_the_graph_leads_to_processes_and_descriptors(browser, hostile):
    from selenium.webdriver.common.keys import Keys

    browser.show(hostile.path)
    until(lambda: browser.ask("return document.querySelectorAll('#graph-body .node.target').length") == 2)
    assert browser.ask("return document.querySelectorAll('#graph-body .edge.blocked').length") >= 1
    browser.ask("document.querySelector('svg.graph').focus()")
    before = browser.ask("return document.querySelector('svg.graph > g').getAttribute('transform')")
    browser.press("+", Keys.ARROW_LEFT)
    assert browser.ask("return document.querySelector('svg.graph > g').getAttribute('transform')") != before
    browser.press("0")
    assert browser.ask("return document.querySelector('svg.graph > g').getAttribute('transform')") == before
    browser.press("n")
    browser.shoot("graph")
    while browser.text("svg.graph .node.active title").partition(" [")[0] != '"><b>&':
        browser.press("n")
    browser.press(Keys.ENTER)
    until(lambda: browser.text("#descriptors-title").startswith('Descriptors of "><b>& ['))
    browser.ask("document.querySelector('.edge.blocked').dispatchEvent(new MouseEvent('click'))")
    until(lambda: browser.text("#detail[open] h2"))
    assert "pipe" in browser.text(".edge.blocked title")
    assert browser.complaints() == []


def test_lines_over_time_can_be_read_by_keys_and_as_a_table(browser, hostile):
    from selenium.webdriver.common.keys import Keys

    browser.show(hostile.path, "#time")
    assert len(browser.texts("#time figure h3")) >= 3
    browser.ask("document.querySelector('#time svg.plot').focus()")
    browser.press(Keys.HOME)
    assert " s: " in browser.text("#time .told")
    browser.ask("document.querySelector('#time details').open = true")
    until(lambda: len(browser.texts("#time details[open] tbody tr")) == 4)
    browser.shoot("over-time")


def test_text_can_be_read_in_both_schemes(browser, hostile):
    """By the contrast of WCAG 2.1, 1.4.3, over all text that is seen."""
    dark = "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0] < 128"
    browser.show(hostile.path, scheme="dark")  # as the system has it
    assert (browser.ask(dark), browser.ask(CONTRAST)) == (True, [])
    browser.shoot("dark")
    browser.ask("document.querySelector('input[value=light]').click()")  # as somebody wants it
    assert (browser.ask(dark), browser.ask(CONTRAST)) == (False, [])
    browser.shoot("light")


CONTRAST = """
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const rgb = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data]; };
const linear = (part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
const found = new Set();
for (const one of document.querySelectorAll('body *')) {
  const text = [...one.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join('');
  if (!text || !one.getClientRects().length || one.closest('svg, script, .skip, option, noscript')) continue;
  let under = one;
  while (under && rgb(getComputedStyle(under).backgroundColor)[3] < 255) under = under.parentElement;
  const a = light(rgb(getComputedStyle(one).color));
  const b = light(rgb(getComputedStyle(under || document.body).backgroundColor));
  const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (contrast < 4.5) found.add(`${one.tagName}.${one.className} ${text.slice(0, 20)} ${contrast.toFixed(2)}`);
}
return [...found];
"""


def test_nothing_is_wider_than_a_phone(browser, hostile):
    browser.show(hostile.path, width=360, height=740)
    assert browser.ask("return document.documentElement.scrollWidth") == 360
    browser.ask("document.getElementById('descriptors').scrollIntoView()")
    browser.shoot("phone")
    assert (
        browser.ask("return document.querySelector('#descriptor-table tr[id]').getBoundingClientRect().height")
        == 58
    )
    browser.ask("document.querySelector('#descriptor-table tr[id] td').click()")
    until(lambda: browser.text("#detail[open] h2"))
    assert browser.ask("return document.documentElement.scrollWidth") == 360
    browser.shoot("phone-detail")


def test_a_page_without_scripts_says_so_and_shows_nothing_that_is_dead(browser, hostile):
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.driver.get("about:blank")
        browser.driver.get(f"file://{hostile.path}")
        body = browser.driver.find_element("tag name", "body").text
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert body.split("\n") == [
        "fdscope report",
        "This page is drawn by the script within it, which nothing else is needed for. Allow scripts for this "
        "file, or ask fdscope for text: fdscope --from SNAPSHOT.",
    ]


def test_on_paper_no_column_is_cut_off_and_rows_that_are_left_out_are_counted(browser, many):
    browser.show(many, width=800)
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    told = browser.driver.find_elements("css selector", ".printed")
    assert [one.text for one in told if one.text] == ["19,600 more rows not printed."]
    # it would draw more and more of them if it went by the height of the table
    assert browser.ask("return document.querySelectorAll('#descriptor-table tr[id]').length") == 400
    tables = "return [...document.querySelectorAll('.scroller')]"
    assert browser.ask(f"{tables}.filter((one) => one.scrollWidth > one.clientWidth).length") == 0


def test_what_is_cut_off_is_told_whole_to_who_points_at_it(browser, hostile):
    browser.show(hostile.path)
    cells = "[...document.querySelectorAll('#descriptor-table td')]"
    cut = f"{cells}.find((one) => one.scrollWidth > one.clientWidth)"
    browser.ask(f"{cut}.dispatchEvent(new Event('pointerover', {{bubbles: true}}))")
    assert browser.ask(f"return {cut}.title") == browser.ask(f"return {cut}.textContent")
    assert browser.ask("return document.querySelectorAll('#descriptor-table td[title]').length") == 1


def test_twenty_thousand_descriptors_are_searched_sorted_and_filtered(browser, many):
    from selenium.webdriver.common.keys import Keys

    browser.show(many)
    assert browser.text("#descriptor-count").startswith("20,000 of 20,000 ")
    rows = "return document.querySelectorAll('#descriptor-table tbody tr[id]').length"
    assert 20 < browser.ask(rows) < 120
    browser.press("/")
    browser.press("SEGMENT 119 000")
    assert browser.text("#descriptor-count").startswith("3 of 20,000 ")
    assert [one.partition(",")[0] for one in browser.texts("#descriptor-table td.code")] == [
        f"/data/119/segment-{number:04}" for number in (0, 4, 8)
    ]
    browser.press(Keys.ESCAPE)
    browser.choose("of-kind", "eventfd")
    browser.choose("of-process", "105")
    assert browser.text("#descriptor-count").startswith("250 of 1,000 ")
    head = "document.querySelectorAll('#descriptor-table th button')[arguments[0]]"
    browser.ask(f"{head}.click()", 1)
    assert browser.text("#descriptor-table tbody tr[id] td:nth-child(2)") == "2"
    browser.ask("document.getElementById('clear').click()")
    browser.ask(f"{head}.click(); {head}.click()", 0)
    assert browser.text("#descriptor-table tbody tr[id] td") in ("db-100 [100]", "db-119 [119]")
    browser.ask("document.querySelector('#descriptor-table table').focus()")
    browser.press(Keys.END)
    until(
        lambda: browser.ask("return document.activeElement.getAttribute('aria-activedescendant')").endswith(
            "-19999"
        )
    )
    assert browser.ask(rows) < 120
    browser.shoot("many")
    assert browser.complaints() == []
