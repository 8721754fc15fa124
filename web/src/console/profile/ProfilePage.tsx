/** The profile of a person: who, in which state, and the sections of the record. */
import { useEffect, useRef } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import { useTranslation } from "@/i18n";
import { PageTitle } from "../ui/PageTitle";
import { ReadNotice } from "../ui/ReadNotice";
import { Status } from "../ui/Status";
import { useFormats } from "../ui/titles";
import { ProfileActions } from "./actions/ProfileActions";
import { type Profile, useProfile } from "./api";
import { Changes } from "./Changes";
import { CreditOverview } from "./CreditOverview";
import { CustomerDetails } from "./CustomerDetails";
import { Messages } from "./Messages";
import { RequirementsPanel } from "./RequirementsPanel";
import { Timeline } from "./Timeline";

const SECTIONS = ["credit", "details", "requirements", "timeline", "messages", "changes"] as const;

export default function ProfilePage() {
  const { personId = "" } = useParams();
  const profile = useProfile(personId);
  return (
    <>
      <ReadNotice reads={profile} />
      {profile.data && <ProfileOf profile={profile.data} />}
    </>
  );
}

function ProfileOf({ profile }: { profile: Profile }) {
  const { t } = useTranslation("console");
  const [search] = useSearchParams();
  const { name } = profile.customer_details.personal;
  const section = SECTIONS.find((each) => each === search.get("section")) ?? "credit";
  const active = useRef<HTMLAnchorElement>(null);
  // On a phone the tabs are wider than the window.
  // biome-ignore lint/correctness/useExhaustiveDependencies: for each section
  useEffect(() => {
    active.current?.scrollIntoView({ block: "nearest" });
  }, [section]);

  return (
    <>
      <PageTitle title={t("profile.title")} />
      <header className="page-head">
        <h1>{name || t("profile.nameless")}</h1>
        <Status code={profile.status} />
        <ProfileActions profile={profile} />
      </header>
      <Identifiers profile={profile} />
      <nav className="section-tabs" aria-label={t("profile.sections")}>
        {SECTIONS.map((key) => (
          <Link
            key={key}
            ref={key === section ? active : null}
            to={{ search: `section=${key}` }}
            replace
            className={key === section ? "active" : ""}
            aria-current={key === section ? "page" : undefined}
          >
            {t(`profile.section.${key}`)}
          </Link>
        ))}
      </nav>
      <Section name={section} profile={profile} />
    </>
  );
}

function Section({ name, profile }: { name: (typeof SECTIONS)[number]; profile: Profile }) {
  switch (name) {
    case "credit":
      return <CreditOverview profile={profile} />;
    case "details":
      return <CustomerDetails profile={profile} />;
    case "requirements":
      return <RequirementsPanel personId={profile.person_id} />;
    case "timeline":
      return <Timeline personId={profile.person_id} />;
    case "messages":
      return <Messages personId={profile.person_id} />;
    case "changes":
      return <Changes profile={profile} />;
  }
}

function Identifiers({ profile }: { profile: Profile }) {
  const { t } = useTranslation("console");
  const { title, instant } = useFormats();
  const { registration_number } = profile.customer_details.status;
  return (
    <p className="identifiers">
      <span>{title("kind", profile.kind)}</span>
      {registration_number !== null && <span># {registration_number}</span>}
      <span>
        {t("profile.personId")} <span className="identifier">{profile.person_id}</span>
      </span>
      {profile.customer_id !== null && (
        <span>
          {t("profile.customerId")} <span className="identifier">{profile.customer_id}</span>
        </span>
      )}
      <span className="quiet">{t("list.asOf", { at: instant(profile.as_of) })}</span>
    </p>
  );
}
