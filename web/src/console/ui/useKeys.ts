/** Single keys as commands of a page, except while something is typed or a dialog is open. */
import { useEffect } from "react";

export function useKeys(actions: Record<string, () => void>): void {
  useEffect(() => {
    function press(event: KeyboardEvent): void {
      const target = event.target as HTMLElement;
      const isTyping = target.closest(
        "input, textarea, select, [role='combobox'], [role='dialog']",
      );
      if (isTyping !== null || event.ctrlKey || event.metaKey || event.altKey) return;
      const action = actions[event.key.toLowerCase()];
      if (action === undefined) return;
      event.preventDefault();
      action();
    }
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [actions]);
}
