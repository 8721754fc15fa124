/** Locks the console after a time without a key, a click or a scroll in any tab. */
import { useEffect } from "react";
import { signOut } from "./session";

const ACTIVITY = ["keydown", "pointerdown", "scroll"] as const;
/** A computer that was asleep runs no timers: the time is looked at again when it wakes up. */
const WAKING = ["focus", "pageshow", "visibilitychange"] as const;
const CHANNEL = "vinculo-activity";
const ANNOUNCE_EVERY_MILLISECONDS = 5_000;

/** Nothing is locked while the number of minutes is not known. */
export function useIdleLock(minutes: number | undefined): void {
  useEffect(() => {
    if (minutes === undefined) return;
    const limit = minutes * 60_000;
    const channel = new BroadcastChannel(CHANNEL);
    let timer = 0;
    let activeAt = Date.now();
    let announcedAt = 0;

    function lockIfIdle(): void {
      window.clearTimeout(timer);
      const left = activeAt + limit - Date.now();
      if (left <= 0) void signOut("locked");
      else timer = window.setTimeout(lockIfIdle, left);
    }

    function noteActivity(): void {
      if (Date.now() - activeAt >= limit) {
        lockIfIdle();
        return;
      }
      activeAt = Date.now();
      if (activeAt - announcedAt < ANNOUNCE_EVERY_MILLISECONDS) return;
      announcedAt = activeAt;
      channel.postMessage("active");
    }

    channel.onmessage = () => {
      activeAt = Date.now();
    };
    for (const kind of ACTIVITY) window.addEventListener(kind, noteActivity, { passive: true });
    for (const kind of WAKING) window.addEventListener(kind, lockIfIdle);
    lockIfIdle();
    return () => {
      window.clearTimeout(timer);
      channel.close();
      for (const kind of ACTIVITY) window.removeEventListener(kind, noteActivity);
      for (const kind of WAKING) window.removeEventListener(kind, lockIfIdle);
    };
  }, [minutes]);
}
