// What all kinds of charts share: colors, tooltips, axes, legend, marks. Pure but for tooltips' elements.

import { write, writeShort } from "storekeeper/format";

const SLOTS = 8;
export const DAY_MS = 86_400_000;

// FNV-1a: the same name has the same color on every page, for everyone, always.
export function seriesSlot(name) {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return ((hash ^ (hash >>> 15)) >>> 0) % SLOTS;
}

// Two names of one chart may share a slot: the later one, by name, is mixed toward the surface.
export function colorsOf(series, theme) {
  const seen = new Map();
  const colors = new Map();
  for (const name of series.map((one) => one.name).sort()) {
    const slot = seriesSlot(name);
    const times = seen.get(slot) ?? 0;
    seen.set(slot, times + 1);
    colors.set(name, mix(theme.series[slot], theme.surface, Math.min(times * 0.4, 0.7)));
  }
  return colors;
}

function channels(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

export function mix(from, to, share) {
  const target = channels(to);
  const mixed = channels(from).map((value, at) => Math.round(value + (target[at] - value) * share));
  return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

function luminance(hex) {
  const [red, green, blue] = channels(hex).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export const readableOn = (hex) => (luminance(hex) > 0.179 ? "#10161c" : "#ffffff");

// Tooltips are elements, never HTML text: names are other people's, and the content policy forbids inline styles.
function element(tag, className, ...children) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

export function tip(title, rows) {
  const lines = rows.map(({ name, value, color }) => {
    const dot = element("span", "tip-dot");
    if (color) dot.style.background = color;
    return element("div", "tip-row", dot, element("span", "tip-name", name), element("span", "tip-value", value));
  });
  return element("div", "tip", element("div", "tip-title", title), ...lines);
}

export const tooltip = (theme) => ({
  confine: true,
  backgroundColor: theme.raised,
  borderColor: theme.line,
  borderWidth: 1,
  padding: 0,
  transitionDuration: 0,
  textStyle: { color: theme.text, fontFamily: theme.font, fontSize: 13 },
});

export const common = (theme) => ({
  animation: false,
  textStyle: { fontFamily: theme.font, color: theme.soft },
  tooltip: tooltip(theme),
});

export const axisText = (theme) => ({ color: theme.faint, fontSize: 12, fontFamily: theme.font });

// What lies below a limit by far would be flat on it: such charts are logarithmic, from a power of ten to another.
function extent(payload) {
  const limits = (payload.limits ?? []).map((limit) => limit.value);
  if (payload.scale !== "log") return { type: "value" };
  const all = [...payload.series.flatMap((one) => one.values), ...limits].filter((value) => value > 0);
  const power = (value, round) => 10 ** round(Math.log10(value));
  return { type: "log", min: power(Math.min(...all), Math.floor), max: power(Math.max(...all), Math.ceil) };
}

export function valueAxis(payload, theme) {
  return {
    ...extent(payload),
    splitNumber: 4,
    axisLabel: { ...axisText(theme), formatter: (value) => writeShort(value, payload.unit) },
    splitLine: { lineStyle: { color: theme.line } },
  };
}

export function grid(payload) {
  const top = 12 + (payload.series.length > 1 ? 28 : 0) + (payload.marks?.length ? 18 : 0);
  return { left: 4, right: 12, top, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" };
}

export function legend(payload, theme) {
  return {
    show: payload.series.length > 1,
    type: "scroll",
    top: 0,
    left: 0,
    icon: "roundRect",
    itemWidth: 10,
    itemHeight: 10,
    itemGap: 16,
    textStyle: { color: theme.soft, fontSize: 13, fontFamily: theme.font },
    pageTextStyle: { color: theme.soft },
    pageIconColor: theme.soft,
    pageIconInactiveColor: theme.lineStrong,
  };
}

// Marks

export function markLine(payload, theme) {
  const points = (payload.marks ?? []).filter((mark) => !mark.until);
  return {
    silent: false,
    symbol: ["none", "none"],
    label: { show: true, position: "end", distance: 4, fontSize: 11, color: theme.soft, fontFamily: theme.font },
    data: [
      ...points.map((mark) => ({
        xAxis: mark.time,
        name: mark.label,
        label: { formatter: () => mark.label },
        lineStyle: { color: theme.marks[mark.kind], type: mark.kind === "incident" ? "solid" : "dashed", width: 1.5 },
      })),
      ...(payload.limits ?? []).map((limit) => ({
        yAxis: limit.value,
        name: limit.label,
        label: { formatter: () => `${limit.label}: ${write(limit.value, payload.unit)}`, position: "insideEndTop" },
        lineStyle: { color: theme.marks.incident, type: "dashed", width: 1.5 },
      })),
    ],
  };
}

export function markArea(payload, theme) {
  const spans = (payload.marks ?? []).filter((mark) => mark.until);
  return {
    data: spans.map((mark) => [
      {
        xAxis: mark.time,
        name: mark.label,
        itemStyle: { color: theme.marks[mark.kind], opacity: 0.12 },
        label: { color: theme.soft, fontSize: 11, position: "top", distance: 4, fontFamily: theme.font },
      },
      { xAxis: mark.until },
    ]),
  };
}
