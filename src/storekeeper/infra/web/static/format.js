// The page's numbers and times, written as the server writes them.

const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
const DURATION_UNITS = [["d", 86400], ["h", 3600], ["m", 60], ["s", 1]];

function threeDigits(value) {
  if (Number.isInteger(value) || value >= 99.95) return value.toFixed(0);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

export function bytes(count) {
  let value = Math.abs(count);
  let unit = 0;
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${count < 0 ? "-" : ""}${threeDigits(value)} ${BYTE_UNITS[unit]}`;
}

export const count = (value) => Math.round(value).toLocaleString("en-US");

export const percent = (ratio) => `${(ratio * 100).toFixed(1)} %`;

export function duration(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1).replace(/\.0$/, "")} s`;
  let left = Math.round(seconds);
  const parts = [];
  for (const [unit, size] of DURATION_UNITS) {
    if (left >= size) parts.push(`${Math.floor(left / size)}${unit}`);
    left %= size;
  }
  return parts.slice(0, 2).join(" ");
}

export function ago(moment, now) {
  const seconds = (now - moment) / 1000;
  if (seconds < 5) return "just now";
  return `${seconds < 60 ? `${seconds.toFixed(0)} s` : duration(seconds).split(" ")[0]} ago`;
}

const local = new Intl.DateTimeFormat("en-CA", {
  year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});
const localExact = new Intl.DateTimeFormat("en-CA", {
  year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
  hourCycle: "h23", timeZoneName: "short",
});

export const localTime = (moment) => local.format(moment).replace(",", "");
export const exactTime = (moment) => localExact.format(moment).replace(",", "");

// Cents from one unit on, else four digits. A unit of three letters is a currency.
export function money(amount, currency) {
  const digits = Math.abs(amount) >= 1 || !amount ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : { maximumSignificantDigits: 4 };
  return new Intl.NumberFormat("en-US", { style: "currency", currency, ...digits }).format(amount);
}

const WRITERS = { bytes, count, percent, duration };

export function write(value, unit) {
  if (value === null || value === undefined) return "–";
  return WRITERS[unit]?.(value) ?? (/^[A-Z]{3}$/.test(unit) ? money(value, unit) : String(value));
}

const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

// For axes, where the neighbors tell the rest.
export const writeShort = (value, unit) => (unit === "count" ? compact.format(value) : write(value, unit));
