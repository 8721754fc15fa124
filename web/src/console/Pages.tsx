/** Routes of the console, inside its frame. */
import { useTranslation } from "react-i18next";
import { Route, Routes } from "react-router";
import { Shell } from "./layout/Shell";

export function Pages() {
  return (
    <Shell>
      <Routes>
        <Route index element={<Welcome />} />
        <Route path="*" element={<NotFound />} />
      </Routes>
    </Shell>
  );
}

function Welcome() {
  const { t } = useTranslation();
  return <h1>{t("home.title")}</h1>;
}

function NotFound() {
  const { t } = useTranslation();
  return <h1>{t("notFound")}</h1>;
}
