import { useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { currentLanguage, switchLanguage, useTranslation } from "@/i18n";

/** Switches between the two languages; it is labelled in the language that it switches to. */
export function LanguageSwitch() {
  const { language } = useTranslation("console");
  const queries = useQueryClient();
  const other = language === "es" ? "en" : "es";

  async function change(): Promise<void> {
    await switchLanguage(other, "console");
    // Titles come from the services in the language of the request.
    await queries.invalidateQueries();
  }

  return (
    <Button
      type="text"
      lang={other}
      onClick={() => void change()}
      data-language={currentLanguage()}
    >
      {other === "es" ? "Español" : "English"}
    </Button>
  );
}
