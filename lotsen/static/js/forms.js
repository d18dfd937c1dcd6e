/* What script adds to forms: no double submit, a search field over long selects, and the chance of a date. */

const BUSY_FOR_MS = 8000;

function preventDoubleSubmit() {
  const busy = new Set();
  addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (busy.has(form)) return event.preventDefault();
    busy.add(form);
    event.submitter?.setAttribute("aria-disabled", "true");
    // A lost connection must not leave a dead button behind.
    setTimeout(() => release(form), BUSY_FOR_MS);
  });
  const release = (form) => {
    busy.delete(form);
    form.querySelectorAll("[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
  };
  addEventListener("pageshow", () => busy.forEach(release));
}

/* Writes a word as the server does (lotsen/domain/spelling.py): "Türkçe", "turkce" and "TÜRKCE" are the same. */
const LETTERS = ["ıłđøəɛɔʋɩɓɗʌٱىیېێۍکڪګةہھەۆۇۊۏڵڕ", "ildoeeovibdaايييييكككههههوووولر"];
const PAIRS = { ß: "ss", æ: "ae", œ: "oe", ŋ: "ng", ɣ: "gh" };

function fold(text) {
  return text
    .normalize("NFKD")
    .toLowerCase()
    // Accents and vowel points go; signs that belong to a letter, as in Hindi or Japanese, stay.
    .replace(/(?![\u3099\u309a])[\p{sc=Zinh}\p{Cf}\u0591-\u05c7\u0730-\u074a'’‘ʼʻ`´ʿʾ\u0640]/gu, "")
    .replace(/./gu, (letter) => LETTERS[1][LETTERS[0].indexOf(letter)] ?? letter)
    .replace(/[ßæœŋɣ]/g, (letter) => PAIRS[letter])
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, " ")
    .trim();
}

/* 0 so is its name, 1 a name begins with it, 2 a word in one does, 3 all words do, 4 it stands inside, 5 no hit. */
function rank({ names }, query) {
  const begins = (part) => names.some((name) => ` ${name}`.includes(` ${part}`));
  if (names.includes(query)) return 0;
  if (names.some((name) => name.startsWith(query))) return 1;
  if (begins(query)) return 2;
  if (query.includes(" ") && query.split(" ").every(begins)) return 3;
  return query.length > 2 && names.some((name) => name.includes(query)) ? 4 : 5;
}

/* How many letters are too much, missing, wrong or swapped; more than `most` are as good as any number. */
function slips(one, other, most) {
  if (Math.abs(one.length - other.length) > most) return 9;
  let [last, before, row] = [[], [], [...other, ""].map((_, at) => at)];
  for (let i = 1; i <= one.length; i++) {
    [last, before, row] = [before, row, [i]];
    for (let j = 1; j <= other.length; j++) {
      row[j] = Math.min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (one[i - 1] !== other[j - 1]));
      if (one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) row[j] = Math.min(row[j], last[j - 2] + 1);
    }
  }
  return row[other.length];
}

function misspelt({ names }, query) {
  const most = query.length < 4 ? 0 : query.length < 8 ? 1 : 2;
  const all = query.length < 5 ? names : [...names, ...names.map((name) => name.slice(0, query.length))];
  const least = most && Math.min(...all.map((name) => slips(query, name, most)));
  return least && least <= most ? least : 9;
}

/* Slips of spelling count only where nothing else hits. */
export function find(choices, text, several = {}) {
  const query = fold(text);
  if (!query) return choices;
  const sorted = (by, most) =>
    choices
      .map((choice, at) => [by(choice, query), (several[query] ?? []).indexOf(choice.value), at, choice])
      .filter(([hit]) => hit <= most)
      .sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2])
      .map(([, , , choice]) => choice);
  const hits = sorted(rank, 4);
  return hits.length ? hits : sorted(misspelt, 2);
}

function element(name, attributes) {
  const node = document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => value != null && node.setAttribute(key, value));
  return node;
}

