// Who talks to whom, drawn: processes and addresses as boxes, what joins them as lines.

const MOST_NODES = 1000;
const PATIENCE_MS = 4000; // how long nodes are put in place at most
const NOT_AT_FIRST = ["inherited"]; // too many of them for a first look
const PLAIN_KINDS = ["pipe", "unix", "tcp", "udp", "listener", "shared-memory", "eventfd", "pty", "inherited"];

const graphState = { shown: new Set(), nodes: [], edges: [], room: { width: 1, height: 1 }, scale: 1, x: 0, y: 0, run: 0, active: null };

const labelOf = (node) => {
  const whole = node.form === "process" ? `${node.label} [${node.pid}]` : node.processes > 1 ? `${node.label} ×${node.processes}` : node.label;
  return node.form === "process" && node.label.includes(`[${node.pid}]`) ? node.label : whole;
};
const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

function showGraph() {
  const section = $("graph");
  if (!packed.graph) {
    section.hidden = true;
    return;
  }
  const { nodes, edges } = packed.graph;
  const byId = new Map(nodes.map((node, place) => [node.id, Object.assign(node, { place })]));
  for (const edge of edges) {
    edge.from = byId.get(edge.source);
    edge.to = byId.get(edge.target);
  }
  graphState.nodes = nodes;
  graphState.edges = edges.filter((edge) => edge.from && edge.to);
  const kindsOf = [...counted(graphState.edges, (edge) => edge.kind)].sort((a, b) => b[1] - a[1] || compare(a[0], b[0]));
  for (const [kind] of kindsOf) if (!NOT_AT_FIRST.includes(kind) || kindsOf.length === 1) graphState.shown.add(kind);
  clear($("graph-body"), graphControls(kindsOf), graphPicture(), edgeSection());
  drawGraph();
}

function graphControls(kindsOf) {
  return make("div", { class: "filters" },
    make("fieldset", { class: "legend", hidden: !kindsOf.length }, make("legend", {}, "Drawn"), kindsOf.map(([kind, count]) => {
      const box = make("input", { type: "checkbox", checked: graphState.shown.has(kind) });
      box.addEventListener("input", () => {
        if (box.checked) graphState.shown.add(kind);
        else graphState.shown.delete(kind);
        drawGraph();
      });
      return make("label", { class: `edge-${PLAIN_KINDS.includes(kind) ? kind : "other"}` }, box, make("span", { class: "stroke", "aria-hidden": "true" }), `${kind} · ${number(count)}`);
    })),
    make("p", { class: "count", id: "graph-count", "aria-live": "polite" }));
}

function graphPicture() {
  const button = (text, title, act) => make("button", { type: "button", title, "aria-label": title, onclick: act }, text);
  const arrow = (kind) => draw("marker", { id: `tip-${kind}`, viewBox: "0 0 8 8", refX: "7", refY: "4", markerWidth: "7", markerHeight: "7", orient: "auto-start-reverse", class: `tip ${kind}` },
    draw("path", { d: "M0 0.8 8 4 0 7.2z" }));
  graphState.layer = draw("g", {});
  graphState.svg = draw("svg", {
    class: "graph", tabindex: "0", role: "application", "aria-roledescription": "graph",
    "aria-label": "Graph of who talks to whom. Plus and minus zoom, arrows move, 0 shows all, n and p go from node to node, Enter opens one. The list of edges below says the same in words.",
    onkeydown: pressInGraph, onwheel: wheelInGraph,
  }, draw("defs", {}, arrow("usual"), arrow("blocked")), graphState.layer);
  listenToPointers(graphState.svg);
  new ResizeObserver(() => graphState.moved || fit()).observe(graphState.svg);
  graphState.picture = make("div", { class: "picture" }, graphState.svg,
    make("div", { class: "zoom" }, button("+", "Nearer", () => zoom(1.3)), button("−", "Farther", () => zoom(1 / 1.3)), button("⤢", "Show all", fit)),
    make("p", { class: "quiet hint" }, "Drag to move; pinch, Ctrl and the wheel, or + and − to zoom. A box leads to its process, a line to its descriptors. ",
      make("span", { class: "alarm" }, "Red"), ": a thread waits there in a blocking call. Dashed and thick: part of a circle."));
  return graphState.picture;
}

