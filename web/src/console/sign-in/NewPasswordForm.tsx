/** A new password by a mailed link, or what to do with a link that cannot be used. */
import { Alert, Button, Form } from "antd";
import type { ReactNode } from "react";
import type { ApiProblem } from "@/api/problems";
import { useTranslation } from "@/i18n";
import { type MailLink, useMailLink } from "@/session/mailLink";
import { NewPasswordField } from "../ui/NewPasswordField";
import { ProblemNotice } from "../ui/ProblemNotice";

const GONE = 410;
const UNKNOWN = 404;

interface Props {
  submit: string;
  problem: ApiProblem | null;
  isSending: boolean;
  onSubmit: (link: MailLink, password: string) => void;
  /** What to do instead, beside an explanation. */
  instead: ReactNode;
}

export function NewPasswordForm({ submit, problem, isSending, onSubmit, instead }: Props) {
  const { t } = useTranslation("console");
  const link = useMailLink();
  const isGone = problem?.status === GONE || problem?.status === UNKNOWN;
  if (link === null || isGone) {
    return (
      <>
        <Alert
          type="warning"
          showIcon
          title={t(isGone ? "link.gone" : "link.missing")}
          className="gap-below"
        />
        {instead}
      </>
    );
  }
  return (
    <>
      {problem !== null && (
        <div className="gap-below">
          <ProblemNotice problem={problem} />
        </div>
      )}
      <Form<{ password: string }>
        layout="vertical"
        requiredMark={false}
        onFinish={({ password }) => onSubmit(link, password)}
      >
        <NewPasswordField />
        <Button type="primary" htmlType="submit" size="large" block loading={isSending}>
          {submit}
        </Button>
      </Form>
    </>
  );
}
