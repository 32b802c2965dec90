/**
 * Takes the focus to the first of what `selector` names, once the page has been drawn anew: what had it is gone by then, and the keyboard
 * would have to begin at the top of the page.
 */
export function focusSoon(selector: string): void {
  requestAnimationFrame(() => {
    for (const one of selector.split(", ")) {
      const found = document.querySelector<HTMLElement>(`main ${one}`);
      if (found) return found.focus();
    }
  });
}
