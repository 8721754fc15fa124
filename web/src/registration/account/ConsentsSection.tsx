/** The consents in force with their texts; the optional ones are given and withdrawn here. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { onboarding } from "@/api/clients";
import type { components } from "@/api/generated/onboarding";
import { type ApiProblem, unwrap } from "@/api/problems";
import { useCommand } from "@/api/useCommand";
import { currentLanguage, useTranslation } from "@/i18n";
import { ProblemNotice } from "../layout/Notice";
import { ReadNotice } from "../layout/ReadNotice";
import { type ConsentText, useConsentTexts } from "../rules";
import { Section } from "./Section";

type Ledger = components["schemas"]["ConsentLedger"];
type Entry = Ledger["items"][number];

export function ConsentsSection() {
  const { t } = useTranslation("registration");
  const texts = useConsentTexts();
  const ledger = useQuery<Ledger, ApiProblem>({
    queryKey: ["own", "consents"],
    queryFn: () => unwrap(onboarding.GET("/onboarding/v1/me/consents")),
  });
  return (
    <Section title={t("consents.title")}>
      <ReadNotice reads={[ledger, texts]} />
      {ledger.data &&
        texts.data?.map((text) => (
          <Consent
            key={text.purpose}
            text={text}
            given={ledger.data.items.find((each) => each.purpose === text.purpose && each.given)}
          />
        ))}
    </Section>
  );
}

interface ConsentProps {
  text: ConsentText;
  given: Entry | undefined;
}

function Consent({ text, given }: ConsentProps) {
  const { t, language } = useTranslation("registration");
  const queries = useQueryClient();
  const { purpose, text_version, required } = text;
  const change = useCommand<boolean, unknown>(
    (isGiven) => {
      const accepted = isGiven ? { text_version, locale: currentLanguage() } : {};
      const body = { given: isGiven, channel: "web" as const, ...accepted };
      const params = { path: { purpose } };
      return unwrap(onboarding.PUT("/onboarding/v1/me/consents/{purpose}", { params, body }));
    },
    () => queries.invalidateQueries({ queryKey: ["own"] }),
  );
  const day = new Intl.DateTimeFormat(language, { dateStyle: "long" });
  return (
    <div className="consent">
      <h3>{t(`consents.${purpose}`)}</h3>
      <p className="consent-text">{text.text}</p>
      <p>
        {given
          ? t("account.consents.given", { date: day.format(new Date(given.given_at)) })
          : t("account.consents.notGiven")}
      </p>
      {change.error && <ProblemNotice problem={change.error} />}
      {!required && (
        <button
          type="button"
          className="button button-quiet"
          aria-disabled={change.isPending}
          onClick={() => !change.isPending && change.mutate(given === undefined)}
        >
          {given ? t("account.consents.withdraw") : t("account.consents.give")}
        </button>
      )}
    </div>
  );
}
