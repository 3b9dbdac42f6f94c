// How large a file is, for a person. Pure.

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

/** `bytes` in the largest unit of which there is one, as the language `locale` writes it. */
export function sizeIn(locale, bytes) {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const maximumFractionDigits = unit === 0 || value >= 100 ? 0 : 1;
  return new Intl.NumberFormat(locale, { style: "unit", unit: UNITS[unit], unitDisplay: unit === 0 ? "long" : "short", maximumFractionDigits }).format(value);
}
