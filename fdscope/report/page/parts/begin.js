// The beginning: all parts are filled, keys and places of the page are listened to.

function goTo(id) {
  $(id).scrollIntoView({ behavior: calm.matches ? "auto" : "smooth", block: "start" });
}

// To a process, and to one of its descriptors.
function go(pid, one) {
  const hash = hashOf(pid, one && one.fd);
  if (location.hash !== hash) location.hash = hash;
  else arrive();
  if (one && one.fd < 0) openDescriptor(one);
}

// Shows what the address asks for: #p1234, #p1234-fd7, or a part of the page.
function arrive() {
  const place = /^#p(\d+)(?:-fd(\d+))?$/.exec(location.hash);
  const panel = $("detail");
  if (!place) {
    if (panel.open) panel.close();
    if (location.hash === "#descriptors" && chosen.pid !== null) choose({ pid: null });
    return;
  }
  const pid = Number(place[1]);
  const process = byPid.get(pid);
  if (!process) {
    openDetail(`Process ${pid}`, make("p", {}, "It is not in this page."));
    return;
  }
  const fd = place[2] === undefined ? null : Number(place[2]);
  const one = fd === null ? null : process.held.find((held) => held.fd === fd);
  const isNew = chosen.pid !== pid;
  if (isNew) {
    choose({ pid, kind: "", access: "", words: [] });
    $("search").value = "";
  }
  if (one) {
    const row = descriptorTable.rows.indexOf(one);
    if (row >= 0) descriptorTable.move(row);
    openDescriptor(one);
    return;
  }
  if (panel.open) panel.close();
  if (fd !== null) openDetail(`Process ${pid}`, make("p", {}, `Its descriptor ${fd} is not in this page.`));
  else {
    goTo("descriptors");
    $("descriptors-title").focus({ preventScroll: true });
  }
}

// The panel closes: the address is that of the process again, and the table has the keys.
function closed() {
  const place = /^#p(\d+)-fd\d+$/.exec(location.hash);
  if (place) history.replaceState(null, "", `#p${place[1]}`);
}

function listen() {
  window.addEventListener("hashchange", arrive);
  $("detail").addEventListener("close", closed);
  $("detail").addEventListener("click", (event) => event.target === $("detail") && $("detail").close());
  $("process-search").addEventListener("input", showProcesses);
  $("process-kernel").addEventListener("input", showProcesses);
  $("search").addEventListener("input", () => choose({ words: wordsOf($("search").value) }));
  $("of-kind").addEventListener("input", () => choose({ kind: $("of-kind").value }));
  $("of-access").addEventListener("input", () => choose({ access: $("of-access").value }));
  $("of-process").addEventListener("input", () => {
    const { value } = $("of-process");
    history.replaceState(null, "", value ? `#p${value}` : "#descriptors");
    choose({ pid: value ? Number(value) : null });
  });
  $("clear").addEventListener("click", () => {
    $("search").value = "";
    history.replaceState(null, "", "#descriptors");
    choose({ pid: null, kind: "", access: "", words: [] });
  });
  for (const one of document.querySelectorAll("input[name=scheme]")) {
    one.addEventListener("input", () => document.documentElement.setAttribute("data-scheme", one.value));
  }
  document.addEventListener("keydown", press);
}

function press(event) {
  const typing = event.target.closest("input[type=search], input[type=text], select, textarea");
  if (event.ctrlKey || event.altKey || event.metaKey || $("detail").open) return;
  if (event.key === "/" && !typing) {
    event.preventDefault();
    goTo("descriptors");
    $("search").focus({ preventScroll: true });
    $("search").select();
  } else if (event.key === "Escape" && typing && typing.type === "search" && typing.value) {
    event.preventDefault();
    typing.value = "";
    typing.dispatchEvent(new Event("input"));
  }
}

// The parts of the page, for the list at its top; what has nothing to show is left out.
function listParts() {
  const parts = [["overview", "Overview"], ["processes", "Processes"], ["descriptors", "Descriptors"], ["matrix", "Matrix"],
    ["graph", "Graph"], ["waits", "Waits"], ["time", "Over time"], ["problems", "Unread"], ["about", "About"]];
  clear($("parts"), parts.filter(([id]) => !$(id).hidden).map(([id, text]) => make("li", {}, make("a", { href: `#${id}` }, text))));
}

function begin() {
  // without scripts only a line that says so is seen
  for (const one of document.querySelectorAll("main > section, .scheme")) one.hidden = false;
  showAbout();
  $("process-kernel").closest("label").hidden = !processes.some((one) => one.kernel);
  $("process-table").append(processTable.element);
  $("descriptor-table").append(descriptorTable.element);
  fillFilters();
  showProcesses();
  choose({});
  showOverview();
  showWaits();
  showProblems();
  showTime();
  showGraph();
  listParts();
  listen();
  arrive();
  document.documentElement.setAttribute("data-ready", "");
}

begin();
