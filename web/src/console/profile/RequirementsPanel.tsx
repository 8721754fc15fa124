/** Why a person is, or is not yet, a customer: each requirement with what was observed. */
import { CheckCircleFilled, ClockCircleFilled, CloseCircleFilled } from "@ant-design/icons";
import { useTranslation } from "@/i18n";
import { Panel } from "../ui/Facts";
import { ReadNotice } from "../ui/ReadNotice";
import { useFormats } from "../ui/titles";
import { type Requirements, useRequirements } from "./api";

const MARKS = {
  met: <CheckCircleFilled aria-hidden className="mark-met" />,
  failed: <CloseCircleFilled aria-hidden className="mark-failed" />,
  missing: <ClockCircleFilled aria-hidden className="mark-missing" />,
};

export function RequirementsPanel({ personId }: { personId: string }) {
  const found = useRequirements(personId);
  return (
    <>
      <ReadNotice reads={found} />
      {found.data && <Evaluation found={found.data} />}
    </>
  );
}

function Evaluation({ found }: { found: Requirements }) {
  const { t } = useTranslation("console");
  const { instant } = useFormats();
  const { policy, policy_version, evaluated_at, all_met, project, requirements } = found;
  return (
    <Panel title={t("requirements.title")}>
      <p>{all_met ? t("requirements.allMet") : t("requirements.notAllMet")}</p>
      <ul className="requirements">
        {requirements.map((each) => (
          <Requirement key={each.code} requirement={each} />
        ))}
      </ul>
      <p className="quiet">
        {t("requirements.policy", {
          policy,
          version: policy_version,
          project,
          at: instant(evaluated_at),
        })}
      </p>
    </Panel>
  );
}

function Requirement({ requirement }: { requirement: Requirements["requirements"][number] }) {
  const { t } = useTranslation("console");
  const { instant } = useFormats();
  const observed = Object.entries(requirement.observed);
  return (
    <li>
      <p>
        {MARKS[requirement.outcome]} <strong>{requirement.title}</strong> ·{" "}
        {t(`requirements.outcome.${requirement.outcome}`)}
        {requirement.since !== null && (
          <span className="quiet">
            {" "}
            {t("requirements.since", { at: instant(requirement.since) })}
          </span>
        )}
      </p>
      <details>
        <summary>{t("requirements.evidence")}</summary>
        {observed.map(([fact, value]) => (
          <p key={fact} className="quiet">
            <code>{fact}</code> = <code>{JSON.stringify(value)}</code>
          </p>
        ))}
        {requirement.evidence.map(({ fact, event_id }) => (
          <p key={fact} className="quiet">
            {t("requirements.event")} <span className="identifier">{event_id}</span> (
            <code>{fact}</code>)
          </p>
        ))}
        {requirement.missing_facts.length > 0 && (
          <p className="quiet">
            {t("requirements.unknown")} <code>{requirement.missing_facts.join(", ")}</code>
          </p>
        )}
      </details>
    </li>
  );
}
