// The list of processes, and the card of the one that is chosen.

// How much of its limit a process uses, as a bar with the figure in it.
function shareBar(share) {
  if (share === null || share === undefined) return "";
  const bar = make("span", { class: `bar${share > 0.8 ? " bad" : share > 0.5 ? " warm" : ""}`, "aria-hidden": "true" }, make("i"));
  bar.firstChild.style.width = `${Math.max(Math.min(share, 1) * 100, share ? 2 : 0)}%`;
  return make("span", { class: "share" }, bar, make("b", {}, percent(share)));
}

const processTable = new Table({
  label: "Processes",
  sort: "count",
  falling: true,
  most: 16,
  open: (process) => go(process.pid),
  isMarked: (process) => (process.pid === chosen.pid ? "chosen" : null),
  columns: [
    { key: "pid", title: "PID", width: "xs", right: true, value: (one) => one.pid, text: (one) => String(one.pid), small: "d" },
    { key: "name", title: "Name", width: "n", value: (one) => one.name, small: "a", kind: "strong",
      cell: (one, text) => make("a", { href: hashOf(one.pid), tabindex: "-1" }, text || "?") },
    { key: "user", title: "User", width: "xs", value: (one) => one.user, small: "e" },
    { key: "state", title: "State", width: "xs", value: (one) => one.state },
    { key: "threads", title: "Threads", width: "xs", right: true, value: (one) => one.threads, text: (one) => number(one.threads) },
    { key: "count", title: "Held", width: "xs", right: true, value: (one) => one.count, text: (one) => (one.count === null ? one.unread.replaceAll("-", " ") : number(one.count)), help: "Entries of its descriptor table", small: "b" },
    { key: "share", title: "Of limit", width: "s", value: (one) => one.share, text: (one) => (one.share === null ? "" : percent(one.share)), cell: (one) => shareBar(one.share), help: "Share of its soft limit", right: true },
    { key: "voluntary", title: "Voluntary", width: "t", right: true, value: (one) => one.voluntary, text: (one) => number(one.voluntary), help: "Context switches because it had to wait" },
    { key: "involuntary", title: "Involuntary", width: "s", right: true, value: (one) => one.involuntary, text: (one) => number(one.involuntary), help: "Context switches because the CPU was taken away" },
    { key: "resident", title: "Memory", width: "xs", right: true, value: (one) => one.resident, text: (one) => size(one.resident), help: "In physical memory" },
    { key: "command", title: "Command", width: "xxl", value: (one) => one.command, small: "c", kind: "code" },
  ],
});

function showProcesses() {
  const wanted = wordsOf($("process-search").value);
  const kernel = $("process-kernel").checked;
  const found = processes.filter((one) => {
    if (one.kernel && !kernel) return false;
    const text = `${one.pid} ${one.name} ${one.command} ${one.user} ${one.state} ${one.container} ${one.cgroup}`;
    return hasAll(text.toLowerCase(), wanted);
  });
  processTable.show(found);
  const rest = processes.filter((one) => one.kernel).length;
  const left = rest && !kernel ? `; ${many(rest, "thread")} of the kernel left out` : "";
  say("process-count", `${number(found.length)} of ${many(processes.length, "process", "processes")}${left}`);
}

// What is told of the chosen process above its descriptors.
function showCard(process) {
  const card = $("process-card");
  card.hidden = !process;
  if (!process) return;
  const amount = (value) => (value === null ? "not known" : value < 0 ? "unlimited" : number(value));
  const refused = process.unread ? `; what they are could not be read: ${process.unread.replaceAll("-", " ")} ` : "";
  const gone = process.gone ? "" : "; threads already gone are not in it";
  const parent = process.parent ? linkTo(process.parent, undefined, `${byPid.get(process.parent)?.name ?? ""} [${process.parent}]`.trim()) : "";
  const threads = process.kernel ? "a thread of the kernel" : many(process.threads, "thread");
  clear(card,
    make("div", { class: "cardhead" },
      make("h3", {}, `${process.name || "?"} [${process.pid}]`),
      make("button", { type: "button", onclick: () => { location.hash = "#descriptors"; } }, "Show those of all processes")),
    process.command ? make("p", { class: "code command" }, process.command) : null,
    make("dl", { class: "facts" }, facts([
      ["Descriptors", make("span", {}, `${amount(process.count)} of ${amount(process.soft)} (hard limit ${amount(process.hard)})${refused} `, process.share === null ? "" : shareBar(process.share))],
      ["User", process.user],
      ["State", `${process.state || "not known"}, ${threads}`],
      ["Parent", parent],
      ["Started", process.started && moment(process.started)],
      ["Switches", process.voluntary === null ? "" : `${number(process.voluntary)} voluntary, ${number(process.involuntary)} involuntary${gone}`],
      ["Memory", process.resident === null ? "" : `${size(process.resident)} resident, ${size(process.virtual)} virtual`],
      ["CPU time", process.cpu === null ? "" : `${number(process.cpu)} s`],
      ["Signals", process.signals],
      ["Control group", process.cgroup + (process.container ? `, container ${process.container}` : "")],
    ])));
}
