/** Members of staff with role, state and last sign-in: invite, change roles, end. */
import { Alert, App, Button, Select } from "antd";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { useTranslation } from "@/i18n";
import { useSignedIn } from "@/session/SignedInContext";
import { DataTable } from "../ui/DataTable";
import { Labelled } from "../ui/Labelled";
import { PageHead } from "../ui/PageHead";
import { ReadNotice } from "../ui/ReadNotice";
import { useFormats } from "../ui/titles";
import { NARROW, useMediaQuery } from "../ui/useMediaQuery";
import { type Dialog, StaffDialog } from "./StaffDialogs";
import { isExpired, STATES, type StaffMember, useStaff } from "./staffApi";

export default function StaffPage() {
  const { t } = useTranslation("console");
  const { message } = App.useApp();
  const [search, setSearch] = useSearchParams();
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const staff = useStaff();
  const state = STATES.find((each) => each === search.get("state"));
  const shown = staff.data?.filter((each) => state === undefined || each.state === state);

  function close(done?: string): void {
    setDialog(null);
    if (done !== undefined) void message.success(done);
  }

  return (
    <>
      <PageHead title={t("menu.staff")}>
        <div className="page-actions">
          <Button type="primary" onClick={() => setDialog({ kind: "invite" })}>
            {t("staff.invite")}
          </Button>
        </div>
      </PageHead>
      <div className="filters">
        <Labelled label={t("staff.state")}>
          {(id) => (
            <Select
              id={id}
              value={state ?? "all"}
              onChange={(next) => setSearch(next === "all" ? {} : { state: next })}
              options={[
                { value: "all" as const, label: t("list.all") },
                ...STATES.map((value) => ({ value, label: t(`staff.states.${value}`) })),
              ]}
            />
          )}
        </Labelled>
      </div>
      <ReadNotice reads={staff} />
      {shown?.length === 0 && <Alert type="info" title={t("staff.none")} />}
      {shown !== undefined && shown.length > 0 && <Members members={shown} onChoose={setDialog} />}
      {dialog !== null && <StaffDialog dialog={dialog} onClose={close} />}
    </>
  );
}

interface MembersProps {
  members: StaffMember[];
  onChoose: (dialog: Dialog) => void;
}

/** A table, or cards in a narrow window. */
function Members({ members, onChoose }: MembersProps) {
  const { t } = useTranslation("console");
  const { instant } = useFormats();
  const isNarrow = useMediaQuery(NARROW);
  if (isNarrow) {
    return (
      <ul className="cards">
        {members.map((member) => (
          <li key={member.staff_id} className="card stack">
            <strong className="breakable">{member.email}</strong>
            <StateCell member={member} />
            <dl>
              <div>
                <dt>{t("staff.role")}</dt>
                <dd>{t(`role.${member.role}`)}</dd>
              </div>
              <div>
                <dt>{t("staff.lastSignIn")}</dt>
                <dd>{instant(member.last_sign_in_at)}</dd>
              </div>
            </dl>
            <Actions member={member} onChoose={onChoose} />
          </li>
        ))}
      </ul>
    );
  }
  return (
    <DataTable
      caption={t("menu.staff")}
      heads={[
        t("signIn.email"),
        t("staff.role"),
        t("staff.state"),
        t("staff.lastSignIn"),
        t("list.action"),
      ]}
      rows={members.map((member) => ({
        key: member.staff_id,
        cells: [
          member.email,
          t(`role.${member.role}`),
          <StateCell key="state" member={member} />,
          <span key="last" className="nowrap">
            {instant(member.last_sign_in_at)}
          </span>,
          <Actions key="actions" member={member} onChoose={onChoose} />,
        ],
      }))}
    />
  );
}

function StateCell({ member }: { member: StaffMember }) {
  const { t } = useTranslation("console");
  const { instant } = useFormats();
  return (
    <>
      <span className="status" data-status={`staff-${member.state}`}>
        {t(`staff.states.${member.state}`)}
      </span>
      {member.invitation_undeliverable_at !== null && (
        <div className="warning-text">{t("staff.undeliverable")}</div>
      )}
      {member.invitation_expires_at !== null && (
        <div className="quiet">
          {t(isExpired(member) ? "staff.expired" : "staff.expires", {
            at: instant(member.invitation_expires_at),
          })}
        </div>
      )}
    </>
  );
}

const ACTIONS = {
  active: ["role", "end"],
  invited: ["again", "role", "withdraw"],
  ended: ["again"],
} as const;

interface ActionsProps {
  member: StaffMember;
  onChoose: (dialog: Dialog) => void;
}

/** None for the own membership, which the service would not change. */
function Actions({ member, onChoose }: ActionsProps) {
  const { t } = useTranslation("console");
  const { subject } = useSignedIn();
  if (member.staff_id === subject) return <span className="quiet">{t("staff.you")}</span>;
  return (
    <div className="row-actions">
      {ACTIONS[member.state].map((kind) => {
        const text =
          kind === "again" && member.state === "ended"
            ? t("staff.action.return")
            : t(`staff.action.${kind}`);
        return (
          <Button
            key={kind}
            size="small"
            danger={kind === "end" || kind === "withdraw"}
            aria-label={`${text}: ${member.email}`}
            onClick={() => onChoose({ kind, member })}
          >
            {text}
          </Button>
        );
      })}
    </div>
  );
}
