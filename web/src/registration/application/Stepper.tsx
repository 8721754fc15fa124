/** The five steps with the state of each in words. */

import { Link } from "react-router";
import { useTranslation } from "@/i18n";
import type { Application, Step } from "./ownApplication";

const ORDER: Step[] = ["personal_data", "email", "employment", "documents", "completion"];
const PAGES: Partial<Record<Step, string>> = {
  employment: "/application/employment",
  documents: "/application/documents",
};

export function Stepper({ application }: { application: Application }) {
  const { t } = useTranslation("registration");
  const { steps, steps_in_words, next } = application;
  return (
    <section aria-labelledby="stepper">
      <h2 id="stepper">{t("stepper.title")}</h2>
      <ol className="stepper">
        {ORDER.map((step) => {
          const state = steps[step] ?? "missing";
          const words = steps_in_words[step] ?? step;
          const page = PAGES[step];
          return (
            <li
              key={step}
              className={`stepper-${state}`}
              aria-current={step === next ? "step" : undefined}
            >
              <span className="stepper-mark" aria-hidden="true" />
              <span>{page ? <Link to={page}>{words}</Link> : words}</span>
              <span className="stepper-state">{t(`stepper.${state}`)}</span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
