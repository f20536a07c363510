// The queries that were run, kept in this browser only.
const KEY = "gob-graph.queries";
const KEPT = 30;

/** The kept queries, the last one first; a browser that keeps nothing has none. */
export function past() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one) => typeof one?.query === "string") : [];
  } catch {
    return [];
  }
}

export function remember(query, at = new Date()) {
  const others = past().filter((one) => one.query !== query);
  try {
    localStorage.setItem(KEY, JSON.stringify([{ query, at: at.toISOString() }, ...others].slice(0, KEPT)));
  } catch {
    // No room, or not allowed: the page works without.
  }
}

export function forget() {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // As above.
  }
}
