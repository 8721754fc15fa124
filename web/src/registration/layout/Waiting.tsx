import { useTranslation } from "@/i18n";

export function Waiting() {
  const { t } = useTranslation();
  return (
    <div className="waiting" role="status">
      <span className="spinner" aria-hidden="true" />
      <span className="visually-hidden">{t("waiting")}</span>
    </div>
  );
}
