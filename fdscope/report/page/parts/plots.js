// Switches and descriptors over time, as lines with axes, and the same as tables.

const COLOURS = 8;
const MARGIN = { left: 58, right: 12, top: 10, bottom: 30 };

// Round steps for an axis: 1, 2 or 5 times a power of ten.
function ticksOf(least, most, wanted, whole) {
  const span = most - least || 1;
  const power = 10 ** Math.floor(Math.log10(span / wanted));
  let step = [1, 2, 5, 10].map((one) => one * power).find((one) => span / one <= wanted);
  if (whole) step = Math.max(step, 1);
  const found = [];
  for (let at = Math.ceil(least / step) * step; at <= most + step * 1e-6; at += step) found.push(Number(at.toPrecision(12)));
  return found;
}

const short = (value) => {
  const [divisor, unit] = Math.abs(value) >= 1e6 ? [1e6, "M"] : [1, ""];
  return `${number(Number((value / divisor).toFixed(3)))}${unit}`;
};
const exact = (value) => (value === null || value === undefined ? "" : number(Number(value.toFixed(value % 1 && Math.abs(value) < 1000 ? 1 : 0))));

class Plot {
  // series: {name, pid, values}; `zero`: the axis begins there, as of rates; else where the values are.
  constructor({ title, unit, times, series, zero = true, whole = false }) {
    Object.assign(this, { title, unit, times, zero, whole });
    this.series = series;
    this.at = null;
    this.svg = draw("svg", { class: "plot", tabindex: "0", role: "img", "aria-label": `${title}, ${unit}: ${this.summary()}`,
      onpointermove: (event) => this.point(event), onpointerleave: () => this.show(null), onblur: () => this.show(null),
      onkeydown: (event) => this.press(event) });
    this.told = make("p", { class: "told", "aria-live": "polite" });
    const key = series.length > 1 ? make("ul", { class: "key" }, series.map((one, place) => make("li", { class: `c${place % COLOURS}` },
      draw("svg", { class: "swatch", width: "26", height: "10", "aria-hidden": "true" }, draw("line", { x1: "0", x2: "26", y1: "5", y2: "5", class: "line" })),
      one.pid === undefined ? one.name : linkTo(one.pid, undefined, one.name)))) : null;
    const table = make("details", { class: "words" }, make("summary", {}, "As a table"), make("div", { class: "sideways", tabindex: "0", role: "region", "aria-label": `${title}, as a table` }));
    table.addEventListener("toggle", () => table.open && clear(table.lastChild, this.table()), { once: true });
    this.element = make("figure", {}, make("figcaption", {}, make("h3", {}, title, make("small", {}, ` ${unit}`))), this.svg, this.told, key, table);
    new ResizeObserver(() => this.draw()).observe(this.svg);
  }

  // Seconds, with as many digits as tell moments apart.
  clock(time) {
    return time.toFixed(this.times.length > 1 && this.times[1] - this.times[0] < 0.95 ? 2 : 1);
  }

  summary() {
    const told = this.series.map((one) => {
      const values = one.values.filter((value) => value !== null);
      return values.length ? `${one.name} from ${exact(Math.min(...values))} to ${exact(Math.max(...values))}` : "";
    });
    return told.filter(Boolean).join("; ");
  }

  table() {
    const head = make("tr", {}, make("th", { scope: "col" }, "Second"), this.series.map((one) => make("th", { scope: "col", class: "right" }, one.name)));
    const rows = this.times.map((time, place) => make("tr", {}, make("th", { scope: "row" }, this.clock(time)),
      this.series.map((one) => make("td", { class: "right" }, one.values[place] === null ? "–" : exact(one.values[place])))));
    return make("table", { class: "plain" }, make("thead", {}, head), make("tbody", {}, rows));
  }

  draw() {
    const width = this.svg.clientWidth;
    const height = this.svg.clientHeight;
    if (!width || !height) return;
    const values = this.series.flatMap((one) => one.values).filter((value) => value !== null);
    let least = this.zero ? 0 : Math.min(...values);
    let most = Math.max(...values, least);
    if (most === least) most = least + 1;
    if (!this.zero) {
      const room = Math.max((most - least) * 0.12, this.whole ? 1 : 0);
      least = Math.max(0, least - room);
      most += room;
    } else most *= 1.05;
    const last = this.times[this.times.length - 1] || 1;
    this.x = (time) => MARGIN.left + (time / last) * (width - MARGIN.left - MARGIN.right);
    this.y = (value) => height - MARGIN.bottom - ((value - least) / (most - least)) * (height - MARGIN.top - MARGIN.bottom);
    const across = ticksOf(least, most, 5, this.whole).map((value) => draw("g", { class: "tick" },
      draw("line", { x1: MARGIN.left, x2: width - MARGIN.right, y1: this.y(value), y2: this.y(value) }),
      draw("text", { x: MARGIN.left - 7, y: this.y(value), dy: "0.35em", "text-anchor": "end" }, short(value))));
    const down = ticksOf(0, last, width < 500 ? 4 : 8, false).map((time) => draw("g", { class: "tick" },
      draw("text", { x: this.x(time), y: height - MARGIN.bottom + 17, "text-anchor": time === 0 ? "start" : "middle" }, `${number(time)} s`)));
    this.cursor = draw("line", { class: "cursor", y1: MARGIN.top, y2: height - MARGIN.bottom, visibility: "hidden" });
    clear(this.svg, across, down, this.cursor, this.series.map((one, place) => draw("g", { class: `c${place % COLOURS}` }, this.lines(one))));
    this.show(this.at);
  }

