// The lineage page, part 1: the lake's tables, columns and edges, and how the page makes elements.
// Text enters the document as text nodes alone: there is no innerHTML anywhere.

const by = (id) => document.getElementById(id);
const data = JSON.parse(by("data").textContent);
const IS_PERSONAL = 1, IS_LABEL = 2;

// A node is a column, or (after all columns) the rows of a table as a whole.
const nodes = [];
const tables = data.tables.map(([name, zone, about, owners, page, packed], id) => {
  const table = { id, name, zone: data.zones[zone], about, owners, page, columns: [], sources: new Map(), users: new Map() };
  for (let i = 0; i < packed.length; i += 3) {
    const [word, type, flags] = packed.slice(i, i + 3);
    table.columns.push({ id: nodes.length, table, name: data.words[word], type: data.words[type], flags });
    nodes.push(table.columns.at(-1));
  }
  return table;
});
const columnCount = nodes.length;
for (const table of tables) nodes.push(table.rows = { id: nodes.length, table, name: "", type: "", flags: 0 });
const tableNamed = new Map(tables.map((table) => [table.name, table]));

// `into` and `from`: the edges that end in a node, and that begin there. `sources` and `users` of a table
// say whether values come from the other, or only which rows there are.
const into = nodes.map(() => []), from = nodes.map(() => []);
for (let i = 0; i < data.edges.length; i += 3) {
  const [to, source, code] = data.edges.slice(i, i + 3);
  const edge = { to: nodes[to], from: nodes[source], kind: data.kinds[code >> 1], blurred: Boolean(code & 1) };
  edge.direct = to < columnCount && source >= 0;
  into[to].push(edge);
  if (!edge.from) continue;
  from[source].push(edge);
  const [upper, lower] = [edge.from.table, edge.to.table];
  upper.users.set(lower, edge.direct || Boolean(upper.users.get(lower)));
  lower.sources.set(upper, edge.direct || Boolean(lower.sources.get(upper)));
}
const isMissing = (node) => into[node.id].some((edge) => edge.kind === "MISSING");
const isConstant = (node) => into[node.id].some((edge) => edge.kind === "CONSTANT");

const WORDS = {
  IDENTITY: "as it is", TRANSFORMATION: "computed", AGGREGATION: "aggregated", FILTER: "filter", JOIN: "join",
  GROUP_BY: "grouping", SORT: "order", WINDOW: "window", CONDITIONAL: "condition",
};
const GLYPHS = { TRANSFORMATION: "ƒ", AGGREGATION: "Σ" };
const NOUNS = { raw: "source", release: "dataset" };
const word = (kind) => WORDS[kind] || kind.toLowerCase();
const count = (n, one, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
const full = (node) => !node.table ? node.name : node.name ? `${node.table.name}.${node.name}` : `rows of ${node.table.name}`;
const link = (node) => !node.table ? `#${encodeURIComponent(node.name)}`
  : `#${encodeURIComponent(node.table.name)}${node.name && `.${encodeURIComponent(node.name)}`}`;

/** An element; attributes and children that are false or empty are left out, functions listen. */
function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.flat(Infinity).filter(Boolean));
  return element;
}
/** A name that may break after each of its words. */
const soft = (text) => text.split(/(?<=[_.])/).flatMap((part) => [h("wbr", {}), part]);
const chip = (table) => h("span", { class: `zone z-${table.zone}` }, table.zone);
const marks = (node) => [
  isMissing(node) && h("b", { class: "mark bad", title: "The plan hides where it comes from" }, "origin unknown"),
  isConstant(node) && h("b", { class: "mark" }, "constant"),
  Boolean(node.flags & IS_PERSONAL) && h("b", { class: "mark personal", title: "Holds personal data" }, "personal"),
  Boolean(node.flags & IS_LABEL) && h("b", { class: "mark", title: "What is to be predicted" }, "label"),
];
