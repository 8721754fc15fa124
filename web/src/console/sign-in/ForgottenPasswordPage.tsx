/** Requests a link for another password; the answer is the same for every address. */
import { Alert, Button, Form, Input } from "antd";
import { Link } from "react-router";
import { onboarding } from "@/api/clients";
import { unwrap } from "@/api/problems";
import { useCommand } from "@/api/useCommand";
import { useTranslation } from "@/i18n";
import { ProblemNotice } from "../ui/ProblemNotice";
import { SignInFrame } from "./SignInFrame";

export function ForgottenPasswordPage() {
  const { t } = useTranslation("console");
  const request = useCommand((email: string) =>
    unwrap(onboarding.POST("/onboarding/v1/password-resets", { body: { email } })),
  );
  return (
    <SignInFrame title={t("forgotten.title")}>
      {request.isSuccess ? (
        <Alert type="success" showIcon title={t("forgotten.sent")} className="gap-below" />
      ) : (
        <>
          <p>{t("forgotten.text")}</p>
          {request.error !== null && (
            <div className="gap-below">
              <ProblemNotice problem={request.error} />
            </div>
          )}
          <Form<{ email: string }>
            layout="vertical"
            requiredMark={false}
            onFinish={({ email }) => request.mutate(email.trim())}
          >
            <Form.Item
              name="email"
              label={t("signIn.email")}
              rules={[{ required: true, message: t("signIn.emailMissing") }]}
            >
              <Input type="email" autoComplete="username" autoFocus size="large" />
            </Form.Item>
            <Button
              type="primary"
              htmlType="submit"
              size="large"
              block
              loading={request.isPending}
              className="gap-below"
            >
              {t("forgotten.submit")}
            </Button>
          </Form>
        </>
      )}
      <Link to="/">{t("forgotten.back")}</Link>
    </SignInFrame>
  );
}
