"use strict";
// The lineage page. Text enters the document as text nodes alone: there is no innerHTML anywhere.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const tables = data.tables.map(([name, zone, about, owners, page, packed], id) => ({
    id, name, zone: data.zones[zone], about, owners, page, packed, columns: [],
  }));
  // A node is a column, or (after all columns) the rows of a table as a whole.
  const nodes = [];
  for (const table of tables) {
    for (let i = 0; i < table.packed.length; i += 3) {
      const [name, type] = [data.words[table.packed[i]], data.words[table.packed[i + 1]]];
      const flags = table.packed[i + 2];
      table.columns.push({ id: nodes.length, table, name, type, personal: flags & 1, label: flags & 2 });
      nodes.push(table.columns.at(-1));
    }
  }
  const columnCount = nodes.length;
  for (const table of tables) nodes.push(table.rows = { id: nodes.length, table, name: "", type: "" });

  const into = nodes.map(() => []), from = nodes.map(() => []);
  for (const table of tables) Object.assign(table, { sources: new Map(), users: new Map() });
  for (let i = 0; i < data.edges.length; i += 3) {
    const [to, source, code] = data.edges.slice(i, i + 3);
    const edge = { to: nodes[to], from: nodes[source], kind: data.kinds[code >> 1], blurred: code & 1 };
    edge.direct = to < columnCount && source >= 0;
    into[to].push(edge);
    if (!edge.from) continue;
    from[source].push(edge);
    const [upper, lower] = [edge.from.table, edge.to.table];
    if (edge.direct || !upper.users.has(lower)) upper.users.set(lower, edge.direct);
    if (edge.direct || !lower.sources.has(upper)) lower.sources.set(upper, edge.direct);
  }
  const isMissing = (node) => into[node.id].some((edge) => edge.kind === "MISSING");
  const isConstant = (node) => into[node.id].some((edge) => edge.kind === "CONSTANT");
  const tableNamed = new Map(tables.map((table) => [table.name, table]));

  const WORDS = {
    IDENTITY: "as it is", TRANSFORMATION: "computed", AGGREGATION: "aggregated", FILTER: "filter", JOIN: "join",
    GROUP_BY: "grouping", SORT: "order", WINDOW: "window", CONDITIONAL: "condition",
  };
  const NOUNS = { raw: "source", release: "dataset" };
  const GLYPHS = { TRANSFORMATION: "ƒ", AGGREGATION: "Σ" };
  const word = (kind) => WORDS[kind] || kind.toLowerCase();
  const count = (n, one, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
  const full = (node) => node.name ? `${node.table.name}.${node.name}` : `rows of ${node.table.name}`;
  const link = (node) => `#${encodeURIComponent(node.table ? node.table.name : node.name)}` +
    (node.table && node.name ? `.${encodeURIComponent(node.name)}` : "");

  function h(tag, props = {}, ...children) {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(props)) {
      if (typeof value === "function") element.addEventListener(key, value);
      else if (value !== undefined && value !== null && value !== false) element.setAttribute(key, value);
    }
    element.append(...children.flat(2).filter(Boolean));
    return element;
  }
  const by = (id) => document.getElementById(id);
  const chip = (table) => h("span", { class: `zone z-${table.zone}` }, table.zone);
  const marks = (node) => [
    isMissing(node) && h("b", { class: "mark bad", title: "The plan hides where it comes from" }, "origin unknown"),
    isConstant(node) && h("b", { class: "mark" }, "constant"),
    node.personal ? h("b", { class: "mark personal", title: "Holds personal data" }, "personal") : null,
    node.label ? h("b", { class: "mark" }, "label") : null,
  ].filter(Boolean);

  // ---- curves between boxes --------------------------------------------------------------------------
  const svg = (tag, props) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(props)) element.setAttribute(key, value);
    return element;
  };

  // Boxes side by side are joined by a curve between them, boxes below each other by one on their left.
  function way(a, b) {
    if (a.right <= b.left + 1) {
      const bend = Math.max(18, (b.left - a.right) / 2);
      return [`M${a.right} ${a.y}C${a.right + bend} ${a.y} ${b.left - bend} ${b.y} ${b.left} ${b.y}`,
        (a.right + b.left) / 2, (a.y + b.y) / 2];
    }
    const out = Math.min(a.left, b.left) - Math.min(40, 10 + Math.abs(a.y - b.y) * 0.06);
    return [`M${a.left} ${a.y}C${out} ${a.y} ${out} ${b.y} ${b.left} ${b.y}`];
  }

  function wires(box, pairs, { glyphs = false } = {}) {
    const canvas = svg("svg", { class: "wires", "aria-hidden": "true" });
    box.prepend(canvas);
    const draw = () => {
      const base = box.getBoundingClientRect();
      const at = (element) => {
        const r = element.getBoundingClientRect();
        return { left: r.left - base.left, right: r.right - base.left, y: (r.top + r.bottom) / 2 - base.top, r };
      };
      const drawn = pairs.map((pair) => ({ pair, a: at(pair.from), b: at(pair.to) }));
      canvas.replaceChildren();
      canvas.setAttribute("width", base.width);
      canvas.setAttribute("height", base.height);
      for (const { pair, a, b } of drawn) {
        if (!a.r.width || !b.r.width) continue;
        const [d, x, y] = way(a, b);
        pair.drawn = [svg("path", { d, class: `wire ${pair.kind}` })];
        const glyph = glyphs && x !== undefined && (pair.blurred ? "≈" : GLYPHS[pair.subtype]);
        if (glyph) {
          pair.drawn.push(svg("circle", { cx: x, cy: y, r: 8, class: "knob" }),
            svg("text", { x, y: y + 4, class: "glyph" }));
          pair.drawn[2].textContent = glyph;
        }
        canvas.append(...pair.drawn);
      }
    };
    const touch = (element) => {
      const near = new Set([element]);
      for (const pair of pairs) {
        const hot = Boolean(element) && (pair.from === element || pair.to === element);
        for (const part of pair.drawn || []) part.classList.toggle("hot", hot);
        if (hot) near.add(pair.from).add(pair.to);
      }
      box.classList.toggle("touched", near.size > 1);
      for (const each of box.querySelectorAll(".end")) each.classList.toggle("near", near.has(each));
    };
    for (const on of ["pointerover", "focusin"]) box.addEventListener(on, (e) => touch(e.target.closest(".end")));
    for (const off of ["pointerleave", "focusout"]) box.addEventListener(off, () => touch(null));
    return draw;
  }

  let redraw = () => {};
  const watcher = new ResizeObserver(() => redraw());
  matchMedia("print").addEventListener("change", () => redraw());

  // ---- the way of one column or table ----------------------------------------------------------------
  // Steps from `start`, each node as far away as its longest way; in a circle, as its shortest.
  function steps(start, next) {
    const far = new Map([[start, 0]]), waits = new Map(), order = [start];
    for (const node of order) {
      for (const other of next(node)) {
        waits.set(other, (waits.get(other) || 0) + 1);
        if (!far.has(other)) { far.set(other, far.get(node) + 1); order.push(other); }
      }
    }
    const ready = [start];
    for (const node of ready) {
      for (const other of next(node)) {
        if (other === start) continue;
        far.set(other, Math.max(far.get(other), far.get(node) + 1));
        waits.set(other, waits.get(other) - 1);
        if (!waits.get(other)) ready.push(other);
      }
    }
    far.delete(start);
    return far;
  }

  const MOST_CARDS = 10, MOST_ROWS = 7, MOST_ROWS_ON_A_PHONE = 4;
  const phone = matchMedia("(max-width: 46rem)");
  const opened = new Set();

  // `edgesInto(node)` gives {from, kind, subtype, blurred}; a node is a column, rows or a table.
  function flow({ start, before, after, edgesInto, again }) {
    const up = steps(start, before), down = steps(start, after);
    const level = new Map([[start, 0]]);
    for (const [node, n] of down) level.set(node, n);
    for (const [node, n] of up) level.set(node, -n);
    const ofTable = (node) => node.table || node;
    const perLevel = new Map();
    for (const [node, n] of level) {
      if (!perLevel.has(n)) perLevel.set(n, new Map());
      const cards = perLevel.get(n);
      cards.set(ofTable(node), [...(cards.get(ofTable(node)) || []), node]);
    }
    // Outward from the middle, each box at the mean height of what it is joined to: few curves cross.
    const place = new Map([[start, 0.5]]);
    const height = (node, n) => {
      const near = (n < 0 ? after : before)(node).filter((other) => place.has(other));
      return near.length ? near.reduce((sum, other) => sum + place.get(other), 0) / near.length : 0.5;
    };
    const mean = (list) => list.reduce((sum, [, y]) => sum + y, 0) / list.length;
    const numbers = [...perLevel.keys()].sort((a, b) => a - b);
    for (const n of [...numbers].sort((a, b) => Math.abs(a) - Math.abs(b))) {
      const cards = [...perLevel.get(n)].map(([table, own]) => {
        const ranked = own.map((node) => [node, n ? height(node, n) : 0.5]).sort((a, b) => a[1] - b[1] || a[0].id - b[0].id);
        return { table, own: ranked.map(([node]) => node), y: mean(ranked) };
      }).sort((a, b) => a.y - b.y || a.table.id - b.table.id);
      const all = cards.flatMap((card) => card.own);
      all.forEach((node, i) => place.set(node, (i + 0.5) / all.length));
      perLevel.set(n, cards);
    }
    const ends = new Map();
    const more = (key, text) => h("button", { type: "button", class: "more end", click: () => { opened.add(key); again(key); } }, text);
    const card = ({ table, own }, n) => {
      const isStart = n === 0, isTable = own[0] === table, key = `${n}/${table.id}`;
      const rows = own.slice(0, opened.has(key) ? own.length : phone.matches ? MOST_ROWS_ON_A_PHONE : MOST_ROWS);
      const title = h("a", { href: link(table), "aria-current": isStart && isTable && "true" }, table.name);
      const items = isTable ? [] : rows.map((node) => {
        const row = h("a", { href: link(node), class: `row end${isMissing(node) ? " bad" : ""}`, "aria-current": isStart && "true",
          "aria-label": `${full(node)}${node.type ? `, ${node.type}` : ""}` },
        h("span", { class: "name" }, node.name || "which rows there are"), h("span", { class: "type" }, node.type), marks(node));
        ends.set(node, row);
        return h("li", {}, row);
      });
      if (!isTable && own.length > rows.length) {
        const button = more(key, count(own.length - rows.length, "more column"));
        own.slice(rows.length).forEach((node) => ends.set(node, button));
        items.push(h("li", {}, button));
      }
      const box = h("article", { class: `card z-${table.zone}${isStart ? " start" : ""}${isTable ? " end" : ""}` },
        h("h3", {}, title, isTable && h("small", {}, count(table.columns.length, "column"))), items.length && h("ul", {}, items));
      if (isTable) ends.set(table, box);
      return box;
    };
    const columns = numbers.map((n) => {
      const cards = perLevel.get(n), key = `level ${n}`;
      const shown = cards.slice(0, opened.has(key) ? cards.length : MOST_CARDS);
      const label = n ? `${count(Math.abs(n), "step")} ${n < 0 ? "before" : "after"}` : "";
      const level = h("section", { class: "level", "aria-label": label || "Chosen" }, label && h("p", { class: "step" }, label), shown.map((c) => card(c, n)));
      if (cards.length > shown.length) {
        const button = more(key, count(cards.length - shown.length, "more table"));
        cards.slice(shown.length).forEach((c) => c.own.forEach((node) => ends.set(node, button)));
        level.append(button);
      }
      return level;
    });
    const pairs = new Map(), numbered = new Map();
    const number = (element) => numbered.get(element) ?? (numbered.set(element, numbered.size), numbered.size - 1);
    for (const [node, n] of level) {
      for (const edge of edgesInto(node)) {
        const m = level.get(edge.from);
        if (m === undefined || (n > 0 && m < 0) || (m > 0 && n <= 0)) continue;
        const [a, b] = [ends.get(edge.from), ends.get(node)];
        const kind = edge.direct ? (edge.blurred ? "direct blurred" : "direct") : "indirect";
        const key = `${number(a)}/${number(b)}/${kind}`, known = pairs.get(key);
        if (!known) pairs.set(key, { from: a, to: b, kind, blurred: edge.blurred, subtype: edge.kind });
        else if (known.subtype !== edge.kind) known.subtype = "TRANSFORMATION";
      }
    }
    const list = [...pairs.values()].filter((pair) => pair.from !== pair.to);
    const inner = h("div", { class: "inner" }, columns);
    const element = h("div", { class: "flow", role: "region", tabindex: "0", "aria-label": "Graph" }, inner);
    return { element, draw: wires(inner, list, { glyphs: list.length <= 90 }), up: up.size, down: down.size };
  }

  const unique = (list) => [...new Set(list)];
  const cells = (label, list) => list.length
    ? h("section", {}, h("h2", {}, label), h("ul", { class: "ways" }, list.map((item) => h("li", {}, item)))) : null;
  const named = (node) => h("a", { href: link(node) }, node.name ? full(node) : `${node.table.name}: its rows`);
  const how = (edge) => h("span", { class: `how${edge.direct ? "" : " dashed"}` }, word(edge.kind),
    edge.blurred ? h("b", { class: "mark", title: "The plan does not say which of these columns it comes from" }, "≈ perhaps") : null);
  const head = (title, table, ...facts) => h("div", { class: "head" }, h("p", { class: "path" }, chip(table), facts),
    h("h1", { tabindex: "-1" }, title), table.about ? h("p", { class: "about" }, table.about) : null);
  const docs = (table) => table.page ? h("a", { class: "docs", href: table.page }, "Data Docs") : null;

  let wantsIndirect = false;
  function columnView(node) {
    const table = node.table, rows = into[table.rows.id];
    const takes = (edge) => edge.from && (edge.direct || wantsIndirect);
    const edgesInto = (n) => [...into[n.id], ...(n === node && n !== table.rows ? rows : [])].filter(takes);
    const graph = flow({
      start: node, edgesInto, again: () => show(true),
      before: (n) => unique(edgesInto(n).map((edge) => edge.from)),
      after: (n) => unique(from[n.id].filter(takes).map((edge) => edge.to)),
    });
    const uses = from[node.id], indirect = uses.filter((edge) => !edge.direct).length + rows.length;
    const toggle = h("label", { class: "switch" }, h("input", { type: "checkbox", checked: wantsIndirect ? "" : null,
      change: (event) => { wantsIndirect = event.target.checked; show(true); by("main").querySelector(".switch input")?.focus(); } }),
    `Filters, joins and groupings (${indirect})`);
    const name = [h("a", { href: link(table), class: "of" }, table.name), ".", h("wbr"), node.name];
    const origin = isMissing(node)
      ? h("p", { class: "note bad" }, "The plan hides where this column comes from. Say it in the table's YAML: ",
        h("code", {}, `lineage: {${node.name}: [table.column]}`))
      : isConstant(node) ? h("p", { class: "note" }, "Made from no column: a constant, or a function without one.") : null;
    const sources = into[node.id].filter((edge) => edge.from).map((edge) => [named(edge.from), how(edge)]);
    return [
      head(name, table, node.type ? h("code", {}, node.type) : null, marks(node), docs(table)), origin,
      h("div", { class: "bar" }, h("p", {}, `${count(graph.up, "node")} before, ${count(graph.down, "node")} after`.replaceAll("node", "column")),
        indirect ? toggle : null, legend()),
      graph.element,
      h("div", { class: "lists" }, cells("Comes from", sources),
        cells("Used by", uses.filter((edge) => edge.direct).map((edge) => [named(edge.to), how(edge)])),
        cells(`Which rows ${table.name} has`, rows.map((edge) => [named(edge.from), how(edge)])),
        cells("Decides which rows there are in", uses.filter((edge) => !edge.direct).map((edge) => [h("a", { href: link(edge.to) }, edge.to.table.name), how(edge)]))),
      graph.draw,
    ];
  }

  function tableView(table) {
    const graph = flow({
      start: table, again: () => show(true),
      before: (t) => [...t.sources.keys()].filter((other) => other !== t),
      after: (t) => [...t.users.keys()].filter((other) => other !== t),
      edgesInto: (t) => [...t.sources].map(([other, direct]) => ({ from: other, direct, kind: "IDENTITY" })),
    });
    const some = (list, node, blurred) => [list.slice(0, 6).map((other) => h("a", { href: link(other) }, other.name ? full(other) : `${other.table.name}: its rows`)),
      list.length > 6 ? h("a", { href: link(node), class: "rest" }, `${list.length - 6} more`) : null,
      blurred ? h("b", { class: "mark", title: "The plan does not say which of these columns it comes from" }, "≈") : null];
    const line = (node) => h("tr", isMissing(node) ? { class: "bad" } : {},
      h("th", { scope: "row" }, h("a", { href: link(node) }, node.name), marks(node)), h("td", {}, h("code", {}, node.type)),
      h("td", { class: "many" }, some(unique(into[node.id].map((edge) => edge.from).filter(Boolean)), node, into[node.id].some((edge) => edge.blurred))),
      h("td", { class: "many" }, some(unique(from[node.id].filter((edge) => edge.direct).map((edge) => edge.to)), node)));
    const columns = h("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": "Columns" }, h("table", {},
      h("thead", {}, h("tr", {}, ["Column", "Type", "Comes from", "Used by"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, table.columns.map(line))));
    return [
      head(table.name, table, table.owners ? h("span", {}, table.owners) : null, docs(table)),
      h("div", { class: "bar" }, h("p", {}, `${count(graph.up, "table")} before, ${count(graph.down, "table")} after`), legend()),
      graph.element,
      h("h2", {}, count(table.columns.length, "column")), table.columns.length ? columns : null,
      h("div", { class: "lists" }, cells("Which rows there are", into[table.rows.id].filter((edge) => edge.from).map((edge) => [named(edge.from), how(edge)])),
        cells("Its rows are counted by", from[table.rows.id].map((edge) => [named(edge.to), how(edge)]))),
      graph.draw,
    ];
  }

  function legend() {
    const item = (kind, text) => {
      const line = svg("svg", { width: 30, height: 10, "aria-hidden": "true" });
      line.append(svg("path", { d: "M1 5H29", class: `wire ${kind}` }));
      return h("li", {}, line, text);
    };
    return h("ul", { class: "legend" }, item("direct", "values"), item("direct blurred", "≈ perhaps"), item("indirect", "which rows"));
  }

  // ---- all tables --------------------------------------------------------------------------------------
  const MOST_IN_ZONE = 40, MOST_DRAWN = 60;
  function overview() {
    const ends = new Map();
    const entry = (table) => {
      const missing = table.columns.filter(isMissing).length;
      ends.set(table, h("a", { class: `tile end z-${table.zone}`, href: link(table) }, h("span", { class: "name" }, table.name),
        h("small", {}, table.columns.length ? count(table.columns.length, "column") : "no columns yet",
          missing ? h("b", { class: "mark bad" }, `${missing} of unknown origin`) : null)));
      return h("li", {}, ends.get(table));
    };
    const zones = data.zones.map((zone) => {
      const own = tables.filter((table) => table.zone === zone);
      const key = `zone ${zone}`, shown = opened.has(key) ? own : own.slice(0, MOST_IN_ZONE);
      return h("section", { class: "band" }, h("h2", {}, h("span", { class: `zone z-${zone}` }, zone), h("small", {}, count(own.length, NOUNS[zone] || "table"))),
        h("ul", {}, shown.map(entry)), own.length > shown.length
          ? h("button", { type: "button", class: "more", click: () => { opened.add(key); show(true); } }, `Show all ${own.length}`) : null);
    });
    const pairs = [];
    for (const table of tables) {
      for (const [other, direct] of table.sources) {
        const [a, b] = [ends.get(other), ends.get(table)];
        if (a && b && a !== b) pairs.push({ from: a, to: b, kind: direct ? "direct" : "indirect" });
      }
    }
    const inner = h("div", { class: `bands${tables.length > MOST_DRAWN ? " many" : ""}` }, zones);
    const missing = nodes.filter(isMissing);
    return [
      h("div", { class: "head" }, h("h1", { tabindex: "-1" }, "All tables"), h("p", { class: "about" },
        `${count(tables.length, "table")}, ${count(columnCount, "column")}, ${count(data.edges.length / 3, "way", "ways")} between them`)),
      h("div", { class: "bar" }, legend()),
      data.edges.length ? null : h("p", { class: "note" }, "No lineage is recorded in this lake yet. Each build records it: ",
        h("code", {}, "clearwell run"), "; for tables that were built before, ", h("code", {}, "clearwell run --full-refresh"), "."),
      missing.length ? h("details", { class: "note bad" }, h("summary", {}, `${count(missing.length, "column")} of unknown origin`),
        h("ul", {}, missing.map((node) => h("li", {}, named(node))))) : null,
      h("div", { class: "flow wide" }, inner), wires(inner, pairs),
    ];
  }

  // ---- the address ---------------------------------------------------------------------------------------
  function target() {
    let text = location.hash.slice(1);
    try { text = decodeURIComponent(text); } catch { /* not encoded: taken as it stands */ }
    if (!text) return [overview, null, ""];
    if (tableNamed.has(text)) return [tableView, tableNamed.get(text), text];
    for (let dot = text.indexOf("."); dot >= 0; dot = text.indexOf(".", dot + 1)) {
      const node = tableNamed.get(text.slice(0, dot))?.columns.find((column) => column.name === text.slice(dot + 1));
      if (node) return [columnView, node, text];
    }
    return [unknown, text, text];
  }
  const unknown = (text) => [
    h("div", { class: "head" }, h("h1", { tabindex: "-1" }, "Not here")),
    h("p", { class: "note" }, "This lake has no table or column ", h("code", {}, text), ". ", h("a", { href: "#" }, "All tables")),
    cells("Do you mean", search(text.split(/[._]/).filter(Boolean).at(-1) || text).slice(0, 10).map((hit) => h("a", { href: link(hit) }, full(hit)))),
    () => {},
  ];

  function show(stay) {
    const [view, what, title] = target();
    const content = view(what), draw = content.pop(), scrolled = scrollY;
    document.title = `${title || "All tables"} · Lineage of ${data.lake}`;
    by("main").replaceChildren(...content.filter(Boolean));
    redraw = draw;
    watcher.disconnect();
    const inner = by("main").querySelector(".inner, .bands");
    if (inner) watcher.observe(inner);
    redraw();
    const box = by("main").querySelector(".flow"), middle = box?.querySelector(".start");
    if (middle) box.scrollLeft = middle.offsetLeft - (box.clientWidth - middle.offsetWidth) / 2;
    if (stay) scrollTo(0, scrolled);
    else { scrollTo(0, 0); by("main").querySelector("h1").focus({ preventScroll: true }); }
  }

  // ---- the search ------------------------------------------------------------------------------------------
  const MOST_FOUND = 50;
  const entries = [...tables, ...nodes.slice(0, columnCount)].map((item) => {
    const name = item.name.toLowerCase(), path = item.table ? `${item.table.name.toLowerCase()}.${name}` : name;
    return { item, name, path };
  });
  function score({ item, name, path }, words) {
    if (!words.every((part) => path.includes(part))) return -1;
    const last = words.at(-1), at = name.indexOf(last);
    const rank = name === last || path === last ? 0 : name.startsWith(last) || path.startsWith(last) ? 2
      : at > 0 && /[^a-z0-9]/.test(name[at - 1]) ? 4 : at > 0 ? 6 : 8;
    return rank + (item.table ? 1 : 0) + name.length / 1000;
  }
  const zoneOf = (item) => data.zones.indexOf((item.table || item).zone);
  function search(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    return entries.map((entry) => [score(entry, words), entry.item]).filter(([rank]) => rank >= 0)
      .sort((a, b) => a[0] - b[0] || zoneOf(b[1]) - zoneOf(a[1])).map(([, item]) => item);
  }
  const find = by("find"), list = by("found");
  let chosen = -1;
  const marked = (text, words) => {
    const at = words.map((part) => [text.toLowerCase().indexOf(part), part.length]).filter(([i]) => i >= 0).sort((a, b) => b[1] - a[1])[0];
    return at ? [text.slice(0, at[0]), h("mark", {}, text.slice(at[0], at[0] + at[1])), text.slice(at[0] + at[1])] : text;
  };
  function choose(n) {
    chosen = Math.max(-1, Math.min(n, list.children.length - 1));
    [...list.children].forEach((option, i) => option.setAttribute("aria-selected", i === chosen));
    if (chosen < 0) find.removeAttribute("aria-activedescendant");
    else { find.setAttribute("aria-activedescendant", `option-${chosen}`); list.children[chosen].scrollIntoView({ block: "nearest" }); }
  }
  function close() {
    by("found-box").hidden = true;
    find.setAttribute("aria-expanded", "false");
    choose(-1);
  }
  function open(item) { close(); find.value = ""; find.blur(); location.hash = link(item); }
  let hits = [];
  function look() {
    const text = find.value.trim();
    if (!text) return close();
    hits = search(text);
    const words = text.toLowerCase().split(/\s+/);
    list.replaceChildren(...hits.slice(0, MOST_FOUND).map((item, i) => h("li", { role: "option", id: `option-${i}`, click: () => open(item) },
      h("span", { class: "name" }, marked(item.name, words)), item.table
        ? h("span", { class: "in" }, marked(item.table.name, words)) : h("span", { class: "in" }, count(item.columns.length, "column")),
      chip(item.table || item))));
    by("found-more").textContent = !hits.length ? "Nothing has this in its name"
      : hits.length > MOST_FOUND ? `${MOST_FOUND} of ${hits.length.toLocaleString("en")}: type more, or a table's name first` : "";
    by("said").textContent = count(hits.length, "match", "matches");
    by("found-box").hidden = false;
    find.setAttribute("aria-expanded", "true");
    choose(hits.length ? 0 : -1);
    list.scrollTop = 0;
  }
  find.addEventListener("input", look);
  find.addEventListener("focus", look);
  find.addEventListener("keydown", (event) => {
    const move = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (move && hits.length) { event.preventDefault(); choose(Math.max(0, chosen + move)); }
    else if (event.key === "Enter" && chosen >= 0) open(hits[chosen]);
    else if (event.key === "Escape") { find.value = ""; close(); find.blur(); }
  });
  document.addEventListener("pointerdown", (event) => { if (!event.target.closest(".find")) close(); });
  find.addEventListener("blur", () => setTimeout(() => { if (!document.activeElement?.closest(".find")) close(); }, 150));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.closest("input") || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    find.focus();
    find.select();
  });
  addEventListener("hashchange", () => show(false));
  show(false);
  document.documentElement.dataset.ready = "true";
})();
