// Which thread waits on what, by which model, and who waits for each other.

const MODELS = ["blocking", "nonblocking", "multiplexed", "signal-driven", "asynchronous"];

const allWaits = packed.waits.map(([pid, process, tid, thread, model, waitsFor, call, phase, time, kernelFunction, on, fds, ends, kernel]) => ({
  pid, process: words[process], tid, thread: words[thread], model: words[model], waitsFor: words[waitsFor],
  call: words[call], phase: words[phase], time: words[time], kernelFunction: words[kernelFunction], on: words[on], fds, ends, kernel,
}));

const waitTable = new Table({
  label: "Threads that wait",
  sort: "process",
  most: 18,
  open: (one) => openWait(one),
  columns: [
    { key: "process", title: "Process", width: "l", small: "a", value: (one) => one.process, kind: "strong",
      text: (one) => `${one.process || "?"} [${one.pid}]` },
    { key: "thread", title: "Thread", width: "m", small: "d", value: (one) => one.tid,
      text: (one) => (one.tid === one.pid && one.thread === one.process ? "" : `${one.thread} [${one.tid}]`) },
    { key: "model", title: "Model", width: "n", small: "b", value: (one) => one.model || `(${one.waitsFor})`,
      cell: (one, text) => make("span", { class: one.model ? `chip model-${one.model}` : "quiet" }, text) },
    { key: "call", title: "Call", width: "n", small: "e", value: (one) => one.call, kind: "code" },
    { key: "on", title: "On what", width: "xxl", small: "c", value: (one) => one.on },
    { key: "time", title: "At most", width: "t", value: (one) => one.time },
    { key: "function", title: "Kernel function", width: "m", value: (one) => one.kernelFunction, kind: "code" },
  ],
});

// All of one wait, with links to the descriptors that it is about.
function openWait(one) {
  const list = (links) => (links.length ? make("ul", { class: "links" }, links.map((link) => make("li", {}, link))) : "");
  openDetail(`${one.process || "?"} [${one.pid}], thread ${one.tid}`, make("dl", { class: "facts" }, facts([
    ["Process", linkTo(one.pid, undefined, `${one.process || "?"} [${one.pid}]`)],
    ["Thread", `${one.thread} [${one.tid}]`],
    ["Model", one.model || "none: it waits for no input or output"],
    ["Waits for", one.waitsFor], ["Call", one.call], ["Phase", one.phase], ["At most", one.time],
    ["Kernel function", one.kernelFunction], ["On", one.on],
    ["Descriptors", list(one.fds.map((fd) => linkTo(one.pid, fd, `fd ${fd}`)))],
    ["At the other end", list(one.ends.map(([pid, fd, name]) => linkTo(pid, fd, `${words[name] || "?"}[${pid}] fd ${fd}`)))],
  ])));
}

function showWaits() {
  const body = $("waits-body");
  const users = allWaits.filter((one) => !one.kernel);
  const count = make("p", { class: "count", "aria-live": "polite" });
  const search = make("input", { type: "search", id: "wait-search", autocomplete: "off", spellcheck: "false", placeholder: "process, call, peer …" });
  const model = make("select", { id: "of-model" }, make("option", { value: "" }, "all"),
    MODELS.concat("none").map((name) => {
      const waiting = users.filter((one) => (one.model || "none") === name).length;
      return waiting ? make("option", { value: name }, `${name === "none" ? "none (no I/O)" : name} · ${number(waiting)}`) : null;
    }));
  const kernel = make("input", { type: "checkbox", id: "wait-kernel" });
  const update = () => {
    const wanted = wordsOf(search.value);
    const found = allWaits.filter((one) => (kernel.checked || !one.kernel) && (!model.value || (one.model || "none") === model.value)
      && hasAll(`${one.process} ${one.pid} ${one.thread} ${one.tid} ${one.call} ${one.on} ${one.kernelFunction} ${one.waitsFor}`.toLowerCase(), wanted));
    waitTable.show(found);
    const unknown = packed.threads_unknown ? `; of ${number(packed.threads_unknown)} it could not be found out` : "";
    count.textContent = `${number(found.length)} of ${many(allWaits.length, "thread")} that wait; ${number(packed.threads_total)} were looked at${unknown}`;
  };
  for (const one of [search, model, kernel]) one.addEventListener("input", update);
  clear(body,
    packed.cycles.map((cycle) => make("div", { class: `notice${cycle.deadlock ? " bad" : ""}` },
      make("h3", {}, cycle.title),
      make("ol", {}, cycle.lines.map((line, place) => make("li", {},
        cycle.links[place] ? linkTo(...cycle.links[place], line) : line))))),
    make("div", { class: "filters", role: "search", "aria-label": "Search in waits" },
      make("label", { class: "wide" }, "Search ", search), make("label", {}, "Model ", model),
      allWaits.length > users.length ? make("label", { class: "check" }, kernel, " threads of the kernel") : null, count),
    waitTable.element);
  update();
}
