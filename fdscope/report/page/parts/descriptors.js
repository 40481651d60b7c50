// The table of descriptors: filters, search, and the panel of one of them.

// What is shown: of one process or of all, of one kind, with one access, with words.
const chosen = { pid: null, kind: "", access: "", words: [] };

// Kinds in five families, which have a colour each.
const FAMILIES = {
  file: "regular directory symlink char-device block-device tty pty-master fifo memfd secretmem dma-buf file fuse".split(" "),
  pipe: ["pipe", "eventfd", "mqueue"],
  socket: "unix tcp udp udplite icmp raw netlink packet vsock socket tun".split(" "),
  wait: "epoll timerfd signalfd inotify fanotify pidfd io_uring userfaultfd seccomp-notify".split(" "),
};
const familyOf = (kind) => Object.keys(FAMILIES).find((name) => FAMILIES[name].includes(kind)) || "other";
const chip = (kind) => make("span", { class: `chip ${familyOf(kind)}` }, kind);

const descriptorTable = new Table({
  label: "Descriptors",
  sort: "process",
  open: (one) => go(one.process.pid, one),
  columns: [
    { key: "process", title: "Process", width: "l", small: "d", value: (one) => one.process.name,
      text: (one) => `${one.process.name || "?"} [${one.process.pid}]` },
    { key: "fd", title: "FD", width: "xs", right: true, small: "a", value: (one) => one.fd, text: (one) => one.place, kind: "strong" },
    { key: "kind", title: "Kind", width: "m", small: "b", value: (one) => one.kind, cell: (one) => chip(one.kind) },
    { key: "access", title: "Access", width: "xs", small: "e", value: (one) => one.access },
    { key: "what", title: "What it is", width: "xxl", small: "c", value: (one) => one.what, kind: "code" },
    { key: "ends", title: "Other end", width: "xl", value: (one) => one.ends },
    { key: "flags", title: "Flags", width: "m", value: (one) => one.flags },
  ],
});

function showDescriptors() {
  const { pid, kind, access } = chosen;
  const process = pid === null ? null : byPid.get(pid);
  const found = (process ? process.held : descriptors).filter((one) =>
    (!kind || one.kind === kind) && (!access || one.access === access) && hasAll(soughtIn(one), chosen.words));
  descriptorTable.table.classList.toggle("of-one", Boolean(process));
  const refused = process && process.unread ? `Its descriptors could not be read: ${process.unread.replaceAll("-", " ")}.` : "";
  descriptorTable.show(found, refused || (process && !process.held.length ? "It holds none." : undefined));
  const whole = process ? process.held.length : descriptors.length;
  say("descriptor-count", `${number(found.length)} of ${number(whole)} descriptors and files held without one`);
  say("descriptors-title", process ? `Descriptors of ${process.name || "?"} [${pid}]` : "Descriptors");
  showCard(process);
  processTable.draw(true);
  showMatrix(process);
}

function choose(change) {
  Object.assign(chosen, change);
  if (chosen.pid !== null && ![...$("of-process").options].some((one) => one.value === String(chosen.pid))) {
    $("of-process").append(make("option", { value: chosen.pid }, `${byPid.get(chosen.pid).name} [${chosen.pid}]`));
  }
  $("of-process").value = chosen.pid === null ? "" : String(chosen.pid);
  $("of-kind").value = chosen.kind;
  $("of-access").value = chosen.access;
  showDescriptors();
}

const counted = (things, keyOf) => {
  const found = new Map();
  for (const one of things) found.set(keyOf(one), (found.get(keyOf(one)) || 0) + 1);
  return found;
};

function fillFilters() {
  const option = (value, text) => make("option", { value }, text);
  const by = (a, b) => compare(a[0], b[0]);
  clear($("of-process"), option("", "all"), processes.filter((one) => !one.kernel || one.held.length)
    .sort((a, b) => compare(a.name, b.name) || a.pid - b.pid)
    .map((one) => option(String(one.pid), `${one.name || "?"} [${one.pid}] · ${number(one.held.length)}`)));
  clear($("of-kind"), option("", "all"), [...counted(descriptors, (one) => one.kind)].sort(by)
    .map(([kind, count]) => option(kind, `${kind} · ${number(count)}`)));
  clear($("of-access"), option("", "all"), [...counted(descriptors, (one) => one.access)].filter(([access]) => access).sort(by)
    .map(([access, count]) => option(access, `${access} · ${number(count)}`)));
}

// One descriptor: what it is, who is at its ends, and every field with its sentence.
function openDescriptor(one) {
  const others = (which, term) => {
    const named = one.relations.filter(([relation]) => relation === which);
    if (!named.length) return [];
    const rest = one.totals[which] - named.length;
    const links = named.map(([, pid, fd, name]) => make("li", {}, linkTo(pid, fd, `${words[name] || "?"}[${pid}] fd ${fd}`)));
    if (rest > 0) links.push(make("li", { class: "quiet" }, `and ${number(rest)} more`));
    return [make("dt", {}, term), make("dd", {}, make("ul", { class: "links" }, links))];
  };
  const ends = [
    ...others(PEER, "At the other end"),
    ...(one.missing ? [make("dt", {}, "At the other end"), make("dd", {}, one.missing)] : []),
    ...others(SHARED, "Shared with"),
    ...others(WATCHED, "Watched by"),
  ];
  const fields = detailsOf(one).map(([name, value, sentence]) => make("tr", {},
    make("th", { scope: "row" }, name), make("td", { class: "code" }, value), make("td", { class: "quiet" }, sentence)));
  openDetail(
    `${one.process.name || "?"} [${one.process.pid}]: ${one.fd < 0 ? one.place : `descriptor ${one.fd}`}`,
    make("p", { class: "what" }, chip(one.kind), " ", make("span", { class: "code" }, one.what)),
    make("dl", { class: "facts" },
      facts([
        ["Process", linkTo(one.process.pid, undefined, `${one.process.name || "?"} [${one.process.pid}]`)],
        ["Access", one.access], ["Flags", one.flags],
        ["Obeys", one.of.verbs.join(", ") || (one.fd < 0 ? "" : "none of the verbs of files")],
        ["Moves", one.of.unit],
      ]), ends),
    fields.length ? make("table", { class: "fields" },
      make("caption", {}, "All that is known of it"), make("tbody", {}, fields)) : null,
    one.fd < 0 ? null : make("p", { class: "quiet" }, "Told as a story: ", make("code", {}, `fdscope explain ${one.process.pid} ${one.fd}`)),
  );
}
