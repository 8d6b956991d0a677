// A chart's payload (see components/chart.html) and the theme's tokens -> an ECharts option.

import {
  axisText,
  colorsOf,
  common,
  DAY_MS,
  grid,
  legend,
  markArea,
  markLine,
  mix,
  readableOn,
  seriesSlot,
  tip,
  tooltip,
  valueAxis,
} from "storekeeper/chart-parts";
import { localTime, write } from "storekeeper/format";

// A line needs two points: one without neighbors is shown as a dot. Other dots are shown where the pointer is.
function dots(values) {
  const isAlone = (at) => values[at] != null && values[at - 1] == null && values[at + 1] == null;
  const some = values.some((_, at) => isAlone(at));
  return {
    symbol: "circle",
    showSymbol: some,
    showAllSymbol: true,
    symbolSize: some ? (_, { dataIndex }) => (isAlone(dataIndex) ? 7 : 0) : 7,
  };
}

function overTime(payload, theme, width) {
  const stacked = payload.kind === "area";
  const barred = payload.drawn === "bars";
  const colors = colorsOf(payload.series, theme);
  const times = payload.times.map((time) => Date.parse(time));
  const days = times.length > 1 && times[1] - times[0] >= DAY_MS;
  return {
    ...common(theme),
    tooltip: { ...tooltip(theme), trigger: "axis", ...(barred && shadow(theme)), formatter: (points) => overTimeTip(points, payload, stacked, days) },
    legend: legend(payload, theme),
    grid: grid(payload),
    xAxis: {
      type: "time",
      splitNumber: Math.max(2, Math.round(width / 140)),
      axisLabel: { ...axisText(theme), hideOverlap: true, alignMinLabel: "left", alignMaxLabel: "right" },
      axisLine: { lineStyle: { color: theme.lineStrong } },
      axisTick: { show: false },
    },
    yAxis: valueAxis(payload, theme),
    series: payload.series.map((one, at) => {
      const color = colors.get(one.name);
      if (barred) return bar(one, color, { stack: "all", data: one.values.map((value, index) => [times[index], value]) });
      return {
        type: "line",
        name: one.name,
        data: one.values.map((value, index) => [times[index], value]),
        color,
        stack: stacked ? "all" : undefined,
        areaStyle: stacked ? { opacity: 0.72 } : undefined,
        lineStyle: { width: stacked ? 1 : 2 },
        connectNulls: false,
        ...dots(one.values),
        emphasis: { disabled: true },
        markLine: at === 0 ? markLine(payload, theme) : undefined,
        markArea: at === 0 ? markArea(payload, theme) : undefined,
      };
    }),
  };
}

function overTimeTip(points, payload, stacked, days) {
  const rows = points.map(({ seriesName, value, color }) => ({
    name: seriesName, value: value[1] === null ? "no data" : write(value[1], payload.unit), color,
  }));
  if (stacked && points.length > 1) {
    const total = points.reduce((sum, { value }) => sum + (value[1] ?? 0), 0);
    const whole = points.every(({ value }) => value[1] !== null);
    rows.push({ name: whole ? "Total" : "Total of what is known", value: write(total, payload.unit) });
  }
  const title = localTime(points[0].value[0]);
  return tip(days ? title.slice(0, 10) : title, stacked ? [...rows].reverse() : rows);
}

const shadow = (theme) => ({ axisPointer: { type: "shadow", shadowStyle: { color: theme.line, opacity: 0.5 } } });

const bar = (one, color, more) => ({
  type: "bar",
  name: one.name,
  color,
  barMaxWidth: 48,
  barCategoryGap: "24%",
  emphasis: { disabled: true },
  ...more,
});

function bars(payload, theme) {
  const colors = payload.color
    ? new Map(payload.series.map((one) => [one.name, theme.series[seriesSlot(payload.color)]]))
    : colorsOf(payload.series, theme);
  return {
    ...common(theme),
    tooltip: {
      ...tooltip(theme),
      trigger: "axis",
      ...shadow(theme),
      formatter: (points) => tip(points[0].name, points.map(({ seriesName, value, color }) => ({
        name: seriesName, value: write(value, payload.unit), color,
      }))),
    },
    legend: legend(payload, theme),
    grid: grid(payload),
    xAxis: {
      type: "category",
      data: payload.categories,
      axisLabel: { ...axisText(theme), hideOverlap: true, interval: "auto" },
      axisLine: { lineStyle: { color: theme.lineStrong } },
      axisTick: { show: false },
    },
    yAxis: valueAxis(payload, theme),
    series: payload.series.map((one) => bar(one, colors.get(one.name), { data: one.values, itemStyle: { borderRadius: [3, 3, 0, 0] } })),
  };
}

