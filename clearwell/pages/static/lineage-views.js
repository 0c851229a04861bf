// Part 3: what the page shows of a column, of a table, and of all tables; the address says which.

const MOST_LISTED = 6, MOST_IN_ZONE = 40, MOST_DRAWN = 60;
const BLURRED = "The plan does not say which of these columns it comes from";
const unique = (list) => [...new Set(list)];
const named = (node, text) => h("a", { href: link(node) }, text || (node.name ? full(node) : `${node.table.name}: its rows`));
const perhaps = (text) => h("b", { class: "mark", title: BLURRED }, text);
const how = (edge) => h("span", { class: "how" }, word(edge.kind), edge.blurred ? perhaps("≈ perhaps") : null);
const docs = (table) => table.page ? h("a", { href: table.page }, "Data Docs") : null;
const head = (title, table, ...facts) => h("div", { class: "head" },
  h("p", { class: "path" }, chip(table), facts), h("h1", { tabindex: "-1" }, title), h("p", { class: "about" }, table.about));

/** A titled list of what is at the other end of edges; nothing when there are none. */
function ways(title, edges, other) {
  const items = edges.map((edge) => h("li", {}, other(edge), how(edge)));
  return items.length ? h("section", {}, h("h2", {}, title), h("ul", { class: "ways" }, items)) : null;
}

function legend() {
  const item = (kind, text) => {
    const line = svg("svg", { width: 30, height: 10, "aria-hidden": "true" });
    line.append(svg("path", { d: "M1 5H29", class: `wire ${kind}` }));
    return h("li", {}, line, text);
  };
  return h("ul", { class: "legend" },
    item("direct", "values"), item("direct blurred", "≈ perhaps"), item("indirect", "which rows"));
}

let wantsIndirect = false;
function toggle(n) {
  const input = h("input", { type: "checkbox", change: () => {
    wantsIndirect = input.checked;
    show(true);
    by("main").querySelector(".switch input")?.focus();
  } });
  input.checked = wantsIndirect;
  return n ? h("label", { class: "switch" }, input, `Filters, joins and groupings (${n})`) : null;
}

function columnView(node) {
  const table = node.table, rows = into[table.rows.id].filter((edge) => edge.from);
  const takes = (edge) => edge.from && (edge.direct || wantsIndirect);
  // What decides the rows of its table decides the column too; it is drawn as a way into the column.
  const edgesInto = (n) => [...into[n.id], ...(n === node ? rows : [])].filter(takes);
  const graph = flow({
    start: node, edgesInto,
    before: (n) => unique(edgesInto(n).map((edge) => edge.from)),
    after: (n) => unique(from[n.id].filter(takes).map((edge) => edge.to)),
  });
  const sources = into[node.id].filter((edge) => edge.from), uses = from[node.id].filter((edge) => edge.direct);
  const decides = from[node.id].filter((edge) => !edge.direct);
  const hint = `lineage: {${node.name}: [table.column]}`;
  return [
    head([h("a", { href: link(table), class: "of" }, soft(`${table.name}.`)), soft(node.name)], table,
      node.type && h("code", {}, node.type), marks(node), docs(table)),
    isMissing(node) && h("p", { class: "note bad" },
      "The plan hides where this column comes from. Say it in the table's YAML: ", h("code", {}, hint)),
    isConstant(node) && h("p", { class: "note" }, "Made from no column: a constant, or a function without one."),
    h("div", { class: "bar" }, h("p", {}, `${count(graph.up, "column")} before, ${count(graph.down, "column")} after`),
      toggle(decides.length + rows.length), legend()),
    graph.element,
    h("div", { class: "lists" },
      ways("Comes from", sources, (edge) => named(edge.from)), ways("Used by", uses, (edge) => named(edge.to)),
      ways(`Which rows ${table.name} has`, rows, (edge) => named(edge.from)),
      ways("Decides which rows there are in", decides, (edge) => named(edge.to, edge.to.table.name))),
    graph.draw,
  ];
}

function tableView(table) {
  const graph = flow({
    start: table,
    before: (t) => [...t.sources.keys()].filter((other) => other !== t),
    after: (t) => [...t.users.keys()].filter((other) => other !== t),
    edgesInto: (t) => [...t.sources].map(([other, direct]) => ({ from: other, direct, kind: "IDENTITY" })),
  });
  // Table by table: "year, month of bronze_flights".
  const some = (list, node) => {
    const shown = list.slice(0, MOST_LISTED);
    const ofTable = (other) => shown.filter((each) => each.table === other)
      .flatMap((each, i) => [i > 0 && ", ", named(each, each.name || "its rows")]);
    return [
      unique(shown.map((each) => each.table)).map((other) =>
        h("span", { class: "group" }, ofTable(other), h("small", {}, " of ", soft(other.name)))),
      list.length > shown.length && h("a", { href: link(node), class: "rest" }, `${list.length - shown.length} more`)];
  };
  const line = (node) => {
    const sources = into[node.id].filter((edge) => edge.from), uses = from[node.id].filter((edge) => edge.direct);
    return h("tr", { class: isMissing(node) && "bad" },
      h("th", { scope: "row" }, named(node, node.name), marks(node)), h("td", {}, h("code", {}, node.type)),
      h("td", { class: "many" }, some(unique(sources.map((edge) => edge.from)), node),
        sources.some((edge) => edge.blurred) && perhaps("≈")),
      h("td", { class: "many" }, some(unique(uses.map((edge) => edge.to)), node)));
  };
  const titles = ["Column", "Type", "Comes from", "Used by"].map((name) => h("th", { scope: "col" }, name));
  const columns = h("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": "Columns" },
    h("table", {}, h("thead", {}, h("tr", {}, titles)), h("tbody", {}, table.columns.map(line))));
  return [
    head(soft(table.name), table, table.owners && h("span", {}, table.owners), docs(table)),
    h("div", { class: "bar" }, h("p", {}, `${count(graph.up, "table")} before, ${count(graph.down, "table")} after`), legend()),
    graph.element,
    h("h2", {}, count(table.columns.length, "column")), table.columns.length > 0 && columns,
    h("div", { class: "lists" },
      ways("Which rows there are", into[table.rows.id].filter((edge) => edge.from), (edge) => named(edge.from)),
      ways("Its rows are counted by", from[table.rows.id], (edge) => named(edge.to))),
    graph.draw,
  ];
}

