/** The two sections at the top of *Customer Manager*. */
import { useTranslation } from "react-i18next";
import { NavLink } from "react-router";
import type { ListName } from "./listView";

export function SectionTabs({ name }: { name: ListName }) {
  const { t } = useTranslation();
  if (name === "registrations") return null;
  return (
    <nav className="section-tabs" aria-label={t("menu.customerManager")}>
      <NavLink to="/pre-customers">{t("menu.preCustomers")}</NavLink>
      <NavLink to="/customers">{t("menu.customers")}</NavLink>
    </nav>
  );
}
