/** antd's tokens as they must be for contrast, and its locale with the product's own words. */
import type { ConfigProviderProps } from "antd";
import enUS from "antd/es/locale/en_US";
import esES from "antd/es/locale/es_ES";
import type { Language } from "@/i18n";

type Locale = typeof esES;

export const theme: NonNullable<ConfigProviderProps["theme"]> = {
  token: {
    colorPrimary: "#0958d9",
    colorPrimaryHover: "#003eb3",
    colorPrimaryActive: "#002c8c",
    colorError: "#cf1322",
    colorLink: "#0958d9",
    colorTextDescription: "#595959",
    colorTextTertiary: "#595959",
    colorTextPlaceholder: "#6b6b6b",
    colorTextDisabled: "#6b6b6b",
    motion: false,
    borderRadius: 6,
  },
  components: { Layout: { headerBg: "#ffffff", siderBg: "#ffffff", bodyBg: "#f5f6f8" } },
};

/** The button that ends the choice of a period is called *Set Date* / *Fijar fecha*. */
function withSetDate(locale: Locale, text: string): Locale {
  const picker = locale.DatePicker;
  if (picker === undefined) return locale;
  return { ...locale, DatePicker: { ...picker, lang: { ...picker.lang, ok: text } } };
}

export const locales: Record<Language, Locale> = {
  es: withSetDate(esES, "Fijar fecha"),
  en: withSetDate(enUS, "Set Date"),
};
