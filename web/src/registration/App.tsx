import { useTranslation } from "react-i18next";

export function App() {
  const { t } = useTranslation("registration");
  return (
    <main>
      <h1>{t("start.title")}</h1>
      <p>{t("start.text")}</p>
    </main>
  );
}
