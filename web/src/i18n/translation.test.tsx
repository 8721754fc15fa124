import { act, render, screen } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { preferredLanguage, switchLanguage, translate, useTranslation } from "./index";

const TEXTS = {
  greeting: "Hola, {{name}}; hola, {{name}}",
  left: { items_one: "Falta {{count}}", items_other: "Faltan {{count}}" },
  size: "Al menos {{count}}",
};

function Title() {
  const { t, language } = useTranslation("registration");
  return (
    <p>
      {language}: {t("notFound")}
    </p>
  );
}

describe("a text", () => {
  const t = translate("es", [{ retry: "Otra vez", size: "?" }, TEXTS]);

  it("gets its values in every place", () => {
    expect(t("greeting", { name: "$& Ana" })).toBe("Hola, $& Ana; hola, $& Ana");
  });

  it("has the plural form of its count", () => {
    expect(t("left.items", { count: 1 })).toBe("Falta 1");
    expect(t("left.items", { count: 0 })).toBe("Faltan 0");
  });

  it("may have a count and no plural forms", () => {
    expect(t("size", { count: 12 })).toBe("Al menos 12");
  });

  it("is the common one unless the entry has its own", () => {
    expect(t("retry")).toBe("Otra vez");
  });

  it("shows a placeholder without a value, and a key without a text", () => {
    expect(t("greeting", {})).toBe("Hola, {{name}}; hola, {{name}}");
    expect(t("left.nothing")).toBe("left.nothing");
  });
});

describe("the language", () => {
  beforeEach(() => localStorage.clear());

  it("changes what is shown, what the browser reads out and what the next visit starts with", async () => {
    await switchLanguage("es", "registration");
    render(<Title />);
    screen.getByText("es: No existe esta página");
    await act(() => switchLanguage("en", "registration"));
    screen.getByText("en: This page does not exist");
    expect(document.documentElement.lang).toBe("en");
    expect(preferredLanguage()).toBe("en");
  });

  it("is the browser's if none was chosen", () => {
    expect(preferredLanguage()).toBe("en");
  });
});