  // A line for each stretch of values; a value alone is a dot.
  lines(one) {
    const stretches = [];
    let stretch = null;
    one.values.forEach((value, place) => {
      if (value === null) stretch = null;
      else {
        if (!stretch) stretches.push(stretch = []);
        stretch.push(`${this.x(this.times[place]).toFixed(1)} ${this.y(value).toFixed(1)}`);
      }
    });
    return stretches.map((points) => (points.length === 1
      ? draw("circle", { cx: points[0].split(" ")[0], cy: points[0].split(" ")[1], r: "2.5", class: "dot" })
      : draw("polyline", { class: "line", points: points.join(" ") })));
  }

  point(event) {
    if (!this.x) return;
    const at = event.clientX - this.svg.getBoundingClientRect().left;
    let best = 0;
    this.times.forEach((time, place) => {
      if (Math.abs(this.x(time) - at) < Math.abs(this.x(this.times[best]) - at)) best = place;
    });
    this.show(best);
  }

  press(event) {
    const end = this.times.length - 1;
    const to = { ArrowRight: (this.at ?? -1) + 1, ArrowLeft: (this.at ?? end + 1) - 1, Home: 0, End: end }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.show(Math.max(0, Math.min(to, end)));
  }

  // The values of one moment, the greatest first.
  show(place) {
    this.at = place;
    if (!this.cursor) return;
    this.cursor.setAttribute("visibility", place === null ? "hidden" : "visible");
    if (place === null) {
      this.told.textContent = "";
      return;
    }
    for (const end of ["x1", "x2"]) this.cursor.setAttribute(end, this.x(this.times[place]));
    const found = this.series.filter((one) => one.values[place] !== null).sort((a, b) => b.values[place] - a.values[place]);
    const named = found.map((one) => (this.series.length > 1 ? `${one.name} ${exact(one.values[place])}` : exact(one.values[place])));
    this.told.textContent = `${this.clock(this.times[place])} s: ${named.join(" · ") || "nothing"}`;
  }
}

function showTime() {
  const body = $("time-body");
  const line = packed.timeline;
  if (!line) {
    clear(body, make("p", { class: "quiet" }, about.kept
      ? "A snapshot is of one moment: there is nothing to draw over time."
      : ["Nobody watched for a while before this page was made. ", make("code", {}, "fdscope report --html FILE --for 30s"), " does, and draws switches and descriptors here."]));
    return;
  }
  const times = line.elapsed_s;
  if (!times.length) {
    clear(body, make("p", { class: "quiet" }, "The watch was ended before it had seen anything."));
    return;
  }
  const has = (values) => values.some((value) => value !== null);
  const sum = (values) => values.reduce((all, value) => all + (value || 0), 0);
  const change = (values) => {
    const known = values.filter((value) => value !== null);
    return known.length ? Math.max(...known) - Math.min(...known) : 0;
  };
  const best = (key, worth) => line.processes.filter((one) => has(one[key]) && (worth(one[key]) || key === "descriptors"))
    .sort((a, b) => worth(b[key]) - worth(a[key]) || Math.max(...b[key]) - Math.max(...a[key]) || a.pid - b.pid).slice(0, COLOURS)
    .map((one) => ({ name: `${one.name || "?"} [${one.pid}]`, pid: one.pid, values: one[key] }));
  const plots = [
    { title: "Context switches of the machine", unit: "a second", series: [{ name: "all CPUs", values: line.switches_per_s }] },
    { title: "Open file descriptions of the machine", unit: "in the kernel", zero: false, whole: true, series: [{ name: "open file descriptions", values: line.open_files }] },
    { title: "Voluntary switches", unit: "a second, of the processes with most", series: best("voluntary_per_s", sum) },
    { title: "Involuntary switches", unit: "a second, of the processes with most", series: best("involuntary_per_s", sum) },
    { title: "Descriptors", unit: "held, of the processes where they changed most, or that hold most", zero: false, whole: true, series: best("descriptors", change) },
  ];
  const drawn = plots.filter((one) => one.series.some((series) => has(series.values)));
  const empty = plots.filter((one) => !drawn.includes(one)).map((one) => one.title.toLowerCase());
  clear(body,
    make("p", { class: "quiet" }, `Watched from ${moment(line.began_at)} for ${times[times.length - 1].toFixed(1)} s, `
      + `${many(times.length, "moment")}${line.interrupted ? ", and interrupted then" : ""}; ${many(line.processes_total, "process", "processes")} at its end. `
      + "A gap: the process was not among those that were switched most."
      + (empty.length ? ` Nothing was seen of: ${empty.join(", ")}.` : "")),
    make("div", { class: "plots" }, drawn.map((one) => new Plot({ ...one, times }).element)));
}
