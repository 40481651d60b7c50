// The data of the page, unpacked: processes and descriptors by what they are called, texts by their numbers.

const packed = JSON.parse(document.getElementById("data").textContent);
const words = packed.words;
const about = packed.about;

// Numbers as people read them; the same in every language, as the rest of the page is in one.
const number = (value) => (value === null || value === undefined ? "" : value.toLocaleString("en-US"));

function size(bytes) {
  if (bytes === null || bytes === undefined) return "";
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let amount = bytes;
  let unit = 0;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${unit && amount < 9.95 ? amount.toFixed(1) : Math.round(amount)} ${units[unit]}`;
}

const many = (count, noun, plural = `${noun}s`) => `${number(count)} ${count === 1 ? noun : plural}`;

const percent = (share) => (share > 0 && share < 0.005 ? "<1 %" : `${Math.round(share * 100)} %`);

const moment = (text) => text.slice(0, 19).replace("T", " ") + " UTC";

const TEXTS = new Set("name command user state started cgroup container signals sentence unread".split(" "));

// A process is an object with the names of content.py's columns; `held` are its descriptors.
const processes = packed.processes.map((row) => {
  const found = { held: [] };
  packed.columns.forEach((name, place) => {
    found[name] = TEXTS.has(name) ? words[row[place]] : row[place];
  });
  found.share = found.count !== null && found.soft > 0 ? found.count / found.soft : null;
  return found;
});
const byPid = new Map(processes.map((process) => [process.pid, process]));

const kinds = packed.held.kinds;
const PEER = 0;
const SHARED = 1;
const WATCHED = 2;

// A descriptor; what only its details need is unpacked when they are asked for.
const descriptors = packed.held.rows.map((row) => {
  const [place, fd, role, kind, access, flags, what, , relations, totals, missing] = row;
  const process = processes[place];
  const found = {
    row,
    process,
    fd,
    place: fd < 0 ? words[role] : String(fd),
    kind: kinds[kind].name,
    of: kinds[kind],
    access: words[access],
    flags: words[flags],
    what: words[what],
    relations: relations || [],
    totals: totals || [0, 0, 0],
    missing: words[missing || 0],
    ends: "",
    sought: null,
  };
  found.ends = endsOf(found);
  process.held.push(found);
  return found;
});

// nginx[12] fd 5 and 3 more; or why nobody is there.
function endsOf(one) {
  const peers = one.relations.filter(([which]) => which === PEER);
  if (!peers.length) return one.missing;
  const named = peers.slice(0, 2).map(([, pid, fd, name]) => `${nameOf(pid, name, one)}fd ${fd}`);
  const rest = one.totals[PEER] - named.length;
  return named.join(", ") + (rest > 0 ? ` and ${number(rest)} more` : "");
}

function nameOf(pid, name, one) {
  return one && pid === one.process.pid ? "" : `${words[name] || "?"}[${pid}] `;
}

// All that a search looks into, in lower case; made when it is first asked for.
function soughtIn(one) {
  if (one.sought === null) {
    const { process } = one;
    const shown = [one.place, one.kind, one.access, one.flags, one.what, one.ends];
    one.sought = [...shown, process.name, process.pid, process.user, process.container].join("\n").toLowerCase();
  }
  return one.sought;
}

// The words of a search, all of which must be there.
const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);
const hasAll = (text, wanted) => wanted.every((word) => text.includes(word));

// The further fields of a descriptor: name, value, sentence.
function detailsOf(one) {
  const details = one.row[7] || [];
  const found = [];
  for (let place = 0; place < details.length; place += 2) {
    const value = details[place + 1];
    const text = Array.isArray(value) ? words[value[0]] : value === true ? "yes" : value === false ? "no" : String(value);
    const field = packed.held.fields[details[place]];
    found.push([field, field.endsWith("_bytes") && typeof value === "number" && value > 1023 ? `${text} (${size(value)})` : text,
      packed.held.sentences[details[place]]]);
  }
  return found;
}