// Chooses what is drawn, puts it in place piece by piece, and draws it.
function drawGraph() {
  const edges = graphState.edges.filter((edge) => graphState.shown.has(edge.kind));
  const degree = new Map();
  for (const edge of edges) for (const node of [edge.from, edge.to]) degree.set(node, (degree.get(node) || 0) + 1);
  const joined = graphState.nodes.filter((node) => degree.has(node) || node.target);
  const worth = (node) => (node.target ? 1e6 : 0) + (node.in_cycle ? 1e5 : 0) + (degree.get(node) || 0);
  const drawn = new Set([...joined].sort((a, b) => worth(b) - worth(a) || a.place - b.place).slice(0, MOST_NODES));
  graphState.drawn = graphState.nodes.filter((node) => drawn.has(node));
  graphState.lines = edges.filter((edge) => drawn.has(edge.from) && drawn.has(edge.to));
  const near = new Map(graphState.drawn.map((node) => [node, []]));
  for (const { from, to } of graphState.lines) {
    if (from !== to && !near.get(from).includes(to)) {
      near.get(from).push(to);
      near.get(to).push(from);
    }
  }
  for (const node of graphState.drawn) {
    node.shown = cut(labelOf(node), 28);
    node.more = cut(node.title || "", 30);
    node.width = Math.max(node.shown.length * 7.1 + 22, node.more.length * 6.1 + 18, 56);
    node.height = node.more ? 40 : 28;
    node.x = 0;
    node.y = 0;
  }
  graphState.joined = joined.length;
  graphState.moved = false;
  graphState.active = null;
  clear(graphState.layer);
  graphState.picture.hidden = !graphState.drawn.length;
  say("graph-count", "drawing …");
  place(partsOf(graphState.drawn, near), near);
  showEdges();
}

// Puts all parts in place, a few milliseconds at a time; a later call ends an earlier one.
function place(parts, near) {
  graphState.run += 1;
  const { run } = graphState;
  const began = performance.now();
  const work = (function* all() {
    for (const part of parts) yield* settle(part, near);
  })();
  const goOn = () => {
    if (run !== graphState.run) return;
    const until = performance.now() + 24;
    while (performance.now() < until) {
      if (work.next().done) {
        draws(parts, false);
        return;
      }
    }
    if (performance.now() - began > PATIENCE_MS) draws(parts, true);
    else setTimeout(goOn, 0);
  };
  goOn();
}

function draws(parts, hasty) {
  if (hasty) parts.flat().forEach((node, i) => {
    // those that were not reached stand on a grid
    if (!node.x && !node.y) [node.x, node.y] = [(i % 30) * 190, Math.floor(i / 30) * 60];
  });
  graphState.room = pack(parts);
  // as high as the picture needs, but the screen is not filled by it: one must be able to scroll on
  const high = graphState.room.height * Math.min(graphState.svg.clientWidth / graphState.room.width, 1.15) + 60;
  graphState.svg.style.height = `${Math.round(Math.max(240, Math.min(high, window.innerHeight * 0.72)))}px`;
  const twins = new Map();
  const labels = graphState.lines.length <= 150;
  clear(graphState.layer, graphState.lines.map((edge) => drawEdge(edge, twins, labels)), graphState.drawn.map(drawNode));
  const left = graphState.joined - graphState.drawn.length;
  const unjoined = graphState.nodes.length - graphState.joined;
  const alone = (packed.graph.alone || 0) + unjoined;
  say("graph-count", [
    graphState.drawn.length ? `${many(graphState.drawn.length, "node")}, ${many(graphState.lines.length, "edge")}` : "nothing to draw",
    left > 0 ? `${many(left, "node")} not drawn, those with fewest edges; the list has them` : "",
    alone > 0 ? `${many(alone, "process", "processes")} that none of this joins to another` : "",
    hasty ? "it took too long to put all in its best place" : "",
  ].filter(Boolean).join("; "));
  fit();
}