function treemap(payload, theme) {
  const base = payload.color ? theme.series[seriesSlot(payload.color)] : theme.accent;
  const total = payload.nodes.reduce((sum, node) => sum + node.value, 0) || 1;
  const ranked = [...payload.nodes].sort((a, b) => b.value - a.value);
  const data = ranked.map((node, rank) => {
    const color = mix(base, theme.surface, Math.min(0.14 + rank * 0.07, 0.74));
    return { ...node, itemStyle: { color }, label: { color: readableOn(color) }, cursor: node.href ? "pointer" : "default" };
  });
  return {
    ...common(theme),
    tooltip: {
      ...tooltip(theme),
      formatter: ({ name, data: node }) => tip(name, [
        { name: "Size", value: write(node.value, payload.unit) },
        { name: "Share", value: write(node.value / total, "percent") },
        ...(node.objects === undefined ? [] : [{ name: "Objects", value: write(node.objects, "count") }]),
      ]),
    },
    series: [{
      type: "treemap",
      data,
      left: 0, right: 0, top: 0, bottom: 0,
      roam: false,
      nodeClick: false,
      breadcrumb: { show: false },
      squareRatio: 1.1,
      itemStyle: { borderColor: theme.surface, borderWidth: 1, gapWidth: 1, borderRadius: 3 },
      emphasis: { itemStyle: { borderColor: theme.text, borderWidth: 2 } },
      // A name cut to its first letters helps nobody: small tiles speak by tooltip and table.
      labelLayout: ({ rect }) => (rect.width < 72 || rect.height < 44 ? { x: -9999, y: -9999 } : {}),
      label: {
        fontFamily: theme.font, fontSize: 13, lineHeight: 18, position: [8, 7], overflow: "truncate",
        formatter: ({ name, value }) => `${name}\n${write(value, payload.unit)}`,
      },
    }],
  };
}

// Time by group: every series is a row, the first at the bottom; the darker the more. Nothing is left empty.
function heat(payload, theme, width) {
  const cells = payload.series.flatMap((one, row) => one.values.map((value, at) => [at, row, value]).filter(([, , value]) => value));
  const most = cells.reduce((found, [, , value]) => Math.max(found, value), 1);
  const shades = [0.86, 0.65, 0.45, 0.25, 0].map((share) => mix(theme.accent, theme.surface, share));
  return {
    ...common(theme),
    tooltip: {
      ...tooltip(theme),
      formatter: ({ value: [at, row, value] }) => tip(localTime(Date.parse(payload.times[at])), [
        { name: payload.series[row].name, value: write(value, payload.unit) },
      ]),
    },
    grid: { ...grid({ series: [] }), top: 8 },
    visualMap: { show: false, min: 0, max: Math.log1p(most), dimension: 3, inRange: { color: shades } },
    xAxis: {
      type: "category",
      data: payload.times.map((time) => localTime(Date.parse(time)).slice(-5)),
      axisLabel: { ...axisText(theme), hideOverlap: true, interval: "auto" },
      axisLine: { lineStyle: { color: theme.lineStrong } },
      axisTick: { show: false },
    },
    yAxis: {
      type: "category",
      data: payload.series.map((one) => one.name),
      axisLabel: axisText(theme),
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { show: true, lineStyle: { color: theme.line } },
    },
    series: [{
      type: "heatmap",
      data: cells.map((cell) => [...cell, Math.log1p(cell[2])]),
      // Lines between cells of a few pixels would be all that is seen.
      itemStyle: { borderColor: theme.surface, borderWidth: width > 8 * payload.times.length ? 1 : 0 },
      emphasis: { itemStyle: { borderColor: theme.text } },
      progressive: 0,
    }],
  };
}

const KINDS = { area: overTime, line: overTime, bar: bars, treemap, heat };

export const optionOf = (payload, theme, width) => KINDS[payload.kind](payload, theme, width);