function overview() {
  const ends = new Map();
  const tile = (table) => {
    const missing = table.columns.filter(isMissing).length;
    ends.set(table, h("a", { class: `tile end z-${table.zone}`, href: link(table) },
      h("span", { class: "name" }, soft(table.name)),
      h("small", {}, table.columns.length ? count(table.columns.length, "column") : "no columns yet",
        missing > 0 && h("b", { class: "mark bad" }, `${missing} of unknown origin`))));
    return h("li", {}, ends.get(table));
  };
  const zones = data.zones.map((zone) => {
    const own = tables.filter((table) => table.zone === zone), key = `zone ${zone}`;
    const shown = opened.has(key) ? own : own.slice(0, MOST_IN_ZONE);
    return h("section", { class: "band" },
      h("h2", {}, chip(own[0]), h("small", {}, count(own.length, NOUNS[zone] || "table"))), h("ul", {}, shown.map(tile)),
      own.length > shown.length && more(key, `Show all ${own.length}`));
  });
  const pairs = tables.flatMap((table) => [...table.sources].map(([other, direct]) =>
    ({ from: ends.get(other), to: ends.get(table), kind: direct ? "direct" : "indirect" })));
  const inner = h("div", { class: `bands${tables.length > MOST_DRAWN ? " many" : ""}` }, zones);
  const missing = nodes.filter(isMissing);
  const sum = [count(tables.length, "table"), count(columnCount, "column"), count(data.edges.length / 3, "way")];
  return [
    h("div", { class: "head" }, h("h1", { tabindex: "-1" }, "All tables")),
    h("div", { class: "bar" }, h("p", {}, `${sum[0]}, ${sum[1]}, ${sum[2]} between them`), legend()),
    !data.edges.length && h("p", { class: "note" }, "No lineage is recorded in this lake yet. Each build records it: ",
      h("code", {}, "clearwell run"), "; of tables that were built before, ", h("code", {}, "clearwell run --full-refresh"), "."),
    missing.length > 0 && h("details", { class: "note bad" },
      h("summary", {}, `${count(missing.length, "column")} of unknown origin`),
      h("ul", {}, missing.map((node) => h("li", {}, named(node))))),
    h("div", { class: "flow wide" }, inner),
    wires(inner, pairs.filter((pair) => pair.from && pair.to && pair.from !== pair.to)),
  ];
}

function unknown(text) {
  const parts = text.split(/[._]/).filter(Boolean).reverse();
  const near = parts.map((part) => search(part).slice(0, 10)).find((found) => found.length) || [];
  return [
    h("div", { class: "head" }, h("h1", { tabindex: "-1" }, "Not here")),
    h("p", { class: "note" }, "This lake has no table or column ", h("code", {}, text), ". ", h("a", { href: "#" }, "All tables")),
    near.length > 0 && h("section", {}, h("h2", {}, "Is it one of these?"),
      h("ul", { class: "ways" }, near.map((hit) => h("li", {}, hit.table ? named(hit) : named(hit, hit.name))))),
    () => {},
  ];
}

function target() {
  let text = location.hash.slice(1);
  try { text = decodeURIComponent(text); } catch { /* not encoded: taken as it stands */ }
  if (!text) return [overview, null, "All tables"];
  if (tableNamed.has(text)) return [tableView, tableNamed.get(text), text];
  for (let dot = text.indexOf("."); dot >= 0; dot = text.indexOf(".", dot + 1)) {
    const node = tableNamed.get(text.slice(0, dot))?.columns.find((column) => column.name === text.slice(dot + 1));
    if (node) return [columnView, node, text];
  }
  return [unknown, text, text];
}

/** Shows what the address says: anew, or (`stays`) the same with more of it. */
function show(stays) {
  if (!stays) opened.clear();
  const [view, what, title] = target(), content = view(what), scrolled = scrollY;
  redraw = content.pop();
  document.title = `${title} · Lineage of ${data.lake}`;
  by("main").replaceChildren(...content.filter(Boolean));
  watcher.disconnect();
  const inner = by("main").querySelector(".inner, .bands"), box = inner?.parentElement, start = inner?.querySelector(".start");
  if (inner) watcher.observe(inner);
  redraw();
  if (start) box.scrollLeft = start.offsetLeft + start.parentElement.offsetLeft - (box.clientWidth - start.offsetWidth) / 2;
  scrollTo(0, stays ? scrolled : 0);
  if (!stays) by("main").querySelector("h1").focus({ preventScroll: true });
}
