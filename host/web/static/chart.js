// Draws what stands in data-chart (host/web/chart_figures.py) and tells the values of the table's
// rows along the arrow keys. Nothing moves by itself.
"use strict";

const place = document.getElementById("chart");

if (place) {
  const chart = JSON.parse(place.dataset.chart);
  const count = chart.labels.length;
  const rowOf = (index) => document.querySelector("#chart-table tbody").rows[index];
  const told = document.getElementById("chart-told");
  const number = new Intl.NumberFormat(document.documentElement.dataset.locale, { maximumSignificantDigits: 6 });
  const ON_PAPER = { text: "#1b2526", quiet: "#56656a", line: "#dde3e3", card: "#ffffff", accent: "#0f6b63", bad: "#a5251d", "idle-soft": "#e9eef1" };
  const PAPER_PX = [960, 390];
  const BAR = 0.62;
  const font = "13px " + getComputedStyle(document.body).fontFamily;
  let plot = null;
  let at = -1;

  function screenColours() {
    const style = getComputedStyle(document.documentElement);
    return Object.fromEntries(Object.keys(ON_PAPER).map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  }

  // uPlot breaks a line at null and goes over undefined.
  function line(values, joined) {
    const copy = [...values];
    for (const index of joined) copy[index] = undefined;
    return copy;
  }

  function alone(values) {
    return [...values.keys()].filter((i) => values[i] != null && values[i - 1] === null && values[i + 1] === null);
  }

  function stripes(colour, card) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const pen = tile.getContext("2d");
    pen.fillStyle = card;
    pen.fillRect(0, 0, 8, 8);
    pen.strokeStyle = colour;
    pen.lineWidth = 2;
    for (const shift of [-8, 0, 8]) {
      pen.beginPath();
      pen.moveTo(shift - 1, 9);
      pen.lineTo(shift + 9, -1);
      pen.stroke();
    }
    return plot?.ctx.createPattern(tile, "repeat") ?? tile.getContext("2d").createPattern(tile, "repeat");
  }

  function bars(colours) {
    const guessed = new Set(chart.guessed);
    const pattern = stripes(colours.accent, colours.card);
    const fills = { unit: 3, values: () => chart.now.map((_, i) => (guessed.has(i) ? pattern : colours.accent)) };
    return {
      series: [
        { stroke: colours.quiet, width: 1.5, dash: [4, 3], points: { show: false }, paths: uPlot.paths.bars({ size: [0.86, 60] }) },
        { stroke: colours.accent, fill: colours.accent, width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [BAR, 44], disp: { fill: fills } }) },
      ],
      data: [chart.before ?? chart.now.map(() => null), chart.now],
      range: (_, low, high) => [0, high > 0 ? high * 1.08 : 1],
    };
  }

  function lines(colours) {
    const edge = { stroke: "transparent", width: 0, points: { show: false } };
    const now = line(chart.now, chart.joined);
    const lonely = alone(now);
    const before = line(chart.before ?? chart.now.map(() => null), chart.before_joined ?? []);
    return {
      series: [
        { stroke: colours.quiet, width: 1.5, dash: [5, 4], points: { show: false } },
        edge,
        { ...edge },
        { stroke: colours.accent, width: 2, points: { show: true, size: 6, filter: () => lonely } },
      ],
      data: [before, line(chart.low, chart.joined), line(chart.high, chart.joined), now],
      bands: [{ series: [3, 2], fill: colours.accent + "38" }],
      range: (_, low, high) => (low == null ? [0, 1] : low === high ? [low - 1, high + 1] : uPlot.rangeNum(low, high, 0.08, true)),
    };
  }

  // Columns where readings are missing, behind everything.
  function drawGaps(u, colours) {
    u.ctx.fillStyle = colours["idle-soft"];
    for (const [first, last] of chart.gaps) {
      const left = u.valToPos(first - 0.5, "x", true);
      u.ctx.fillRect(left, u.bbox.top, u.valToPos(last + 0.5, "x", true) - left, u.bbox.height);
    }
  }

  function drawEvents(u, colours) {
    const size = 5 * devicePixelRatio;
    u.ctx.fillStyle = colours.bad;
    for (const index of chart.events) {
      const x = u.valToPos(index, "x", true);
      const y = u.bbox.top + size + 1;
      u.ctx.beginPath();
      u.ctx.moveTo(x, y - size);
      u.ctx.lineTo(x + size, y);
      u.ctx.lineTo(x, y + size);
      u.ctx.lineTo(x - size, y);
      u.ctx.fill();
    }
  }

  // As many of the ticks as have room.
  function placedTicks(u) {
    const pen = u.ctx;
    pen.font = font;
    const widest = Math.max(...chart.ticks.map(([, text]) => pen.measureText(text).width)) + 12;
    const room = u.bbox.width / devicePixelRatio;
    const step = Math.max(1, Math.ceil((widest * chart.ticks.length) / room));
    return chart.ticks.filter((_, i) => i % step === 0);
  }

  function build(colours, [width, height]) {
    const kind = (chart.kind === "bars" ? bars : lines)(colours);
    plot?.destroy();
    const axis = { stroke: colours.quiet, font, ticks: { stroke: colours.line, width: 1, size: 5 }, grid: { stroke: colours.line, width: 1 } };
    const widest = (values) => Math.max(...values.map((text) => text.length));
    plot = new uPlot({
      width,
      height,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false, setScale: false }, points: { show: chart.kind === "line" } },
      scales: { x: { time: false, range: [-0.5, count - 0.5] }, y: { range: kind.range } },
      axes: [
        { ...axis, size: 32, grid: { show: false }, splits: (u) => placedTicks(u).map(([index]) => index), values: (u) => placedTicks(u).map(([, text]) => text) },
        { ...axis, ticks: { show: false }, values: (_, splits) => splits.map((value) => number.format(value)), size: (_, values) => (values ? 14 + 7.6 * widest(values) : 40) },
      ],
      series: [{}, ...kind.series],
      bands: kind.bands,
      hooks: {
        drawClear: [(u) => drawGaps(u, colours)],
        draw: [(u) => drawEvents(u, colours)],
        setCursor: [(u) => follow(u.cursor.idx)],
      },
    }, [chart.labels.map((_, i) => i), ...kind.data], place);
  }

  function follow(index) {
    if (index == null || index === at) return;
    if (at >= 0) rowOf(at).classList.remove("lit");
    at = index;
    const row = rowOf(at);
    row.classList.add("lit");
    const [when, ...values] = row.cells;
    const remark = values.pop().textContent;
    const texts = values.map((cell) => `${cell.dataset.label} ${cell.textContent}`);
    told.textContent = `${when.textContent} – ${texts.join(" · ")}${remark && ` (${remark})`}`;
  }

  const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -7, PageDown: 7, Home: -Infinity, End: Infinity };

  function step(event) {
    const by = STEPS[event.key];
    if (by === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    told.ariaLive = "polite";
    const index = at < 0 && Number.isFinite(by) ? 0 : Math.min(count - 1, Math.max(0, at + by));
    plot.setCursor({ left: plot.valToPos(index, "x"), top: plot.over.clientHeight / 2 });
    follow(index);
  }

  const size = () => [place.clientWidth, place.clientHeight];
  const onScreen = () => build(screenColours(), size());

  // The picture has its title and legend in it, on the page's own colours.
  function save() {
    const colours = screenColours();
    const scale = devicePixelRatio;
    const source = plot.ctx.canvas;
    const picture = document.createElement("canvas");
    const head = 60 * scale;
    picture.width = source.width;
    picture.height = source.height + head;
    const pen = picture.getContext("2d");
    pen.fillStyle = colours.card;
    pen.fillRect(0, 0, picture.width, picture.height);
    pen.drawImage(source, 0, head);
    pen.fillStyle = colours.text;
    pen.font = `600 ${16 * scale}px ${getComputedStyle(document.body).fontFamily}`;
    const name = document.querySelector("h1").innerText;
    pen.fillText(`${name} – ${document.getElementById("chart-title").innerText}`, 12 * scale, 24 * scale);
    pen.font = `${13 * scale}px ${getComputedStyle(document.body).fontFamily}`;
    pen.fillStyle = colours.quiet;
    const signs = { "key--before": "- - -", "key--guessed": "////", "key--gap": "░░", "key--event": "◆" };
    const legend = Object.entries(signs).map(([key, sign]) => [document.querySelector(`.${key}`)?.parentElement, sign]);
    const texts = legend.filter(([item]) => item && !item.hidden).map(([item, sign]) => `${sign}  ${item.innerText}`);
    pen.fillText(texts.join("     "), 12 * scale, 46 * scale);
    picture.toBlob((blob) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = saveButton.dataset.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
  }

  const saveButton = document.getElementById("chart-save");
  const printButton = document.getElementById("chart-print");
  for (const element of [place, told, saveButton, printButton, document.querySelector(".chart-legend")]) element.hidden = false;
  for (const item of document.querySelectorAll(".chart-legend [data-of]")) item.hidden = chart[item.dataset.of].length === 0;
  onScreen();
  requestAnimationFrame(() => setTimeout(() => performance.mark("chart drawn")));

  place.addEventListener("keydown", step);
  place.addEventListener("pointermove", () => { told.ariaLive = "off"; });
  saveButton.addEventListener("click", save);
  printButton.addEventListener("click", () => print());
  addEventListener("beforeprint", () => build(ON_PAPER, PAPER_PX));
  addEventListener("afterprint", onScreen);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onScreen);
  new ResizeObserver(() => {
    const [width, height] = size();
    if (width !== plot.width && !matchMedia("print").matches) plot.setSize({ width, height });
  }).observe(place);
}
