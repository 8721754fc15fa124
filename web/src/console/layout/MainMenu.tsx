/** The menu: groups of pages, each shown only to those who may open it. */

import { NavLink } from "react-router";
import { useTranslation } from "@/i18n";
import { type Permission, useMay } from "@/session/SignedInContext";

interface Entry {
  to: string;
  text:
    | "home"
    | "reviewQueue"
    | "preCustomers"
    | "customers"
    | "registrations"
    | "funnel"
    | "daily"
    | "exports"
    | "payers"
    | "corrections"
    | "claims"
    | "staff"
    | "audit";
  needs: Permission | null;
}

interface Group {
  key: string;
  text: "work" | "customerManager" | "users" | "reports" | "administration";
  entries: Entry[];
}

const GROUPS: Group[] = [
  {
    key: "work",
    text: "work",
    entries: [
      { to: "/", text: "home", needs: null },
      { to: "/review", text: "reviewQueue", needs: "documents_review" },
    ],
  },
  {
    key: "customer-manager",
    text: "customerManager",
    entries: [
      { to: "/pre-customers", text: "preCustomers", needs: "lists_read" },
      { to: "/customers", text: "customers", needs: "lists_read" },
    ],
  },
  {
    key: "users",
    text: "users",
    entries: [{ to: "/users/registrations", text: "registrations", needs: "lists_read" }],
  },
  {
    key: "reports",
    text: "reports",
    entries: [
      { to: "/reports/registrations", text: "registrations", needs: "lists_read" },
      { to: "/reports/funnel", text: "funnel", needs: "lists_read" },
      { to: "/reports/daily", text: "daily", needs: "lists_read" },
      { to: "/reports/exports", text: "exports", needs: "exports_make" },
    ],
  },
  {
    key: "administration",
    text: "administration",
    entries: [
      { to: "/payers", text: "payers", needs: "payers_write" },
      { to: "/corrections", text: "corrections", needs: "identity_corrections_decide" },
      { to: "/claims", text: "claims", needs: "claims_decide" },
      { to: "/staff", text: "staff", needs: "staff_write" },
      { to: "/audit", text: "audit", needs: "audit_read" },
    ],
  },
];

export function MainMenu() {
  const { t } = useTranslation("console");
  const may = useMay();
  return (
    <nav className="menu" aria-label={t("menu.title")}>
      {GROUPS.map(({ key, text, entries }) => {
        const shown = entries.filter(({ needs }) => needs === null || may(needs));
        if (shown.length === 0) return null;
        return (
          <section key={key} aria-labelledby={`menu-${key}`}>
            <h2 id={`menu-${key}`}>{t(`menu.${text}`)}</h2>
            <ul>
              {shown.map((entry) => (
                <li key={entry.to}>
                  <NavLink to={entry.to} end={entry.to === "/"}>
                    {t(`menu.${entry.text}`)}
                  </NavLink>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </nav>
  );
}
