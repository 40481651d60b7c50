// Where the nodes of a graph stand: nodes that are joined draw each other near, all others keep apart.
//
// The same graph always looks the same: it begins on a spiral, in an order that only the graph gives, and nothing
// in it is left to chance. Parts that nothing joins are laid out by themselves and then put side by side.

const SPREAD = 88; // how far apart joined nodes would like to be
const STRETCH = 1.75; // labels are wider than they are high, so that all is drawn wider too
const GAP = 26; // room between two boxes, and twice that between two parts

// The parts of a graph: lists of nodes that edges lead between, the largest first.
function partsOf(nodes, near) {
  const seen = new Set();
  const found = [];
  const byDegree = [...nodes].sort((a, b) => near.get(b).length - near.get(a).length || a.place - b.place);
  for (const first of byDegree) {
    if (seen.has(first)) continue;
    seen.add(first);
    const part = [first];
    for (let at = 0; at < part.length; at += 1) {
      for (const next of near.get(part[at])) {
        if (!seen.has(next)) {
          seen.add(next);
          part.push(next);
        }
      }
    }
    found.push(part);
  }
  return found.sort((a, b) => b.length - a.length || a[0].place - b[0].place);
}

// Puts the nodes of one part in place; pauses after each round, so that the page stays awake.
function* settle(part, near) {
  const count = part.length;
  const x = new Float64Array(count);
  const y = new Float64Array(count);
  const dx = new Float64Array(count);
  const dy = new Float64Array(count);
  part.forEach((node, i) => {
    node.at = i;
    const angle = i * 2.399963; // the golden angle: no two stand in line
    x[i] = SPREAD * Math.sqrt(i) * Math.cos(angle);
    y[i] = SPREAD * Math.sqrt(i) * Math.sin(angle);
  });
  const rounds = count < 3 ? 30 : count <= 80 ? 300 : count <= 400 ? 160 : 90;
  for (let round = 0; round < rounds; round += 1) {
    dx.fill(0);
    dy.fill(0);
    for (let i = 0; i < count; i += 1) {
      for (let j = i + 1; j < count; j += 1) {
        const ax = x[i] - x[j];
        const ay = y[i] - y[j];
        const push = (SPREAD * SPREAD) / (ax * ax + ay * ay + 1);
        dx[i] += ax * push;
        dy[i] += ay * push;
        dx[j] -= ax * push;
        dy[j] -= ay * push;
      }
    }
    part.forEach((node, i) => {
      for (const other of near.get(node)) {
        const j = other.at;
        const ax = x[i] - x[j];
        const ay = y[i] - y[j];
        const pull = Math.sqrt(ax * ax + ay * ay) / SPREAD;
        dx[i] -= ax * pull;
        dy[i] -= ay * pull;
      }
      // towards the middle, so that long arms do not fly apart
      dx[i] -= x[i] * 0.08;
      dy[i] -= y[i] * 0.08;
    });
    const most = SPREAD * 1.2 * (1 - round / rounds) + 1;
    for (let i = 0; i < count; i += 1) {
      const length = Math.sqrt(dx[i] * dx[i] + dy[i] * dy[i]) || 1;
      const step = Math.min(length, most) / length;
      x[i] += dx[i] * step;
      y[i] += dy[i] * step;
    }
    yield;
  }
  part.forEach((node, i) => {
    node.x = x[i] * STRETCH;
    node.y = y[i];
  });
  yield* separate(part);
}

// Pushes boxes apart that lie over each other, along the shorter way.
function* separate(part) {
  for (let round = 0; round < 80; round += 1) {
    let moved = false;
    const sorted = [...part].sort((a, b) => a.x - a.width / 2 - (b.x - b.width / 2) || a.place - b.place);
    for (let i = 0; i < sorted.length; i += 1) {
      const a = sorted[i];
      for (let j = i + 1; j < sorted.length; j += 1) {
        const b = sorted[j];
        if (b.x - b.width / 2 > a.x + a.width / 2 + GAP + 40) break;
        const overX = (a.width + b.width) / 2 + GAP - Math.abs(a.x - b.x);
        const overY = (a.height + b.height) / 2 + GAP / 1.5 - Math.abs(a.y - b.y);
        if (overX <= 0 || overY <= 0) continue;
        moved = true;
        if (overX < overY) {
          const side = a.x < b.x || (a.x === b.x && a.place < b.place) ? -1 : 1;
          a.x += (side * overX) / 2;
          b.x -= (side * overX) / 2;
        } else {
          const side = a.y < b.y || (a.y === b.y && a.place < b.place) ? -1 : 1;
          a.y += (side * overY) / 2;
          b.y -= (side * overY) / 2;
        }
      }
    }
    yield;
    if (!moved) return;
  }
}

// Puts the parts side by side in rows, and answers with the room that they take.
function pack(parts) {
  const boxes = parts.map((part) => {
    const left = Math.min(...part.map((node) => node.x - node.width / 2)) - GAP;
    const right = Math.max(...part.map((node) => node.x + node.width / 2)) + GAP;
    const top = Math.min(...part.map((node) => node.y - node.height / 2)) - GAP;
    const bottom = Math.max(...part.map((node) => node.y + node.height / 2)) + GAP;
    return { part, left, top, width: right - left, height: bottom - top };
  });
  const area = boxes.reduce((sum, box) => sum + box.width * box.height, 0);
  const room = Math.max(Math.sqrt(area * 1.9), ...boxes.map((box) => box.width));
  boxes.sort((a, b) => b.height - a.height || b.width - a.width || a.part[0].place - b.part[0].place);
  let [x, y, row, width] = [0, 0, 0, 0];
  for (const box of boxes) {
    if (x > 0 && x + box.width > room) {
      x = 0;
      y += row;
      row = 0;
    }
    for (const node of box.part) {
      node.x += x - box.left;
      node.y += y - box.top;
    }
    x += box.width;
    row = Math.max(row, box.height);
    width = Math.max(width, x);
  }
  return { width: Math.max(width, 1), height: Math.max(y + row, 1) };
}