/* Editable combobox with list, after the WAI-ARIA practices; the select stays and keeps the value. */
function searchable(select) {
  const { id } = select;
  const choices = [...select.options]
    .filter((option) => option.value)
    .map((option) => ({
      value: option.value,
      text: option.text,
      names: [fold(option.text), fold(option.dataset.search ?? "")],
    }));
  const input = element("input", {
    type: "text", id, role: "combobox", autocomplete: "off", autocapitalize: "off", spellcheck: "false",
    "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": `${id}-list`,
    "aria-describedby": [select.getAttribute("aria-describedby"), `${id}-status`].filter(Boolean).join(" "),
    "aria-invalid": select.getAttribute("aria-invalid"), "aria-required": select.getAttribute("aria-required"),
  });
  const list = element("ul", { id: `${id}-list`, role: "listbox", "aria-label": select.labels[0]?.textContent.trim(), hidden: "" });
  const status = element("p", { id: `${id}-status`, role: "status" });
  let hits = [];
  let several = {};
  let active = -1;

  const mark = (index) => {
    active = index;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === index)));
    const item = list.children[index];
    if (!item) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  };
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    mark(-1);
  };
  const open = (text) => {
    hits = find(choices, text, several);
    list.replaceChildren(...hits.map((choice, at) => {
      const item = element("li", { id: `${id}-option-${at}`, role: "option" });
      item.textContent = choice.text;
      return item;
    }));
    list.hidden = !hits.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    status.textContent = hits.length ? (text && select.dataset.hits.replace("0", hits.length)) : select.dataset.none;
    mark(text && hits.length ? 0 : -1);
    list.scrollIntoView({ block: "nearest" });
  };
  const choose = (choice) => {
    select.value = choice.value;
    input.value = choice.text;
    status.textContent = "";
    close();
    select.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const keys = {
    ArrowDown: () => (list.hidden ? open(select.value ? "" : input.value) : mark((active + 1) % hits.length)),
    ArrowUp: () => !list.hidden && mark((Math.max(active, 0) - 1 + hits.length) % hits.length),
    Enter: () => !list.hidden && active >= 0 && (choose(hits[active]), true),
    Escape: () => (list.hidden ? (input.value = select.value = "") : close()),
  };

  /* Further names weigh more than the page itself, so they come when somebody begins to search. */
  const learn = async () => {
    const answer = await fetch(select.dataset.words);
    if (!answer.ok) return;
    const known = await answer.json();
    several = known.several;
    choices.forEach((choice) => choice.names.push(...(known.words[choice.value] ?? "").split("|")));
    if (document.activeElement === input && input.value && !select.value) open(input.value);
  };

  if (select.dataset.words) input.addEventListener("focus", () => learn().catch(() => {}), { once: true });
  input.addEventListener("input", () => {
    select.value = "";
    open(input.value);
  });
  input.addEventListener("click", () => list.hidden && open(select.value ? "" : input.value));
  input.addEventListener("keydown", (event) => {
    const done = keys[event.key]?.();
    if (event.key.startsWith("Arrow") ? keys[event.key] : event.key === "Enter" && done) event.preventDefault();
  });
  input.addEventListener("blur", () => {
    close();
    status.textContent = "";
    if (!input.value || select.value) return;
    const word = fold(input.value);
    const found = find(choices, word, several);
    const exact = found.filter((choice) => choice.names.includes(word));
    if (found.length === 1) choose(found[0]);
    else if (exact.length === 1) choose(exact[0]);
    else status.textContent = select.dataset.choose;
  });
  // Keeps the focus in the field while the list is pressed or scrolled.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const at = [...list.children].indexOf(event.target.closest("li"));
    if (at >= 0) choose(hits[at]);
  });
  // After "back" the browser restores the select, not the field.
  const sync = () => (input.value = select.value ? select.selectedOptions[0].text : "");
  addEventListener("pageshow", sync);

  sync();
  select.id = `${id}-value`;
  select.hidden = true;
  const box = element("div", { class: "combobox" });
  select.before(box);
  box.append(input, list, status, select);
}

/* Says how good the chance of the typed date is, without the button; nothing but date and place is sent. */
function liveChance(place) {
  const form = place.closest("form");
  const sent = /^(windows-.*|repeat-.*|minutes|mode|district_id|csrf_token)$/;
  let timer;
  let latest = 0;
  const ask = async () => {
    const mine = ++latest;
    const body = new URLSearchParams([...new FormData(form)].filter(([name]) => sent.test(name)));
    const answer = await fetch(place.dataset.chance, { method: "POST", body });
    const part = element("template", {});
    part.innerHTML = answer.ok || answer.status === 429 ? await answer.text() : "";
    if (mine === latest && place.textContent !== part.content.textContent) place.replaceChildren(part.content);
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => ask().catch(() => place.replaceChildren()), 700);
  });
}

preventDoubleSubmit();
document.querySelectorAll("[data-chance]").forEach(liveChance);
document.querySelectorAll("select[data-picker]").forEach(searchable);
