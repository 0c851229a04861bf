// Part 4: find a table or a column while its name is typed. Last, for it starts the page.

const MOST_FOUND = 50;
const entries = [...tables, ...nodes.slice(0, columnCount)].map((item) => {
  const name = item.name.toLowerCase();
  return { item, name, path: item.table ? `${item.table.name.toLowerCase()}.${name}` : name };
});

/** How well all of `words` stand in a name: lower is better, -1 is not at all. */
function score({ item, name, path }, words) {
  if (!words.every((part) => path.includes(part))) return -1;
  const last = words.at(-1), at = name.indexOf(last);
  let rank = at > 0 ? 6 : 8;
  if (name === last || path === last) rank = 0;
  else if (name.startsWith(last) || path.startsWith(last)) rank = 2;
  else if (at > 0 && /[^a-z0-9]/.test(name[at - 1])) rank = 4;
  return rank + (item.table ? 1 : 0) + name.length / 1000;
}

function search(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const zone = (item) => data.zones.indexOf((item.table || item).zone);
  return words.length === 0 ? [] : entries.map((entry) => [score(entry, words), entry.item])
    .filter(([rank]) => rank >= 0).sort((a, b) => a[0] - b[0] || zone(b[1]) - zone(a[1])).map(([, item]) => item);
}

const find = by("find"), list = by("found");
let hits = [], chosen = -1;

function marked(text, words) {
  const places = words.map((part) => [text.toLowerCase().indexOf(part), part.length]).filter(([at]) => at >= 0);
  if (!places.length) return text;
  const [at, length] = places.sort((a, b) => b[1] - a[1])[0];
  return [text.slice(0, at), h("mark", {}, text.slice(at, at + length)), text.slice(at + length)];
}

function choose(n) {
  chosen = Math.min(n, list.children.length - 1);
  [...list.children].forEach((option, i) => option.setAttribute("aria-selected", i === chosen));
  if (chosen < 0) return find.removeAttribute("aria-activedescendant");
  find.setAttribute("aria-activedescendant", `option-${chosen}`);
  list.children[chosen].scrollIntoView({ block: "nearest" });
}

function reveal(isOpen) {
  by("found-box").hidden = !isOpen;
  find.setAttribute("aria-expanded", isOpen);
  choose(isOpen ? 0 : -1);
}

function go(item) {
  find.value = "";
  find.blur();
  reveal(false);
  location.hash = link(item);
}

function look() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return reveal(false);
  hits = search(find.value);
  list.replaceChildren(...hits.slice(0, MOST_FOUND).map((item, i) => h("li", { role: "option", id: `option-${i}`, click: () => go(item) },
    h("span", { class: "name" }, marked(item.name, words)),
    h("span", { class: "in" }, item.table ? marked(item.table.name, words) : count(item.columns.length, "column")),
    chip(item.table || item))));
  by("said").textContent = count(hits.length, "match", "matches");
  by("found-more").textContent = !hits.length ? "Nothing has this in its name" : hits.length > MOST_FOUND
    ? `${MOST_FOUND} of ${hits.length.toLocaleString("en")}: type more, or a table's name first` : "";
  list.scrollTop = 0;
  reveal(true);
}

find.addEventListener("input", look);
find.addEventListener("focus", look);
find.addEventListener("keydown", (event) => {
  const move = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
  if (event.key === "Enter" && chosen >= 0) go(hits[chosen]);
  if (event.key === "Escape") { find.value = ""; reveal(false); find.blur(); }
  if (!move || chosen < 0) return;
  event.preventDefault();
  choose(Math.max(0, chosen + move));
});
document.addEventListener("focusin", (event) => { if (!event.target.closest(".find")) reveal(false); });
document.addEventListener("pointerdown", (event) => { if (!event.target.closest(".find")) reveal(false); });
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.closest("input") || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  find.focus();
  find.select();
});
addEventListener("hashchange", () => show(false));
show(false);
document.documentElement.dataset.ready = "true";
