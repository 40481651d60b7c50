// The everything-is-a-file matrix: which of the file verbs the kinds obey that are held.

function showMatrix(process) {
  const held = (process ? process.held : descriptors).filter((one) => one.fd >= 0);
  const counts = [...counted(held, (one) => one.of)].sort((a, b) => b[1] - a[1] || compare(a[0].name, b[0].name));
  say("matrix-sentence", process ? process.sentence || "It holds no descriptor that could be read." : packed.sentence);
  say("matrix-title", process ? `Everything is a file? ${process.name || "?"} [${process.pid}]` : "Everything is a file?");
  const tick = (is) => make("td", { class: is ? "yes" : "no" }, is ? "yes" : "–");
  const heads = ["Kind", "Held", ...packed.held.verbs, "Moves", "Named"];
  clear($("matrix-table"), counts.length ? make("table", { class: "matrix" },
    make("thead", {}, make("tr", {}, heads.map((text, place) => make("th", { scope: "col", class: place === 1 ? "right" : null }, text)))),
    make("tbody", {}, counts.map(([kind, count]) => make("tr", {},
      make("th", { scope: "row" }, make("button", { type: "button", class: "plain", title: `Show those of the kind ${kind.name}`,
        onclick: () => { choose({ kind: kind.name }); goTo("descriptors"); } }, chip(kind.name))),
      make("td", { class: "right" }, number(count)),
      packed.held.verbs.map((verb) => tick(kind.verbs.includes(verb))),
      make("td", {}, kind.unit || "nothing"), tick(kind.named))))) : null);
}
