// Medians and spreads of small samples.

/** The middle value, or the mean of the two middle ones. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median, lowest and highest, each to `digits` places. */
export function summary(values, digits = 1) {
  const [middle, low, high] = [median(values), Math.min(...values), Math.max(...values)];
  return { median: middle, low, high, text: `${middle.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})` };
}
