// Elements of the page. Foreign text gets into it in one way only: as the text of a node.

const $ = (id) => document.getElementById(id);

// An element with attributes and children; a text becomes a text node, and nothing that can be obeyed.
function make(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function draw(name, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const clear = (element, ...children) => element.replaceChildren(...children.flat().filter(Boolean));

// Places of the page, as others can link to them.
const hashOf = (pid, fd) => `#p${pid}` + (fd === undefined || fd < 0 ? "" : `-fd${fd}`);

// A link to a process or descriptor, if it is in the page; else its text alone.
function linkTo(pid, fd, text) {
  const process = byPid.get(pid);
  const there = process && (fd === undefined || process.held.some((one) => one.fd === fd));
  return there ? make("a", { href: hashOf(pid, fd) }, text) : make("span", {}, text);
}

// Terms with what they mean, in a list; a meaning is a text or nodes.
function facts(pairs) {
  return pairs
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .flatMap(([term, value, title]) => [make("dt", { title }, term), make("dd", {}, value)]);
}

// The panel with all that is known of one thing. Escape closes it, as it does with every dialog.
function openDetail(title, ...children) {
  const panel = $("detail");
  const close = make("button", { type: "button", class: "close", onclick: () => panel.close() }, "Close");
  clear(panel, make("div", { class: "panel" },
    make("header", {}, make("h2", { id: "detail-title" }, title), close),
    make("div", { class: "scrolled", tabindex: "0" }, ...children)));
  if (!panel.open) panel.showModal();
  close.focus();
}

// Says a text, and only where it is another than before: a live region would be read out again.
function say(id, text) {
  const element = $(id);
  if (element.textContent !== text) element.textContent = text;
}

const paper = window.matchMedia("print");
const narrow = window.matchMedia("(max-width: 44rem)");
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
