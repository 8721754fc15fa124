/** A dialog that sends one command: fields, errors in words, and what a conflict means. */
import { Alert, Button, Modal } from "antd";
import { type FormEvent, type ReactNode, useId } from "react";
import type { ApiProblem } from "@/api/problems";
import type { Read } from "@/api/reads";
import { useTranslation } from "@/i18n";
import { ProblemNotice } from "./ProblemNotice";
import { ReadNotice } from "./ReadNotice";

interface Props {
  title: string;
  submit: string;
  isSending: boolean;
  isReady: boolean;
  isDangerous?: boolean;
  problem: ApiProblem | null;
  /** What the command is based on. */
  read?: Read;
  /** What has changed meanwhile, shown when the version was outdated. */
  conflict?: ReactNode;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}

export function CommandDialog(props: Props) {
  const { t } = useTranslation("console");
  const id = useId();

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (props.isReady && !props.isSending) props.onSubmit();
  }

  return (
    <Modal
      open
      title={props.title}
      onCancel={props.onClose}
      mask={{ closable: false }}
      footer={[
        <Button key="cancel" onClick={props.onClose}>
          {t("cancel")}
        </Button>,
        <Button
          key="submit"
          form={id}
          htmlType="submit"
          type="primary"
          danger={props.isDangerous === true}
          disabled={!props.isReady}
          loading={props.isSending}
        >
          {props.submit}
        </Button>,
      ]}
    >
      <form id={id} onSubmit={submit} className="stack">
        {props.read && <ReadNotice reads={props.read} hasWaitingSign={false} />}
        {props.problem?.isConflict ? (
          <Alert type="warning" showIcon title={t("conflict")} description={props.conflict} />
        ) : (
          props.problem !== null && <ProblemNotice problem={props.problem} />
        )}
        {props.children}
      </form>
    </Modal>
  );
}
