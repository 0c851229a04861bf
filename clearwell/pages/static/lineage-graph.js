// Part 2: boxes and the curves between them; a column or table with what is before and after it.

const MOST_CARDS = 10, MOST_ROWS = 7, MOST_ROWS_ON_A_PHONE = 4, MOST_GLYPHS = 90;
const phone = matchMedia("(max-width: 46rem)");
const opened = new Set();

function svg(tag, props) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(props)) element.setAttribute(key, value);
  return element;
}

/** A path, and its middle: between boxes side by side, or on the left of boxes below each other. */
function path(a, b) {
  if (a.right <= b.left + 1) {
    const bend = Math.max(18, (b.left - a.right) / 2);
    const d = `M${a.right} ${a.y}C${a.right + bend} ${a.y} ${b.left - bend} ${b.y} ${b.left} ${b.y}`;
    return { d, middle: [(a.right + b.left) / 2, (a.y + b.y) / 2] };
  }
  const out = Math.min(a.left, b.left) - Math.min(40, 10 + Math.abs(a.y - b.y) * 0.06);
  return { d: `M${a.left} ${a.y}C${out} ${a.y} ${out} ${b.y} ${b.left} ${b.y}` };
}

/** Curves between elements of `box`; returns what draws them where the elements now are. */
function wires(box, pairs) {
  const canvas = svg("svg", { class: "wires", "aria-hidden": "true" });
  box.prepend(canvas);
  const draw = () => {
    const base = box.getBoundingClientRect();
    const at = (element) => {
      const r = element.getBoundingClientRect();
      return { left: r.left - base.left, right: r.right - base.left, y: (r.top + r.bottom) / 2 - base.top };
    };
    const drawn = pairs.map((pair) => [pair, path(at(pair.from), at(pair.to))]);
    canvas.replaceChildren();
    canvas.setAttribute("width", base.width);
    canvas.setAttribute("height", base.height);
    for (const [pair, { d, middle }] of drawn) {
      pair.drawn = [svg("path", { d, class: `wire ${pair.kind}` })];
      const glyph = pair.blurred ? "≈" : GLYPHS[pair.subtype];
      if (glyph && middle && pairs.length <= MOST_GLYPHS) {
        const text = svg("text", { x: middle[0], y: middle[1] + 4, class: "glyph" });
        text.textContent = glyph;
        pair.drawn.push(svg("circle", { cx: middle[0], cy: middle[1], r: 8, class: "knob" }), text);
      }
      canvas.append(...pair.drawn);
    }
  };
  const touch = (element) => {
    const near = new Set();
    for (const pair of pairs) {
      const isHot = pair.from === element || pair.to === element;
      for (const part of pair.drawn || []) part.classList.toggle("hot", isHot);
      if (isHot) near.add(pair.from).add(pair.to);
    }
    box.classList.toggle("touched", near.size > 0);
    for (const each of box.querySelectorAll(".end")) each.classList.toggle("near", near.has(each));
  };
  for (const on of ["pointerover", "focusin"]) box.addEventListener(on, (event) => touch(event.target.closest(".end")));
  for (const off of ["pointerleave", "focusout"]) box.addEventListener(off, () => touch(null));
  return draw;
}

let redraw = () => {};
const watcher = new ResizeObserver(() => redraw());
matchMedia("print").addEventListener("change", () => redraw());

/** Steps from `start`: each node as far away as its longest way; in a circle, as its shortest. */
function steps(start, next) {
  const far = new Map([[start, 0]]), waits = new Map(), order = [start];
  for (const node of order) {
    for (const other of next(node)) {
      waits.set(other, (waits.get(other) || 0) + 1);
      if (far.has(other)) continue;
      far.set(other, far.get(node) + 1);
      order.push(other);
    }
  }
  const ready = [start];
  for (const node of ready) {
    for (const other of next(node).filter((each) => each !== start)) {
      far.set(other, Math.max(far.get(other), far.get(node) + 1));
      waits.set(other, waits.get(other) - 1);
      if (!waits.get(other)) ready.push(other);
    }
  }
  far.delete(start);
  return far;
}

