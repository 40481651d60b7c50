// The machine at a glance, what could not be read, and where all this comes from.

function showOverview() {
  const people = processes.filter((one) => !one.kernel);
  const near = people.filter((one) => one.share > 0.8);
  const tile = (value, text, href, bad) => make("li", { class: bad ? "bad" : null },
    make("a", { href }, make("b", {}, value), make("span", {}, text)));
  const blocked = allWaits.filter((one) => one.model === "blocking" && !one.kernel).length;
  const listed = descriptors.filter((one) => one.fd >= 0).length;
  const tiles = make("ul", { class: "tiles" },
    tile(number(people.length), people.length === 1 ? "process" : "processes", "#processes"),
    tile(number(listed), listed === 1 ? "descriptor" : "descriptors", "#descriptors"),
    tile(number(near.length), near.length === 1 ? "process above 80 % of its limit" : "processes above 80 % of their limit", "#processes", near.length),
    tile(number(blocked), blocked === 1 ? "thread waits, blocking" : "threads wait, blocking", "#waits"),
    packed.cycles.length ? tile(number(packed.cycles.length), packed.cycles.length === 1 ? "circle of those that wait for each other" : "circles of those that wait for each other", "#waits", true) : null,
    tile(number(packed.problems.length), packed.problems.length === 1 ? "fact could not be read" : "facts could not be read", "#problems"));
  const counts = [...counted(descriptors.filter((one) => one.fd >= 0), (one) => one.kind)].sort((a, b) => b[1] - a[1] || compare(a[0], b[0]));
  const most = counts.length ? counts[0][1] : 1;
  const bars = make("ul", { class: "kinds" }, counts.map(([kind, count]) => {
    const bar = make("span", { class: `fillbar ${familyOf(kind)}`, "aria-hidden": "true" });
    bar.style.width = `${(count / most) * 100}%`;
    return make("li", {}, make("button", { type: "button", class: "plain", onclick: () => { choose({ pid: null, kind }); goTo("descriptors"); } }, chip(kind)),
      make("span", { class: "track" }, bar), make("span", { class: "right" }, number(count)));
  }));
  const top = (title, key, shown, note = "") => {
    const best = people.filter((one) => one[key]).sort((a, b) => b[key] - a[key]).slice(0, 6);
    if (!best.length) return null;
    return make("div", { class: "topper" }, make("h3", {}, title, note ? make("small", {}, ` ${note}`) : null),
      make("ol", {}, best.map((one) => make("li", {}, make("a", { href: hashOf(one.pid) }, `${one.name || "?"} [${one.pid}]`), make("span", {}, shown(one))))));
  };
  for (const one of people) one.switched = (one.voluntary || 0) + (one.involuntary || 0);
  clear($("overview-body"),
    tiles,
    make("p", { class: "quiet" }, about.facts.join(" · ")),
    make("div", { class: "columns" },
      make("div", { class: "topper" }, make("h3", {}, "Descriptors by kind"), bars),
      top("Most descriptors", "count", (one) => number(one.count)),
      top("Nearest to their limit", "share", (one) => shareBar(one.share)),
      top("Most context switches", "switched", (one) => number(one.switched), "since each began")));
}

function showProblems() {
  const body = $("problems-body");
  const found = packed.problems.map(([what, reason, pid, fd, detail]) => ({ what: words[what], reason: words[reason], pid, fd, detail: words[detail] }));
  if (!found.length) {
    clear(body, make("p", {}, "Everything that was asked for could be read."));
    return;
  }
  const table = new Table({
    label: "What could not be read", sort: "reason", most: 12,
    open: (one) => one.pid !== null && byPid.has(one.pid) && go(one.pid, byPid.get(one.pid).held.find((held) => held.fd === one.fd)),
    columns: [
      { key: "what", title: "What", width: "xl", small: "a", value: (one) => one.what, kind: "strong" },
      { key: "reason", title: "Why", width: "l", small: "b", value: (one) => one.reason.replaceAll("-", " ") },
      { key: "pid", title: "Process", width: "m", small: "d", value: (one) => one.pid,
        text: (one) => (one.pid === null ? "" : `${byPid.get(one.pid)?.name ?? ""} [${one.pid}]`.trim()) },
      { key: "fd", title: "FD", width: "xs", small: "e", right: true, value: (one) => one.fd },
      { key: "detail", title: "More", width: "xxl", small: "c", value: (one) => one.detail || (Object.hasOwn(packed.reasons, one.reason) ? packed.reasons[one.reason] : "") },
    ],
  });
  clear(body, make("p", { class: "count" }, `${many(found.length, "fact")}; all else is complete`), table.element);
  table.show(found);
}

function showAbout() {
  const selection = [...(about.targets || []), ...(about.where ? [`where ${about.where}`] : [])].join(" ");
  document.title = `fdscope: ${about.host}, ${moment(about.taken_at)}`;
  say("heading", about.host);
  say("taken", `as of ${moment(about.taken_at)} · ${selection || "the whole machine"}`);
  $("taken").title = selection;
  clear($("about-facts"), facts([
    ["Machine", `${about.host}, Linux ${about.kernel || "of a release that is not known"}`],
    ["Taken", `${moment(about.taken_at)}, in ${about.duration_s} s`],
    ["Shows", selection || "the whole machine"],
    ["From", about.kept ? `the snapshot ${about.kept}` : "the machine as it was then"],
    ["Facts by", about.sources.join(", ")],
    ["Taken by", `fdscope ${about.version}` + (about.own_pid ? `, which is process ${about.own_pid} here` : "")],
    ["Command line", make("code", {}, about.command)],
    ["Network", "this page asks for nothing, and its own policy forbids it"],
  ]));
}
