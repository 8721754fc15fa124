/** The heading of a page, also as the title of the browser's tab. */
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

export function PageHead({ title, children }: { title: string; children?: ReactNode }) {
  const { t } = useTranslation();
  return (
    <>
      <title>{`${title} · ${t("brand")}`}</title>
      <header className="page-head">
        <h1>{title}</h1>
        {children}
      </header>
    </>
  );
}
