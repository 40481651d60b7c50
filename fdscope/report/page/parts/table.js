// A table of any length: only the rows that are in sight are in the page.
//
// Arrow keys, page keys, Home and End move from row to row, Enter opens one. A click on a heading sorts, a second
// one turns the order round.

const BEYOND = 12; // rows that are kept ready above and below those in sight
const PRINTED = 400; // rows that go onto paper

class Table {
  // columns: {key, title, value(row), text(row), cell(row), right, width, small}; value is what it is sorted by,
  // text what is shown, cell nodes in place of that; small is the place of the cell on a narrow screen.
  constructor({ label, columns, sort, falling = false, open = null, isMarked = null, most = 24 }) {
    this.columns = columns;
    this.sort = sort;
    this.falling = falling;
    this.open = open;
    this.isMarked = isMarked;
    this.rows = [];
    this.active = 0;
    this.from = -1;
    this.to = -1;
    this.most = most;
    Table.made += 1;
    this.id = `table${Table.made}`;
    this.above = make("tr", { "aria-hidden": "true", class: "space" }, make("td", { colspan: columns.length }));
    this.below = make("tr", { "aria-hidden": "true", class: "space" }, make("td", { colspan: columns.length }));
    this.head = make("tr", { role: "row", "aria-rowindex": "1" });
    this.body = make("tbody", { role: "rowgroup" });
    this.table = make("table", {
      role: "grid", tabindex: "0", "aria-label": label, "aria-colcount": columns.length,
      onkeydown: (event) => this.press(event), onfocus: () => this.mark(), onclick: (event) => this.click(event),
      onpointerover: tellWhole,
    }, make("colgroup", {}, columns.map((column) => make("col", { class: `w-${column.width || "m"}` }))),
    make("thead", { role: "rowgroup" }, this.head), this.body);
    this.scroller = make("div", { class: "scroller", onscroll: () => this.draw() }, this.table);
    this.nothing = make("p", { class: "nothing", hidden: true });
    this.printed = make("p", { class: "printed" });
    this.element = make("div", { class: "table" }, this.scroller, this.nothing, this.printed);
    this.heading();
    this.height = 0;
    narrow.addEventListener("change", () => this.draw(true));
    new ResizeObserver(() => this.draw()).observe(this.scroller);
    window.addEventListener("beforeprint", () => this.draw(true, PRINTED));
    window.addEventListener("afterprint", () => this.draw(true));
  }

  // One pixel line is part of a row: the style sheet has the same heights.
  rowHeight() {
    const small = narrow.matches && this.columns.some((column) => column.small);
    return small ? 58 : 29;
  }

  heading() {
    clear(this.head, this.columns.map((column) => {
      const mine = this.sort === column.key;
      const order = mine ? (this.falling ? "descending" : "ascending") : "none";
      const sign = mine ? (this.falling ? "▼" : "▲") : "";
      return make("th", { role: "columnheader", scope: "col", "aria-sort": order, class: column.right ? "right" : null },
        make("button", { type: "button", onclick: () => this.sortBy(column.key), title: column.help || null },
          column.title, make("span", { class: "sign", "aria-hidden": "true" }, sign)));
    }));
  }

  sortBy(key) {
    const column = this.columns.find((one) => one.key === key);
    if (this.sort === key) this.falling = !this.falling;
    else {
      this.sort = key;
      this.falling = Boolean(column.right && column.key !== "pid" && column.key !== "fd");
    }
    const place = this.columns.indexOf(column);
    const had = this.head.contains(document.activeElement);
    this.heading();
    if (had) this.head.children[place].firstElementChild.focus();
    this.show(this.rows);
  }

  // Other rows, in the order that was chosen last; what has no value comes last in both directions.
  show(rows, nothing = "Nothing fits.") {
    this.nothing.textContent = nothing;
    const column = this.columns.find((one) => one.key === this.sort);
    const turn = this.falling ? -1 : 1;
    const keyed = rows.map((row, place) => [column.value(row), place, row]);
    const lacks = (value) => value === null || value === undefined || value === "";
    keyed.sort(([a, i], [b, j]) => {
      if (lacks(a) || lacks(b)) return lacks(a) - lacks(b) || i - j;
      const order = typeof a === "number" && typeof b === "number" ? a - b : compare(String(a), String(b));
      return order * turn || i - j;
    });
    this.rows = keyed.map(([, , row]) => row);
    this.active = 0;
    this.table.setAttribute("aria-rowcount", this.rows.length + 1);
    this.nothing.hidden = this.rows.length > 0;
    this.scroller.hidden = !this.rows.length;
    this.scroller.scrollTop = 0;
    const rest = this.rows.length - PRINTED;
    this.printed.textContent = rest > 0 ? `${many(rest, "more row")} not printed.` : "";
    this.draw(true);
  }

