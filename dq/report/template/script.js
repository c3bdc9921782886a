// Sorting, filtering, stepping, reviewing, and opening what a link points at. The page says everything without it.
"use strict";
(() => {
  const collator = new Intl.Collator(undefined, { numeric: true });
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const lower = (text) => text.toLocaleLowerCase();

  // Sorting

  const valueOf = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent.trim() : cell.dataset.value;
  };

  const compare = (left, right) =>
    left !== "" && right !== "" && !isNaN(left) && !isNaN(right) ? left - right : collator.compare(left, right);

  // Rows without a value stay last whichever way the others go.
  const sortBy = (table, column, descending) => {
    const body = table.tBodies[0];
    const keyed = [...body.rows].map((row) => [valueOf(row, column), row]);
    keyed.sort(([left], [right]) => {
      if ((left === "") !== (right === "")) return left === "" ? 1 : -1;
      return descending ? compare(right, left) : compare(left, right);
    });
    body.append(...keyed.map(([, row]) => row));
  };

  const makeSortable = (table) => {
    const headings = [...table.tHead.rows[0].cells];
    headings.forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => {
        const ascending = heading.getAttribute("aria-sort") === "descending" || (column < 2 && !heading.hasAttribute("aria-sort"));
        headings.forEach((other) => other.removeAttribute("aria-sort"));
        heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
        sortBy(table, column, !ascending);
      });
    });
  };

  // Filtering the scorecard

  const makeFilter = (input) => {
    const rows = [...document.getElementById(input.dataset.filter).tBodies[0].rows];
    const tools = input.closest(".tools");
    const only = find("[data-only]", tools) ?? { checked: false, addEventListener: () => {} };
    const found = find("output", tools);
    const apply = () => {
      const wanted = lower(input.value.trim());
      rows.forEach((row) => {
        row.hidden = !lower(row.cells[0].textContent).includes(wanted) || (only.checked && "quiet" in row.dataset);
      });
      found.value = wanted || only.checked ? `${rows.filter((row) => !row.hidden).length} / ${rows.length}` : "";
    };
    tools.hidden = false;
    input.addEventListener("input", apply);
    only.addEventListener("change", apply);
    if (only.parentElement && !rows.some((row) => "quiet" in row.dataset)) only.parentElement.hidden = true;
  };

  // Opening what a link points at

  const openAround = (element) => {
    for (let details = element?.closest("details"); details; details = details.parentElement.closest("details")) {
      details.open = true;
    }
  };

  // What a search has hidden is shown again by an empty search.
  const endSearch = (section) => {
    all("[data-only]", section).forEach((box) => { box.checked = false; });
    all("input[type=search]", section).forEach((field) => {
      field.value = "";
      field.dispatchEvent(new Event("input"));
    });
  };

  const named = (hash) => { try { return decodeURIComponent(hash); } catch { return hash; } };

  const openTarget = () => {
    const target = document.getElementById(named(location.hash.slice(1)));
    if (!target) return;
    if (target.closest("[hidden]")) endSearch(target.closest("section[id]"));
    openAround(target);
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "start" });
  };

  const address = (id) => { try { history.replaceState(null, "", `#${id}`); } catch { location.hash = id; } };

  // Stepping: each section has its items, of which one is the current one.

  const steppers = new Map();

  const makeSteps = (tools) => {
    const section = document.getElementById(tools.dataset.steps);
    const items = all("[data-item]", section);
    const search = find("input[type=search]", tools);
    const found = find("output", tools);
    const texts = new Map();
    const highlight = `search-${section.id}`;
    let current = -1;
    const textOf = (item) => {
      if (!texts.has(item)) texts.set(item, lower(item.textContent));
      return texts.get(item);
    };
    const shown = () => items.filter((item) => !item.hidden);
    const tell = () => {
      const some = shown();
      found.value = some.length < items.length || current >= 0 ? `${Math.max(some.indexOf(items[current]) + 1, 0)} / ${some.length}` : "";
    };
    const go = (item) => {
      current = items.indexOf(item);
      item.open = true;
      const head = find("summary", item);
      head.focus({ preventScroll: true });
      item.scrollIntoView({ block: "start" });
      address(head.id);
      tell();
    };
    const step = (by) => {
      const some = shown();
      if (!some.length) return;
      const at = some.indexOf(items[current]);
      go(some[at < 0 ? (by > 0 ? 0 : some.length - 1) : Math.min(Math.max(at + by, 0), some.length - 1)]);
    };
    const mark = (wanted) => {
      if (!("highlights" in CSS)) return;
      CSS.highlights.delete(highlight);
      if (wanted.length < 2) return;
      const ranges = [];
      for (const item of shown()) {
        const walker = document.createTreeWalker(item, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node && ranges.length < 5000; node = walker.nextNode()) {
          const text = lower(node.data);
          if (text.length !== node.data.length) continue;
          for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
            const range = new Range();
            range.setStart(node, at);
            range.setEnd(node, at + wanted.length);
            ranges.push(range);
          }
        }
      }
      CSS.highlights.set(highlight, new Highlight(...ranges));
    };
    search.addEventListener("input", () => {
      const wanted = lower(search.value.trim());
      items.forEach((item) => { item.hidden = !textOf(item).includes(wanted); });
      mark(wanted);
      current = -1;
      tell();
    });
    search.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); step(event.shiftKey ? -1 : 1); } });
    all("[data-step]", tools).forEach((button) => button.addEventListener("click", () => step(Number(button.dataset.step))));
    items.forEach((item) => item.addEventListener("focusin", () => { current = items.indexOf(item); }));
    tools.hidden = false;
    steppers.set(section, { step, search });
  };

  // Reviewing

  const makeReview = (tools) => {
    const section = tools.closest("section");
    const items = all(".review", section);
    const run = document.body.dataset.run;
    const memory = `dq-review-${run}`;
    const save = find("[data-save]", tools);
    const told = find("output", tools);
    const decided = new Map();
    let current = -1;
    const tell = () => {
      const right = [...decided.values()].filter(Boolean).length;
      told.value = told.dataset.told.replace("{done}", decided.size).replace("{all}", items.length).replace("{right}", right);
      save.disabled = !decided.size;
      const known = [...decided].map(([at, accepted]) => [items[at].dataset.key, accepted]);
      try { localStorage.setItem(memory, JSON.stringify(known)); } catch { /* a page from a file may have no memory */ }
    };
    const decide = (at, accepted) => {
      if (at < 0) return;
      if (accepted === undefined) decided.delete(at); else decided.set(at, accepted);
      all("input", items[at]).forEach((input) => { input.checked = decided.get(at) === (input.value === "yes") && decided.has(at); });
      items[at].classList.toggle("right", decided.get(at) === true);
      items[at].classList.toggle("wrong", decided.get(at) === false);
      tell();
    };
    const go = (at) => {
      current = at;
      items[at].focus({ preventScroll: true });
      items[at].scrollIntoView({ block: "center" });
      address(items[at].id);
    };
    const step = (by) => go(Math.min(Math.max(current + by, 0), items.length - 1));
    const answer = (accepted) => {
      if (current < 0) return step(1);
      decide(current, accepted);
      if (accepted !== undefined && current + 1 < items.length) step(1);
    };
    const decisions = () => ({
      schema_version: 1,
      run_id: run,
      decisions: [...decided].sort(([left], [right]) => left - right)
        .map(([at, accepted]) => ({ ...JSON.parse(items[at].dataset.key), accepted })),
    });
    save.addEventListener("click", () => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([JSON.stringify(decisions(), null, 1) + "\n"], { type: "application/json" }));
      link.download = "decisions.json";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
    all("[data-step]", tools).forEach((button) => button.addEventListener("click", () => step(Number(button.dataset.step))));
    items.forEach((item, at) => {
      find(".answers", item).hidden = false;
      item.addEventListener("focusin", () => { current = at; });
      all("input", item).forEach((input) => input.addEventListener("change", () => decide(at, input.value === "yes")));
    });
    try {
      const known = new Map(JSON.parse(localStorage.getItem(memory)));
      items.forEach((item, at) => { if (typeof known.get(item.dataset.key) === "boolean") decide(at, known.get(item.dataset.key)); });
    } catch { /* as above */ }
    tools.hidden = false;
    tell();
    steppers.set(section, { step, answer, decisions });
  };

  // Keys: single letters, for the section that has the focus, or that fills the window; they can be switched off.

  const inView = () => {
    const focused = document.activeElement?.closest("main section[id]");
    if (steppers.has(focused)) return focused;
    const middle = innerHeight / 2;
    return [...steppers.keys()].find((section) => {
      const box = section.getBoundingClientRect();
      return box.top <= middle && box.bottom >= middle;
    });
  };

  const makeKeys = (button) => {
    if (!steppers.size) return;
    button.parentElement.hidden = false;
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") !== "true");
    });
    addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || button.getAttribute("aria-pressed") !== "true") return;
      if (event.shiftKey && event.key !== "/") return;
      if (event.target.matches?.("input:not([type=radio]):not([type=checkbox]), textarea, select")) return;
      const stepper = steppers.get(inView());
      if (!stepper) return;
      const deeds = {
        n: () => stepper.step(1),
        p: () => stepper.step(-1),
        "/": stepper.search && (() => stepper.search.focus()),
        y: stepper.answer && (() => stepper.answer(true)),
        x: stepper.answer && (() => stepper.answer(false)),
        u: stepper.answer && (() => stepper.answer(undefined)),
      };
      // By the letter; by the place of the key where a layout (Arabic, Hebrew, Greek) has no Latin letter there.
      const place = event.code === "Slash" ? "/" : (event.code ?? "").replace(/^Key/, "").toLowerCase();
      const key = /^[\x20-\x7e]$/.test(event.key) ? event.key.toLowerCase() : place;
      if (!deeds[key]) return;
      event.preventDefault();
      deeds[key]();
    });
  };

  all("table[data-sortable]").forEach(makeSortable);
  all("input[data-filter]").forEach(makeFilter);
  all("[data-steps]").forEach(makeSteps);
  all("[data-review]").forEach(makeReview);
  all("#keys").forEach(makeKeys);
  addEventListener("hashchange", openTarget);
  addEventListener("beforeprint", () => all("details").forEach((details) => { details.open = true; }));
  if (location.hash) openTarget();
})();
