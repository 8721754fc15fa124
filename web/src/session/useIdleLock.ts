/** Ends the session after a time without a key, a click or a scroll in any tab. */
import { useEffect } from "react";
import { signOut } from "./session";

export const IDLE_MILLISECONDS = 15 * 60_000;
const ACTIVITY = ["keydown", "pointerdown", "scroll"] as const;
const CHANNEL = "vinculo-activity";
const TOLD_EVERY = 5_000;

export function useIdleLock(): void {
  useEffect(() => {
    const channel = new BroadcastChannel(CHANNEL);
    let timer = 0;
    let toldAt = 0;

    function restart(): void {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => void signOut("locked"), IDLE_MILLISECONDS);
    }

    function noteActivity(): void {
      restart();
      if (Date.now() - toldAt < TOLD_EVERY) return;
      toldAt = Date.now();
      channel.postMessage("active");
    }

    channel.onmessage = restart;
    for (const kind of ACTIVITY) window.addEventListener(kind, noteActivity, { passive: true });
    restart();
    return () => {
      window.clearTimeout(timer);
      channel.close();
      for (const kind of ACTIVITY) window.removeEventListener(kind, noteActivity);
    };
  }, []);
}