function drawNode(node) {
  const group = draw("g", { class: ["node", node.form, node.blocked && "blocked", node.in_cycle && "cycle", node.target && "target"].filter(Boolean).join(" "),
    transform: `translate(${node.x.toFixed(1)} ${node.y.toFixed(1)})`, onclick: () => graphState.dragged || openNode(node) },
  draw("title", {}, tellNode(node)),
  draw("rect", { x: -node.width / 2, y: -node.height / 2, width: node.width, height: node.height, rx: node.form === "address" ? 14 : 5 }),
  draw("text", { "text-anchor": "middle", y: node.more ? -7 : 0, dy: "0.36em" }, node.shown),
  node.more ? draw("text", { class: "more", "text-anchor": "middle", y: 10, dy: "0.36em" }, node.more) : null);
  node.element = group;
  return group;
}

function tellNode(node) {
  return [labelOf(node), node.title, node.user && `user ${node.user}`, node.container && `container ${node.container}`,
    node.descriptors !== undefined && many(node.descriptors, "descriptor"), node.blocked && `${many(node.blocked, "thread")} in blocking calls`,
    node.in_cycle && "in a circle of those that wait for each other", node.beyond && `${many(node.beyond, "edge")} more lead beyond the picture`].filter(Boolean).join("\n");
}

// A line from box to box; several between the same two are bent apart.
function drawEdge(edge, twins, withLabel) {
  const { from, to } = edge;
  const key = [from.place, to.place].sort((a, b) => a - b).join(" ");
  const twin = twins.get(key) || 0;
  twins.set(key, twin + 1);
  const bend = twin === 0 ? 0 : Math.ceil(twin / 2) * 26 * (twin % 2 ? 1 : -1) * (from.place < to.place ? 1 : -1);
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const length = Math.hypot(dx, dy) || 1;
  const middle = { x: (from.x + to.x) / 2 - (dy / length) * bend * 2, y: (from.y + to.y) / 2 + (dx / length) * bend * 2 };
  const [start, end] = [rim(from, middle), rim(to, middle)];
  const d = from === to
    ? `M${from.x - 14} ${from.y - 14}c-20 -40 48 -40 28 0`
    : `M${start.x.toFixed(1)} ${start.y.toFixed(1)}Q${middle.x.toFixed(1)} ${middle.y.toFixed(1)} ${end.x.toFixed(1)} ${end.y.toFixed(1)}`;
  const tip = edge.blocked ? "url(#tip-blocked)" : "url(#tip-usual)";
  const text = [edge.count > 1 && `×${number(edge.count)}`, edge.queued_bytes && size(edge.queued_bytes)].filter(Boolean).join(" · ");
  return draw("g", { class: `edge edge-${PLAIN_KINDS.includes(edge.kind) ? edge.kind : "other"}${edge.blocked ? " blocked" : ""}${edge.in_cycle ? " cycle" : ""}`,
    onclick: () => graphState.dragged || openEdge(edge) },
  draw("title", {}, tellEdge(edge)),
  draw("path", { class: "catch", d }),
  draw("path", { class: "line", d, "marker-end": edge.directed ? tip : null }),
  withLabel && text ? draw("text", { x: ((start.x + end.x) / 4 + middle.x / 2).toFixed(1), y: ((start.y + end.y) / 4 + middle.y / 2 - 4).toFixed(1), "text-anchor": "middle" }, text) : null);
}

// Where the way from the middle of a box to a point leaves the box.
function rim(node, towards) {
  const dx = towards.x - node.x;
  const dy = towards.y - node.y;
  const part = Math.min((node.width / 2 + 2) / Math.abs(dx || 1e-9), (node.height / 2 + 2) / Math.abs(dy || 1e-9), 1);
  return { x: node.x + dx * part, y: node.y + dy * part };
}

const wayOf = (edge) => (edge.directed ? "→" : "↔");

function tellEdge(edge) {
  return [`${labelOf(edge.from)} ${wayOf(edge)} ${labelOf(edge.to)}`, `${edge.kind} ×${number(edge.count)}`,
    edge.queued_bytes && `${size(edge.queued_bytes)} wait to be read`, edge.blocked && `${many(edge.blocked, "thread")} in blocking calls`,
    edge.in_cycle && "part of a circle"].filter(Boolean).join("\n");
}

function openNode(node) {
  if (node.form === "process" && byPid.has(node.pid)) {
    go(node.pid);
    return;
  }
  const links = graphState.edges.filter((edge) => edge.from === node || edge.to === node).flatMap(edgeLinks);
  openDetail(labelOf(node),
    make("p", { class: "lines" }, tellNode(node)),
    node.pids ? make("ul", { class: "links" }, node.pids.map((pid) => make("li", {}, linkTo(pid, undefined, `${byPid.get(pid)?.name ?? ""} [${pid}]`)))) : null,
    make("ul", { class: "links" }, links.slice(0, 100)));
}

