/** What the caller may do with the record; what they may not do is not shown. */
import { Button, Dropdown } from "antd";
import { useState } from "react";
import { useTranslation } from "@/i18n";
import { useMay, useSignedIn } from "@/session/SignedInContext";
import type { Profile } from "../api";
import { DismissDispute } from "./DismissDispute";
import { EraseRecord } from "./EraseRecord";
import { InternalUser } from "./InternalUser";
import { StatusChange } from "./StatusChange";

type Action = "status" | "internal" | "dispute" | "erase";

export function ProfileActions({ profile }: { profile: Profile }) {
  const { t } = useTranslation("console");
  const may = useMay();
  const { subject } = useSignedIn();
  const [action, setAction] = useState<Action | null>(null);
  // No caller may change their own record.
  if (subject === profile.person_id) return null;
  const isDisputed = profile.customer_details.personal.document_disputed_at !== null;
  const more: { key: Action; label: string; danger?: boolean }[] = [
    ...(may("internal_users_write") && profile.kind === "customer"
      ? [{ key: "internal" as const, label: t("internal.title") }]
      : []),
    ...(may("claims_decide") && isDisputed
      ? [{ key: "dispute" as const, label: t("dispute.title") }]
      : []),
    ...(may("erase") ? [{ key: "erase" as const, label: t("erase.title"), danger: true }] : []),
  ];
  const close = () => setAction(null);

  return (
    <div className="page-actions">
      {may("status_change") && (
        <Button type="primary" onClick={() => setAction("status")}>
          {t("statusChange.title")}
        </Button>
      )}
      {more.length > 0 && (
        <Dropdown
          trigger={["click"]}
          menu={{ items: more, onClick: ({ key }) => setAction(key as Action) }}
        >
          <Button>{t("profile.more")}</Button>
        </Dropdown>
      )}
      {action === "status" && <StatusChange profile={profile} onClose={close} />}
      {action === "internal" && <InternalUser profile={profile} onClose={close} />}
      {action === "dispute" && <DismissDispute profile={profile} onClose={close} />}
      {action === "erase" && <EraseRecord profile={profile} onClose={close} />}
    </div>
  );
}
