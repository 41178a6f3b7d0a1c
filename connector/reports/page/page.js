"use strict";
// Shows findings, customers, margins and lines from the figures in the page. Names come from others: they become text
// nodes only, never markup. Amounts are texts made by the connector; here they are only ordered and set apart.
(() => {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const { findings, customers, kinds, texts, lines, margins } = figures;
  const lineCount = lines.vendor.length;
  const PAGE = 50;
  const IN_GROUP = 20;
  let serial = 0;

  const h = (name, attributes, ...children) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return node;
  };

  const apart = (text) => {
    const [whole, decimals] = text.split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
    return decimals === undefined ? grouped : `${grouped}.${decimals}`;
  };

  const days = (period) => {
    const [first, last] = period.split(" to ");
    return last ? [h("span", { class: "whole" }, first), " ", h("span", { class: "whole" }, `to ${last}`)] : first;
  };
  const counted = (count, word) => `${apart(String(count))} ${word}${count === 1 ? "" : "s"}`;
  const signClass = (finding) => {
    if (finding.impact.replace(/[0.]/g, "") === "") return "";
    const negative = finding.impact.startsWith("-");
    return finding.exposure ? (negative ? "favour" : "risk") : negative ? "over" : "lost";
  };
  const later = (act) => {
    let waiting = 0;
    return () => {
      clearTimeout(waiting);
      waiting = setTimeout(act, 150);
    };
  };

  // A table that shows one page of its rows, can be searched, narrowed and sorted, and folds into cards when narrow.
  // columns: {title, text(row), value(row)?, number?, cell(row)?, main?}; choices: {title, of(row), names?}.
  const listing = (place, { caption, rows, columns, choices = [], details, page = PAGE, sorted = null }) => {
    const state = { page: 0, column: sorted ? sorted[0] : -1, down: sorted ? sorted[1] : false, search: "", chosen: choices.map(() => "") };
    const id = `list-${(serial += 1)}`;
    let haystack = null;
    let shown = rows;
    let all = false;

    const narrow = () => {
      const words = state.search.toLowerCase().split(/\s+/).filter(Boolean);
      if (words.length && haystack === null) {
        haystack = new Map(rows.map((row) => [row, columns.map((column) => column.text(row)).join(" ").toLowerCase()]));
      }
      shown = rows.filter(
        (row) =>
          choices.every((choice, at) => state.chosen[at] === "" || choice.of(row) === state.chosen[at]) &&
          words.every((word) => haystack.get(row).includes(word)),
      );
      if (state.column >= 0) {
        const column = columns[state.column];
        const value = column.value || ((row) => column.text(row).toLowerCase());
        const keyed = shown.map((row) => [value(row), row]);
        const collate = new Intl.Collator("en", { numeric: true });
        keyed.sort((one, other) =>
          typeof one[0] === "number" ? one[0] - other[0] : collate.compare(one[0], other[0]),
        );
        shown = keyed.map((pair) => pair[1]);
        if (state.down) shown.reverse();
      }
    };

    const status = h("p", { role: "status", id: `${id}-status` });
    const body = h("tbody", { role: "rowgroup" });
    const heads = columns.map((column, at) =>
      h(
        "th",
        { scope: "col", role: "columnheader", class: column.number ? "number" : null },
        h("button", { type: "button", onclick: () => sortBy(at, state.column === at ? !state.down : Boolean(column.number)) }, column.title),
      ),
    );
    const order = h(
      "select",
      { onchange: () => sortBy(...order.value.split(" ").map(Number)) },
      h("option", { value: "-1 0" }, "as they came"),
      columns.flatMap((column, at) => [
        h("option", { value: `${at} 0` }, `${column.title}, ${column.number ? "least" : "A"} first`),
        h("option", { value: `${at} 1` }, `${column.title}, ${column.number ? "most" : "Z"} first`),
      ]),
    );
    const search = h("input", { type: "search", autocomplete: "off", oninput: later(() => { state.search = search.value; redraw(); }) });
    const selects = choices.map((choice, at) => {
      const names = [...new Set(rows.map((row) => choice.of(row)))].sort();
      const select = h(
        "select",
        { onchange: () => { state.chosen[at] = select.value; redraw(); } },
        h("option", { value: "" }, "all"),
        names.filter((name) => name !== "").map((name) => h("option", { value: name }, choice.names ? choice.names(name) : name)),
      );
      return select;
    });
    const before = h("button", { type: "button", onclick: () => turn(-1) }, "Previous");
    const after = h("button", { type: "button", onclick: () => turn(1) }, "Next");
    const table = h(
      "table",
      { class: "stacked", role: "table", "aria-describedby": status.id },
      h("caption", {}, caption),
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads)),
      body,
    );

    const drawRow = (row) => {
      const cells = columns.map((column) =>
        h(
          column.main ? "th" : "td",
          {
            role: column.main ? "rowheader" : "cell",
            scope: column.main ? "row" : null,
            class: column.number ? (column.long ? "number long" : "number") : column.firm ? "firm" : null,
            "data-label": column.main ? null : column.title,
          },
          column.cell ? column.cell(row) : column.text(row) || null,
        ),
      );
      return h("tr", { role: "row" }, cells);
    };

    const draw = () => {
      const from = all ? 0 : state.page * page;
      const rowsHere = all ? shown : shown.slice(from, from + page);
      body.replaceChildren(...rowsHere.map((row) => (details ? opening(row) : drawRow(row))));
      const until = from + rowsHere.length;
      status.textContent = shown.length
        ? `${apart(String(from + 1))} to ${apart(String(until))} of ${apart(String(shown.length))}` +
          (shown.length < rows.length ? `, chosen from ${apart(String(rows.length))}` : "")
        : "Nothing matches.";
      before.disabled = from === 0;
      after.disabled = until >= shown.length;
      heads.forEach((head, at) => {
        if (at === state.column) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      });
      order.value = `${state.column} ${Number(state.column >= 0 && state.down)}`;
    };

    const opening = (row) => {
      const inside = `${id}-${(serial += 1)}`;
      const line = drawRow(row);
      const button = line.querySelector(".opener");
      button.setAttribute("aria-expanded", "false");
      let under = null;
      button.addEventListener("click", () => {
        if (under === null) {
          const cell = h("td", { role: "cell", colspan: columns.length, "aria-colspan": columns.length }, details(row));
          under = h("tr", { role: "row", class: "opened", id: inside, hidden: true }, cell);
          line.after(under);
          button.setAttribute("aria-controls", inside);
        }
        under.hidden = !under.hidden;
        button.setAttribute("aria-expanded", String(!under.hidden));
      });
      return line;
    };

    const redraw = () => {
      state.page = 0;
      narrow();
      draw();
    };
    const sortBy = (column, down) => {
      state.column = column;
      state.down = Boolean(down);
      redraw();
    };
    const turn = (by) => {
      state.page += by;
      draw();
      table.scrollIntoView({ block: "nearest" });
    };

    const labelled = (text, control) => h("label", {}, text, control);
    const tools = h(
      "div",
      { class: "tools", role: "group", "aria-label": `Narrow and sort: ${caption}` },
      labelled("Search", search),
      choices.map((choice, at) => labelled(choice.title, selects[at])),
      labelled("Sort by", order),
    );
    const pager = h("div", { class: "pager" }, status, before, after);
    place.replaceChildren(...(rows.length > 5 ? [tools] : []), table, pager);
    pager.hidden = rows.length <= 5;
    redraw();
    return {
      choose(at, value) {
        state.chosen[at] = value;
        selects[at].value = value;
        state.search = search.value = "";
        redraw();
      },
      find(row) {
        choices.forEach((_, at) => { state.chosen[at] = ""; selects[at].value = ""; });
        state.search = search.value = "";
        narrow();
        state.page = Math.floor(shown.indexOf(row) / page);
        draw();
        const opener = body.querySelectorAll(".opener")[shown.indexOf(row) - state.page * page];
        if (opener.getAttribute("aria-expanded") === "false") opener.click();
        opener.focus();
      },
      whole(wanted) {
        all = wanted && rows.length <= 2000;
        draw();
      },
    };
  };

  // One finding in full: expected and billed beside each other, causes, evidence, advice.
  const told = (finding) => {
    const names = ["Quantity", "Unit price", `Amount, ${finding.currency}`];
    const known = names.map((_, at) => finding.expected[at] !== "" || finding.actual[at] !== "");
    const beside = known.some(Boolean)
      ? h(
          "table",
          {},
          h("caption", {}, "Expected and billed"),
          h("thead", {}, h("tr", {}, h("td", {}), h("th", { scope: "col", class: "number" }, "Expected"), h("th", { scope: "col", class: "number" }, "Billed"))),
          h(
            "tbody",
            {},
            names.map((name, at) =>
              known[at]
                ? h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "number" }, finding.expected[at] || "–"), h("td", { class: "number" }, finding.actual[at] || "–"))
                : null,
            ),
          ),
        )
      : null;
    const causes = finding.causes.map(([cause, amount, text]) => h("li", {}, `${amount} ${finding.currency}, ${cause}: ${text}`));
    const evidence = finding.evidence.map(([source, ref, line]) => h("li", {}, `${source}: `, h("span", { class: "id" }, line ? `${texts[ref]}:${line}` : texts[ref])));
    const ids = finding.ids.map(([label, at]) => h("li", {}, `${label} `, h("span", { class: "id" }, texts[at])));
    const part = (title, items) => (items.length ? [h("h4", {}, title), h("ul", {}, items)] : []);
    return h(
      "div",
      { class: "detail" },
      h("p", {}, kinds[finding.kind][1]),
      h("p", {}, h("strong", {}, "What to do: "), finding.advice || kinds[finding.kind][2]),
      h(
        "div",
        { class: "pair" },
        h("div", {}, beside, part("Why", causes)),
        h("div", {}, part("Where it shows", evidence), part("Which one", [h("li", {}, "finding ", h("span", { class: "id" }, finding.id)), ...ids])),
      ),
    );
  };

  const amountOf = (finding) => Number(finding.impact);
  const every = (finding) => (finding.recurring && signClass(finding) ? ", every period" : "");
  const toCustomer = (number) => h("a", { href: `#customer-${number}` }, customers[number][0]);

  const findingsList = () =>
    listing(document.getElementById("findings-list"), {
      caption: "Findings, the gravest first",
      rows: findings,
      details: told,
      choices: [
        { title: "Kind", of: (finding) => finding.kind, names: (kind) => kinds[kind][0] },
        { title: "Measures", of: (finding) => (finding.exposure ? "exposure" : "difference") },
        { title: "Severity", of: (finding) => finding.severity },
        { title: "Currency", of: (finding) => finding.currency },
      ],
      columns: [
        {
          title: "Finding",
          main: true,
          text: (finding) => `${kinds[finding.kind][0]} ${finding.kind} ${finding.id}`,
          cell: (finding) => h("button", { type: "button", class: "opener" }, kinds[finding.kind][0]),
        },
        { title: "Severity", text: (finding) => finding.severity, value: (finding) => ["critical", "warning", "info"].indexOf(finding.severity), cell: (finding) => h("span", { class: `tag ${finding.severity}` }, finding.severity) },
        { title: "Customer", text: (finding) => customers[finding.customer][0], cell: (finding) => toCustomer(finding.customer) },
        { title: "Product", text: (finding) => finding.product },
        { title: "Period", text: (finding) => finding.period, cell: (finding) => days(finding.period) },
        {
          title: "Impact",
          number: true,
          text: (finding) => finding.words + every(finding),
          value: amountOf,
          cell: (finding) => h("span", { class: signClass(finding) }, finding.words + every(finding)),
        },
      ],
    });

  // Which lines belong to a customer, found once.
  const linesOf = customers.map(() => []);
  for (let at = 0; at < lineCount; at += 1) linesOf[lines.customer[at]].push(at);
  const findingsOf = customers.map(() => []);
  for (const finding of findings) findingsOf[finding.customer].push(finding);
  const findingById = new Map(findings.map((finding) => [finding.id, finding]));

  const text = (column, at) => texts[lines[column][at]];
  const amountText = (at) => `${apart(text("amount", at))} ${text("currency", at)}`;
  const toFindings = (at) =>
    text("findings", at)
      .split(" ")
      .filter((id) => findingById.has(id))
      .flatMap((id) => [h("a", { href: `#finding-${id}` }, kinds[findingById.get(id).kind][0]), " "]);

  const lineColumns = (withCustomer) =>
    [
      { title: "Document", main: true, text: (at) => `${text("document", at)}${lines.line[at] ? `, line ${lines.line[at]}` : ""}` },
      withCustomer && { title: "Customer", text: (at) => customers[lines.customer[at]][0], cell: (at) => toCustomer(lines.customer[at]) },
      withCustomer && { title: "Product", text: (at) => [text("product", at), text("item", at) && `item ${text("item", at)}`].filter(Boolean).join(", ") },
      { title: "Period", text: (at) => text("period", at), cell: (at) => days(text("period", at)) },
      { title: "Quantity", number: true, text: (at) => apart(text("quantity", at)), value: (at) => Number(text("quantity", at)) },
      { title: "Unit price", number: true, long: true, text: (at) => apart(text("price", at)), value: (at) => Number(text("price", at)) },
      { title: "Amount", number: true, text: amountText, value: (at) => Number(text("amount", at)) },
      { title: "Verdict", firm: true, text: (at) => text("verdict", at), cell: (at) => [text("verdict", at), " ", ...toFindings(at)] },
    ].filter(Boolean);

  const stakeWords = (number, exposure) =>
    customers[number][3]
      .filter(([measure]) => measure === exposure)
      .flatMap(([, currency, lost, over]) => [
        lost && h("span", { class: exposure ? "risk" : "lost" }, `${exposure ? "at risk" : "you lose"} ${apart(lost)} ${currency} `),
        over && h("span", { class: exposure ? "favour" : "over" }, `${exposure ? "in your favour" : "over-charged"} ${apart(over)} ${currency} `),
      ])
      .filter(Boolean);
  const stakeSize = (number, exposure) =>
    Math.max(0, ...customers[number][3].filter(([measure]) => measure === exposure).map(([, , lost, over]) => Math.max(Number(lost), Number(over))));

  const customersPlace = document.getElementById("customers-list");
  const customersList = () =>
    listing(customersPlace, {
      caption: "Customers",
      rows: customers.map((_, number) => number),
      sorted: [1, true],
      columns: [
        { title: "Customer", main: true, text: (number) => customers[number][0], cell: toCustomer },
        { title: "Differences", number: true, text: (number) => stakeWords(number, 0).map((node) => node.textContent).join(" "), value: (number) => stakeSize(number, 0), cell: (number) => stakeWords(number, 0) },
        { title: "Exposures", number: true, text: (number) => stakeWords(number, 1).map((node) => node.textContent).join(" "), value: (number) => stakeSize(number, 1), cell: (number) => stakeWords(number, 1) },
        { title: "Findings", number: true, text: (number) => apart(String(customers[number][2])), value: (number) => customers[number][2] },
        { title: "Lines", number: true, text: (number) => apart(String(linesOf[number].length)), value: (number) => linesOf[number].length },
      ],
    });

  // One customer: product by product, findings first, then Microsoft's lines beside the ledger's.
  const showCustomer = (number) => {
    const groups = new Map();
    const groupOf = (item, product) => {
      const key = item ? `item ${item}` : product || "no product";
      if (!groups.has(key)) groups.set(key, { names: new Set(), findings: [], vendor: [], ledger: [] });
      const group = groups.get(key);
      if (product) group.names.add(product);
      return group;
    };
    for (const finding of findingsOf[number]) groupOf(finding.item, finding.product).findings.push(finding);
    for (const at of linesOf[number]) groupOf(text("item", at), text("product", at))[lines.vendor[at] ? "vendor" : "ledger"].push(at);
    const parts = [...groups].sort((one, other) => other[1].findings.length - one[1].findings.length || one[0].localeCompare(other[0]));
    const heading = h("h3", { tabindex: "-1" }, customers[number][0], customers[number][1] && !customers[number][0].includes(`(${customers[number][1]})`) ? ` (${customers[number][1]})` : "");
    customersPlace.replaceChildren(
      h("p", {}, h("a", { href: "#customers" }, "All customers")),
      heading,
      h("p", {}, stakeWords(number, 0), stakeWords(number, 1)),
      marginWords(number),
      ...parts.map(([key, group]) => productPart(key, group)),
    );
    heading.focus({ preventScroll: true });
    document.getElementById("customers").scrollIntoView();
  };

  const marginWords = (number) => {
    const own = margins.filter(([name]) => name === customers[number][0] || name === customers[number][1]);
    return own.length
      ? h("ul", {}, own.map(([, category, currency, revenue, cost, margin, percent]) =>
          h("li", {}, `${category}: revenue ${apart(revenue)}, cost ${apart(cost)}, margin ${apart(margin)} ${currency}${percent ? ` (${percent} %)` : ""}`)))
      : null;
  };

  const productPart = (key, group) => {
    const names = [...group.names].slice(0, 3).join(", ");
    const title = [names, key.startsWith("item ") || !names ? key : ""].filter(Boolean).join(", ");
    const counts = [
      group.findings.length && counted(group.findings.length, "finding"),
      counted(group.vendor.length + group.ledger.length, "line"),
    ].filter(Boolean).join(", ");
    const part = h("details", {}, h("summary", {}, `${title} (${counts})`));
    const fill = () => {
      if (part.childElementCount > 1) return;
      for (const finding of group.findings) {
        part.append(
          h("article", { class: "finding" }, h("h4", {}, kinds[finding.kind][0]), h("p", {}, h("strong", { class: signClass(finding) }, finding.words + every(finding)), ` ${finding.period}`), told(finding)),
        );
      }
      if (group.vendor.length + group.ledger.length) {
        const sides = [["Microsoft's lines", group.vendor], ["The ledger's lines", group.ledger]].map(([caption, rows]) => {
          const place = h("div", {});
          if (rows.length) listing(place, { caption, rows, columns: lineColumns(false), page: IN_GROUP });
          else place.append(h("h4", {}, caption), h("p", { class: "hint" }, "None."));
          return place;
        });
        part.append(h("div", { class: "pair" }, sides));
      }
    };
    part.addEventListener("toggle", fill);
    if (group.findings.length) {
      fill();
      part.open = true;
    }
    return part;
  };

  const lists = { findings: findings.length ? findingsList() : null };
  if (!findings.length) document.getElementById("findings-list").append(h("p", {}, "There are none."));

  const marginsPlace = document.getElementById("margins-list");
  if (marginsPlace) {
    const amount = (title, at) => ({ title, number: true, text: (row) => apart(row[at]), value: (row) => Number(row[at]) });
    lists.margins = listing(marginsPlace, {
      caption: "Margins by customer and category",
      rows: margins,
      choices: [
        { title: "Category", of: (row) => row[1] },
        { title: "Currency", of: (row) => row[2] },
      ],
      columns: [
        { title: "Customer", main: true, text: (row) => row[0] },
        { title: "Category", text: (row) => row[1] },
        { title: "Currency", text: (row) => row[2] },
        amount("Revenue", 3),
        amount("Cost", 4),
        amount("Margin", 5),
        { title: "Margin %", number: true, text: (row) => row[6], value: (row) => (row[6] === "" ? -Infinity : Number(row[6])) },
      ],
    });
  }
  if (lineCount) {
    listing(document.getElementById("lines-list"), {
      caption: "Lines of both sides",
      rows: Array.from({ length: lineCount }, (_, at) => at),
      choices: [
        { title: "Side", of: (at) => (lines.vendor[at] ? "Microsoft" : "ledger") },
        { title: "Currency", of: (at) => text("currency", at) },
        { title: "Verdict", of: (at) => (text("verdict", at).includes(",") ? "several" : text("verdict", at)) },
      ],
      columns: lineColumns(true),
    });
  }

  // The address says what is open, so that links, bookmarks and the way back work.
  let customerOpen = null;
  const follow = () => {
    const [, what, which] = location.hash.match(/^#(customer|finding|kind)-(.+)$/) || [];
    if (what === "customer" && customers[which]) {
      customerOpen = which;
      showCustomer(Number(which));
      return;
    }
    if (customerOpen !== null || !customersPlace.firstChild) {
      customerOpen = null;
      if (customers.length) customersList();
      else customersPlace.replaceChildren(h("p", {}, "There are none."));
    }
    if (what === "finding" && findingById.has(which)) lists.findings.find(findingById.get(which));
    if (what === "kind" && kinds[which]) {
      lists.findings.choose(0, which);
      document.getElementById("findings").scrollIntoView();
    }
  };
  addEventListener("hashchange", follow);
  follow();
  addEventListener("beforeprint", () => Object.values(lists).forEach((list) => list && list.whole(true)));
  addEventListener("afterprint", () => Object.values(lists).forEach((list) => list && list.whole(false)));
})();