// The descriptors of an edge, each with the one at its other end.
function edgeLinks(edge) {
  const named = (pid, fd) => linkTo(pid, fd ?? undefined, `${byPid.get(pid)?.name ?? nameInGraph(pid)}[${pid}]${fd === undefined ? " (mapped)" : ` fd ${fd}`}`);
  return edge.descriptors.map((one) => make("li", {}, named(one.pid, one.fd),
    one.peer_pid === undefined ? "" : ` ${wayOf(edge)} `, one.peer_pid === undefined ? "" : named(one.peer_pid, one.peer_fd)));
}

const nameInGraph = (pid) => packed.graph.nodes.find((node) => node.pid === pid)?.label ?? "?";

function openEdge(edge) {
  const [first] = edge.descriptors;
  const held = edge.descriptors.length === 1 && byPid.get(first.pid)?.held.find((one) => one.fd === first.fd);
  if (held) {
    go(first.pid, held);
    return;
  }
  const links = edgeLinks(edge);
  openDetail(`${labelOf(edge.from)} ${wayOf(edge)} ${labelOf(edge.to)}`,
    make("dl", { class: "facts" }, facts([
      ["Joined by", `${edge.kind} ×${number(edge.count)}`],
      ["Direction", edge.directed ? "from the first to the second only" : "both ways"],
      ["Waits to be read", edge.queued_bytes ? size(edge.queued_bytes) : ""],
      ["Blocked", edge.blocked ? many(edge.blocked, "thread") : ""],
    ])),
    make("h3", {}, "Descriptors"), make("ul", { class: "links" }, links),
    edge.count > edge.descriptors.length ? make("p", { class: "quiet" }, `the first ${edge.descriptors.length} of those that join them ${number(edge.count)} times`) : null);
}

// The same in words.
function edgeSection() {
  graphState.table = new Table({
    label: "Edges of the graph", sort: "source", most: 12, open: openEdge,
    isMarked: (edge) => (edge.blocked ? "alarm" : null),
    columns: [
      { key: "source", title: "From", width: "l", small: "a", value: (edge) => labelOf(edge.from), kind: "strong" },
      { key: "way", title: "Way", width: "xs", small: "e", value: (edge) => wayOf(edge), text: (edge) => wayOf(edge) },
      { key: "target", title: "To", width: "l", small: "c", value: (edge) => labelOf(edge.to), kind: "strong" },
      { key: "kind", title: "By", width: "m", small: "b", value: (edge) => edge.kind },
      { key: "count", title: "Times", width: "s", right: true, value: (edge) => edge.count, text: (edge) => number(edge.count) },
      { key: "queued", title: "Queued", width: "s", right: true, value: (edge) => edge.queued_bytes || 0, text: (edge) => (edge.queued_bytes ? size(edge.queued_bytes) : ""), help: "Bytes that wait to be read" },
      { key: "blocked", title: "Blocked", width: "s", right: true, small: "d", value: (edge) => edge.blocked || 0, text: (edge) => (edge.blocked ? many(edge.blocked, "thread") : "") },
      { key: "fds", title: "Descriptors", width: "xl", value: (edge) => edge.descriptors.map((one) => `${one.pid}:${one.fd ?? "mapped"}`).join(" ") },
    ],
  });
  graphState.search = make("input", { type: "search", id: "edge-search", autocomplete: "off", spellcheck: "false", placeholder: "process, address, kind …", oninput: showEdges });
  return make("details", { class: "words", hidden: !graphState.edges.length, open: graphState.edges.length > 0 && graphState.edges.length <= 40 }, make("summary", {}, "All edges in words"),
    make("div", { class: "filters", role: "search", "aria-label": "Search in edges" }, make("label", { class: "wide" }, "Search ", graphState.search),
      make("p", { class: "count", id: "edge-count", "aria-live": "polite" })),
    graphState.table.element);
}