/** For each level, from left to right, its cards: a table and those of its nodes that are there. */
function arrange(level, before, after) {
  const levels = new Map([...new Set(level.values())].sort((a, b) => a - b).map((n) => [n, new Map()]));
  for (const [node, n] of level) {
    const table = node.table || node, cards = levels.get(n);
    if (!cards.has(table)) cards.set(table, { table, own: [] });
    cards.get(table).own.push(node);
  }
  // Outward from the middle, each at the mean height of what it is joined to: few curves cross.
  const place = new Map();
  const height = (node, n) => {
    const near = (n < 0 ? after : before)(node).filter((other) => place.has(other));
    return near.reduce((sum, other) => sum + place.get(other), 0) / (near.length || 1);
  };
  for (const n of [...levels.keys()].sort((a, b) => Math.abs(a) - Math.abs(b))) {
    const cards = [...levels.get(n).values()], y = new Map();
    for (const { table, own } of cards) {
      for (const node of own) y.set(node, height(node, n));
      own.sort((a, b) => y.get(a) - y.get(b) || a.id - b.id);
      y.set(table, own.reduce((sum, node) => sum + y.get(node), 0) / own.length);
    }
    cards.sort((a, b) => y.get(a.table) - y.get(b.table) || a.table.id - b.table.id);
    const all = cards.flatMap((card) => card.own);
    all.forEach((node, i) => place.set(node, (i + 0.5) / all.length));
    levels.set(n, cards);
  }
  return levels;
}

const more = (key, text) => h("button", { type: "button", class: "more end", click: () => { opened.add(key); show(true); } }, text);

/** A table's box at one level, with a row for each column; `ends` gets where the curves of a node end. */
function card({ table, own }, n, ends) {
  const isTable = own[0] === table, key = `${n}/${table.id}`, isHere = n === 0 && "true";
  const most = opened.has(key) ? own.length : phone.matches ? MOST_ROWS_ON_A_PHONE : MOST_ROWS;
  const row = (node) => {
    const element = h("a", { href: link(node), class: `row end${isMissing(node) ? " bad" : ""}`, "aria-current": isHere,
      "aria-label": `${full(node)}${node.type && `, ${node.type}`}` },
    h("span", { class: "name" }, soft(node.name || "which rows there are")),
    h("span", { class: "type" }, node.type), marks(node));
    ends.set(node, element);
    return h("li", {}, element);
  };
  const rows = isTable ? [] : own.slice(0, most).map(row);
  if (!isTable && own.length > most) {
    const button = more(key, count(own.length - most, "more column"));
    for (const node of own.slice(most)) ends.set(node, button);
    rows.push(h("li", {}, button));
  }
  const title = h("h3", {}, h("a", { href: link(table), "aria-current": isTable && isHere }, soft(table.name)),
    isTable && h("small", {}, count(table.columns.length, "column")));
  const box = h("article", { class: `card z-${table.zone}${n ? "" : " start"}${isTable ? " end" : ""}` },
    title, rows.length > 0 && h("ul", {}, rows));
  if (isTable) ends.set(table, box);
  return box;
}

/** `start` in the middle; `edgesInto(node)` are {from, direct, kind, blurred}. A node is a column, rows or a table. */
function flow({ start, before, after, edgesInto }) {
  const up = steps(start, before), down = steps(start, after), level = new Map([[start, 0], ...down]), ends = new Map();
  for (const [node, n] of up) level.set(node, -n);
  const columns = [...arrange(level, before, after)].map(([n, cards]) => {
    const key = `level ${n}`, most = opened.has(key) ? cards.length : MOST_CARDS;
    const label = n ? `${count(Math.abs(n), "step")} ${n < 0 ? "before" : "after"}` : start.table ? "this column" : "this table";
    const section = h("section", { class: "level", "aria-label": label },
      h("p", { class: "step" }, label), cards.slice(0, most).map((each) => card(each, n, ends)));
    if (cards.length > most) {
      section.append(more(key, count(cards.length - most, "more table")));
      for (const node of cards.slice(most).flatMap((each) => each.own)) ends.set(node, section.lastChild);
    }
    return section;
  });
  const pairs = new Map();
  for (const [node, n] of level) {
    for (const edge of edgesInto(node)) {
      const m = level.get(edge.from);
      if (m === undefined || (n > 0 && m < 0) || (m > 0 && n <= 0)) continue; // a way that passes by `start`
      const [a, b] = [ends.get(edge.from), ends.get(node)];
      const kind = `${edge.direct ? "direct" : "indirect"}${edge.blurred ? " blurred" : ""}`;
      if (!pairs.has(a)) pairs.set(a, new Map());
      const known = [...(pairs.get(a).get(b) || [])].find((pair) => pair.kind === kind);
      if (known && known.subtype !== edge.kind) known.subtype = "TRANSFORMATION";
      if (known || a === b) continue;
      pairs.get(a).set(b, [...(pairs.get(a).get(b) || []), { from: a, to: b, kind, blurred: edge.blurred, subtype: edge.kind }]);
    }
  }
  const inner = h("div", { class: "inner" }, columns);
  const draw = wires(inner, [...pairs.values()].flatMap((ofOne) => [...ofOne.values()].flat()));
  const element = h("div", { class: "flow", role: "region", tabindex: "0", "aria-label": "Graph" }, inner);
  return { element, draw, up: up.size, down: down.size };
}
