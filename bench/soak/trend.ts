interface Point {
  readonly x: number;
  readonly y: number;
}

/** How much `y` rises for each `x`, by least squares. */
export function slope(points: readonly Point[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map((point) => point.x)), mean(points.map((point) => point.y))];
  const together = points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0);
  const alone = points.reduce((sum, point) => sum + (point.x - x) ** 2, 0);
  return alone === 0 ? 0 : together / alone;
}