function showEdges() {
  const wanted = wordsOf(graphState.search.value);
  const all = graphState.edges.filter((edge) => graphState.shown.has(edge.kind));
  const found = all.filter((edge) => hasAll(`${labelOf(edge.from)} ${labelOf(edge.to)} ${edge.kind}`.toLowerCase(), wanted));
  graphState.table.show(found);
  say("edge-count", `${number(found.length)} of ${many(all.length, "edge")}`);
}

// ---- Looking nearer, farther and to the sides.

function view(scale, x, y) {
  graphState.scale = Math.max(Math.min(scale, 4), 0.02);
  graphState.x = x;
  graphState.y = y;
  graphState.layer.setAttribute("transform", `translate(${x.toFixed(2)} ${y.toFixed(2)}) scale(${graphState.scale.toFixed(4)})`);
}

function fit() {
  const { clientWidth: width, clientHeight: height } = graphState.svg;
  if (!width || !height) return;
  const { room } = graphState;
  const scale = Math.min(width / (room.width + 20), height / (room.height + 20), 1.15);
  view(scale, (width - room.width * scale) / 2, (height - room.height * scale) / 2);
  graphState.moved = false;
  graphState.svg.classList.remove("near");
}

function zoom(factor, x = graphState.svg.clientWidth / 2, y = graphState.svg.clientHeight / 2) {
  const scale = Math.max(Math.min(graphState.scale * factor, 4), 0.02);
  const ratio = scale / graphState.scale;
  view(scale, x - (x - graphState.x) * ratio, y - (y - graphState.y) * ratio);
  graphState.moved = true;
  graphState.svg.classList.add("near");
}

function pan(dx, dy) {
  view(graphState.scale, graphState.x + dx, graphState.y + dy);
  graphState.moved = true;
}

function wheelInGraph(event) {
  if (!event.ctrlKey && !event.metaKey && document.activeElement !== graphState.svg) return;
  event.preventDefault();
  const box = graphState.svg.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY * 0.0015), event.clientX - box.left, event.clientY - box.top);
}

function pressInGraph(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const act = {
    "+": () => zoom(1.3), "=": () => zoom(1.3), "-": () => zoom(1 / 1.3), 0: fit, n: () => step(1), p: () => step(-1),
    ArrowLeft: () => pan(60, 0), ArrowRight: () => pan(-60, 0), ArrowUp: () => pan(0, 60), ArrowDown: () => pan(0, -60),
    Enter: () => graphState.active && openNode(graphState.active),
  }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

// To the next node, which comes into the middle.
function step(by) {
  const { drawn, active } = graphState;
  if (!drawn.length) return;
  const at = active ? drawn.indexOf(active) + by : by > 0 ? 0 : -1;
  const node = drawn[(at + drawn.length) % drawn.length];
  if (active) active.element.classList.remove("active");
  graphState.active = node;
  node.element.classList.add("active");
  const scale = Math.max(graphState.scale, 0.8);
  view(scale, graphState.svg.clientWidth / 2 - node.x * scale, graphState.svg.clientHeight / 2 - node.y * scale);
  graphState.moved = true;
  say("graph-count", tellNode(node).replaceAll("\n", "; "));
}

// One pointer moves, two zoom. What was a movement is no click.
function listenToPointers(svg) {
  const held = new Map();
  let apart = 0;
  const spread = () => {
    const [a, b] = [...held.values()];
    return { distance: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  };
  svg.addEventListener("pointerdown", (event) => {
    held.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (held.size === 1) graphState.dragged = false;
    if (held.size === 2) apart = spread().distance;
  });
  svg.addEventListener("pointermove", (event) => {
    const before = held.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    if (held.size === 1) {
      if (!graphState.dragged && Math.hypot(now.x - before.x, now.y - before.y) < 4) return;
      if (!graphState.dragged) svg.setPointerCapture(event.pointerId);
      graphState.dragged = true;
      pan(now.x - before.x, now.y - before.y);
    }
    held.set(event.pointerId, now);
    if (held.size === 2) {
      graphState.dragged = true;
      const { distance, x, y } = spread();
      const box = svg.getBoundingClientRect();
      if (apart) zoom(distance / apart, x - box.left, y - box.top);
      apart = distance;
    }
  });
  for (const name of ["pointerup", "pointercancel", "pointerleave"]) {
    svg.addEventListener(name, (event) => {
      held.delete(event.pointerId);
      apart = 0;
      setTimeout(() => { graphState.dragged = false; }, 0);
    });
  }
}
