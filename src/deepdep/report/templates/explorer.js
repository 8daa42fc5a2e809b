// The explorer: asks for data, draws what was picked, and keeps what is shown in the address.
// Names from data are put on the page as text alone. Plots are Vega-Lite's (`vegaEmbed`).
"use strict";
(() => {
  const MISSING = -32768; // in packed matrices
  const MOST_SVG_POINTS = 3000; // beyond it, points are drawn on a canvas
  const MOST_VOLCANO_POINTS = 2500; // the others are in the middle, one upon the other
  const MOST_TABLE_ROWS = 300; // the CSV has all
  const MOST_CHOICES = 40;
  const MOST_GROUPS = 9; // colours that stay apart
  const GROUP_COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a63d2", "#7f8c1f", "#a8443b"];
  const CALLS = ["none", "selective", "lineage-typical", "common essential"];
  const SOURCES = { tumors: "tumour", cell_lines: "cell line" };
  const MINUS = "\u2212";

  // ---------------------------------------------------------------- data

  async function unpack(base64) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  /** A matrix of 16-bit multiples of a step: all low bytes, then all high ones. */
  class Matrix {
    static async of(packed) {
      const bytes = await unpack(packed.bytes);
      const n = bytes.length / 2;
      const codes = new Int16Array(n);
      for (let i = 0; i < n; i += 1) codes[i] = bytes[i] | (bytes[n + i] << 8);
      const matrix = new Matrix();
      Object.assign(matrix, { codes, rows: packed.shape[0], columns: packed.shape[1], step: packed.step });
      return matrix;
    }
    at(row, column) {
      const code = this.codes[row * this.columns + column];
      return code === MISSING ? null : Number((code * this.step).toPrecision(6));
    }
    row(place) { return Array.from({ length: this.columns }, (_, column) => this.at(place, column)); }
    column(place) { return Array.from({ length: this.rows }, (_, row) => this.at(row, place)); }
  }

  class UnknownName extends Error {}

  function placeOf(names, name, kind) {
    const place = names.indexOf(name);
    if (place < 0) throw new UnknownName(`There is no ${kind} “${name}” here.`);
    return place;
  }

  /** Answers from what the page holds. */
  class Held {
    constructor(held) { this.held = held; this.overview = held.overview; this.matrices = new Map(); }
    async matrix(packed) {
      if (!this.matrices.has(packed)) this.matrices.set(packed, await Matrix.of(packed));
      return this.matrices.get(packed);
    }
    async sample(source, name) {
      const { effects, calls } = this.held;
      const place = placeOf(this.overview.samples[source].name, name, "sample");
      const row = async (packed) => (packed ? (await this.matrix(packed)).row(place) : null);
      return {
        effect: await row(effects[source]),
        call: await row(calls[source]),
        measured: source === "cell_lines" ? await row(effects.measured) : null,
      };
    }
    async gene(name) {
      const place = placeOf(this.overview.genes.name, name, "gene");
      const found = { ...this.held.correlated[name] };
      for (const [key, packed] of Object.entries(this.held.effects)) {
        found[key] = (await this.matrix(packed)).column(place);
      }
      return found;
    }
    async feature(table, name) {
      const of = this.held.features[table];
      if (!of) throw new UnknownName(`There is no table “${table}” here.`);
      const place = placeOf(this.overview.features[table], name, "feature");
      const found = {};
      for (const [key, packed] of Object.entries(of)) found[key] = (await this.matrix(packed)).column(place);
      return found;
    }
    async lineage(name) { return this.named("lineages", name, "lineage"); }
    async alteration(name) { return this.named("alterations", name, "alteration"); }
    async causes(sample) { return this.held.causes[sample] ?? {}; }
    async pairsOf(gene) {
      const rows = Object.entries(this.held.alterations).flatMap(([alteration, of]) =>
        of.gene.flatMap((name, i) => (name === gene ? [{ ...Object.fromEntries(Object.keys(of).map((key) => [key, of[key][i]])), alteration }] : [])));
      return Object.fromEntries(Object.keys(rows[0] ?? {}).map((key) => [key, rows.map((row) => row[key])]));
    }
    named(kind, name, noun) {
      if (!Object.hasOwn(this.held[kind], name)) throw new UnknownName(`There is no ${noun} “${name}” here.`);
      return this.held[kind][name];
    }
  }

  /** Answers from the server that served the page. */
  class Served {
    static async start() {
      const served = new Served();
      served.overview = await served.ask("overview", {});
      return served;
    }
    async ask(what, parameters) {
      const response = await fetch(`data/${what}?${new URLSearchParams(parameters)}`);
      const answer = await response.json();
      if (response.status === 404) throw new UnknownName(answer.error);
      if (!response.ok) throw new Error(answer.error ?? response.statusText);
      return answer;
    }
    sample(source, name) { return this.ask("sample", { source, name }); }
    gene(name) { return this.ask("gene", { name }); }
    feature(table, name) { return this.ask("feature", { table, name }); }
    lineage(name) { return this.ask("lineage", { name }); }
    alteration(name) { return this.ask("alteration", { name }); }
    pairsOf(gene) { return this.ask("pairs_of", { gene }); }
    causes(sample) { return this.ask("causes", { sample }); }
  }

  /** Turn a list by column into rows. */
  function rowsOf(columns) {
    const keys = Object.keys(columns);
    const n = keys.length ? columns[keys[0]].length : 0;
    return Array.from({ length: n }, (_, i) => Object.fromEntries(keys.map((key) => [key, columns[key][i]])));
  }

  // ---------------------------------------------------------------- words and numbers

  const known = (value) => value !== null && value !== undefined && Number.isFinite(value);
  function number(value, digits = 2) {
    if (!known(value)) return "–";
    const text = value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return (/[1-9]/.test(text) ? text : text.replace("-", "")).replace("-", MINUS);
  }
  const percent = (share) => (known(share) ? `${number(100 * share, 0)} %` : "–");
  const counted = (n, noun) => `${number(n, 0)} ${noun}${n === 1 ? "" : "s"}`;
  const spoken = (name) => String(name).replaceAll("_", " ");
  const rounded = (value, digits = 3) => (known(value) ? Number(value.toFixed(digits)) : null);

  function quantile(sorted, share) {
    const place = (sorted.length - 1) * share;
    const low = Math.floor(place);
    return sorted[low] + (place - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
  }
  function mean(values) {
    const there = values.filter(known);
    return there.length ? there.reduce((sum, value) => sum + value, 0) / there.length : null;
  }
  function pearson(rows) {
    const pairs = rows.filter((row) => known(row.x) && known(row.y));
    if (pairs.length < 3) return null;
    const [mx, my] = [mean(pairs.map((row) => row.x)), mean(pairs.map((row) => row.y))];
    let [xy, xx, yy] = [0, 0, 0];
    for (const { x, y } of pairs) { xy += (x - mx) * (y - my); xx += (x - mx) ** 2; yy += (y - my) ** 2; }
    return xx && yy ? xy / Math.sqrt(xx * yy) : null;
  }

  // ---------------------------------------------------------------- CSV

  // A spreadsheet runs a cell that starts so; an apostrophe makes it text, as in every CSV of the project.
  const FORMULA = /^[=+\-@ \t']/;
  function cell(value) {
    if (value === null || value === undefined) return "";
    if (typeof value !== "string") return String(value);
    const line = value.split(/\r\n|\r|\n/).join(" ");
    const text = FORMULA.test(line) ? `'${line}` : line;
    return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }
  function csv(rows, columns) {
    const lines = [columns.map(cell), ...rows.map((row) => columns.map((column) => cell(row[column])))];
    return lines.map((line) => line.join(",")).join("\n") + "\n";
  }
  function download(text, name) {
    const link = element("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })), download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  // ---------------------------------------------------------------- elements

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value === true) made.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined)
      .map((child) => (typeof child === "string" ? child.replaceAll(" %", "\u00a0%") : child)));
    return made;
  }
  const byId = (id) => document.getElementById(id);
  const addressOf = (state) => `#${new URLSearchParams(state)}`;
  const link = (text, state) => element("a", { href: addressOf(state) }, text);

  function table(rows, columns) {
    const isNumber = (column) => rows.some((row) => typeof row[column] === "number");
    const numeric = new Map(columns.map((column) => [column, isNumber(column)]));
    const style = (column) => (numeric.get(column) ? { class: "number" } : {});
    const text = (value) => (value === null || value === undefined ? "" : String(value).replace(/^-(?=\d)/, MINUS));
    const head = columns.map((column) => element("th", { scope: "col", ...style(column) }, spoken(column)));
    const body = rows.slice(0, MOST_TABLE_ROWS).map((row) =>
      element("tr", {}, ...columns.map((column) => element("td", style(column),
        typeof row[column] === "number" ? text(row[column]) : String(row[column] ?? "")))));
    return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table" },
      element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body)));
  }

  /** A plot with its title, its rows as a table and as a CSV. */
  function panel({ name, title, caption, spec, rows, columns, half, links }) {
    const plot = element("div", { class: "plot" });
    const details = element("details", { ontoggle: () => {
      if (details.open && details.children.length === 1) details.append(table(rows, columns));
    } }, element("summary", {}, rows.length > MOST_TABLE_ROWS
      ? `First ${MOST_TABLE_ROWS} of ${number(rows.length, 0)} rows` : `${counted(rows.length, "row")} as a table`));
    const save = element("button", { type: "button", "data-csv": name,
      onclick: () => download(csv(rows, columns), `deepdep-${name}.csv`) }, "Download CSV");
    const made = element("section", { class: half ? "panel half" : "panel", "data-panel": name },
      element("h2", {}, title), plot, caption ? element("p", { class: "caption" }, caption) : null,
      links && links.length ? element("p", { class: "links" }, "Go on with ", ...links) : null,
      element("div", { class: "tools" }, save, details));
    return { made, plot, spec, rows, title };
  }

  function facts(list) {
    return element("ul", { class: "facts" }, ...list.map(([figure, words]) =>
      element("li", {}, element("strong", {}, figure), words)));
  }

  /** A text field that lists what matches; the keys are those of a combobox (WAI-ARIA). */
  function combobox({ id, label, value, options, onpick, placeholder }) {
    const input = element("input", { id, type: "text", role: "combobox", "aria-autocomplete": "list", spellcheck: "false",
      "aria-expanded": "false", "aria-controls": `${id}-choices`, autocomplete: "off", placeholder });
    const list = element("ul", { id: `${id}-choices`, class: "choices", role: "listbox", "aria-label": label, hidden: true });
    const text = (option) => option.text ?? option.value;
    let [current, shown, active] = [value, [], -1];
    const setValue = (next) => {
      current = next;
      input.value = text(options().find((option) => option.value === next) ?? { value: next });
    };
    const matching = (typed) => {
      const wanted = typed.trim().toLowerCase();
      const [first, then] = [[], []];
      for (const option of options()) {
        const place = text(option).toLowerCase().indexOf(wanted);
        if (place === 0) first.push(option);
        else if (place > 0 && then.length < MOST_CHOICES) then.push(option);
        if (first.length >= MOST_CHOICES) break;
      }
      return [...first, ...then].slice(0, MOST_CHOICES);
    };
    const activate = (place) => {
      active = place;
      [...list.children].forEach((item, i) => item.setAttribute("aria-selected", i === active ? "true" : "false"));
      if (active >= 0) {
        input.setAttribute("aria-activedescendant", `${id}-${active}`);
        list.children[active].scrollIntoView({ block: "nearest" });
      } else input.removeAttribute("aria-activedescendant");
    };
    const open = (typed) => {
      shown = matching(typed);
      list.replaceChildren(...shown.map((option, i) => element("li", { id: `${id}-${i}`, role: "option",
        onmousedown: (event) => { event.preventDefault(); pick(option); } },
      text(option), option.note ? element("small", {}, option.note) : null)));
      if (!shown.length) list.append(element("li", { class: "nothing", role: "option", "aria-disabled": "true" }, "Nothing is named so"));
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      activate(typed && shown.length ? 0 : -1);
    };
    const close = () => {
      list.hidden = true;
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const pick = (option) => {
      setValue(option.value);
      close();
      onpick(option.value);
    };
    input.addEventListener("input", () => open(input.value));
    input.addEventListener("focus", () => input.select());
    input.addEventListener("click", () => { if (list.hidden) open(""); });
    input.addEventListener("blur", () => { close(); setValue(current); });
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) open("");
        if (shown.length) activate((active + (event.key === "ArrowDown" ? 1 : active < 0 ? 0 : -1) + shown.length) % shown.length);
      } else if (event.key === "Enter") {
        event.preventDefault();
        if (!list.hidden && active >= 0) pick(shown[active]);
      } else if (event.key === "Escape") {
        close();
        setValue(current);
        input.select();
      }
    });
    setValue(value);
    return { made: element("div", { class: "picker" }, element("label", { for: id }, label), input, list), setValue };
  }

  function select({ id, label, value, options, onpick }) {
    const made = element("select", { id, onchange: () => onpick(made.value) });
    const setValue = (next) => {
      made.replaceChildren(...options().map((option) => element("option", { value: option.value }, option.text ?? option.value)));
      made.value = next;
    };
    setValue(value);
    return { made: element("div", { class: "picker" }, element("label", { for: id }, label), made), setValue };
  }

  // ---------------------------------------------------------------- plots

  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  function config() {
    const [ink, soft, line] = ["ink", "soft", "line"].map(color);
    return {
      background: "transparent",
      font: "system-ui, -apple-system, 'Segoe UI', Arial, 'Liberation Sans', sans-serif",
      view: { stroke: null },
      axis: { labelColor: ink, titleColor: soft, gridColor: line, domain: false, ticks: false, labelFontSize: 12,
        titleFontSize: 12, titleFontWeight: 400, labelPadding: 6, titlePadding: 10, labelLimit: 130, labelOverlap: true },
      axisX: { tickCount: 7 },
      axisY: { titleAnchor: "middle" },
      legend: { labelColor: ink, titleColor: soft, orient: "top", title: null, labelFontSize: 12, symbolSize: 90, labelLimit: 200, offset: 8, symbolOpacity: 1,
        ...(byId("answer").clientWidth < 500 ? { columns: 1 } : {}) },
      text: { color: ink, fontSize: 12 },
      rule: { color: soft },
    };
  }

  const BY_GENE = { field: "gene", type: "nominal", sort: null, title: null };
  const EFFECT = () => (data.overview.kind === "class" ? "class (−1 dependency)" : "gene effect (−1: common essential)");
  const quantitative = (field, title, rest = {}) => ({ field, type: "quantitative", title, ...rest });
  const zeroRule = (channel = "x") => ({ mark: { type: "rule", strokeDash: [3, 3] }, data: { values: [{ zero: 0 }] }, encoding: { [channel]: { field: "zero", type: "quantitative" } } });
  const tooltip = (...fields) => fields.map((field) => ({ field, title: spoken(field) }));
  const scaled = (pairs, rest = {}) => ({ scale: { domain: pairs.map(([name]) => name), range: pairs.map(([, value]) => value) }, ...rest });
  const twoColors = (field, first, second, rest = {}) => ({ field, type: "nominal", ...scaled([[first, color("accent")], [second, color("second")]]), ...rest });

  /** Rows that have a name on the plot: the strongest of those called, or of all where none is. */
  function labelled(rows, strength) {
    const called = rows.filter((row) => row.status === "called");
    return new Set([...(called.length ? called : rows)].sort((a, b) => strength(b) - strength(a)).slice(0, called.length ? 8 : 3));
  }

  async function draw({ plot, spec, rows, title }) {
    const whole = { $schema: "https://vega.github.io/schema/vega-lite/v6.json", width: "container", description: title,
      autosize: { type: "fit-x", contains: "padding" }, data: { values: rows }, config: config(), ...spec };
    const made = await vegaEmbed(plot, whole, { ast: true, actions: false, renderer: rows.length > MOST_SVG_POINTS ? "canvas" : "svg" });
    return made;
  }

  // ---------------------------------------------------------------- views

  let data;
  const genes = () => data.overview.genes;
  const samples = (source) => data.overview.samples[source];
  const mainSource = () => (data.overview.samples.tumors ? "tumors" : "cell_lines");
  const options = (names, note) => names.map((name, i) => ({ value: name, note: note ? note(i) : undefined }));
  const cached = (make) => { let made; return () => (made ??= make()); };

  const geneOptions = cached(() => options(genes().name, (i) => trust(i) === "trusted" ? "" : trust(i)));
  const sampleOptions = cached(() => Object.keys(data.overview.samples).flatMap((source) =>
    samples(source).name.map((name, i) => ({ value: name, note: [SOURCES[source], samples(source).lineage?.[i]].filter(Boolean).join(", ") }))));
  const lineageOptions = cached(() => options(data.overview.lineages));
  const alterationOptions = cached(() => data.overview.alterations.map((one) => ({ value: one.name,
    note: `${counted(one.n_carriers ?? 0, "line")}, ${one.n_called} called` })));
  const featureOptions = cached(() => [
    ...genes().name.map((gene) => ({ value: `effect:${gene}`, text: `${gene}: predicted effect` })),
    ...genes().name.map((gene) => ({ value: `measured:${gene}`, text: `${gene}: measured effect` })),
    ...Object.entries(data.overview.features).flatMap(([name, features]) =>
      features.map((feature) => ({ value: `${name}:${feature}`, text: `${feature}: ${spoken(name)}` }))),
  ]);
  const counts = (...numbers) => () => numbers.map((n) => ({ value: String(n) }));

  function trust(i) {
    const trusted = genes().trusted?.[i];
    if (trusted === null || trusted === undefined) return "trust not known";
    return trusted === true || trusted === 1 ? "trusted" : "not trusted";
  }
  function sourceOf(name) {
    const found = Object.keys(data.overview.samples).find((source) => samples(source).name.includes(name));
    if (!found) throw new UnknownName(`There is no sample “${name}” here.`);
    return found;
  }
  function dependencies(row, source, place) {
    const of = genes();
    const factor = samples(source).interval_factor?.[place] ?? 1;
    return of.name.map((gene, i) => {
      const half = known(of.half_width?.[i]) ? of.half_width[i] * factor : null;
      const effect = row.effect[i];
      return { gene, effect, low: rounded(half === null ? null : effect - half), high: rounded(half === null ? null : effect + half),
        gene_mean: rounded(of.mean[i]), deviation: of.sd[i] > 0 ? rounded((effect - of.mean[i]) / of.sd[i], 2) : null, trust: trust(i),
        cv_r: of.cv_r?.[i] ?? null, call: row.call ? CALLS[row.call[i]] : null };
    });
  }
  function selective(rows) {
    const called = rows.filter((row) => row.call === "selective" || row.call === "lineage-typical");
    const found = rows.some((row) => row.call !== null) ? called : rows.filter((row) => known(row.deviation) && row.deviation < 0);
    return found.sort((a, b) => a.deviation - b.deviation);
  }

  const tumorView = {
    label: "Tumour",
    pickers: [
      { key: "sample", label: "Tumour or cell line", options: sampleOptions, first: () => samples(mainSource()).name[0] },
      { key: "n", label: "Genes shown", kind: "select", options: counts(10, 20, 40), first: () => "20" },
      { key: "trusted", label: "Which genes", kind: "select", first: () => "all",
        options: () => [{ value: "all", text: "all" }, { value: "only", text: "trusted ones" }] },
      { key: "why", label: "Why this gene", options: () => geneOptions(), first: () => "", placeholder: "the most selective" },
    ],
    async answer(state) {
      const source = sourceOf(state.sample);
      const about = samples(source);
      const place = about.name.indexOf(state.sample);
      const row = await data.sample(source, state.sample);
      const all = dependencies(row, source, place);
      const found = selective(state.trusted === "only" ? all.filter((one) => one.trust === "trusted") : [...all]);
      const rows = found.slice(0, Number(state.n));
      const lineage = about.lineage?.[place];
      const who = `${state.sample}${lineage ? `, ${lineage}` : ""}`;
      const top = rows[0];
      const why = state.why || top?.gene || genes().name[0];
      const title = top
        ? `${who}: most selective is ${top.gene}, at ${number(top.effect)}${known(top.low) ? ` (90 % interval ${number(top.low)} to ${number(top.high)})` : ""}`
        : `${who}: nothing stands out against other cells`;
      const lead = [`${counted(found.length, "gene")} that it is predicted to need more than most cells do`];
      if (known(about.distance_rank?.[place])) {
        const rank = about.distance_rank[place];
        lead.push(rank > 0.95
          ? `It lies farther from the cell lines learned from than ${percent(rank)} of these do from each other: take all of it with caution`
          : `It is not unlike what was learned: it lies as near to the cell lines as these do to each other (rank ${percent(rank)})`);
      }
      const panels = [];
      if (rows.length) panels.push(waterfall(rows));
      panels.push(...await this.why(state.sample, source, place, why, all.find((one) => one.gene === why)));
      const far = distances(source, place);
      if (far) panels.push(far);
      return { title, lead: `${lead.join(". ")}.`, panels };
    },
    async why(sample, source, place, gene, dependency) {
      const i = placeOf(genes().name, gene, "gene");
      const panels = [];
      const causes = rowsOf(await data.causes(sample)).filter((row) => row.gene === gene);
      if (causes.length) panels.push(causesPanel(causes, gene));
      const nearest = samples(source).nearest?.[place] ?? [];
      if (nearest.length) {
        const { measured } = await data.gene(gene);
        const lines = samples("cell_lines");
        const places = nearest.map((line) => lines.name.indexOf(line));
        const rows = places.map((at, k) => ({ line: nearest[k], lineage: lines.lineage?.[at] ?? "", measured: measured?.[at] ?? null }))
          .filter((row) => known(row.measured));
        if (rows.length) panels.push(witnesses(rows, gene, genes().mean[i], dependency));
      }
      return panels;
    },
  };

  function waterfall(rows) {
    const trusts = [["trusted", color("accent")], ["not trusted", color("faint")], ["trust not known", color("faint")]];
    const there = trusts.filter(([name]) => rows.some((row) => row.trust === name));
    const x = (field, rest) => quantitative(field, EFFECT(), { scale: { zero: false }, ...rest });
    return panel({
      name: "dependencies",
      title: "Needed more than other cells need them",
      caption: "Bars go from the gene’s mean over cell lines (upright mark) to what is predicted here; thin lines are 90 % intervals. "
        + "Grey genes are predicted no better than chance in patients left out of training. The order is by deviation, in SD of the gene.",
      rows,
      columns: ["gene", "effect", "low", "high", "gene_mean", "deviation", "trust", "cv_r", "call"],
      links: rows.slice(0, 6).map((row) => link(row.gene, { view: "gene", gene: row.gene })),
      spec: {
        height: 24 * rows.length,
        layer: [
          { mark: { type: "bar", height: 13, cornerRadius: 2, opacity: 0.45 }, encoding: { x: x("gene_mean"), x2: { field: "effect" } } },
          { mark: { type: "rule", strokeWidth: 1.5 }, transform: [{ filter: "isValid(datum.low)" }], encoding: { x: x("low"), x2: { field: "high" }, color: { value: color("ink") } } },
          { mark: { type: "point", filled: true, size: 60, stroke: color("paper"), strokeWidth: 1, opacity: 1 }, encoding: { x: x("effect") } },
          { mark: { type: "tick", height: 17, thickness: 2, color: color("ink") }, encoding: { x: x("gene_mean"), color: { value: color("ink") } } },
        ],
        encoding: {
          y: { ...BY_GENE, axis: { labelFontWeight: 600 } },
          color: { field: "trust", type: "nominal", ...scaled(there) },
          tooltip: tooltip("gene", "effect", "low", "high", "gene_mean", "deviation", "trust", "cv_r", "call"),
        },
      },
    });
  }

  function causesPanel(causes, gene) {
    const kinds = [["feature that most models name", color("accent")], ["feature that few models name", color("faint")], ["gene set", color("second")]];
    const kindOf = (row) => (row.part === "gene_set" ? kinds[2][0] : known(row.stability) && row.stability < 0.5 ? kinds[1][0] : kinds[0][0]);
    const rows = causes.map((row) => ({ cause: row.part === "gene_set" ? row.name : `${row.name} ${spoken(row.table ?? "")}`, kind: kindOf(row), ...row }));
    const [top] = rows;
    const columns = ["gene", "part", "table", "name", "difference", "contribution", "stability", "q", "kind"].filter((name) => name in top);
    return panel({
      name: "causes", half: true, rows, columns,
      title: `${top.cause} ${top.contribution < 0 ? "makes it need" : "makes it need less of"} ${gene}, to the model`,
      caption: "What each feature, and all features of a gene set, add to the predicted effect, against an average sample: to the left, the gene is needed more. "
        + "Models that each left out a fold of the lines say whether they name the same.",
      spec: {
        height: 24 * rows.length,
        layer: [
          zeroRule(),
          { mark: { type: "bar", height: 13, cornerRadius: 2 }, encoding: { x: quantitative("contribution", "added to the predicted effect"), y: { field: "cause", type: "nominal", sort: null, title: null },
            color: { field: "kind", type: "nominal", ...scaled(kinds.filter(([name]) => rows.some((row) => row.kind === name))), legend: { columns: 1 } }, tooltip: tooltip("cause", ...columns) } },
        ],
      },
    });
  }

  function witnesses(lines, gene, geneMean, dependency) {
    const rows = [
      { what: "predicted here", lineage: "", effect: dependency.effect, kind: "predicted" },
      ...lines.map((row) => ({ what: row.line, lineage: row.lineage, effect: row.measured, kind: "measured" })),
      { what: "mean of all lines", lineage: "", effect: rounded(geneMean), kind: "measured" },
    ];
    const measured = mean(lines.map((row) => row.measured));
    return panel({
      name: "nearest", half: true, rows, columns: ["what", "lineage", "effect", "kind"],
      title: `The most similar cell lines measure ${gene} at ${number(measured)} on average; its mean is ${number(geneMean)}`,
      caption: `Measured effects of ${gene} in the lines of other patients that are most like this sample, nearest first. The page’s pickers choose the gene.`,
      spec: {
        height: 26 * rows.length,
        mark: { type: "point", filled: true, size: 110, opacity: 1 },
        encoding: {
          x: quantitative("effect", EFFECT(), { scale: { zero: true } }),
          y: { field: "what", type: "nominal", sort: null, title: null, axis: { grid: true } },
          color: twoColors("kind", "predicted", "measured"),
          shape: { field: "kind", type: "nominal", ...scaled([["predicted", "circle"], ["measured", "diamond"]]) },
          tooltip: tooltip("what", "lineage", "effect", "kind"),
        },
      },
    });
  }

  function distances(source, place) {
    const of = samples(source);
    const here = of.distance?.[place];
    if (!known(here)) return null;
    const values = Object.entries(data.overview.samples).flatMap(([key, about]) => (about.distance ?? []).filter(known).map((distance) => ({ key, distance })));
    const [low, high] = [Math.min(...values.map((v) => v.distance)), Math.max(...values.map((v) => v.distance))];
    const width = (high - low) / 24 || 1;
    const rows = Object.keys(data.overview.samples).flatMap((key) => Array.from({ length: 24 }, (_, k) => {
      const within = values.filter((v) => v.key === key && Math.min(Math.floor((v.distance - low) / width), 23) === k);
      return { source: `${SOURCES[key]}s`, from: rounded(low + k * width), to: rounded(low + (k + 1) * width),
        n: within.length, share: rounded(within.length / (values.filter((v) => v.key === key).length || 1), 4) };
    }));
    const there = Object.keys(data.overview.samples).map((key) => `${SOURCES[key]}s`);
    return panel({
      name: "distance", half: true, rows, columns: ["source", "from", "to", "n", "share"],
      title: `How far from what was learned: ${number(here)}, where cell lines have ${number(quantile(values.filter((v) => v.key === "cell_lines").map((v) => v.distance).sort((a, b) => a - b), 0.5))} in the middle`,
      caption: "0 is at the place of its nearest lines of other patients, 1 is unlike them. The upright line is this sample; curves are all samples of the cohort.",
      spec: {
        height: 170,
        layer: [
          { mark: { type: "area", interpolate: "monotone", fillOpacity: 0.15, line: true },
            encoding: { x: quantitative("from", "distance"), y: quantitative("share", "share of samples", { stack: null, axis: { format: "%", tickCount: 3 } }),
              color: { field: "source", type: "nominal", ...scaled(there.map((name) => [name, name === "tumours" ? color("accent") : color("second")])) } } },
          { data: { values: [{ here }] }, mark: { type: "rule", strokeWidth: 2, color: color("ink") }, encoding: { x: quantitative("here", "distance") } },
        ],
      },
    });
  }

  const geneView = {
    label: "Gene",
    pickers: [{ key: "gene", label: "Gene", options: () => geneOptions(), first: () => firstGene() }],
    async answer({ gene }) {
      const i = placeOf(genes().name, gene, "gene");
      const [of, pairs] = await Promise.all([data.gene(gene), data.pairsOf(gene)]);
      const rows = byLineage(of);
      const predicted = rows.filter((row) => row.source === "tumours, predicted" || (mainSource() === "cell_lines" && row.source !== "lines, measured"));
      const most = [...predicted].sort((a, b) => a.median - b.median)[0];
      const cv = genes().cv_r?.[i];
      const title = most ? `${gene} is needed most in ${most.lineage}, at ${number(most.median)} in the middle sample` : gene;
      const lead = `${gene} is ${trust(i)}${known(cv) ? `: measured and predicted effects correlate at ${number(cv)}${known(genes().cv_r_low?.[i]) ? ` (95 % interval ${number(genes().cv_r_low[i])} to ${number(genes().cv_r_high[i])})` : ""} in patients left out of training` : ""}. `
        + `Its mean over cell lines is ${number(genes().mean[i])}, with an SD of ${number(genes().sd[i])}${genes().class ? `; class: ${spoken(genes().class[i])}` : ""}.`;
      return { title, lead, panels: [lineagesPanel(rows, gene), accuracyPanel(gene, i), associationsPanel(pairs, gene), correlatedPanel(of, gene)].filter(Boolean) };
    },
  };

  function firstGene() {
    const of = genes();
    const score = (i) => (trust(i) === "trusted" ? 1 : 0) + (of.cv_r?.[i] ?? of.test_r?.[i] ?? 0);
    return of.name[of.name.map((_, i) => i).sort((a, b) => score(b) - score(a))[0]];
  }

  function byLineage(of) {
    const kinds = [["tumors", of.tumors, "tumours, predicted"], ["cell_lines", of.tumors ? null : of.cell_lines, "lines, predicted"], ["cell_lines", of.measured, "lines, measured"]];
    const rows = [];
    for (const [source, values, name] of kinds) {
      if (!values) continue;
      const groups = new Map();
      samples(source).lineage.forEach((lineage, k) => {
        if (known(values[k])) groups.set(lineage, [...(groups.get(lineage) ?? []), values[k]]);
      });
      for (const [lineage, found] of groups) {
        found.sort((a, b) => a - b);
        rows.push({ lineage, source: name, n: found.length, low: rounded(quantile(found, 0.1)), median: rounded(quantile(found, 0.5)), high: rounded(quantile(found, 0.9)) });
      }
    }
    const order = new Map();
    for (const row of rows) if (!order.has(row.lineage) || row.source !== "lines, measured") order.set(row.lineage, row.median);
    return rows.sort((a, b) => order.get(a.lineage) - order.get(b.lineage));
  }

  function lineagesPanel(rows, gene) {
    const names = [...new Set(rows.map((row) => row.source))];
    const first = names.find((name) => name !== "lines, measured") ?? names[0];
    const x = (field) => quantitative(field, EFFECT(), { scale: { zero: false } });
    const shared = { y: { field: "lineage", type: "nominal", sort: null, title: null, axis: { grid: true } }, yOffset: { field: "source", sort: [first, "lines, measured"] },
      color: twoColors("source", first, "lines, measured"), tooltip: tooltip("lineage", "source", "n", "low", "median", "high") };
    return panel({
      name: "lineages", rows, columns: ["lineage", "source", "n", "low", "median", "high"],
      title: "Predicted in tumours, beside what was measured in cell lines",
      caption: "Points are medians, lines hold the middle 80 % of the samples of a lineage. Predictions are cautious: they spread less than measurements do.",
      links: [...new Set(rows.map((row) => row.lineage))].slice(0, 4).map((lineage) => link(lineage, { view: "lineage", lineage })),
      spec: { height: 13 * 2 * new Set(rows.map((row) => row.lineage)).size, encoding: shared, layer: [
        { mark: { type: "rule", strokeWidth: 2.5, opacity: 0.55 }, encoding: { x: x("low"), x2: { field: "high" } } },
        { mark: { type: "point", filled: true, size: 60, opacity: 1 }, encoding: { x: x("median"), shape: { field: "source", type: "nominal", ...scaled([[first, "circle"], ["lines, measured", "diamond"]]) } } },
      ] },
    });
  }

  function accuracyPanel(gene, i) {
    const of = data.overview.accuracy.r;
    if (!of) return null;
    const rows = Object.keys(of).map((model) => ({ model: spoken(model), r: model === "gene_mean" ? of[model][i] ?? 0 : of[model][i] }))
      .sort((a, b) => (b.model === "predictor") - (a.model === "predictor") || (b.r ?? -1) - (a.r ?? -1));
    const [predictor, ridge] = [of.predictor?.[i], of.ridge?.[i]];
    const lines = data.overview.accuracy.n_lines?.[i];
    const compared = !known(predictor) || !known(ridge) ? "" : predictor > ridge + 0.02 ? ", ahead of ridge" : predictor < ridge - 0.02 ? ", behind ridge" : ", as ridge does";
    return panel({
      name: "accuracy", half: true, rows, columns: ["model", "r"],
      title: `On unseen patients, the predictor reaches r = ${number(predictor)}${compared}`,
      caption: `Correlation of measured with predicted effects of ${gene} across ${lines ? counted(lines, "test line") : "test lines"}. The gene mean is the same for every line: 0 by construction. One gene in few lines: differences below 0.1 say little.`,
      spec: { height: 22 * rows.length, layer: [
        { mark: { type: "bar", height: 12, cornerRadius: 2 }, encoding: { x: quantitative("r", "r on unseen patients"), y: { field: "model", type: "nominal", sort: null, title: null },
          color: { condition: { test: "datum.model === 'predictor'", value: color("accent") }, value: color("faint") }, tooltip: tooltip("model", "r") } },
        zeroRule(),
      ] },
    });
  }

  const status = (pair) => (pair.explained_by ? "explained by another" : known(pair.q_standing) && pair.q_standing <= data.overview.called_at ? "called" : "not called");

  function associationsPanel(columns, gene) {
    const pairs = rowsOf(columns).filter((pair) => known(pair.z));
    if (!pairs.length) return null;
    const shown = ["alteration", "n_carriers", "difference", "z", "q_standing", "status", "in_silico_cell_lines", "in_silico_tumors"];
    const rows = pairs.map((pair) => ({ ...pair, status: status(pair) })).sort((a, b) => Math.abs(b.z) - Math.abs(a.z)).slice(0, 12);
    const [top] = rows;
    return panel({
      name: "associations", half: true, rows, columns: shown.filter((name) => name in top),
      title: `${top.alteration} goes with ${top.difference < 0 ? "a stronger" : "a weaker"} need of ${gene} in cell lines`,
      caption: `Measured effect of lines that carry an alteration, minus that of others of their lineage; to the left, carriers need the gene more. Called at an FDR of ${percent(data.overview.called_at)}.`,
      links: rows.slice(0, 4).map((row) => link(row.alteration, { view: "alteration", alteration: row.alteration })),
      spec: { height: 22 * rows.length, layer: [zeroRule(), { mark: { type: "bar", height: 12, cornerRadius: 2 }, encoding: {
        x: quantitative("difference", "difference in gene effect"), y: { field: "alteration", type: "nominal", sort: null, title: null },
        color: { field: "status", type: "nominal", ...scaled([["called", color("accent")], ["explained by another", color("soft")], ["not called", color("faint")]]) },
        tooltip: tooltip(...shown.filter((name) => name in top)) } }] },
    });
  }

  function correlatedPanel(of, gene) {
    const paralogs = new Set(of.paralogs.gene);
    const both = [...rowsOf(of.correlated), ...rowsOf(of.paralogs).filter((row) => !of.correlated.gene.includes(row.gene))];
    const rows = both.map((row) => ({ ...row, kind: paralogs.has(row.gene) ? "likely paralog" : "other gene" })).filter((row) => known(row.r));
    if (!rows.length) return null;
    return panel({
      name: "correlated", half: true, rows, columns: ["gene", "r", "kind"],
      title: `Cell lines that need ${gene} ${rows[0].r > 0 ? "also need" : "do not need"} ${rows[0].gene}`,
      caption: "Correlation of measured effects over all screened lines; paralogs by their symbols.",
      links: rows.slice(0, 5).map((row) => link(row.gene, { view: "gene", gene: row.gene })),
      spec: { height: 22 * rows.length, layer: [zeroRule(), { mark: { type: "bar", height: 12, cornerRadius: 2 }, encoding: {
        x: quantitative("r", "correlation of measured effects"), y: BY_GENE, color: twoColors("kind", "other gene", "likely paralog"), tooltip: tooltip("gene", "r", "kind") } }] },
    });
  }

  const alterationView = {
    label: "Alteration",
    there: () => data.overview.alterations.length > 0,
    pickers: [
      { key: "alteration", label: "Alteration", options: () => alterationOptions(), first: () => data.overview.alterations[0].name },
      { key: "samples", label: "In silico in", kind: "select", first: () => "cell_lines",
        options: () => Object.keys(data.overview.samples).map((source) => ({ value: source, text: `${SOURCES[source]}s` })) },
    ],
    async answer(state) {
      const pairs = rowsOf(await data.alteration(state.alteration)).map((pair) => ({ ...pair, status: status(pair),
        minus_log10_p: known(pair.p) ? rounded(-Math.log10(Math.max(pair.p, 1e-300))) : null }));
      const called = pairs.filter((pair) => pair.status === "called").sort((a, b) => Math.abs(b.z) - Math.abs(a.z));
      const lethal = called.filter((pair) => pair.difference < 0);
      const n = pairs[0]?.n_carriers;
      const buffered = called.filter((pair) => pair.difference > 0);
      const named = [[lethal, "more"], [buffered, "less"]].filter(([some]) => some.length)
        .map(([some, word]) => `${some.slice(0, 3).map((pair) => pair.gene).join(", ")} ${word}`);
      const title = named.length
        ? `Cells with ${state.alteration} need ${named.join(" and ")} than others of their lineage`
        : `No gene is needed more or less in cells with ${state.alteration}, at an FDR of ${percent(data.overview.called_at)}`;
      const lead = `${counted(n ?? 0, "measured cell line")} carry it. ${counted(called.length, "gene")} called of ${number(pairs.length, 0)}; an association in lines is no proof, and the model learned from the same lines.`;
      const panels = [observedVolcano(pairs, state.alteration), inSilico(pairs, state)].filter(Boolean);
      return { title, lead, panels };
    },
  };

  function volcano({ rows: all, x, y, name, title, caption: words, columns, strength, half }) {
    const rows = all.length <= MOST_VOLCANO_POINTS ? all : [...all].sort((a, b) => strength(b) - strength(a)).slice(0, MOST_VOLCANO_POINTS);
    const caption = rows === all ? words : `${words} The strongest ${number(rows.length, 0)} of ${number(all.length, 0)} are drawn.`;
    const padded = ([field, title]) => quantitative(field, title, { scale: { padding: 24, nice: false } });
    const named = labelled(rows, strength);
    const kinds = [["called", color("accent")], ["explained by another", color("soft")], ["not called", color("faint")]].filter(([kind]) => rows.some((row) => row.status === kind));
    const points = rows.map((row) => ({ ...row, label: named.has(row) ? row.gene : "" }));
    return panel({
      name, title, caption, rows, columns, half,
      links: [...named].slice(0, 5).map((row) => link(row.gene, { view: "gene", gene: row.gene })),
      spec: { height: 380, data: { values: points }, layer: [
        zeroRule(),
        { mark: { type: "point", filled: true, opacity: 0.85, aria: false }, encoding: { x: padded(x), y: padded(y),
          size: { condition: { test: "datum.status === 'called'", value: 70 }, value: 28 },
          color: { field: "status", type: "nominal", ...scaled(kinds) }, tooltip: tooltip(...columns) } },
        { transform: [{ filter: "datum.label !== ''" }], mark: { type: "text", dy: -10, fontWeight: 600 }, encoding: { x: padded(x), y: padded(y), text: { field: "label" } } },
      ] },
    });
  }

  function observedVolcano(pairs, alteration) {
    const columns = ["gene", "n_carriers", "difference", "z", "p", "q_standing", "minus_log10_p", "status", "explained_by"].filter((name) => pairs[0] && name in pairs[0]);
    const rows = pairs.filter((pair) => known(pair.difference) && known(pair.minus_log10_p));
    if (!rows.length) return null;
    return volcano({ rows, columns, name: "observed", half: true, x: ["difference", "difference in measured effect"], y: ["minus_log10_p", "−log10 p"],
      strength: (row) => Math.abs(row.z),
      title: `Observed: carriers of ${alteration} against other lines`,
      caption: `Left: carriers need the gene more. The p is of permuting carriers within lineages; called at an FDR of ${percent(data.overview.called_at)} over all alterations and genes.` });
  }

  function inSilico(pairs, { samples: source, alteration }) {
    const key = `in_silico_${source}`;
    const rows = pairs.filter((pair) => known(pair[key]) && known(pair.z));
    if (!rows.length) return null;
    // Chance is known of the change in cell lines alone.
    const tested = source === "cell_lines" && rows.some((row) => known(row.in_silico_p));
    const points = !tested ? rows : rows.map((row) => ({ ...row, minus_log10_p: known(row.in_silico_p) ? rounded(-Math.log10(Math.max(row.in_silico_p, 1e-300))) : null,
      status: known(row.in_silico_q) && row.in_silico_q <= data.overview.called_at ? "called" : "not called" })).filter((row) => known(row.minus_log10_p));
    const y = tested ? ["minus_log10_p", "−log10 p in silico"] : ["z", "z of measured lines (below 0: needed more)"];
    const columns = ["gene", key, ...(tested ? ["in_silico_p", "in_silico_q", "minus_log10_p"] : []), "z", "q_standing", "status", "is_deepdep_call"].filter((name) => points[0] && name in points[0]);
    return volcano({ rows: points, columns, name: "in-silico", half: true, x: [key, `change of predicted effect in ${SOURCES[source]}s`], y,
      strength: (row) => Math.abs(row[key]),
      title: `In silico: ${alteration} set and unset in every ${SOURCES[source]}`,
      caption: `How far predictions move on average. ${tested ? "Called here are changes that models of permuted alterations do not give." : "Up and down, what lines measured: both agree in the lower left and the upper right."}` });
  }

  const lineageView = {
    label: "Lineage",
    pickers: [
      { key: "lineage", label: "Lineage", options: () => lineageOptions(), first: () => largestLineage() },
      { key: "direction", label: "Genes needed", kind: "select", first: () => "more", options: () => [{ value: "more", text: "more than elsewhere" }, { value: "less", text: "less than elsewhere" }] },
      { key: "n", label: "Genes shown", kind: "select", options: counts(10, 20, 40), first: () => "20" },
    ],
    async answer({ lineage, direction, n }) {
      const found = await data.lineage(lineage);
      const source = found[mainSource()]?.n ? mainSource() : "cell_lines";
      const of = found[source];
      const difference = (one, i) => (one && known(one.within[i]) && known(one.rest[i]) ? rounded(one.within[i] - one.rest[i]) : null);
      const sign = direction === "more" ? 1 : -1;
      const rows = genes().name.map((gene, i) => ({ gene, predicted: difference(of, i), measured: difference(found.measured, i), predicted_mean: of.within[i], mean_elsewhere: of.rest[i], trust: trust(i), n_samples: of.n, n_lines: found.measured?.n ?? 0 }))
        .filter((row) => known(row.predicted) && sign * row.predicted < 0).sort((a, b) => sign * (a.predicted - b.predicted)).slice(0, Number(n));
      const [top] = rows;
      const agree = rows.filter((row) => known(row.measured) && row.measured * row.predicted > 0).length;
      const compared = rows.filter((row) => known(row.measured)).length;
      const long = rows.flatMap((row) => [["predicted", row.predicted], ["measured", row.measured]].filter(([, value]) => known(value)).map(([kind, value]) => ({ ...row, kind: kind === "predicted" ? `predicted, ${SOURCES[source]}s` : "measured, cell lines", value })));
      const kinds = [`predicted, ${SOURCES[source]}s`, "measured, cell lines"];
      return {
        title: top ? `${lineage} needs ${rows.slice(0, 3).map((row) => row.gene).join(", ")} ${direction} than other lineages do` : `${lineage}: no gene is needed ${direction} than elsewhere`,
        lead: `${counted(of.n, SOURCES[source])} and ${counted(found.measured?.n ?? 0, "measured cell line")}. ${compared ? `Measured lines point the same way in ${agree} of ${compared} genes shown.` : "No line of this lineage was measured."}`,
        panels: top ? [panel({
          name: "lineage", rows, columns: ["gene", "predicted", "measured", "predicted_mean", "mean_elsewhere", "trust", "n_samples", "n_lines"],
          title: "Mean effect in the lineage, minus that of all others",
          caption: "In gene effect; to the left, the lineage needs the gene more. Measured means of few lines vary by chance.",
          links: rows.slice(0, 6).map((row) => link(row.gene, { view: "gene", gene: row.gene })),
          spec: { height: 24 * rows.length, data: { values: long }, layer: [
            zeroRule(),
            ...(compared ? [{ mark: { type: "rule", strokeWidth: 2, color: color("line") }, data: { values: rows.filter((row) => known(row.measured)) }, encoding: { y: BY_GENE, x: quantitative("predicted", null), x2: { field: "measured" } } }] : []),
            { mark: { type: "point", filled: true, size: 100, opacity: 1 }, encoding: { y: BY_GENE, x: quantitative("value", "difference in gene effect"), color: twoColors("kind", ...kinds),
              shape: { field: "kind", type: "nominal", ...scaled([[kinds[0], "circle"], [kinds[1], "diamond"]]) }, tooltip: tooltip("gene", "predicted", "measured", "trust") } },
          ] },
        })] : [],
      };
    },
  };

  function largestLineage() {
    const sizes = new Map();
    for (const lineage of samples(mainSource()).lineage ?? []) sizes.set(lineage, (sizes.get(lineage) ?? 0) + 1);
    return [...sizes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? data.overview.lineages[0];
  }

  const annotationNames = cached(() => [...new Set(Object.values(data.overview.samples).flatMap((of) => Object.keys(of.annotations ?? {})))]);

  const mapView = {
    label: "Map",
    pickers: [
      { key: "color", label: "Colour by", kind: "select", first: () => "lineage", options: () => [
        { value: "lineage", text: "lineage" }, { value: "source", text: "tumour or cell line" }, { value: "gene", text: "predicted effect of a gene" },
        { value: "distance", text: "distance from the lines" }, ...annotationNames().map((name) => ({ value: `annotation:${name}`, text: spoken(name) }))] },
      { key: "gene", label: "Gene (for its effect)", options: () => geneOptions(), first: () => firstGene() },
      { key: "show", label: "Show", kind: "select", first: () => "all", options: () => [{ value: "all", text: "all samples" }, ...Object.keys(data.overview.samples).map((source) => ({ value: source, text: `${SOURCES[source]}s` }))] },
    ],
    async answer(state) {
      const of = state.color === "gene" ? await data.gene(state.gene) : null;
      const value = (source, i) => {
        const about = samples(source);
        if (state.color === "gene") return of[source][i];
        if (state.color === "source") return SOURCES[source];
        if (state.color.startsWith("annotation:")) return about.annotations?.[state.color.slice(11)]?.[i] ?? null;
        return about[state.color]?.[i] ?? null;
      };
      const rows = Object.keys(data.overview.samples).filter((source) => state.show === "all" || state.show === source).flatMap((source) =>
        samples(source).name.map((name, i) => ({ sample: name, source: SOURCES[source], lineage: samples(source).lineage?.[i] ?? "", pc1: samples(source).pc1[i], pc2: samples(source).pc2?.[i] ?? 0, value: value(source, i) })));
      const called = state.color === "gene" ? `predicted effect of ${state.gene}` : state.color === "source" ? "tumour or cell line" : spoken(state.color.replace("annotation:", ""));
      const isNumber = rows.every((row) => row.value === null || typeof row.value === "number");
      const shares = samples(mainSource()).explained ?? [];
      const axis = (k) => `component ${k + 1} (${percent(shares[k])} of the variance)`;
      return {
        title: state.color === "source" ? "Where the model places tumours and cell lines" : `Where the model places samples, by ${called}`,
        lead: "Each point is a sample, placed by the first two principal components of the code that the predictor makes of its omics. Near points are alike to the model.",
        panels: [panel({
          name: "map", rows, columns: ["sample", "source", "lineage", "pc1", "pc2", "value"],
          title: `${number(rows.length, 0)} samples, coloured by ${called}`,
          caption: isNumber ? "Yellow is high; grey where it is not known." : `The ${MOST_GROUPS} largest groups have colours; the others are grey. Triangles are cell lines.`,
          spec: { height: 520, data: { values: grouped(rows, isNumber) }, mark: { type: "point", filled: true, size: 42, opacity: 0.8, aria: false }, encoding: {
            x: quantitative("pc1", axis(0), { scale: { zero: false }, axis: { grid: false } }), y: quantitative("pc2", axis(1), { scale: { zero: false }, axis: { grid: false } }),
            shape: { field: "source", type: "nominal", legend: rows.some((row) => row.source !== rows[0].source) ? { symbolFillColor: color("soft"), symbolStrokeColor: color("soft") } : null, ...scaled([["tumour", "circle"], ["cell line", "triangle-up"]]) },
            color: groupColor(rows, isNumber, called), tooltip: tooltip("sample", "source", "lineage", "value") } },
        })],
      };
    },
  };

  const OTHERS = "all others";
  function largestGroups(rows) {
    const sizes = new Map();
    for (const { value } of rows) if (value !== null) sizes.set(String(value), (sizes.get(String(value)) ?? 0) + 1);
    return [...sizes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, MOST_GROUPS).map(([name]) => name);
  }
  function grouped(rows, isNumber) {
    if (isNumber) return rows;
    const largest = new Set(largestGroups(rows));
    return rows.map((row) => ({ ...row, group: largest.has(String(row.value)) ? String(row.value) : OTHERS }))
      .sort((a, b) => (a.group === OTHERS ? 0 : 1) - (b.group === OTHERS ? 0 : 1));
  }
  function groupColor(rows, isNumber, title) {
    if (isNumber) return { condition: { test: "isValid(datum.value)", field: "value", type: "quantitative", scale: { scheme: "viridis" }, legend: { title, gradientLength: 180 } }, value: color("faint") };
    const largest = largestGroups(rows);
    const pairs = largest.map((name, k) => [name, GROUP_COLORS[k]]);
    if (rows.some((row) => !largest.includes(String(row.value)))) pairs.push([OTHERS, color("faint")]);
    return { field: "group", type: "nominal", ...scaled(pairs), legend: { columns: Math.max(1, Math.floor(byId("answer").clientWidth / 150)) } };
  }

  async function valuesOf(key) {
    const at = key.indexOf(":");
    const [kind, name] = [key.slice(0, at), key.slice(at + 1)];
    if (kind === "effect" || kind === "measured") {
      const of = await data.gene(name);
      return kind === "effect" ? of : { cell_lines: of.measured };
    }
    return data.feature(kind, name);
  }
  const textOf = (key) => featureOptions().find((option) => option.value === key)?.text ?? key;

  const featuresView = {
    label: "Two features",
    pickers: [
      { key: "x", label: "Across", options: () => featureOptions(), first: () => firstFeature() },
      { key: "y", label: "Up", options: () => featureOptions(), first: () => `effect:${firstGene()}` },
    ],
    async answer({ x, y }) {
      const [of, against] = await Promise.all([valuesOf(x), valuesOf(y)]);
      const rows = Object.keys(data.overview.samples).filter((source) => of[source] && against[source]).flatMap((source) =>
        samples(source).name.map((name, i) => ({ sample: name, source: SOURCES[source], lineage: samples(source).lineage?.[i] ?? "", x: of[source][i], y: against[source][i] })))
        .filter((row) => known(row.x) && known(row.y));
      const each = [...new Set(rows.map((row) => row.source))].map((source) => { const some = rows.filter((row) => row.source === source); return `r\u00a0=\u00a0${number(pearson(some))} in ${counted(some.length, source)}`; });
      return {
        title: `${textOf(x)} against ${textOf(y)}: ${each.join(", ") || "no sample has both"}`,
        lead: "Effects are in gene effect; features of omics are standardised as the model reads them. r is Pearson’s.",
        panels: rows.length ? [panel({
          name: "features", rows, columns: ["sample", "source", "lineage", "x", "y"], title: `${number(rows.length, 0)} samples that have both`,
          caption: "x and y in the CSV are what the axes say.",
          spec: { height: 440, mark: { type: "point", filled: true, size: 40, opacity: 0.6, aria: false }, encoding: {
            x: quantitative("x", textOf(x), { scale: { zero: false } }), y: quantitative("y", textOf(y), { scale: { zero: false } }),
            color: twoColors("source", "tumour", "cell line"), shape: { field: "source", type: "nominal", ...scaled([["tumour", "circle"], ["cell line", "triangle-up"]]) },
            tooltip: tooltip("sample", "source", "lineage", "x", "y") } },
        })] : [],
      };
    },
  };

  function firstFeature() {
    const gene = firstGene();
    const found = Object.entries(data.overview.features).find(([name, features]) => name.startsWith("expression") && features.includes(gene));
    if (found) return `${found[0]}:${gene}`;
    return `measured:${gene}`;
  }

  const qualityView = {
    label: "How good is this?",
    pickers: [],
    async answer() {
      const { models = {}, differences = {}, r, coverage, note } = data.overview.accuracy;
      const of = models.predictor?.all ?? {};
      const trusted = genes().name.filter((_, i) => trust(i) === "trusted").length;
      const isKnown = genes().name.some((_, i) => trust(i) !== "trust not known");
      const covered = mean(coverage ?? []);
      const names = Object.keys(models);
      const rows = names.map((model) => { const all = models[model].all ?? {}; return { model: spoken(model), mean_r: all.mean_gene_r ?? (model === "gene_mean" ? 0 : null), low: all.mean_gene_r_low ?? null, high: all.mean_gene_r_high ?? null }; })
        .filter((row) => known(row.mean_r)).sort((a, b) => b.mean_r - a.mean_r);
      const rivals = rows.filter((row) => row.model !== "predictor");
      const best = rivals[0];
      const lead = best ? differences[`predictor - ${names.find((name) => spoken(name) === best.model)}`]?.all?.mean_gene_r : null;
      const verdict = !lead || !known(lead.low) ? "" : lead.low > 0 ? `ahead of the best simple model (${best.model})` : lead.high < 0 ? `behind the best simple model (${best.model})` : `no better than the best simple model (${best.model}) as far as this can tell`;
      const good = r?.predictor ? r.predictor.filter((value) => value > 0.2).length : null;
      return {
        title: isKnown ? `${trusted} of ${number(genes().name.length, 0)} genes are predicted better than chance in patients the model never saw` : "How well genes are predicted in patients the model never saw",
        lead: note ?? `The model was tested on cell lines of patients that it had not learned from. It is ${verdict || "compared below with simple models"}.`,
        facts: [
          note ? null : [number(of.mean_gene_r), "is how well measured and predicted effects of a gene go together across unseen patients, on average over genes (correlation: 1 is perfect, 0 is chance). Many genes vary too little to be predicted at all."],
          known(good) ? [`${number(good, 0)}`, `of ${number(genes().name.length, 0)} genes reach a correlation above 0.2. Look at “trusted” genes first: the others may be right by luck only.`] : null,
          known(covered) ? [percent(covered), "of measured effects of unseen patients lay within the 90 % interval that was predicted. Where intervals are wide, the model says that it does not know."] : null,
          data.overview.samples.tumors ? ["0", "tumours were ever screened. What is said of tumours rests on cell lines and on how alike both are; nothing here can check it."] : null,
        ].filter(Boolean),
        panels: rows.length ? [panel({
          name: "models", rows, columns: ["model", "mean_r", "low", "high"], title: best ? `The predictor ${verdict ? `is ${verdict}` : "beside simple models"}` : "The predictor",
          caption: "Mean over genes of the correlation between measured and predicted effects in test lines; thin lines are 95 % intervals from resampling patients. A simple model that does as well would be the better choice.",
          spec: { height: 26 * rows.length, encoding: { y: { field: "model", type: "nominal", sort: null, title: null } }, layer: [
            { mark: { type: "bar", height: 14, cornerRadius: 2 }, encoding: { x: quantitative("mean_r", "mean correlation per gene"), color: { condition: { test: "datum.model === 'predictor'", value: color("accent") }, value: color("faint") }, tooltip: tooltip("model", "mean_r", "low", "high") } },
            { mark: { type: "rule", strokeWidth: 1.5, color: color("ink") }, transform: [{ filter: "isValid(datum.low)" }], encoding: { x: quantitative("low", ""), x2: { field: "high" } } },
          ] },
        })] : [],
        more: note ? null : statistics(models),
      };
    },
  };

  /** Every figure of every model, folded away. */
  function statistics(models) {
    const strata = [...new Set(Object.values(models).flatMap((of) => Object.keys(of)))];
    return element("details", { class: "more" }, element("summary", {}, "The statistics behind it"),
      element("p", {}, "r is Pearson’s, gene by gene, across test lines of unseen patients; “skill” is one minus the squared error over that of the gene mean; “coverage” is of 90 % intervals; within-lineage r is what is left when the mean of the lineage is known."),
      ...strata.flatMap((stratum) => {
        const rows = Object.entries(models).filter(([, of]) => of[stratum]).map(([model, of]) => ({ model: spoken(model), ...Object.fromEntries(Object.entries(of[stratum]).filter(([, value]) => typeof value === "number").map(([key, value]) => [key, rounded(value)])) }));
        return [element("h2", {}, spoken(stratum)), table(rows, [...new Set(rows.flatMap((row) => Object.keys(row)))])];
      }));
  }

  const VIEWS = { tumor: tumorView, gene: geneView, alteration: alterationView, lineage: lineageView, map: mapView, features: featuresView, quality: qualityView };

  // ---------------------------------------------------------------- what is shown

  let [shownView, pickers, turn, drawn] = [null, {}, 0, []];

  function stateOfAddress() {
    const stated = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
    const isThere = Object.hasOwn(VIEWS, stated.view) && (VIEWS[stated.view].there?.() ?? true);
    const view = isThere ? stated.view : "tumor";
    const state = { view };
    for (const picker of VIEWS[view].pickers) state[picker.key] = stated[picker.key] || picker.first();
    return state;
  }

  function showPickers(state) {
    if (shownView === state.view) {
      for (const [key, picker] of Object.entries(pickers)) picker.setValue(state[key]);
      return;
    }
    shownView = state.view;
    pickers = {};
    for (const { key, label, kind, placeholder, options: list } of VIEWS[state.view].pickers) {
      const make = kind === "select" ? select : combobox;
      pickers[key] = make({ id: `pick-${key}`, label, placeholder, value: state[key], options: list, onpick: (value) => {
        const next = { ...stateOfAddress(), [key]: value };
        if (key === "sample") delete next.why;
        location.hash = addressOf(Object.fromEntries(Object.entries(next).filter(([, one]) => one)));
      } });
    }
    byId("pickers").replaceChildren(...Object.values(pickers).map((picker) => picker.made));
  }

  function keep() {
    const field = element("input", { type: "text", readonly: true, "aria-label": "Address of this view", hidden: true });
    const word = element("span", { role: "status" });
    const copy = element("button", { type: "button", onclick: async () => {
      field.hidden = false;
      field.value = location.href;
      field.select();
      try { await navigator.clipboard.writeText(location.href); word.textContent = "Copied."; } catch { word.textContent = "Copy it from here."; }
    } }, "Link to this view");
    return element("p", { class: "keep" }, copy, field, word);
  }

  async function show() {
    turn += 1;
    const now = turn;
    const state = stateOfAddress();
    for (const item of byId("views").children) {
      if (item.dataset.view === state.view) item.setAttribute("aria-current", "page");
      else item.removeAttribute("aria-current");
    }
    showPickers(state);
    const article = byId("answer");
    article.setAttribute("aria-busy", "true");
    let answer;
    try {
      answer = await VIEWS[state.view].answer(state);
    } catch (error) {
      if (!(error instanceof UnknownName)) console.error(error);
      answer = { title: error.message, lead: "Pick another name above.", panels: [] };
    }
    if (now !== turn) return;
    for (const one of drawn) one.finalize();
    drawn = [];
    byId("finding").textContent = answer.title.replaceAll(" %", "\u00a0%");
    document.title = `${answer.title} – DeepDEP explorer`;
    byId("content").replaceChildren(...[
      answer.lead ? element("p", { class: "lead" }, answer.lead) : null,
      answer.facts ? facts(answer.facts) : null,
      element("div", { class: "panels" }, ...answer.panels.map((one) => one.made)),
      answer.more ?? null,
      keep(),
    ].filter(Boolean));
    for (const one of answer.panels) {
      const made = await draw(one);
      if (now !== turn) { made.finalize(); return; }
      drawn.push(made);
    }
    article.setAttribute("aria-busy", "false");
    article.dataset.shown = location.hash;
  }

  async function start() {
    const held = JSON.parse(new TextDecoder().decode(await unpack(byId("held").textContent.trim())));
    data = held.served ? await Served.start() : new Held(held);
    const { cohort } = data.overview;
    byId("simulated").hidden = !cohort.simulated;
    const views = Object.entries(VIEWS).filter(([, view]) => view.there?.() ?? true);
    byId("views").replaceChildren(...views.map(([name, view]) => element("a", { href: addressOf({ view: name }), "data-view": name }, view.label)));
    byId("origin").textContent = [
      cohort.name || cohort.sha256 ? `Cohort: ${cohort.name ?? "not named"}${cohort.sha256 ? ` (sha256 ${cohort.sha256.slice(0, 12)})` : ""}.` : "",
      held.code ? `Code: ${held.code}.` : "",
      "Effects are rounded to 0.001, features to 0.05, other numbers to three digits.",
    ].filter(Boolean).join(" ");
    byId("skip").addEventListener("click", (event) => { event.preventDefault(); byId("answer").focus(); });
    byId("pickers").addEventListener("submit", (event) => event.preventDefault());
    addEventListener("hashchange", show);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
    await show();
  }

  start().catch((error) => {
    console.error(error);
    byId("finding").textContent = "This page could not be shown";
    byId("content").textContent = String(error.message ?? error);
  });
})();