  // On paper nothing scrolls: a table is as high as its rows, and so must not go by its height.
  draw(afresh = false, printed = paper.matches ? PRINTED : 0) {
    const height = this.rowHeight();
    const room = Math.min(this.most * 29, Math.max(window.innerHeight * 0.72, 240));
    const whole = this.rows.length * height + 34;
    this.scroller.style.height = `${Math.min(whole, room)}px`;
    const first = Math.max(Math.floor(this.scroller.scrollTop / height) - BEYOND, 0);
    const seen = Math.ceil((this.scroller.clientHeight || room) / height) + 2 * BEYOND;
    const from = printed ? 0 : Math.min(first, Math.max(this.rows.length - 1, 0));
    const to = Math.min(printed || from + seen, this.rows.length);
    if (!afresh && from === this.from && to === this.to && height === this.height) return;
    this.height = height;
    this.from = from;
    this.to = to;
    this.above.firstChild.style.height = `${from * height}px`;
    this.below.firstChild.style.height = `${printed ? 0 : (this.rows.length - to) * height}px`;
    const rows = [];
    for (let place = from; place < to; place += 1) rows.push(this.row(place));
    clear(this.body, this.above, rows, this.below);
    this.mark();
  }

  row(place) {
    const row = this.rows[place];
    const cells = this.columns.map((column) => {
      const text = column.text ? column.text(row) : String(column.value(row) ?? "");
      const kind = [column.right && "right", column.small && `small-${column.small}`, !column.small && "not-small"];
      return make("td", { role: "gridcell", class: [...kind, column.kind].filter(Boolean).join(" ") },
        column.cell ? column.cell(row, text) : text);
    });
    const marked = this.isMarked && this.isMarked(row);
    return make("tr", { role: "row", id: `${this.id}-${place}`, "aria-rowindex": place + 2, class: marked || null }, cells);
  }

  // The row that the keys are at.
  mark() {
    for (const row of this.body.querySelectorAll("[aria-selected]")) row.removeAttribute("aria-selected");
    const row = $(`${this.id}-${this.active}`);
    if (row) {
      row.setAttribute("aria-selected", "true");
      this.table.setAttribute("aria-activedescendant", row.id);
    } else this.table.removeAttribute("aria-activedescendant");
  }

  move(place) {
    this.active = Math.max(0, Math.min(place, this.rows.length - 1));
    const height = this.rowHeight();
    const top = this.active * height;
    const room = this.scroller.clientHeight - this.head.offsetHeight;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    else if (top + height > this.scroller.scrollTop + room) this.scroller.scrollTop = top + height - room;
    this.draw();
    this.mark();
  }

  press(event) {
    if (event.target !== this.table || event.ctrlKey || event.altKey || event.metaKey) return;
    const page = Math.max(Math.floor(this.scroller.clientHeight / this.rowHeight()) - 2, 1);
    const to = {
      ArrowDown: this.active + 1, ArrowUp: this.active - 1, PageDown: this.active + page,
      PageUp: this.active - page, Home: 0, End: this.rows.length - 1,
    }[event.key];
    if (to !== undefined) this.move(to);
    else if (event.key === "ArrowRight") this.scroller.scrollLeft += 60;
    else if (event.key === "ArrowLeft") this.scroller.scrollLeft -= 60;
    else if (event.key === "Enter" && this.open && this.rows.length) this.open(this.rows[this.active]);
    else return;
    event.preventDefault();
  }

  click(event) {
    const row = event.target.closest("tbody tr[id]");
    if (!row || event.target.closest("a, button") || String(window.getSelection()).length) return;
    this.active = Number(row.id.split("-")[1]);
    this.mark();
    if (this.open) this.open(this.rows[this.active]);
  }
}
Table.made = 0;

// A cell whose text is cut off tells all of it to who points at it.
function tellWhole(event) {
  const cell = event.target.closest("td[role=gridcell]");
  if (cell && cell.scrollWidth > cell.clientWidth) cell.title = cell.textContent;
}

// By letters without their case, and numbers within by their value: eth2 before eth10.
const { compare } = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
