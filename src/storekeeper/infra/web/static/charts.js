// Brings the charts to life: finds them, loads ECharts once and only when needed, follows size and theme.

import { optionOf } from "storekeeper/chart-options";
import { seriesSlot } from "storekeeper/chart-parts";

const live = new Map();
const dark = window.matchMedia("(prefers-color-scheme: dark)");
let library;

function echarts() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = document.querySelector('meta[name="echarts"]').content;
    script.addEventListener("load", () => resolve(window.echarts));
    script.addEventListener("error", reject);
    document.head.append(script);
  });
  return library;
}

function tokens() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    font: read("font"),
    surface: read("surface"),
    raised: read("raised"),
    ground: read("ground"),
    text: read("text"),
    soft: read("text-soft"),
    faint: read("text-faint"),
    line: read("line"),
    lineStrong: read("line-strong"),
    accent: read("accent"),
    marks: { incident: read("bad"), deployment: read("info"), maintenance: read("warn") },
    series: [1, 2, 3, 4, 5, 6, 7, 8].map((slot) => read(`series-${slot}`)),
  };
}

const payloadOf = async (figure) => {
  const inline = figure.querySelector('script[type="application/json"]');
  if (inline) return JSON.parse(inline.textContent);
  const answer = await fetch(figure.dataset.src, { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(`${figure.dataset.src} answered ${answer.status}`);
  return answer.json();
};

const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) live.get(target)?.chart.resize();
});

async function draw(figure) {
  const canvas = figure.querySelector(".chart-canvas");
  try {
    const [payload, library] = await Promise.all([payloadOf(figure), echarts()]);
    if (!canvas.isConnected) return;
    const chart = library.init(canvas, null, { renderer: "canvas" });
    live.set(canvas, { chart, payload });
    chart.setOption(optionOf(payload, tokens(), canvas.clientWidth));
    chart.on("click", ({ data }) => data?.href && open(figure, data.href));
    observer.observe(canvas);
    figure.dataset.state = "drawn";
  } catch (error) {
    figure.dataset.state = "failed";
    canvas.textContent = "The chart could not be drawn. The numbers are in the table.";
    console.error(error);
  }
}

// The table beside the chart has the same link, with the same way of swapping: press that one.
function open(figure, href) {
  const link = [...document.querySelectorAll("main table a")].find((a) => a.getAttribute("href") === href);
  if (link) link.click();
  else window.location.assign(href);
}

function release() {
  for (const [canvas, { chart }] of live) {
    if (canvas.isConnected) continue;
    observer.unobserve(canvas);
    chart.dispose();
    live.delete(canvas);
  }
}

export function hydrate() {
  release();
  // The whole page, not only the part that was swapped in: drawn ones are passed over.
  document.querySelectorAll("figure.chart:not([data-state])").forEach((figure) => {
    figure.dataset.state = "drawing";
    draw(figure);
  });
}

export function paintSeries(root) {
  root.querySelectorAll("[data-series]").forEach((element) => {
    element.classList.add(`series-${seriesSlot(element.dataset.series) + 1}`);
  });
}

dark.addEventListener("change", () => {
  for (const [canvas, { chart, payload }] of live) {
    chart.setOption(optionOf(payload, tokens(), canvas.clientWidth), { notMerge: true });
  }
});
