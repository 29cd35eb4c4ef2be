const calm = matchMedia('(prefers-reduced-motion: reduce)');

/**
 * Brings the children of a list into an order, and lets those that change their place be seen to move. Only they are
 * touched, and the focus stays where it is.
 */
export function glide(list: HTMLElement, order: readonly HTMLElement[]): void {
  const moving = order.filter((node, index) => list.children[index] !== node);
  if (moving.length === 0) return;
  const before = new Map(
    calm.matches
      ? []
      : moving.filter(isSeen).map((node) => [node, node.getBoundingClientRect().top]),
  );
  const focused = document.activeElement;
  for (const [index, node] of order.entries()) {
    const there = list.children[index];
    if (there !== node) list.insertBefore(node, there ?? null);
  }
  if (focused instanceof HTMLElement && list.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
  for (const [node, top] of before) {
    const way = top - node.getBoundingClientRect().top;
    if (way === 0) continue;
    node.animate([{ transform: `translateY(${way}px)` }, { transform: 'none' }], {
      duration: 300,
      easing: 'ease-out',
    });
  }
}

function isSeen(node: HTMLElement): boolean {
  return node.isConnected && !node.hidden;
}
