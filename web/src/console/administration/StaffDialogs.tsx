/** The dialogs of staff administration: invite, change a role, and confirm what takes access away. */
import { Input, Select } from "antd";
import { useState } from "react";
import { useCommand } from "@/api/useCommand";
import { currentLanguage, useTranslation } from "@/i18n";
import { CommandDialog } from "../ui/CommandDialog";
import { Labelled } from "../ui/Labelled";
import {
  type AssignableRole,
  type Invitation,
  ROLES,
  type StaffCommand,
  type StaffMember,
  sendStaffCommand,
  useRefreshStaff,
} from "./staffApi";

export type Dialog =
  | { kind: "invite" }
  | { kind: "role" | "again" | "withdraw" | "end"; member: StaffMember };

interface Props {
  dialog: Dialog;
  /** With a text for people if something was done. */
  onClose: (done?: string) => void;
}

export function StaffDialog({ dialog, onClose }: Props) {
  switch (dialog.kind) {
    case "invite":
      return <InvitationDialog onClose={onClose} />;
    case "role":
      return <RoleDialog member={dialog.member} onClose={onClose} />;
    default:
      return <ConfirmationDialog kind={dialog.kind} member={dialog.member} onClose={onClose} />;
  }
}

interface DialogProps {
  onClose: Props["onClose"];
}

function InvitationDialog({ onClose }: DialogProps) {
  const { t } = useTranslation("console");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<AssignableRole | null>(null);
  const [locale, setLocale] = useState<NonNullable<Invitation["locale"]>>(currentLanguage());
  const command = useStaffCommand(() => onClose(t("staff.done.invite", { email: email.trim() })));
  const languages = (["es", "en"] as const).map((value) => ({
    value,
    label: t(`language.${value}`),
  }));
  return (
    <CommandDialog
      title={t("staff.invite")}
      submit={t("staff.inviteSubmit")}
      isSending={command.isPending}
      isReady={email.trim() !== "" && role !== null}
      problem={command.error}
      onSubmit={() =>
        role !== null && command.mutate({ kind: "invite", body: { email, role, locale } })
      }
      onClose={() => onClose()}
    >
      <p>{t("staff.inviteText")}</p>
      <Labelled label={t("signIn.email")}>
        {(id) => (
          <Input
            id={id}
            type="email"
            value={email}
            autoComplete="off"
            autoFocus
            onChange={(event) => setEmail(event.target.value)}
          />
        )}
      </Labelled>
      <RoleField value={role} onChange={setRole} />
      <Labelled label={t("staff.language")}>
        {(id) => <Select id={id} value={locale} onChange={setLocale} options={languages} />}
      </Labelled>
    </CommandDialog>
  );
}

function RoleDialog({ member, onClose }: DialogProps & { member: StaffMember }) {
  const { t } = useTranslation("console");
  const [role, setRole] = useState<AssignableRole | null>(null);
  const { email } = member;
  const command = useStaffCommand(() => onClose(t("staff.done.role", { email })));
  return (
    <CommandDialog
      title={t("staff.changeRole")}
      submit={t("staff.roleSubmit")}
      isSending={command.isPending}
      isReady={role !== null && role !== member.role}
      problem={command.error}
      conflict={t("staff.closeAndSee")}
      onSubmit={() => role !== null && command.mutate({ kind: "role", member, role })}
      onClose={() => onClose()}
    >
      <p>{t("staff.roleText", { email, role: t(`role.${member.role}`) })}</p>
      <RoleField value={role} except={member.role} onChange={setRole} />
    </CommandDialog>
  );
}

interface ConfirmationProps extends DialogProps {
  kind: "again" | "withdraw" | "end";
  member: StaffMember;
}

function ConfirmationDialog({ kind, member, onClose }: ConfirmationProps) {
  const { t } = useTranslation("console");
  const { email } = member;
  const command = useStaffCommand(() => onClose(t(`staff.done.${kind}`, { email })));
  return (
    <CommandDialog
      title={t(`staff.confirm.${kind}.title`)}
      submit={t(`staff.confirm.${kind}.submit`)}
      isDangerous={kind !== "again"}
      isSending={command.isPending}
      isReady
      problem={command.error}
      conflict={t("staff.closeAndSee")}
      onSubmit={() => command.mutate({ kind, member })}
      onClose={() => onClose()}
    >
      <p>{t(`staff.confirm.${kind}.text`, { email })}</p>
    </CommandDialog>
  );
}

interface RoleFieldProps {
  value: AssignableRole | null;
  except?: StaffMember["role"];
  onChange: (role: AssignableRole) => void;
}

function RoleField({ value, except, onChange }: RoleFieldProps) {
  const { t } = useTranslation("console");
  const options = ROLES.filter((role) => role !== except).map((role) => ({
    value: role,
    label: t(`role.${role}`),
  }));
  const hint = value === null ? {} : { hint: t(`staff.mayDo.${value}`) };
  return (
    <Labelled label={t("staff.role")} {...hint}>
      {(id) => (
        <Select<AssignableRole> id={id} value={value} onChange={onChange} options={options} />
      )}
    </Labelled>
  );
}

/** After a failure the list is read again, so that a conflict shows what has changed. */
function useStaffCommand(onDone: () => void) {
  const refresh = useRefreshStaff();
  const command = useCommand<StaffCommand, unknown>(sendStaffCommand, async () => {
    await refresh();
    onDone();
  });
  return {
    ...command,
    mutate: (each: StaffCommand) => command.mutate(each, { onError: () => void refresh() }),
  };
}
