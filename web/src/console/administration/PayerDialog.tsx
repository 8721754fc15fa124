/** One payer: registers or changes it, decides a proposal, suspends or reinstates it. */
import { App, Button, Input, Modal, Select, Spin } from "antd";
import { useState } from "react";
import type { Read } from "@/api/reads";
import { useCommand } from "@/api/useCommand";
import { useTranslation } from "@/i18n";
import { CommandDialog } from "../ui/CommandDialog";
import { Labelled } from "../ui/Labelled";
import { ReadNotice } from "../ui/ReadNotice";
import { useFormats } from "../ui/titles";
import {
  type Payer,
  type PayerBody,
  type PayerCommand,
  SUSPENSIONS,
  type SuspensionReason,
  sendPayerCommand,
  usePayer,
  useRefreshPayers,
} from "./payersApi";

interface Props {
  payerId: string | null;
  onClose: () => void;
}

export function PayerDialog({ payerId, onClose }: Props) {
  const { t } = useTranslation("console");
  const payer = usePayer(payerId);
  if (payer.isLoadingError) {
    return (
      <Modal open title={t("menu.payers")} footer={null} onCancel={onClose}>
        <ReadNotice reads={payer} />
      </Modal>
    );
  }
  if (payerId !== null && payer.data === undefined) return <Spin fullscreen />;
  return (
    <PayerForm
      payer={payer.data?.data ?? null}
      etag={payer.data?.etag ?? ""}
      read={payer}
      onClose={onClose}
    />
  );
}

interface FormProps {
  payer: Payer | null;
  etag: string;
  read: Read;
  onClose: () => void;
}

interface Draft {
  name: string;
  taxId: string;
  agreement: string;
  contact: string;
  phone: string;
  email: string;
}

function PayerForm({ payer, etag, read, onClose }: FormProps) {
  const { t } = useTranslation("console");
  const { message } = App.useApp();
  const refresh = useRefreshPayers();
  const [draft, setDraft] = useState<Draft>(() => draftOf(payer));
  const command = useCommand<PayerCommand, unknown>(sendPayerCommand, async () => {
    await refresh();
    void message.success(t("payers.done"));
    onClose();
  });
  const isProposal = payer?.status === "proposed";

  function submit(): void {
    const body = bodyOf(draft);
    if (payer === null) command.mutate({ kind: "register", body });
    else {
      const kind = isProposal ? "accept" : "change";
      command.mutate({ kind, payerId: payer.payer_id, etag, body });
    }
  }

  const texts: [keyof Draft, string][] = [
    ["name", t("payers.name")],
    ["taxId", t("payers.taxId")],
    ["agreement", t("payers.agreement")],
    ["contact", t("payers.contact")],
    ["phone", t("personal.phone")],
    ["email", t("personal.email")],
  ];
  return (
    <CommandDialog
      title={payer === null ? t("payers.register") : payer.name}
      submit={isProposal ? t("payers.accept") : t("payers.save")}
      isSending={command.isPending}
      isReady={draft.name.trim() !== "" && draft.taxId.trim() !== ""}
      problem={command.error}
      read={read}
      conflict={t("staff.closeAndSee")}
      onSubmit={submit}
      onClose={onClose}
    >
      {payer !== null && <p>{t(`payers.state.${payer.status}`)}</p>}
      {texts.map(([name, label]) => (
        <Labelled key={name} label={label}>
          {(id) => (
            <Input
              id={id}
              value={draft[name]}
              onChange={(event) => setDraft({ ...draft, [name]: event.target.value })}
            />
          )}
        </Labelled>
      ))}
      {payer !== null && (
        <Decisions payer={payer} etag={etag} onSend={(each) => command.mutate(each)} />
      )}
    </CommandDialog>
  );
}

interface DecisionProps {
  payer: Payer;
  etag: string;
  onSend: (command: PayerCommand) => void;
}

function Decisions({ payer, etag, onSend }: DecisionProps) {
  const { t } = useTranslation("console");
  const { title } = useFormats();
  const [reason, setReason] = useState<SuspensionReason | null>(null);
  const target = { payerId: payer.payer_id, etag };
  switch (payer.status) {
    case "suspended":
      return (
        <Button onClick={() => onSend({ kind: "reinstate", ...target })}>
          {t("payers.reinstate")}
        </Button>
      );
    case "proposed":
      return (
        <div className="review-buttons">
          {(["not_a_payer", "other"] as const).map((refusal) => (
            <Button
              key={refusal}
              danger
              onClick={() => onSend({ kind: "refuse", reason: refusal, sameAs: null, ...target })}
            >
              {t("payers.refuse")}: {title("reason", refusal)}
            </Button>
          ))}
        </div>
      );
    case "active":
      return (
        <Labelled label={t("payers.suspend")}>
          {(id) => (
            <div className="review-buttons">
              <Select
                id={id}
                className="grow"
                value={reason}
                onChange={setReason}
                options={SUSPENSIONS.map((code) => ({ value: code, label: title("reason", code) }))}
              />
              <Button
                danger
                disabled={reason === null}
                onClick={() => reason !== null && onSend({ kind: "suspend", reason, ...target })}
              >
                {t("payers.suspendSubmit")}
              </Button>
            </div>
          )}
        </Labelled>
      );
    case "refused":
      return null;
  }
}

function draftOf(payer: Payer | null): Draft {
  return {
    name: payer?.name ?? "",
    taxId: payer?.tax_id ?? "",
    agreement: payer?.agreement ?? "",
    contact: payer?.contact?.name ?? "",
    phone: payer?.contact?.phone ?? "",
    email: payer?.contact?.email ?? "",
  };
}

function bodyOf(draft: Draft): PayerBody {
  const text = (value: string) => value.trim() || null;
  const contact = text(draft.contact);
  return {
    name: draft.name.trim(),
    tax_id: draft.taxId.trim(),
    agreement: text(draft.agreement),
    contact:
      contact === null
        ? null
        : { name: contact, phone: text(draft.phone), email: text(draft.email) },
  };
}
