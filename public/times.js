// Days and times of day as the person's language writes them.

/**
 * {day(at), time(at), brief(at), whole(at)} of RFC 3339 times, each "" when one cannot be read; `locale` is the browser's unless
 * given.
 */
export function timesIn(locale) {
  const days = new Intl.DateTimeFormat(locale, { weekday: "long", year: "numeric", month: "long", day: "numeric" });
  const hours = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
  const short = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const both = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "medium" });
  const written = (format) => (at) => {
    const when = new Date(at);
    return Number.isNaN(when.getTime()) ? "" : format.format(when);
  };
  return { day: written(days), time: written(hours), brief: written(short), whole: written(both) };
}
