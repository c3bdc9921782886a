// Sorting, filtering and opening what a link points at. The page says everything without it.
"use strict";
(() => {
  const collator = new Intl.Collator(undefined, { numeric: true });

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

  const makeFilter = (input) => {
    const rows = [...document.getElementById(input.dataset.filter).tBodies[0].rows];
    const found = input.parentElement.querySelector("output");
    input.closest(".tools").hidden = false;
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLocaleLowerCase();
      rows.forEach((row) => { row.hidden = !row.cells[0].textContent.toLocaleLowerCase().includes(wanted); });
      found.value = wanted ? `${rows.filter((row) => !row.hidden).length} of ${rows.length}` : "";
    });
  };

  const openAround = (element) => {
    for (let details = element?.closest("details"); details; details = details.parentElement.closest("details")) {
      details.open = true;
    }
  };

  const openTarget = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    openAround(target);
    target.scrollIntoView({ block: "start" });
  };

  document.querySelectorAll("table[data-sortable]").forEach(makeSortable);
  document.querySelectorAll("input[data-filter]").forEach(makeFilter);
  addEventListener("hashchange", openTarget);
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
  if (location.hash) openTarget();
})();
