/** Starts i18next with the texts of one entry in one language; Spanish is the default. */
import i18next, { type i18n } from "i18next";
import { initReactI18next } from "react-i18next";

export const LANGUAGES = ["es", "en"] as const;
export type Language = (typeof LANGUAGES)[number];
export type Area = "console" | "registration";

const STORED_LANGUAGE = "vinculo-language";
const TEXTS = import.meta.glob<{ default: Record<string, unknown> }>("./*/*.json");

export function isLanguage(value: string | null | undefined): value is Language {
  return LANGUAGES.some((language) => language === value);
}

/** The language chosen earlier, else the browser's, else Spanish. */
export function preferredLanguage(): Language {
  const stored = localStorage.getItem(STORED_LANGUAGE);
  if (isLanguage(stored)) return stored;
  const spoken = navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage);
  return spoken ?? "es";
}

export async function startI18n(area: Area): Promise<i18n> {
  await i18next.use(initReactI18next).init({
    lng: preferredLanguage(),
    fallbackLng: false,
    ns: ["common", area],
    defaultNS: area,
    fallbackNS: "common",
    interpolation: { escapeValue: false },
    resources: {},
    partialBundledLanguages: true,
  });
  await switchLanguage(preferredLanguage(), area);
  return i18next;
}

export async function switchLanguage(language: Language, area: Area): Promise<void> {
  for (const namespace of ["common", area]) {
    const load = TEXTS[`./${language}/${namespace}.json`];
    if (load !== undefined && !i18next.hasResourceBundle(language, namespace)) {
      i18next.addResourceBundle(language, namespace, (await load()).default);
    }
  }
  await i18next.changeLanguage(language);
  localStorage.setItem(STORED_LANGUAGE, language);
  document.documentElement.lang = language;
}

/** The language of requests and formats. */
export function currentLanguage(): Language {
  return isLanguage(i18next.language) ? i18next.language : "es";
}
