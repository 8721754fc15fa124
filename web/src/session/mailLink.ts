/**
 * The link of a mail, such as `…/activate#<id>.<token>`. Browsers send no fragment to a server; ours also
 * leaves the address at once, so that it is in no history, bookmark or screenshot.
 */
import { useEffect, useState } from "react";

export interface MailLink {
  id: string;
  token: string;
}

const PAGES = [
  "/activate",
  "/reset-password",
  "/confirm-contact",
  "/console/invitation",
  "/console/reset-password",
];

let held: { path: string; link: MailLink } | null = null;

export function parseMailLink(fragment: string): MailLink | null {
  const [id, token, ...rest] = fragment.replace(/^#/, "").split(".");
  return id && token && rest.length === 0 ? { id, token } : null;
}

/** The link of this page, read from the address the first time and then kept in memory. */
export function takeMailLink(): MailLink | null {
  const { hash, pathname } = window.location;
  if (hash !== "" && PAGES.includes(pathname)) {
    const link = parseMailLink(hash);
    held = link === null ? null : { path: pathname, link };
    window.history.replaceState(window.history.state, "", pathname);
  }
  return held?.path === pathname ? held.link : null;
}

export function forgetMailLink(): void {
  held = null;
}

/** Follows a second link that is opened in the same tab. */
export function useMailLink(): MailLink | null {
  const [link, setLink] = useState(takeMailLink);
  useEffect(() => {
    const take = () => setLink(takeMailLink());
    window.addEventListener("hashchange", take);
    return () => window.removeEventListener("hashchange", take);
  }, []);
  return link;
}
