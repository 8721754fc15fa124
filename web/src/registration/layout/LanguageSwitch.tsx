import { useQueryClient } from "@tanstack/react-query";
import { switchLanguage, useTranslation } from "@/i18n";

/** Switches between the two languages; it is labelled in the language that it switches to. */
export function LanguageSwitch() {
  const { language } = useTranslation();
  const queries = useQueryClient();
  const other = language === "es" ? "en" : "es";

  async function change(): Promise<void> {
    await switchLanguage(other, "registration");
    // Words beside codes come from the services in the language of the request.
    await queries.invalidateQueries();
  }

  return (
    <button type="button" className="text-button" lang={other} onClick={() => void change()}>
      {other === "es" ? "Español" : "English"}
    </button>
  );
}
