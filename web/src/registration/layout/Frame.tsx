/** The frame of every page: brand, language, and the way in or out. */
import type { ReactNode } from "react";
import { Link, useLocation } from "react-router";
import { useBrand } from "@/api/rules";
import { useTranslation } from "@/i18n";
import { useSession } from "@/session/SignedInContext";
import { LanguageSwitch } from "./LanguageSwitch";

export function Frame({ children }: { children: ReactNode }) {
  const { t } = useTranslation("registration");
  const brand = useBrand();
  return (
    <>
      <a className="skip-link" href="#content">
        {t("frame.skip")}
      </a>
      <header className="page-header">
        <Link className="brand" to="/">
          {brand}
        </Link>
        <nav className="page-nav" aria-label={t("frame.navigation")}>
          <OwnPages />
          <LanguageSwitch />
        </nav>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

function OwnPages() {
  const { t } = useTranslation("registration");
  const { status } = useSession();
  const { pathname } = useLocation();
  if (status === "signed-in") {
    return (
      <>
        <Link to="/application">{t("frame.application")}</Link>
        <Link to="/account">{t("frame.account")}</Link>
      </>
    );
  }
  return pathname.startsWith("/sign-in") ? null : <Link to="/sign-in">{t("frame.signIn")}</Link>;
}
